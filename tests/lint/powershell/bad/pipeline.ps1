# rule: pipeline
function Get-One { return 1 }
function Set-It($one) { $two = $one }
$two = Get-One | Set-It
