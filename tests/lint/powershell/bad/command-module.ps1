# rule: command
Microsoft.PowerShell.Utility\Write-Host 'x'
