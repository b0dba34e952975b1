# rule: uncaptured
$one = [Text.StringBuilder]::new()
$one.Append('x')
