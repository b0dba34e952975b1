# rule: command, member
$text = '1'
& ([ScriptBlock]::Create($text))
