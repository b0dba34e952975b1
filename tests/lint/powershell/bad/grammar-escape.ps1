# rule: grammar
$one = "`e[0m"
