// lint FILE...          judges the PowerShell files of one script together: what one defines, another may call.
// lint --selftest DIR   each DIR/*.ps1 says in its first line, `# rule: NAME`, what must be found in it.
// Output: file:line:col: rule: message. Exit status 0: nothing found; 1: found; 64: wrong usage.
using System;
using System.IO;
using System.Linq;
using Lockstep.Lint;

if (args is ["--selftest", var folder])
    return SelfTest(folder);
if (args.Length == 0 || args[0].StartsWith('-'))
{
    Console.Error.WriteLine("usage: lint FILE... | lint --selftest DIR");
    return 64;
}
var findings = Script.Read(args).Judge();
foreach (var finding in findings)
    Console.WriteLine(finding);
return findings.Count == 0 ? 0 : 1;

static int SelfTest(string folder)
{
    int passed = 0, failed = 0;
    foreach (string path in Directory.GetFiles(folder, "*.ps1").Order(StringComparer.Ordinal))
    {
        string[] expected = File.ReadLines(path).First().Split(": ")[1].Split(", ").Order(StringComparer.Ordinal).ToArray();
        string[] found = Script.Read(new[] { path }).Judge().Select(f => f.Rule).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (expected.SequenceEqual(expected is ["none"] ? new[] { found.Length == 0 ? "none" : "" } : found))
        {
            passed++;
            continue;
        }
        failed++;
        Console.WriteLine("FAIL " + path + ": expected " + string.Join(", ", expected) + "; found " + string.Join(", ", found));
    }
    Console.WriteLine(passed + " passed, " + failed + " failed, 0 skipped");
    return failed == 0 && passed > 0 ? 0 : 1;
}
