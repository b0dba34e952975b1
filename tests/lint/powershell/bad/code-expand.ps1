# rule: member, type
$text = '1'
[void][Management.Automation.PSObject]::AsPSObject($text)
