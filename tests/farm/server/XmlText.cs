// Reads a document into elements that know where they stand in the text.
//
// Own reader on purpose: what IIS does not change in applicationHost.config stays byte for byte, and
// .NET's writers lose the quotes, white space inside tags, line ends and references of what they re-write.
// With positions, an edit is a splice of the text. Refuses what is not well formed, and any DTD, as IIS does.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Lockstep.Farm;

public sealed class XmlFault : FormatException
{
    public int Line { get; }
    public XmlFault(string text, int at, string why) : base(why)
    {
        Line = 1;
        for (int i = 0; i < at && i < text.Length; i++)
            if (text[i] == '\n')
                Line++;
    }
}

public sealed class XmlText
{
    readonly string text;
    readonly Stack<XmlElement> open = new();
    XmlElement? root;
    int at;

    XmlText(string text) { this.text = text; }

    public static XmlElement Parse(string text) => new XmlText(text).Document();

    XmlFault Fault(string why) => new(text, at, why);

    XmlElement Document()
    {
        while (at < text.Length)
        {
            int next = text.IndexOf('<', at);
            Characters(next < 0 ? text.Length : next);
            if (next < 0)
                break;
            if (Starts("<!--"))
                Comment();
            else if (Starts("<?"))
                Skip("<?", "?>");
            else if (open.Count > 0 && Starts("<![CDATA["))
                Skip("<![CDATA[", "]]>");
            else if (Starts("<!"))
                throw Fault("a DTD is not allowed");
            else if (Starts("</"))
                EndTag();
            else
                StartTag();
        }
        if (open.Count > 0)
            throw Fault("element '" + open.Peek().Name + "' is not closed");
        return root ?? throw Fault("no element");
    }

    bool Starts(string s) => string.CompareOrdinal(text, at, s, 0, s.Length) == 0;
    static bool Space(char c) => c is ' ' or '\t' or '\r' or '\n';

    void Characters(int end)
    {
        for (; at < end; at++)
        {
            if (open.Count == 0 && !Space(text[at]))
                throw Fault("text outside the root element");
            if (text[at] == '&')
                at = Reference(text, at, end, out _) - 1;
        }
    }

    void Comment()
    {
        int dashes = text.IndexOf("--", at + 4, StringComparison.Ordinal);
        if (dashes < 0 || dashes + 2 >= text.Length || text[dashes + 2] != '>')
            throw Fault("comment is not closed");
        at = dashes + 3;
    }

    void Skip(string first, string last)
    {
        int end = text.IndexOf(last, at + first.Length, StringComparison.Ordinal);
        if (end < 0)
            throw Fault("'" + first + "' is not closed");
        at = end + last.Length;
    }

    string Name()
    {
        int start = at;
        while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or ':' or '-' or '.'))
            at++;
        if (at == start || char.IsDigit(text[start]) || text[start] is '-' or '.')
            throw Fault("a name is missing");
        return text[start..at];
    }

    void Spaces()
    {
        while (at < text.Length && Space(text[at]))
            at++;
    }

    void EndTag()
    {
        int start = at;
        at += 2;
        string name = Name();
        Spaces();
        if (!Starts(">") || open.Count == 0 || open.Peek().Name != name)
            throw Fault("closing tag '" + name + "' fits no element");
        at++;
        open.Pop().CloseStart = start;
    }

    void StartTag()
    {
        int start = at++;
        string name = Name();
        if (open.Count == 0 && root != null)
            throw Fault("a second root element");
        var element = new XmlElement { Name = name, Parent = open.Count > 0 ? open.Peek() : null, Start = start, NameEnd = at };
        element.Parent?.Children.Add(element);
        root ??= element;
        while (true)
        {
            int before = at;
            Spaces();
            if (Starts("/>") || Starts(">"))
                break;
            if (at == before)
                throw Fault("white space is missing before an attribute");
            element.Attributes.Add(ReadAttribute(element));
        }
        element.Empty = text[at] == '/';
        at += element.Empty ? 2 : 1;
        element.TagEnd = element.CloseStart = at;
        if (!element.Empty)
            open.Push(element);
    }

    XmlAttribute ReadAttribute(XmlElement element)
    {
        int start = at;
        string name = Name();
        if (element.Attribute(name) != null)
            throw Fault("attribute '" + name + "' twice");
        Spaces();
        if (!Starts("="))
            throw Fault("'=' is missing");
        at++;
        Spaces();
        if (!Starts("\"") && !Starts("'"))
            throw Fault("a quote is missing");
        char quote = text[at++];
        int valueStart = at;
        int valueEnd = text.IndexOf(quote, at);
        if (valueEnd < 0)
            throw Fault("a quote is not closed");
        string value = Value(valueEnd);
        at = valueEnd + 1;
        return new XmlAttribute { Name = name, Value = value, Start = start, ValueStart = valueStart, ValueEnd = valueEnd, Quote = quote };
    }

    // Attribute value normalisation of XML 1.0, 3.3.3: a literal line end or tab is read as one space.
    string Value(int end)
    {
        var value = new StringBuilder(end - at);
        while (at < end)
        {
            char c = text[at];
            if (c == '<')
                throw Fault("'<' in an attribute");
            if (c == '&')
            {
                at = Reference(text, at, end, out string resolved);
                value.Append(resolved);
                continue;
            }
            if (c == '\r' && at + 1 < end && text[at + 1] == '\n')
                at++;
            value.Append(Space(c) ? ' ' : c);
            at++;
        }
        return value.ToString();
    }

    int Reference(string s, int start, int end, out string resolved)
    {
        int semicolon = s.IndexOf(';', start, Math.Min(end - start, 12));
        string name = semicolon < 0 ? "" : s[(start + 1)..semicolon];
        resolved = name switch { "lt" => "<", "gt" => ">", "amp" => "&", "quot" => "\"", "apos" => "'", _ => "" };
        if (resolved.Length == 0 && name.StartsWith('#') && CodePoint(name, out int code))
            resolved = char.ConvertFromUtf32(code);
        if (resolved.Length == 0)
            throw Fault("unknown reference");
        return semicolon + 1;
    }

    static bool CodePoint(string name, out int code)
    {
        bool hex = name.StartsWith("#x", StringComparison.Ordinal);
        return int.TryParse(name[(hex ? 2 : 1)..], hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
                   CultureInfo.InvariantCulture, out code)
            && (code is 9 or 10 or 13 || (code >= 32 && code <= 0x10FFFF && code is < 0xD800 or > 0xDFFF));
    }

    // A value as it stands between quotes, so that it survives the normalisation above.
    public static string Escape(string value, char quote)
    {
        var s = new StringBuilder(value.Length + 8);
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            bool pair = char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]);
            if ((c < ' ' && c is not ('\t' or '\n' or '\r')) || c >= '\uFFFE' || (char.IsSurrogate(c) && !pair))
                throw new ArgumentException("a character that XML cannot hold");
            s.Append(c switch
            {
                '&' => "&amp;", '<' => "&lt;", '>' => "&gt;",
                '"' when quote == '"' => "&quot;", '\'' when quote == '\'' => "&apos;",
                '\t' => "&#x9;", '\n' => "&#xA;", '\r' => "&#xD;", _ => c.ToString(),
            });
            if (pair)
                s.Append(value[++i]);
        }
        return s.ToString();
    }
}
