# rule: ascii
	$text = 'x'
