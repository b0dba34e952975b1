# rule: grammar
$one = 1
$one ??= 3
