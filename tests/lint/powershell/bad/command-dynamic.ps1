# rule: command
$name = 'Get-Date'
& $name
