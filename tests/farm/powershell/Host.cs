// The host that the engine sees: named and numbered as Windows PowerShell 5.1's console, without any user interface.
using System;
using System.Globalization;
using System.Management.Automation.Host;

namespace Lockstep.Farm.PowerShell;

sealed class Host : PSHost
{
    public int ExitCode { get; private set; }

    public override string Name => "ConsoleHost";
    public override Version Version => new(5, 1, 20348, 1);
    public override Guid InstanceId { get; } = Guid.NewGuid();
    public override PSHostUserInterface? UI => null;
    public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;
    public override CultureInfo CurrentUICulture => CultureInfo.InvariantCulture;

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;
    public override void EnterNestedPrompt() => throw new NotSupportedException();
    public override void ExitNestedPrompt() => throw new NotSupportedException();
    public override void NotifyBeginApplication() { }
    public override void NotifyEndApplication() { }
}
