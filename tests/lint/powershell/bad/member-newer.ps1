# rule: member
$ms = [DateTime]::UnixEpoch
