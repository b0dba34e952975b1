# rule: command
appcmd.exe list apppool
