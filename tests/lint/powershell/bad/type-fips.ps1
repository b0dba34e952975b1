# rule: member, type
$hash = [Security.Cryptography.SHA256Managed]::new()
