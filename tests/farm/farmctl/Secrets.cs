// Secret files and their lines in the generated config.yaml; the rest of that file is left as it is.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace Lockstep.Farm.Control;

static class Secrets
{
    public static void Add(string dir, string user)
    {
        if (!Regex.IsMatch(user, @"\A[A-Za-z0-9][A-Za-z0-9._$-]*\z"))
            throw new UsageException("a user is letters, digits, '.', '_', '$' and '-'");
        byte[] password = Input.Bytes();
        dir = Path.GetFullPath(dir);
        using var held = FarmLock.Take(dir);
        string path = Path.Combine(dir, "secrets", user);
        EmulatedServer.ReplaceFile(path, password);
        string config = Path.Combine(dir, "config.yaml");
        string line = "  " + user + ": {from: \"file:" + path + "\", account: 'CORP\\" + user + "'}";
        string[] lines = WithSecret(File.ReadAllLines(config), "  " + user + ":", line);
        EmulatedServer.ReplaceFile(config, Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
    }

    static string[] WithSecret(string[] lines, string key, string line)
    {
        int start = Array.FindIndex(lines, l => l.StartsWith("secrets:", StringComparison.Ordinal));
        if (start < 0)
            throw new UsageException("config.yaml has no line 'secrets:'");
        int end = start + 1;
        while (end < lines.Length && lines[end].StartsWith(' '))
            end++;
        var entries = lines[(start + 1)..end].Where(l => !l.StartsWith(key, StringComparison.Ordinal));
        return lines[..start].Append("secrets:").Concat(entries).Append(line).Concat(lines[end..]).ToArray();
    }
}
