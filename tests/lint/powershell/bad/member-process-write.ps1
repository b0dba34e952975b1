# rule: member
[void][Console]::WriteLine('x')
