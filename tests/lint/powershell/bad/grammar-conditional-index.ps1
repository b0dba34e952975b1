# rule: grammar
$one = ${two}?[0]
