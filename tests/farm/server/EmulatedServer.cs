// One server on disk: where its files are, and the lock under which they are used.
using System;
using System.IO;
using System.Text;
using System.Threading;

namespace Lockstep.Farm;

public sealed class EmulatedServer
{
    readonly string home;

    public EmulatedServer(string home) { this.home = home; }

    // Inside a session the server is the one that SystemRoot belongs to.
    public static EmulatedServer OfSession()
    {
        string root = Environment.GetEnvironmentVariable("SystemRoot")
            ?? throw new InvalidOperationException("SystemRoot is not set: no session of an emulated server");
        return new EmulatedServer(Path.GetDirectoryName(Path.GetFullPath(root))!);
    }

    public string Home => home;
    public string Name => Path.GetFileName(home);
    public string ConfigFolder => Path.Combine(home, "Windows", "System32", "inetsrv", "config");
    // Where redirection.config leads, as on a server of a farm with shared configuration.
    public string ConfigPath => Path.Combine(RedirectedTo() ?? ConfigFolder, "applicationHost.config");
    public string StatePath => Path.Combine(home, "was.state");
    public string KeyPath => Path.Combine(home, "machine.key");
    public string AccountsPath => Path.Combine(home, "..", "..", "accounts");
    public Vault Vault => new(KeyPath);

    string? RedirectedTo()
    {
        string path = Path.Combine(ConfigFolder, "redirection.config");
        if (!File.Exists(path))
            return null;
        try
        {
            var element = XmlText.Parse(File.ReadAllText(path)).Child("configurationRedirection");
            return element?.Attribute("enabled")?.Value == "true" ? element.Attribute("path")?.Value : null;
        }
        catch (XmlFault)
        {
            return null; // the session's probe tells it
        }
    }

    public static long NowMs => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    public void Locked(Action<Was> work) => Locked(was => { work(was); return 0; });

    // WAS first takes in what happened to the configuration since anyone last looked, then the work is done.
    public T Locked<T>(Func<Was, T> work)
    {
        using var held = Lock();
        var state = ServerState.Load(StatePath);
        string before = state.Write();
        var was = new Was(this, state);
        try
        {
            was.CatchUp();
            return work(was);
        }
        finally
        {
            string after = state.Write();
            if (after != before)
                ReplaceFile(StatePath, Encoding.UTF8.GetBytes(after));
        }
    }

    // FileShare.None is an flock on Linux: it goes with the process, however that ends.
    FileStream Lock()
    {
        for (int waited = 0; ; waited++)
        {
            try
            {
                return new FileStream(Path.Combine(home, "was.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (waited < 6000 && e is not (FileNotFoundException or DirectoryNotFoundException))
            {
                Thread.Sleep(5);
            }
        }
    }

    public static void ReplaceFile(string path, byte[] bytes)
    {
        string next = path + ".new";
        var mode = File.Exists(path) ? File.GetUnixFileMode(path) : UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = mode };
        using (var file = new FileStream(next, options))
            file.Write(bytes);
        File.Move(next, path, true);
    }
}
