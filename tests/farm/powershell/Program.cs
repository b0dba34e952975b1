// powershell.exe of an emulated server: the real PowerShell engine behind the one command line that lockstep sends.
using System;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Lockstep.Farm.PowerShell;

string? script = CommandLine.Script(args, out string refusal);
if (script == null)
{
    Console.Error.WriteLine("powershell (emulated): " + refusal);
    return 64;
}
var host = new Host();
using var runspace = RunspaceFactory.CreateRunspace(host, InitialSessionState.CreateDefault2());
runspace.Open();
using var engine = System.Management.Automation.PowerShell.Create(runspace);
engine.AddScript(script);
// What a script leaves in the pipeline is printed, as the real host does: a leak shows.
var output = new PSDataCollection<PSObject>();
output.DataAdded += (_, e) => Console.Out.WriteLine(output[e.Index]);
engine.Streams.Error.DataAdded += (_, e) => Console.Error.WriteLine(engine.Streams.Error[e.Index]);
try
{
    engine.Invoke(null, output);
}
catch (RuntimeException e)
{
    Console.Error.WriteLine(e.ErrorRecord + "\n" + e.ErrorRecord.ScriptStackTrace);
    return 1;
}
return host.ExitCode;
