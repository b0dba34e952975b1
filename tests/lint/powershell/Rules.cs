// What is judged by the syntax tree. README.md of reconciler/transport/powershell gives the reasons.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;

namespace Lockstep.Lint;

sealed class Rules
{
    readonly Source source;
    readonly Script script;

    public Rules(Source source, Script script)
    {
        this.source = source;
        this.script = script;
    }

    void Add(Ast at, string rule, string message) => script.Add(source, at.Extent, rule, message);

    public void Judge(Ast node)
    {
        switch (node)
        {
        case TernaryExpressionAst or PipelineChainAst or TypeDefinitionAst or UsingStatementAst or ConfigurationDefinitionAst:
            Add(node, "grammar", "not of the 5.1 language, or not used here");
            break;
        case TrapStatementAst or DataStatementAst or BlockStatementAst or DynamicKeywordStatementAst:
            Add(node, "grammar", "not used here");
            break;
        case VariableExpressionAst variable:
            Variable(variable);
            break;
        case TypeExpressionAst type:
            Type(type, type.TypeName);
            break;
        case TypeConstraintAst type:
            Type(type, type.TypeName);
            break;
        case CommandAst command:
            Command(command);
            break;
        case PipelineAst pipeline:
            Pipeline(pipeline);
            break;
        case RedirectionAst redirection:
            Add(redirection, "pipeline", "no redirection: it binds values to a cmdlet");
            break;
        case InvokeMemberExpressionAst call:
            Call(call);
            break;
        case MemberExpressionAst member:
            Member(member);
            break;
        case BinaryExpressionAst binary:
            Binary(binary);
            break;
        case ExpandableStringExpressionAst text:
            if (text.NestedExpressions.Any(Secrets.HoldsValue))
                Add(text, "secret-string", "a secret in a string can't be erased");
            break;
        }
    }

    void Variable(VariableExpressionAst variable)
    {
        string name = variable.VariablePath.UserPath;
        if (Allowed.ForbiddenVariables.Contains(name))
            Add(variable, "variable", "$" + name + ": the engine gives it a meaning of its own");
        if (variable.VariablePath.IsDriveQualified || variable.VariablePath.IsGlobal || variable.VariablePath.IsScript)
            Add(variable, "variable", "no drives and scopes: state lives in the containers of prelude.ps1");
        if (variable.Splatted)
            Add(variable, "variable", "no splatting: arguments are seen where they are given");
    }

    void Type(Ast at, ITypeName type)
    {
        if (type is ArrayTypeName array)
        {
            Type(at, array.ElementType);
            return;
        }
        if (type is GenericTypeName generic)
        {
            Type(at, generic.TypeName);
            foreach (var argument in generic.GenericArguments)
                Type(at, argument);
            return;
        }
        if (!Allowed.Types.Contains(type.FullName))
            Add(at, "type", "[" + type.FullName + "] is not in the list of types (Allowed.cs)");
    }

    void Command(CommandAst command)
    {
        string? name = command.GetCommandName();
        bool runsChecked = source.IsStub && command.InvocationOperator == TokenKind.Ampersand
            && command.CommandElements[0].Extent.Text.StartsWith("([ScriptBlock]::Create(", StringComparison.Ordinal);
        if (runsChecked)
            return;
        if (name == null || command.InvocationOperator != TokenKind.Unknown)
        {
            Add(command, "command", "only commands that are named where they are called");
            return;
        }
        bool own = script.Functions.ContainsKey(name);
        if (!own && !Allowed.Commands.Contains(name))
            Add(command, "command", name + " is no function of this script and not in the list of commands");
        foreach (var argument in command.CommandElements.Skip(1))
        {
            if (Secrets.HoldsValue(argument) || (!own && Secrets.HoldsContainer(argument)))
                Add(argument, "secret-argument", "arguments of commands are logged; pass the container to a function of this script");
        }
        if (own && script.Functions[name] && IsStatement(command.Parent))
            Add(command, "uncaptured", name + " returns a value that nobody takes");
    }

    // Is it a statement of its own, whose value would become output?
    static bool IsStatement(Ast pipeline)
    {
        if (pipeline is not PipelineAst || pipeline.Parent is not (StatementBlockAst or NamedBlockAst))
            return false;
        return pipeline.Parent.Parent is not (SubExpressionAst or ArrayExpressionAst);
    }

    void Pipeline(PipelineAst pipeline)
    {
        if (pipeline.Background)
            Add(pipeline, "grammar", "a background '&' is newer than 5.1");
        if (pipeline.PipelineElements.Count > 1)
            Add(pipeline, "pipeline", "no pipelines: each value in one is bound to a command, and that is logged");
        if (!IsStatement(pipeline) || pipeline.PipelineElements[0] is not CommandExpressionAst { Expression: var value })
            return;
        bool quiet = value switch
        {
            ConvertExpressionAst convert => convert.Type.TypeName.FullName == "void",
            UnaryExpressionAst unary => unary.TokenKind is TokenKind.PlusPlus or TokenKind.MinusMinus or TokenKind.PostfixPlusPlus or TokenKind.PostfixMinusMinus,
            InvokeMemberExpressionAst call => call.Member is StringConstantExpressionAst name && Allowed.VoidMethods.Contains(name.Value),
            _ => false,
        };
        if (!quiet)
            Add(value, "uncaptured", "this value becomes output, which is bound to a cmdlet: assign it, return it or cast it to [void]");
    }

    void Call(InvokeMemberExpressionAst call)
    {
        if (call.Member is not StringConstantExpressionAst member)
        {
            Add(call, "member", "only members that are named where they are called");
            return;
        }
        string name = member.Value;
        string key = call.Static && call.Expression is TypeExpressionAst type ? Allowed.NameOf(type.TypeName) + "::" + name : name;
        bool stubOnly = key == "ScriptBlock::Create";
        if (stubOnly ? !source.IsStub : !(call.Static ? Allowed.StaticMembers : Allowed.Methods).Contains(key))
            Add(call, "member", key + " is not in the list of members (Allowed.cs)");
        foreach (var argument in call.Arguments ?? Enumerable.Empty<ExpressionAst>())
        {
            if (Secrets.HoldsValue(argument) && !Allowed.TakesSecret.Contains(key))
                Add(argument, "secret-argument", key + " must not get a secret");
        }
    }

    void Member(MemberExpressionAst member)
    {
        if (member.Member is not StringConstantExpressionAst name)
        {
            Add(member, "member", "only members that are named where they are used");
            return;
        }
        if (member.Static)
        {
            string key = (member.Expression is TypeExpressionAst type ? Allowed.NameOf(type.TypeName) : "?") + "::" + name.Value;
            if (!Allowed.StaticMembers.Contains(key))
                Add(member, "member", key + " is not in the list of members (Allowed.cs)");
            return;
        }
        bool written = member.Parent is AssignmentStatementAst assignment && assignment.Left == member;
        if (!written && Allowed.Getters.Contains(name.Value) && Allowed.Configuration(member.Expression))
            Add(member, "getter", "read it as get_" + name.Value + "(): an exception of a property becomes $null");
    }

    static readonly HashSet<TokenKind> CultureOperators = new()
    {
        TokenKind.Ieq, TokenKind.Ine, TokenKind.Ceq, TokenKind.Cne, TokenKind.Igt, TokenKind.Ilt, TokenKind.Ige, TokenKind.Ile,
        TokenKind.Cgt, TokenKind.Clt, TokenKind.Cge, TokenKind.Cle, TokenKind.Ilike, TokenKind.Clike, TokenKind.Icontains,
        TokenKind.Ccontains, TokenKind.Iin, TokenKind.Cin, TokenKind.Inotlike, TokenKind.Cnotlike,
    };

    void Binary(BinaryExpressionAst binary)
    {
        if (source.IsStub || !CultureOperators.Contains(binary.Operator))
            return;
        if (binary.Left is StringConstantExpressionAst or ExpandableStringExpressionAst
            || binary.Right is StringConstantExpressionAst or ExpandableStringExpressionAst)
            Add(binary, "culture", "strings are compared ordinally, by Test-Same or Test-SameName");
    }
}
