# rule: uncaptured
$one = 1
$one
