# rule: variable
function Set-It($one) { $two = $one }
$all = @{ one = 1 }
Set-It @all
