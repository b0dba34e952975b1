// Takes exactly -NoLogo -NoProfile -NonInteractive -EncodedCommand BASE64, and refuses everything else:
// any other argument vector would be a change of what security teams allow on their servers.
using System;
using System.Linq;
using System.Text;

namespace Lockstep.Farm.PowerShell;

static class CommandLine
{
    static readonly string[] Fixed = { "-NoLogo", "-NoProfile", "-NonInteractive", "-EncodedCommand" };
    // cmd.exe, the default shell of Windows OpenSSH, takes no longer line than this.
    const int LongestLine = 8191;
    const string Before = "\"c:\\windows\\system32\\cmd.exe\" /c \"powershell.exe \"";

    public static string? Script(string[] args, out string refusal)
    {
        refusal = "";
        if (args.Length != Fixed.Length + 1 || !args.Take(Fixed.Length).SequenceEqual(Fixed))
            refusal = "only '" + string.Join(' ', Fixed) + " BASE64' is accepted, got " + args.Length + " arguments: "
                + string.Join(' ', args.Select(a => a.Length > 40 ? a[..40] + "..." : a));
        else if (Before.Length + string.Join(' ', args).Length > LongestLine)
            refusal = "the command line is longer than cmd.exe takes";
        else if (Environment.GetEnvironmentVariable("SystemRoot") == null)
            refusal = "SystemRoot is not set: start me through `farm up` and ssh";
        if (refusal.Length > 0)
            return null;
        try
        {
            return new UnicodeEncoding(false, false, true).GetString(Convert.FromBase64String(args[^1]));
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            refusal = "the encoded command is not BASE64 of UTF-16LE";
            return null;
        }
    }
}
