# rule: command
. './more.ps1'
