// The files of one script, parsed, and what is known of all of them together.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation.Language;

namespace Lockstep.Lint;

public sealed record Finding(string File, int Line, int Column, string Rule, string Message)
{
    public override string ToString() => File + ":" + Line + ":" + Column + ": " + Rule + ": " + Message;
}

public sealed class Source
{
    public required string Path { get; init; }
    public required ScriptBlockAst Tree { get; init; }
    public required Token[] Tokens { get; init; }
    public required ParseError[] Errors { get; init; }
    public required byte[] Bytes { get; init; }

    // The stub alone turns text into code: text whose digest it has checked.
    public bool IsStub => System.IO.Path.GetFileName(Path) == "stub.ps1";
}

public sealed class Script
{
    readonly List<Source> sources = new();
    readonly List<Finding> findings = new();

    // Function -> does it return a value?
    public Dictionary<string, bool> Functions { get; } = new(StringComparer.OrdinalIgnoreCase);

    public static Script Read(IEnumerable<string> paths)
    {
        var script = new Script();
        foreach (string path in paths)
        {
            var tree = Parser.ParseFile(Path.GetFullPath(path), out var tokens, out var errors);
            script.sources.Add(new Source { Path = path, Tree = tree, Tokens = tokens, Errors = errors, Bytes = File.ReadAllBytes(path) });
            foreach (FunctionDefinitionAst function in tree.FindAll(a => a is FunctionDefinitionAst, true))
                script.Functions[function.Name] = function.Body.Find(a => a is ReturnStatementAst { Pipeline: not null }, true) != null;
        }
        return script;
    }

    public List<Finding> Judge()
    {
        foreach (var source in sources)
        {
            Text.Judge(source, this);
            var rules = new Rules(source, this);
            foreach (var node in source.Tree.FindAll(_ => true, true))
                rules.Judge(node);
        }
        return findings.OrderBy(f => f.File, StringComparer.Ordinal).ThenBy(f => f.Line).ThenBy(f => f.Column).ToList();
    }

    public void Add(Source source, IScriptExtent at, string rule, string message) =>
        findings.Add(new Finding(source.Path, at.StartLineNumber, at.StartColumnNumber, rule, message));
}
