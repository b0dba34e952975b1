// What is judged by bytes and tokens: encoding, and tokens that Windows PowerShell 5.1 does not know.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;
using System.Text.RegularExpressions;

namespace Lockstep.Lint;

static class Text
{
    static readonly HashSet<TokenKind> Newer = new()
    {
        TokenKind.QuestionQuestion, TokenKind.QuestionQuestionEquals, TokenKind.QuestionDot, TokenKind.QuestionLBracket,
        TokenKind.QuestionMark, TokenKind.AndAnd, TokenKind.OrOr, TokenKind.Clean,
    };

    public static void Judge(Source source, Script script)
    {
        foreach (var error in source.Errors)
            script.Add(source, error.Extent, "syntax", error.Message);
        if (source.Bytes.Any(b => b != '\n' && (b < 0x20 || b > 0x7e)))
            script.Add(source, source.Tree.Extent, "ascii", "only printable ASCII and LF: 5.1 reads other bytes in the server's code page");
        foreach (var token in source.Tokens)
        {
            if (Newer.Contains(token.Kind))
                script.Add(source, token.Extent, "grammar", "'" + token.Text + "' is newer than 5.1");
            if (token is NumberToken && Regex.IsMatch(token.Text, @"\A0b|\A[^xX]*[uysn](?:kb|mb|gb|tb|pb)?\z|\A0x[0-9a-f]*[uysn]", RegexOptions.IgnoreCase))
                script.Add(source, token.Extent, "grammar", "the number form '" + token.Text + "' is newer than 5.1");
            if (token is StringExpandableToken && Regex.IsMatch(token.Text, @"(?<!`)(?:``)*`(?:e|u\{)"))
                script.Add(source, token.Extent, "grammar", "the escape is newer than 5.1");
        }
    }
}
