# rule: command
$text = Read-Host
