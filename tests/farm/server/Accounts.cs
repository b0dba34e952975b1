// What the domain knows: lines of account, password and state, read at every logon.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Lockstep.Farm;

// The error numbers of Windows.
public enum Logon : uint
{
    Ok = 0, WrongPassword = 0x8007052e, PasswordExpired = 0x80070532, Disabled = 0x80070533, NoBatch = 0x80070569,
    MustChange = 0x80070773, Locked = 0x80070775, BadData = 0x80090005,
}

public sealed record Account(string Name, string Password, string State);

public static class Accounts
{
    const string Domain = "CORP", DnsName = "corp.example";
    public static readonly string[] States = { "enabled", "disabled", "nobatch", "locked", "expired", "mustchange" };

    public static List<Account> Read(string path)
    {
        var list = new List<Account>();
        if (!File.Exists(path))
            return list;
        foreach (string line in File.ReadAllText(path).Split('\n'))
        {
            string[] cells = line.Split('\t');
            if (cells.Length == 3)
                list.Add(new Account(cells[0], cells[1], cells[2]));
        }
        return list;
    }

    // CORP\user and user@corp.example are one account; case does not count.
    public static Account? Find(string path, string userName)
    {
        int at = userName.LastIndexOf('@');
        if (at > 0 && string.Equals(userName[(at + 1)..], DnsName, StringComparison.OrdinalIgnoreCase))
            userName = Domain + "\\" + userName[..at];
        return Read(path).LastOrDefault(a => string.Equals(a.Name, userName, StringComparison.OrdinalIgnoreCase));
    }

    // A batch logon: the password is compared exactly; that of a managed account (x$) is Windows' own business.
    public static Logon Try(string path, string userName, string password)
    {
        var account = Find(path, userName);
        if (account == null)
            return Logon.WrongPassword;
        if (account.State == "locked")
            return Logon.Locked; // whatever the password
        if (account.Password != password && !account.Name.EndsWith('$'))
            return Logon.WrongPassword;
        return account.State switch
        {
            "disabled" => Logon.Disabled,
            "expired" => Logon.PasswordExpired,
            "mustchange" => Logon.MustChange,
            "nobatch" => Logon.NoBatch,
            _ => Logon.Ok,
        };
    }
}
