# rule: pipeline
function Set-It { $two = 1 }
Set-It > 'file'
