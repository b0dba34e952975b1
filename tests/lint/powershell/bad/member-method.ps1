# rule: member
$text = 'a'
$one = $text.InvokeScript('b')
