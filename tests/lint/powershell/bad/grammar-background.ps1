# rule: grammar
Set-StrictMode -Version 2 &
