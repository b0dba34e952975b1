// The lines of DIR/accounts.
using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace Lockstep.Farm.Control;

static class Domain
{
    public static void SetAccount(string dir, string name, string state)
    {
        if (!Regex.IsMatch(name, @"\A[^\s\\][^\t\n\\]*\\[^\t\n\\]+\z"))
            throw new UsageException("an account is written CORP\\user");
        if (!Accounts.States.Contains(state))
            throw new UsageException("a state is one of " + string.Join(' ', Accounts.States));
        string password = Input.Password();
        using var held = FarmLock.Take(dir);
        string path = Path.Combine(dir, "accounts");
        var list = Accounts.Read(path);
        list.RemoveAll(a => string.Equals(a.Name, name, StringComparison.OrdinalIgnoreCase));
        list.Add(new Account(name, password, state));
        string text = string.Concat(list.Select(a => a.Name + "\t" + a.Password + "\t" + a.State + "\n"));
        EmulatedServer.ReplaceFile(path, Encoding.UTF8.GetBytes(text));
    }
}
