# rule: variable
$text = ${INPUT}
