// The rules of Windows Process Activation Service that matter here; tests/farm/README.md gives the reason for each.
// Only used under the server's lock; nothing happens between two uses, so a change of the configuration takes
// effect when somebody next looks, with the time of the look: never before the commit that made it.
using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;

namespace Lockstep.Farm;

public sealed class Was
{
    const int RapidFail = 5002, IdentityInvalid = 5021, DisabledForIdentity = 5057, DisabledAtStart = 5059;
    const int MostCrashes = 5, CrashWindowMs = 300_000; // rapidFailProtectionMaxCrashes, -Interval of the schema
    readonly EmulatedServer server;
    AppHost? config;

    public ServerState State { get; }

    public Was(EmulatedServer server, ServerState state)
    {
        this.server = server;
        State = state;
    }

    AppHost Config => config ??= AppHost.Read(server.ConfigPath);

    public void CatchUp()
    {
        var file = new FileInfo(server.ConfigPath);
        string stamp = file.Exists ? file.LastWriteTimeUtc.Ticks + "." + file.Length : "";
        if (stamp.Length == 0 || stamp == State.ConfigStamp)
            return;
        try
        {
            config = AppHost.Read(server.ConfigPath);
        }
        catch (Exception e) when (e is IOException or COMException)
        {
            return; // WAS goes on with what it had
        }
        State.ConfigStamp = stamp;
        State.Pools.RemoveAll(p => Config.FindPool(p.Name) == null);
        foreach (var element in Config.Pools)
        {
            string fingerprint = Config.Fingerprint(element);
            var pool = State.Find(AppHost.NameOf(element));
            if (pool == null)
            {
                pool = new PoolState { Name = AppHost.NameOf(element), Fingerprint = fingerprint };
                State.Pools.Add(pool);
                if (Config.Flag(element, "", "autoStart"))
                    Begin(pool);
            }
            else if (pool.Fingerprint != fingerprint)
            {
                pool.Fingerprint = fingerprint;
                Changed(pool);
            }
        }
    }

    // A written file counts as changed even when its size and the clock's tick are the same.
    public void ConfigWritten()
    {
        State.ConfigStamp = "";
        config = null;
    }

    public PoolState Pool(string name) =>
        State.Find(name) ?? throw new COMException("The specified application pool does not exist: " + name, unchecked((int)0x80070490));

    public void Start(string name)
    {
        var pool = Pool(name);
        if (pool.Started)
            throw new COMException("An instance of the service is already running. (Exception from HRESULT: 0x80070420)", unchecked((int)0x80070420));
        Begin(pool);
    }

    public void Stop(string name)
    {
        var pool = Running(name);
        pool.Started = false;
        pool.Worker = null;
    }

    public void Recycle(string name)
    {
        var pool = Running(name);
        if (pool.Worker == null)
            return;
        pool.Worker = null;
        if (CheckAgain(pool) || AlwaysRunning(pool))
            Launch(pool);
    }

    // HTTP status of a request to the pool.
    public int Request(string name)
    {
        var pool = Pool(name);
        if (pool.Started && pool.Worker == null)
        {
            CheckAgain(pool, atRequest: true);
            Launch(pool);
        }
        return pool.Worker != null ? 200 : 503;
    }

    // Its worker ends by itself; one is started first where none runs.
    public void Crash(string name)
    {
        if (Request(name) != 200)
            throw new COMException("the pool has no worker that could crash: " + name, unchecked((int)0x80070426));
        var pool = Pool(name);
        long now = EmulatedServer.NowMs;
        pool.Worker = null;
        pool.CrashesMs.RemoveAll(t => t < now - CrashWindowMs);
        pool.CrashesMs.Add(now);
        if (pool.CrashesMs.Count >= MostCrashes)
        {
            pool.CrashesMs.Clear();
            pool.Started = false;
            Log(RapidFail, pool);
        }
        else if (AlwaysRunning(pool))
            Launch(pool);
    }

    PoolState Running(string name)
    {
        var pool = Pool(name);
        return pool.Started ? pool
            : throw new COMException("The service has not been started. (Exception from HRESULT: 0x80070426)", unchecked((int)0x80070426));
    }

    void Begin(PoolState pool)
    {
        pool.Started = true;
        CheckAgain(pool);
        if (AlwaysRunning(pool))
            Launch(pool);
    }

    // The only moment at which a refused batch right is tried again.
    void Changed(PoolState pool)
    {
        bool rotates = !Config.Flag(Config.FindPool(pool.Name), "recycling", "disallowRotationOnConfigChange");
        bool ran = pool.Worker != null;
        pool.Logon = Check(pool);
        if (pool.Logon != Logon.Ok)
            Log(IdentityInvalid, pool);
        if (ran && !rotates)
            return;
        pool.Worker = null;
        if (pool.Started && ((ran && pool.Logon == Logon.Ok) || AlwaysRunning(pool)))
            Launch(pool);
    }

    bool CheckAgain(PoolState pool, bool atRequest = false)
    {
        if (pool.Logon == Logon.NoBatch)
            return false;
        var before = pool.Logon;
        pool.Logon = Check(pool);
        if (pool.Logon != Logon.Ok && (before == Logon.Ok || !atRequest))
            Log(IdentityInvalid, pool);
        return pool.Logon == Logon.Ok;
    }

    void Launch(PoolState pool)
    {
        if (pool.Logon != Logon.Ok)
        {
            Log(DisabledForIdentity, pool);
            Log(DisabledAtStart, pool);
            pool.Started = false;
            return;
        }
        var (domain, user) = Owner(pool);
        State.LastPid += 4;
        pool.Worker = new Worker(State.LastPid, user, domain, EmulatedServer.NowMs);
    }

    string Model(PoolState pool, string name) => Config.Effective(Config.FindPool(pool.Name), "processModel", name);

    bool AlwaysRunning(PoolState pool) => Config.Effective(Config.FindPool(pool.Name), "", "startMode") == "AlwaysRunning";

    Logon Check(PoolState pool)
    {
        if (Model(pool, "identityType") != "SpecificUser")
            return Logon.Ok;
        try
        {
            return Accounts.Try(server.AccountsPath, Model(pool, "userName"), server.Vault.Unprotect(Model(pool, "password")));
        }
        catch (COMException)
        {
            return Logon.BadData; // a password that cannot be decrypted
        }
    }

    (string domain, string user) Owner(PoolState pool)
    {
        switch (Model(pool, "identityType"))
        {
        case "LocalSystem": return ("NT AUTHORITY", "SYSTEM");
        case "LocalService": return ("NT AUTHORITY", "LOCAL SERVICE");
        case "NetworkService": return ("NT AUTHORITY", "NETWORK SERVICE");
        case "ApplicationPoolIdentity": return ("IIS APPPOOL", pool.Name);
        }
        // Windows names the account of the token, however IIS spells it.
        string name = Accounts.Find(server.AccountsPath, Model(pool, "userName"))!.Name;
        int slash = name.IndexOf('\\');
        return (name[..Math.Max(0, slash)], name[(slash + 1)..]);
    }

    void Log(int id, PoolState pool) =>
        State.Events.Add(new EventRow(State.Events.Count + 1, id, EmulatedServer.NowMs, pool.Name, id == RapidFail ? 0 : (uint)pool.Logon));

    public PoolState? OwnerOf(int pid) => State.Pools.FirstOrDefault(p => p.Worker?.Pid == pid);
}
