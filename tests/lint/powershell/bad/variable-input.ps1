# rule: variable
$text = $input
