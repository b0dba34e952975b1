# rule: command
Get-Content 'file'
