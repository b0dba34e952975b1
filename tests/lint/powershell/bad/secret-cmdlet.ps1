# rule: command, secret-argument
$held = @{ units = $null }
Write-Verbose $held
