# rule: ascii
$text = 'café'
