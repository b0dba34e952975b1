# rule: grammar
$one = $true ? 1 : 2
