# rule: type
$list = [Net.WebClient[]]$null
