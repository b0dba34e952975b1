# rule: command
Add-Type -AssemblyName 'System.Xml'
