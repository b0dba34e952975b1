# rule: grammar
Set-StrictMode -Version 2 && Set-StrictMode -Version 2
