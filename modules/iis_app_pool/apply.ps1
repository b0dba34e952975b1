# apply.ps1 - writes identity, user and password of pools, or clears the latter two: fenced, checked, in small commits.

$stageRows.Add('apply', [string[]]@('set'))

$identityWords = [string[]]@('SpecificUser', 'NetworkService', 'LocalService', 'LocalSystem', 'ApplicationPoolIdentity')

# A builtin identity has neither user nor password, a group managed service account (its name ends with '$')
# a user alone; every other has both. Answers the secret's number, 0 for none.
function Read-Credential($fields) {
    $user = $fields['user']
    $number = Read-Number $fields 'secret'
    if (-not (Test-Same $fields['type'] 'SpecificUser')) {
        if ($user.Length -gt 0) { Stop-Request 'bad_word' 'user' }
        if ($fields['account'].Length -gt 0) { Stop-Request 'bad_word' 'account' }
        if ($number -ne 0) { Stop-Request 'needless_secret' 'secret' }
        return 0
    }
    if ($user.Length -eq 0) { Stop-Request 'bad_word' 'user' }
    if (Test-Managed $user) {
        if ($number -ne 0) { Stop-Request 'needless_secret' 'secret' }
        return 0
    }
    return Read-PasswordNumber $fields
}

function Read-SetRow($fields) {
    $row = @{
        name = $fields['name']; user = $fields['user']; userWas = $fields['userWas']
        generation = Read-Number $fields 'generation'
        candidate = Read-Candidate $fields
        type = Read-Word $fields 'type' $identityWords
        identity = Read-Word $fields 'identity' $identityWords
        local = Read-Flag $fields 'local'
        rewrite = Read-Flag $fields 'rewrite'
        number = Read-Credential $fields
    }
    if ($row.generation -eq 0) { Stop-Request 'bad_number' 'generation' }
    return $row
}

# All of them are read before the first one counts.
function Read-SetRows($rows) {
    $names = New-NameSet
    $sets = [Collections.Generic.List[object]]::new()
    foreach ($row in $rows) {
        Add-Once $names $row.fields['name']
        $sets.Add((Read-SetRow $row.fields))
    }
    return , $sets
}

# ---- what is to be done about one pool -------------------------------------------------------------------

function New-Decision($row, $pool, [string]$status, [string]$why, [long]$committed) {
    return @{ row = $row; pool = $pool; status = $status; why = $why; committed = $committed }
}

function Add-Result($decision) {
    Add-Record 'result' @{
        name = $decision.row.name; generation = $decision.row.generation
        status = $decision.status; why = $decision.why; committed = $decision.committed
    }
}

function Test-LocalValue($model, [string]$attribute) {
    return (-not $model.get_Attributes()[$attribute].get_IsInheritedFromDefaultValue())
}

# The stored password against the one of the row, unit by unit: -eq ignores case, and a method call could
# be logged with its strings.
function Test-StoredPassword($model, [long]$number) {
    $held = Read-StoredPassword $model
    $wanted = @{ units = $utf8.GetChars($secrets[$number].bytes) }
    try {
        $same = (Test-Same $held.state 'present') -and $held.units.Length -eq $wanted.units.Length
        for ($at = 0; $same -and $at -lt $held.units.Length; $at++) {
            $same = [int]$held.units[$at] -eq [int]$wanted.units[$at]
        }
        return $same
    } finally {
        Clear-StoredPassword $held
        [Array]::Clear($wanted.units, 0, $wanted.units.Length)
    }
}

# A builtin identity counts by its effect: what stands behind it is empty, wherever that comes from.
function Test-WantedBuiltin($model) {
    if (([string]$model.get_UserName()).Length -gt 0) { return $false }
    $held = Read-StoredPassword $model
    try { return (Test-Same $held.state 'absent') } finally { Clear-StoredPassword $held }
}

# Is it already exactly what the row asks for? With a user, nothing of it may be inherited. Windows makes the
# password of a managed account itself; what may be stored beside it is not looked at.
function Test-Wanted($model, $row) {
    if (-not (Test-Same ([string]$model.get_IdentityType()) $row.type)) { return $false }
    if (-not (Test-Same $row.type 'SpecificUser')) { return Test-WantedBuiltin $model }
    if (-not (Test-Same ([string]$model.get_UserName()) $row.user)) { return $false }
    if (-not (Test-LocalValue $model 'identityType') -or -not (Test-LocalValue $model 'userName')) { return $false }
    if ($row.number -eq 0) { return $true }
    if (-not (Test-LocalValue $model 'password')) { return $false }
    return Test-StoredPassword $model $row.number
}

# '' or why the fence forbids it.
function Get-FenceRefusal($entry, $row) {
    if ($null -eq $entry) { return '' }
    if ($row.generation -lt $entry.generation) { return 'generation_behind' }
    if ($row.generation -eq $entry.generation -and -not (Test-Same $row.candidate $entry.candidate)) {
        return 'candidate_differs'
    }
    return ''
}

# '' or what is no longer as the plan saw it.
function Get-PlanRefusal($model, $row) {
    if (-not (Test-Same ([string]$model.get_IdentityType()) $row.identity)) { return 'identity_changed' }
    if (-not (Test-SameName ([string]$model.get_UserName()) $row.userWas)) { return 'user_changed' }
    if ((Test-LocalValue $model 'identityType') -ne $row.local) { return 'local_changed' }
    return ''
}

# When the file was written last: the latest time at which a commit that it holds can have happened.
function Get-WriteTime {
    return Get-UnixMs ([IO.File]::GetLastWriteTimeUtc($paths.configuration))
}

# A commit of this very intent that landed, but whose report was lost, is found here and noted.
function Get-KeptTime($fence, $entry, $row) {
    if ($null -eq $entry) { return 0 }
    $same = $entry.generation -eq $row.generation -and (Test-Same $entry.candidate $row.candidate)
    if ($same -and $entry.committed -eq 0) {
        Add-FenceLine $fence $row (Get-WriteTime)
        Save-Fence $fence
        return $fence.entries[$row.name].committed
    }
    return $entry.committed
}

# Did this very intent commit here before?
function Test-Committed($entry, $row) {
    if ($null -eq $entry -or $entry.committed -eq 0) { return $false }
    return ($entry.generation -eq $row.generation -and (Test-Same $entry.candidate $row.candidate))
}

function Get-Decision($manager, $fence, $row) {
    $pool = $manager.get_ApplicationPools()[$row.name]
    if ($null -eq $pool) { return New-Decision $row $null 'refused' 'missing' 0 }
    $entry = $null
    if ($fence.entries.ContainsKey($row.name)) { $entry = $fence.entries[$row.name] }
    $why = Get-FenceRefusal $entry $row
    if ($why.Length -gt 0) { return New-Decision $row $pool 'refused' $why 0 }
    # Before what the plan saw: this intent's own commit may have landed already.
    $asked = $row.rewrite -and -not (Test-Committed $entry $row)
    if (-not $asked -and (Test-Wanted $pool.get_ProcessModel() $row)) {
        return New-Decision $row $pool 'kept' '' (Get-KeptTime $fence $entry $row)
    }
    $why = Get-PlanRefusal $pool.get_ProcessModel() $row
    if ($why.Length -gt 0) { return New-Decision $row $pool 'refused' $why 0 }
    return New-Decision $row $pool 'set' '' 0
}

# ---- commits ---------------------------------------------------------------------------------------------

# Decides on the waiting rows, in order, until one commit is full.
function Select-Batch($manager, $work) {
    $sets = 0
    $work.batch.Clear()
    foreach ($row in $work.waiting) {
        if ($sets -ge $work.perCommit) { break }
        $decision = Get-Decision $manager $work.fence $row
        if (Test-Same $decision.status 'set') { $sets++ }
        $work.batch.Add($decision)
    }
    return $sets
}

function Set-BatchRefused($work, [string]$why) {
    foreach ($decision in $work.batch) {
        if (Test-Same $decision.status 'set') { $decision.status = 'refused'; $decision.why = $why }
    }
}

# Identity, user and password always together, also where they become empty: one of the three alone would mix
# with what is inherited.
function Set-Identity($decision) {
    $model = $decision.pool.ProcessModel
    $held = @{ units = [char[]]::new(0) }
    if ($decision.row.number -ne 0) { $held.units = $utf8.GetChars($secrets[$decision.row.number].bytes) }
    try {
        $model.IdentityType = $decision.row.type
        $model.UserName = $decision.row.user
        $model.Password = [string]::new($held.units)
    } finally { [Array]::Clear($held.units, 0, $held.units.Length) }
}

function Start-Batch($work) {
    foreach ($decision in $work.batch) {
        if (-not (Test-Same $decision.status 'set')) { continue }
        $entry = $null
        if ($work.fence.entries.ContainsKey($decision.row.name)) { $entry = $work.fence.entries[$decision.row.name] }
        # Another try of the same intent stands there already.
        if ($null -eq $entry -or $entry.generation -ne $decision.row.generation -or $entry.committed -ne 0) {
            Add-FenceLine $work.fence $decision.row 0
        }
        Set-Identity $decision
    }
    Save-Fence $work.fence
}

# The file's own time where it is believable: a worker that the commit itself started is newer than that.
function Invoke-CommitChanges($manager) {
    $before = Get-UnixMs ([DateTime]::UtcNow)
    $manager.CommitChanges()
    $after = Get-UnixMs ([DateTime]::UtcNow)
    $written = Get-WriteTime
    # A file's clock may tick more coarsely than the other.
    if ($written -lt $before - 50 -or $written -gt $after) { return $after }
    return [Math]::Max($written, $before)
}

function Complete-Batch($work, [long]$committed, [int]$sets, [int]$try) {
    $work.number++
    foreach ($decision in $work.batch) {
        if (Test-Same $decision.status 'set') { $decision.committed = $committed }
    }
    Add-Record 'commit' @{ number = $work.number; tries = $try; pools = $sets; committed = $committed }
    try {
        foreach ($decision in $work.batch) {
            if (Test-Same $decision.status 'set') { Add-FenceLine $work.fence $decision.row $committed }
        }
        Save-Fence $work.fence
    } catch { Add-FaultWord 'apply' 'fence_write' '' }
}

# The decided rows are answered, and no longer wait.
function Close-Batch($work) {
    foreach ($decision in $work.batch) { Add-Result $decision }
    $work.waiting.RemoveRange(0, $work.batch.Count)
    $work.batch.Clear()
}

# One look and at most one commit. Throws what the commit threw.
function Invoke-Try($work, [int]$try) {
    $manager = Open-Manager
    try {
        $sets = Select-Batch $manager $work
        if ($sets -eq 0) { return }
        if (Test-Passed $work.deadline) { Set-BatchRefused $work 'deadline'; return }
        Start-Batch $work
        if (Test-Passed $work.deadline) { Set-BatchRefused $work 'deadline'; return }
        $committed = Invoke-CommitChanges $manager
        Complete-Batch $work $committed $sets $try
    } finally { Close-Manager $manager }
}

# Somebody else wrote the file since the look: look again, decide again, at most 6 times.
function Invoke-Batch($work) {
    for ($try = 1; $true; $try++) {
        try {
            Invoke-Try $work $try
            break
        } catch [IO.FileLoadException] {
            if ($try -ge 6) { throw }
            $pause = 100 * [Math]::Pow(2, $try - 1)
            [Threading.Thread]::Sleep([int]$pause + $random.Next(0, 100))
        }
    }
    Close-Batch $work
}

# After a commit that failed, which fails the request: its rows carry the fault, rows behind it were not
# tried. What was committed before has its results.
function Close-Failed($work, $caught) {
    foreach ($decision in $work.batch) {
        if (Test-Same $decision.status 'set') { Add-Fault $decision.row.name $caught } else { Add-Result $decision }
    }
    for ($at = $work.batch.Count; $at -lt $work.waiting.Count; $at++) {
        Add-FaultWord $work.waiting[$at].name 'not_tried' ''
    }
}

function Invoke-Commits($work) {
    while ($work.waiting.Count -gt 0) {
        $work.batch.Clear()
        try { Invoke-Batch $work } catch {
            Close-Failed $work $_
            throw
        }
    }
}

function Set-AllRefused($rows, [string]$why) {
    foreach ($row in $rows) { Add-Result (New-Decision $row $null 'refused' $why 0) }
}

function Invoke-Apply($request) {
    $deadline = Read-Deadline $request.fields
    $perCommit = Read-Number $request.fields 'poolsPerCommit'
    if ($perCommit -eq 0) { Stop-Request 'bad_number' 'poolsPerCommit' }
    $rows = Read-SetRows $request.rows
    if (Test-Passed $deadline) { Set-AllRefused $rows 'deadline'; return }
    $fence = Open-Fence
    try {
        if (Test-Same $fence.state 'damaged') { Set-AllRefused $rows 'fence_damaged'; return }
        Invoke-Commits @{
            waiting = $rows; batch = [Collections.Generic.List[object]]::new(); fence = $fence
            deadline = $deadline; perCommit = $perCommit; number = 0
        }
    } finally { $fence.file.Dispose() }
}
