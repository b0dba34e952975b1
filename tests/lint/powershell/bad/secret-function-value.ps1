# rule: secret-argument
function Set-It($one) { $two = $one }
$held = @{ units = $null }
Set-It $held.units
