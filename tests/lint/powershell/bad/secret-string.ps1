# rule: secret-string
$held = @{ units = $null }
$text = "is $($held.units)"
