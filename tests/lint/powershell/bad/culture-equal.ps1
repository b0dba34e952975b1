# rule: culture
$one = 'a'
if ($one -eq 'b') { $one = 'c' }
