// Which variables hold a secret is a matter of names: a container is one of these, its value the member below.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;

namespace Lockstep.Lint;

static class Secrets
{
    static readonly HashSet<string> Containers = new(StringComparer.OrdinalIgnoreCase) { "held", "kept", "wanted", "secret", "secrets", "session" };
    static readonly HashSet<string> Values = new(StringComparer.OrdinalIgnoreCase) { "stored", "password", "passwords", "units" };
    static readonly HashSet<string> ValueMembers = new(StringComparer.OrdinalIgnoreCase) { "units", "bytes", "key" };

    // Is there a secret itself in this expression?
    public static bool HoldsValue(Ast expression) => expression.FindAll(IsValue, false).Any();

    public static bool HoldsContainer(Ast expression) =>
        expression.FindAll(a => a is VariableExpressionAst v && Containers.Contains(v.VariablePath.UserPath), false).Any();

    static bool IsValue(Ast node)
    {
        if (node is VariableExpressionAst variable)
            return Values.Contains(variable.VariablePath.UserPath) && !IsLength(variable);
        if (node is not MemberExpressionAst { Member: StringConstantExpressionAst name } member || IsLength(member))
            return false;
        return name.Value is "Password" or "get_Password"
            || (ValueMembers.Contains(name.Value) && Root(member.Expression) is { } root && Containers.Contains(root));
    }

    // How long a secret is may be passed on.
    static bool IsLength(Ast node) =>
        node.Parent is MemberExpressionAst { Member: StringConstantExpressionAst { Value: "Length" } } parent && parent.Expression == node;

    static string? Root(ExpressionAst expression) => expression switch
    {
        VariableExpressionAst variable => variable.VariablePath.UserPath,
        IndexExpressionAst index => Root(index.Target),
        MemberExpressionAst member => Root(member.Expression),
        _ => null,
    };
}
