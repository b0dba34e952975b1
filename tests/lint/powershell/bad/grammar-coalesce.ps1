# rule: grammar
$one = $two ?? 3
