# rule: culture
$one = 'a'
if ($one -like 'b*') { $one = 'c' }
