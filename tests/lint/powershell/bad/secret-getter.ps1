# rule: secret-argument
function Set-It($one) { $two = $one }
function Get-Model { return 1 }
$model = Get-Model
Set-It $model.get_Password()
