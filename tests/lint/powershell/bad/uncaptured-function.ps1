# rule: uncaptured
function Get-One { return 1 }
Get-One
