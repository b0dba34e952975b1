# rule: secret-argument
function Set-It($one) { $two = $one }
$stored = 'x'
Set-It $stored
