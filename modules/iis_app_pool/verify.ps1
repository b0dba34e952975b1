# verify.ps1 - what became of the pools that were written: read back, compared with a new key.

$stageRows.Add('verify', [string[]]@('watch', 'check', 'http'))

function Read-Checks($rows) {
    $names = New-NameSet
    $checks = [Collections.Generic.List[object]]::new()
    foreach ($row in $rows) {
        if (-not (Test-Same $row.kind 'check')) { continue }
        Add-Once $names $row.fields['name']
        $checks.Add(@{ name = $row.fields['name']; since = Read-Number $row.fields 'since' })
    }
    return , $checks
}

function Invoke-Verify($request) {
    [void](Read-TagKey $request.fields)
    $checks = Read-Checks $request.rows
    $oldest = 9007199254740991
    $names = New-NameSet
    foreach ($check in $checks) {
        $oldest = [Math]::Min($oldest, $check.since)
        [void]$names.Add($check.name)
    }
    $ways = Get-Ways (Read-HttpRows $request.rows $names)
    # First: a request starts a worker, and what it meets stands in the log.
    Invoke-Ways $ways
    $fence = Read-Fence
    $manager = Open-Manager
    try {
        $view = Get-View $request (Read-PlacesOf $manager $names) $fence $oldest
        foreach ($check in $checks) {
            $pool = $manager.get_ApplicationPools()[$check.name]
            # A pool that is not there has no row.
            if ($null -eq $pool) { continue }
            Add-Pool $pool $view $check.since
            Add-Answers $pool.get_Name() $ways
        }
    } finally { Close-Manager $manager }
}
