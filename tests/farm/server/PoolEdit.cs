// Writes attributes of a pool's processModel into the text of the configuration, changing nothing else.
using System;
using System.Collections.Generic;
using System.Linq;

namespace Lockstep.Farm;

public static class PoolEdit
{
    // Values are those that the file is to hold (a password already encrypted).
    public static void Set(Splices splices, string text, XmlElement pool, IReadOnlyDictionary<string, string> values)
    {
        var model = pool.Child("processModel");
        if (model == null)
        {
            InsertModel(splices, text, pool, values);
            return;
        }
        var missing = new List<KeyValuePair<string, string>>();
        foreach (var pair in values)
        {
            var attribute = model.Attribute(pair.Key);
            if (attribute == null)
                missing.Add(pair);
            else if (attribute.Value != pair.Value)
                splices.Replace(attribute.ValueStart, attribute.ValueEnd, XmlText.Escape(pair.Value, attribute.Quote));
        }
        if (missing.Count == 0)
            return;
        var last = model.Attributes.LastOrDefault();
        splices.Insert(last == null ? model.NameEnd : last.ValueEnd + 1, Written(missing, last?.Quote ?? '"'));
    }

    static string Written(IEnumerable<KeyValuePair<string, string>> values, char quote) =>
        string.Concat(values.Select(v => " " + v.Key + "=" + quote + XmlText.Escape(v.Value, quote) + quote));

    // A new processModel is the pool's last child, laid out like its neighbours.
    static void InsertModel(Splices splices, string text, XmlElement pool, IEnumerable<KeyValuePair<string, string>> values)
    {
        char quote = pool.Attributes.FirstOrDefault()?.Quote ?? '"';
        string model = "<processModel" + Written(values, quote) + (TightClose(text, pool) ? "/>" : " />");
        string? indent = Indent(text, pool.Start);
        string inner = indent + Unit(text, pool, indent);
        string line = indent == null ? "" : LineEnd(text, pool.Start);
        string content = indent == null ? model : line + inner + model + line + indent;
        if (pool.Empty)
        {
            int tagEnd = pool.TagEnd - 2;
            while (char.IsWhiteSpace(text[tagEnd - 1]))
                tagEnd--;
            splices.Replace(tagEnd, pool.TagEnd, ">" + content + "</" + pool.Name + ">");
            return;
        }
        string? closeIndent = Indent(text, pool.CloseStart);
        if (closeIndent != null)
        {
            string? childIndent = pool.Children.Count > 0 ? Indent(text, pool.Children[^1].Start) : null;
            splices.Insert(pool.CloseStart - closeIndent.Length, (childIndent ?? inner) + model + LineEnd(text, pool.CloseStart));
            return;
        }
        splices.Insert(pool.CloseStart, pool.Children.Count > 0 ? model : content);
    }

    static bool TightClose(string text, XmlElement pool)
    {
        var sample = pool.Empty ? pool : pool.Children.Find(c => c.Empty);
        return sample != null && !char.IsWhiteSpace(text[sample.TagEnd - 3]);
    }

    // The white space before a position when nothing else stands before it on its line; else null.
    static string? Indent(string text, int at)
    {
        int start = at;
        while (start > 0 && text[start - 1] is ' ' or '\t')
            start--;
        return start > 0 && text[start - 1] is '\n' or '\r' ? text[start..at] : null;
    }

    static string Unit(string text, XmlElement pool, string? indent)
    {
        string? parent = pool.Parent == null ? null : Indent(text, pool.Parent.Start);
        return indent != null && parent != null && indent.Length > parent.Length && indent.StartsWith(parent, StringComparison.Ordinal)
            ? indent[parent.Length..] : "    ";
    }

    // The line end of a position's own line: files may mix CRLF and LF.
    static string LineEnd(string text, int at)
    {
        int newline = text.IndexOf('\n', at);
        if (newline < 0)
            newline = text.LastIndexOf('\n', at - 1);
        return newline > 0 && text[newline - 1] == '\r' ? "\r\n" : "\n";
    }
}
