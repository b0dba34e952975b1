# rule: grammar
$one = 0b101
