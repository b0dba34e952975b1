// Passwords come on standard input, never in an argument.
using System;
using System.IO;
using System.Text;

namespace Lockstep.Farm.Control;

sealed class UsageException : Exception
{
    public UsageException(string message) : base(message) { }
}

static class Input
{
    public static byte[] Bytes()
    {
        using var all = new MemoryStream();
        using var input = Console.OpenStandardInput();
        input.CopyTo(all);
        return all.ToArray();
    }

    // One final line end is not part of a password; the accounts file can hold no other, and no tab.
    public static string Password()
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, true).GetString(Bytes());
        }
        catch (DecoderFallbackException)
        {
            throw new UsageException("the password is not UTF-8");
        }
        if (text.EndsWith('\n'))
            text = text[..(text.EndsWith("\r\n", StringComparison.Ordinal) ? ^2 : ^1)];
        if (text.AsSpan().IndexOfAny("\t\r\n\0") >= 0)
            throw new UsageException("a password cannot hold a tab, a line end or a NUL");
        return text;
    }
}
