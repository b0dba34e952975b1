// Microsoft.Web.Administration, as far as modules/iis_app_pool uses it, over a real applicationHost.config.
// The real assembly wraps COM objects of Windows. One manager is one reading of the file, as there.
using System;
using Lockstep.Farm;

namespace Microsoft.Web.Administration;

public sealed class ServerManager : IDisposable
{
    readonly Snapshot configuration = new(EmulatedServer.OfSession());

    public ApplicationPoolCollection ApplicationPools => new(configuration);
    public ApplicationPoolDefaults ApplicationPoolDefaults => new(configuration);
    public SiteCollection Sites => new(configuration);
    public VirtualDirectoryDefaults VirtualDirectoryDefaults => new(configuration.File.Sites);
    public Configuration GetApplicationHostConfiguration() => new(configuration);

    public void CommitChanges() => configuration.Commit();
    public void Dispose() { }
}
