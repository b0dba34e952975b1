# rule: grammar
$one = 1u
