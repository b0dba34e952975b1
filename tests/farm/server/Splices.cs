// A set of replacements in one text, applied together; everything else stays.
using System;
using System.Collections.Generic;
using System.Text;

namespace Lockstep.Farm;

public sealed class Splices
{
    readonly List<(int start, int end, string text)> list = new();

    public int Count => list.Count;
    public void Replace(int start, int end, string text) => list.Add((start, end, text));
    public void Insert(int at, string text) => list.Add((at, at, text));

    public string Apply(string source)
    {
        list.Sort((a, b) => a.start.CompareTo(b.start));
        var result = new StringBuilder(source.Length + 256);
        int done = 0;
        foreach (var (start, end, text) in list)
        {
            if (start < done)
                throw new InvalidOperationException("overlapping edits");
            result.Append(source, done, start - done).Append(text);
            done = end;
        }
        return result.Append(source, done, source.Length - done).ToString();
    }
}
