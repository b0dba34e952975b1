# rule: member, type
$process = [Diagnostics.Process]::Start('x')
