# rule: member
$text = 'a'
$name = 'Length'
$one = $text.$name
