# rule: secret-argument
function Set-It($one) { $two = $one }
$secrets = @{}
Set-It $secrets[1].bytes
