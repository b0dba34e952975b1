// One writer at a time for the files that all servers of a farm share.
using System.IO;
using System.Threading;

namespace Lockstep.Farm.Control;

static class FarmLock
{
    public static FileStream Take(string dir)
    {
        for (int waited = 0; ; waited++)
        {
            try
            {
                return new FileStream(Path.Combine(dir, "farm.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (waited < 2000 && e is not DirectoryNotFoundException)
            {
                Thread.Sleep(5);
            }
        }
    }
}
