# activate.ps1 - lets a new identity take effect: no worker older than the commit stays, as far as asked.

$stageRows.Add('activate', [string[]]@('pool'))

$policyWords = [string[]]@('recycle', 'restart', 'none')
$waits = @{ look = 250; own = 5000; gone = 10000; control = 30000; state = 30000 }

function Read-PoolRows($rows) {
    $names = New-NameSet
    $pools = [Collections.Generic.List[object]]::new()
    foreach ($row in $rows) {
        Add-Once $names $row.fields['name']
        $pools.Add(@{
            name = $row.fields['name']; policy = Read-Word $row.fields 'policy' $policyWords
            committed = Read-Number $row.fields 'committed'; revive = Read-Flag $row.fields 'revive'
            did = 'nothing'; fault = $null; word = ''
        })
    }
    return , $pools
}

# Runs `Start`, `Stop` or `Recycle` of a pool on a fresh object. While WAS is busy, as after a commit, it
# answers "cannot accept control": again for at most 30 s.
function Invoke-Control([string]$name, [string]$control) {
    $waited = [Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        $manager = Open-Manager
        try {
            $pool = $manager.get_ApplicationPools()[$name]
            if ($null -eq $pool) { Stop-Request 'missing' '' }
            switch ($control) {
                'Start' { [void]$pool.Start() }
                'Stop' { [void]$pool.Stop() }
                'Recycle' { [void]$pool.Recycle() }
            }
            return
        } catch [Runtime.InteropServices.COMException] {
            $code = Get-FaultCode (Get-Cause $_)
            $busy = (Test-Same $code 'control_busy') -or (Test-Same $code 'control_not_started')
            if (-not $busy -or $waited.ElapsedMilliseconds -gt $waits.control) { throw }
            [Threading.Thread]::Sleep(100)
        } finally { Close-Manager $manager }
    }
}

function Get-StateOf([string]$name) {
    $manager = Open-Manager
    try {
        $pool = $manager.get_ApplicationPools()[$name]
        if ($null -eq $pool) { return 'Unknown' }
        return Get-PoolState $pool
    } finally { Close-Manager $manager }
}

# Waits until the pool is stopped, or the time is over.
function Wait-Stopped([string]$name) {
    $waited = [Diagnostics.Stopwatch]::StartNew()
    while ($waited.ElapsedMilliseconds -lt $waits.state) {
        if (Test-Same (Get-StateOf $name) 'Stopped') { return }
        [Threading.Thread]::Sleep(100)
    }
}

# Those of the rows whose pool still has a worker from before its commit.
function Select-Old($rows) {
    $old = [Collections.Generic.List[object]]::new()
    $table = Get-ProcessTable
    $manager = Open-Manager
    try {
        foreach ($row in $rows) {
            $pool = $manager.get_ApplicationPools()[$row.name]
            if ($null -eq $pool) { continue }
            foreach ($worker in (Get-PoolWorkers $pool $table)) {
                if ($worker.started -lt $row.committed) { $old.Add($row); break }
            }
        }
    } finally { Close-Manager $manager }
    return , $old
}

# Waits until none of them has an old worker; returns those that still do.
function Wait-Gone($rows, [long]$ms, [long]$deadline) {
    $waited = [Diagnostics.Stopwatch]::StartNew()
    $old = Select-Old $rows
    while ($old.Count -gt 0 -and $waited.ElapsedMilliseconds -lt $ms -and -not (Test-Passed $deadline)) {
        [Threading.Thread]::Sleep($waits.look)
        $old = Select-Old $old
    }
    return , $old
}

# Those that rotate by themselves, because their configuration changed, get time to do it.
function Select-Rotating($rows) {
    $rotating = [Collections.Generic.List[object]]::new()
    $manager = Open-Manager
    try {
        foreach ($row in $rows) {
            $pool = $manager.get_ApplicationPools()[$row.name]
            if ($null -eq $pool -or $pool.get_Recycling().get_DisallowRotationOnConfigChange()) { continue }
            $rotating.Add($row)
        }
    } finally { Close-Manager $manager }
    return , $rotating
}

# One pool that is stopped, or that is to be restarted. A pool that nobody may revive stays stopped.
function Invoke-StartOrRestart($row) {
    $state = Get-StateOf $row.name
    $stopped = (Test-Same $state 'Stopped') -or (Test-Same $state 'Stopping')
    if ($stopped -and -not $row.revive) { return }
    if (-not $stopped) {
        if (-not (Test-Same $row.policy 'restart')) { return }
        Invoke-Control $row.name 'Stop'
    }
    Wait-Stopped $row.name
    # Also when it took too long or the deadline is over: what was stopped here is started here.
    Invoke-Control $row.name 'Start'
    $row.did = 'restarted'
    if ($stopped) { $row.did = 'started' }
}

# A step for one pool; what it throws is that pool's fault and nobody else's.
function Invoke-Step($row, [string]$step, [long]$deadline) {
    if ($null -ne $row.fault -or $row.word.Length -gt 0) { return }
    if (Test-Passed $deadline) { $row.word = 'deadline'; return }
    try {
        if (Test-Same $step 'start') { Invoke-StartOrRestart $row; return }
        if (-not (Test-Same (Get-StateOf $row.name) 'Started')) { return }
        Invoke-Control $row.name 'Recycle'
        $row.did = 'recycled'
    } catch { $row.fault = $_ }
}

function Invoke-Recycles($rows, [long]$deadline) {
    $old = Select-Old $rows
    if ($old.Count -eq 0) { return }
    [void](Wait-Gone (Select-Rotating $old) $waits.own $deadline)
    $old = Select-Old $old
    foreach ($row in $old) { Invoke-Step $row 'recycle' $deadline }
    [void](Wait-Gone $old $waits.gone $deadline)
}

function Set-MissingPools($rows) {
    $manager = Open-Manager
    try {
        foreach ($row in $rows) {
            if ($null -eq $manager.get_ApplicationPools()[$row.name]) { $row.word = 'missing' }
        }
    } finally { Close-Manager $manager }
}

function Add-Activated($row, $manager) {
    $state = 'Unknown'
    $pool = $manager.get_ApplicationPools()[$row.name]
    if ($null -ne $pool) { $state = Get-PoolState $pool }
    if ($null -ne $row.fault) { Add-Fault $row.name $row.fault }
    if ($row.word.Length -gt 0) { Add-FaultWord $row.name $row.word '' }
    if ($null -ne $row.fault -or $row.word.Length -gt 0) { $row.did = 'failed' }
    Add-Record 'activated' @{ name = $row.name; did = $row.did; state = $state }
}

function Invoke-Activate($request) {
    $deadline = Read-Deadline $request.fields
    $rows = Read-PoolRows $request.rows
    Set-MissingPools $rows
    $recycles = [Collections.Generic.List[object]]::new()
    foreach ($row in $rows) {
        if (Test-Same $row.policy 'none') { continue }
        Invoke-Step $row 'start' $deadline
        if (Test-Same $row.policy 'recycle') { $recycles.Add($row) }
    }
    if ($recycles.Count -gt 0) { Invoke-Recycles $recycles $deadline }
    $manager = Open-Manager
    try {
        foreach ($row in $rows) { Add-Activated $row $manager }
    } finally { Close-Manager $manager }
}
