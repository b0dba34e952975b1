# rule: culture
$one = 'a'
if ('b' -cne $one) { $one = 'c' }
