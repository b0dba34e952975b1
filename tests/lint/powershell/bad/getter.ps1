# rule: getter
function Get-Pool { return 1 }
$pool = Get-Pool
$state = $pool.State
