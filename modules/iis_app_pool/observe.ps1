# observe.ps1 - every pool of the server: identity, password compared by tag, workers, faults, fence.

$stageRows.Add('observe', [string[]]@('watch'))

# The stored password as characters, in a container that the caller erases.
function Read-StoredPassword($model) {
    $held = @{ state = 'unreadable'; units = [char[]]::new(0); fault = $null }
    try {
        $stored = $model.get_Password()
        # An empty string is a password that is not there.
        if ($null -ne $stored) {
            $held.units = [char[]]$stored
            [void]$utf8.GetByteCount($held.units) # half a surrogate pair is no password of anybody
            $held.state = 'present'
            if ($held.units.Length -eq 0) { $held.state = 'absent' }
        }
    } catch { $held.fault = $_ }
    return $held
}

function Clear-StoredPassword($held) {
    [Array]::Clear($held.units, 0, $held.units.Length)
}

# u32 big-endian length, then the bytes: no two pairs of pool and user give the same input.
function Add-Sized($mac, [string]$text) {
    $bytes = $utf8.GetBytes($text)
    $size = [BitConverter]::GetBytes([int]$bytes.Length)
    if ([BitConverter]::IsLittleEndian) { [Array]::Reverse($size) }
    [void]$mac.TransformBlock($size, 0, 4, $null, 0)
    [void]$mac.TransformBlock($bytes, 0, $bytes.Length, $null, 0)
}

# HMAC-SHA256(key, "lockstep/1 tag" 00 u32 length pool u32 length user-as-stored password).
function Get-Tag([string]$pool, [string]$user, [long]$key, $held) {
    $secret = @{ bytes = [byte[]]::new(0) }
    $mac = [Security.Cryptography.HMACSHA256]::new($secrets[$key].bytes)
    try {
        $secret.bytes = $utf8.GetBytes($held.units)
        $head = $ascii.GetBytes("lockstep/1 tag`0")
        [void]$mac.TransformBlock($head, 0, $head.Length, $null, 0)
        Add-Sized $mac $pool
        Add-Sized $mac $user
        # Not as the final block: that call would return a copy of it.
        [void]$mac.TransformBlock($secret.bytes, 0, $secret.bytes.Length, $null, 0)
        [void]$mac.TransformFinalBlock($head, 0, 0)
        return ConvertTo-Hex $mac.Hash
    } finally {
        [Array]::Clear($secret.bytes, 0, $secret.bytes.Length)
        $mac.Dispose()
    }
}

function Get-Origin($model, [string]$attribute, [bool]$there) {
    if (-not $there) { return 'none' }
    if ($model.get_Attributes()[$attribute].get_IsInheritedFromDefaultValue()) { return 'inherited' }
    return 'local'
}

# Server 2008 R2 does not know the attribute.
function Get-StartMode($pool) {
    try { $mode = [string]$pool.GetAttributeValue('startMode') } catch { return '' }
    if (Test-Same $mode '0') { return 'OnDemand' }
    if (Test-Same $mode '1') { return 'AlwaysRunning' }
    return $mode
}

# Only a pool that runs as a watched account is tagged: a tag under a key that the caller chose would
# otherwise let him guess every password of the server.
function Get-TagIfWatched($pool, $view, $held) {
    $model = $pool.get_ProcessModel()
    if (-not (Test-Same ([string]$model.get_IdentityType()) 'SpecificUser')) { return '' }
    $user = [string]$model.get_UserName()
    if (-not $view.watched.Contains($user) -or (Test-Same $held.state 'unreadable')) { return '' }
    if ((Test-Managed $user) -and (Test-Same $held.state 'absent')) { return '' }
    return Get-Tag $pool.get_Name() $user $view.key $held
}

function Add-PoolRecord($pool, $view) {
    $model = $pool.get_ProcessModel()
    $user = [string]$model.get_UserName()
    $wrong = Get-ValueFault $user
    if ($wrong.Length -gt 0) { Stop-Request $wrong 'user' }
    $sites = 0
    if ($view.places.users.ContainsKey($pool.get_Name())) { $sites = $view.places.users[$pool.get_Name()].Count }
    $held = Read-StoredPassword $model
    try {
        Add-Record 'pool' @{
            name = $pool.get_Name()
            identity = [string]$model.get_IdentityType()
            local = [int](-not $model.get_Attributes()['identityType'].get_IsInheritedFromDefaultValue())
            user = $user
            userFrom = Get-Origin $model 'userName' ($user.Length -gt 0)
            password = $held.state
            passwordFrom = Get-Origin $model 'password' (-not (Test-Same $held.state 'absent'))
            tag = Get-TagIfWatched $pool $view $held
            state = Get-PoolState $pool
            autoStart = [int][bool]$pool.get_AutoStart()
            startMode = Get-StartMode $pool
            rotates = [int](-not $pool.get_Recycling().get_DisallowRotationOnConfigChange())
            sites = $sites
        }
    } finally { Clear-StoredPassword $held }
    if ($null -ne $held.fault) { Add-Fault $pool.get_Name() $held.fault }
}

# A pool that cannot be told about is still there, under its name.
function Add-UnreadablePool([string]$name) {
    Add-Record 'pool' @{
        name = $name; identity = 'ApplicationPoolIdentity'; local = 0; user = ''; userFrom = 'none'
        password = 'unreadable'; passwordFrom = 'none'; tag = ''; state = 'Unknown'; autoStart = 0; startMode = ''
        rotates = 0; sites = 0
    }
}

function Add-Pool($pool, $view, [long]$since) {
    try { Add-PoolRecord $pool $view } catch {
        Add-UnreadablePool $pool.get_Name()
        Add-Fault $pool.get_Name() $_
        return
    }
    Add-Apps $pool.get_Name() $view.places
    Add-Workers $pool $view.processes
    Add-Events $pool.get_Name() $view.faults $since
    if ($view.fence.entries.ContainsKey($pool.get_Name())) { Add-FenceRecord $view.fence.entries[$pool.get_Name()] }
}

function Read-Watched($rows) {
    $watched = New-NameSet
    foreach ($row in $rows) {
        if (Test-Same $row.kind 'watch') { [void]$watched.Add($row.fields['user']) }
    }
    return , $watched
}

# What observe and verify need beside the pools. since: the oldest fault that counts. fence was read before the
# configuration: the other way round, a commit in between would look as if somebody had undone it.
function Get-View($request, $places, $fence, [long]$since) {
    return @{
        key = Read-TagKey $request.fields
        watched = Read-Watched $request.rows
        places = $places
        processes = Get-ProcessTable
        faults = Get-IdentityFaults $since
        fence = $fence
    }
}

function Invoke-Observe($request) {
    [void](Read-TagKey $request.fields)
    $fence = Read-Fence
    $manager = Open-Manager
    try {
        $view = Get-View $request (Read-Places $manager (Read-Watched $request.rows)) $fence 0
        Add-Record 'server' @{
            config = Get-ConfigurationDigest; fence = $view.fence.state; now = Get-UnixMs ([DateTime]::UtcNow)
        }
        Add-Places $view.places
        foreach ($pool in $manager.get_ApplicationPools()) { Add-Pool $pool $view 0 }
    } finally { Close-Manager $manager }
}
