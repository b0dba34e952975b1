# rule: secret-argument
$held = @{ units = $null }
$one = [string]::Equals($held.units, 'x')
