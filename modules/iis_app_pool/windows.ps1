# windows.ps1 - what the stages ask of Windows: configuration, workers, services, events, and its faults.

$root = [IO.Path]::Combine([string][Environment]::GetEnvironmentVariable('SystemRoot'), 'System32', 'inetsrv')
$paths = @{
    assembly = [IO.Path]::Combine($root, 'Microsoft.Web.Administration.dll')
    configuration = [IO.Path]::Combine($root, 'config', 'applicationHost.config')
    redirection = [IO.Path]::Combine($root, 'config', 'redirection.config')
    fence = [IO.Path]::Combine($root, 'config', 'lockstep.fence')
}
$random = [Random]::new()

# ---- faults: exception to code word; README.md lists the words -------------------------------------------

$typeCodes = @{
    'System.IO.FileLoadException' = 'config_conflict'; 'System.UnauthorizedAccessException' = 'config_denied'
    'System.Xml.XmlException' = 'config_xml'; 'System.Security.Cryptography.CryptographicException' = 'crypto_key'
    'System.Diagnostics.Eventing.Reader.EventLogException' = 'events_unreadable'
    'System.Management.ManagementException' = 'wmi_failed'
}
$hresultCodes = @{
    '80070425' = 'control_busy'; '80070426' = 'control_not_started'; '80070005' = 'config_denied'
    '8007000d' = 'config_xml'; '80090005' = 'crypto_key'; '80090016' = 'crypto_key'; '8009000b' = 'crypto_key'
}

function Get-FaultCode($cause) {
    if ($cause.Data.Contains('code')) { return [string]$cause.Data['code'] }
    $type = $cause.GetType().FullName
    if ($typeCodes.ContainsKey($type)) { return $typeCodes[$type] }
    $number = $cause.HResult.ToString('x8')
    if ($hresultCodes.ContainsKey($number)) { return $hresultCodes[$number] }
    if ($cause -is [Runtime.InteropServices.COMException]) {
        if ($cause.Message -cmatch 'decrypt') { return 'crypto_key' }
        if ($cause.Message -cmatch '\AFilename: ') { return 'config_xml' }
    }
    return 'other'
}

# Of an exception's own text only the name and line of a configuration file: nothing else is sure to hold no
# secret.
function Get-FaultDetail($cause) {
    if ($cause.Data.Contains('detail')) { return [string]$cause.Data['detail'] }
    $place = [regex]::Match($cause.Message, '\AFilename: [^\r\n]*?([^\\/\r\n]{1,80})\r?\nLine number: ([0-9]{1,9})')
    if (-not $place.Success) { return '' }
    return "$($place.Groups[1].Value) line $($place.Groups[2].Value)"
}

# ---- configuration ---------------------------------------------------------------------------------------

# Microsoft.Web.Administration is read through get_X(): PowerShell turns an exception of a property into
# $null, which would make an unreadable password an absent one, and a dead WAS one without workers.

# A ServerManager is one snapshot of the file: every look and every commit takes a new one.
function Open-Manager {
    if (-not [IO.File]::Exists($paths.assembly)) { Stop-Request 'mwa_missing' '' }
    try { $assembly = [Reflection.Assembly]::LoadFrom($paths.assembly) } catch { Stop-Request 'mwa_incompatible' 'load' }
    if ($null -eq $assembly) { Stop-Request 'mwa_incompatible' 'load' }
    $manager = [Microsoft.Web.Administration.ServerManager]::new()
    # Some PowerShell versions load it and get an object without content.
    if ($null -eq $manager.get_ApplicationPoolDefaults()) {
        $manager.Dispose()
        Stop-Request 'mwa_incompatible' 'defaults'
    }
    return $manager
}

function Close-Manager($manager) {
    if ($null -ne $manager) { $manager.Dispose() }
}

# A group managed service account: its password is Windows' own business.
function Test-Managed([string]$user) {
    return $user.EndsWith('$', [StringComparison]::Ordinal)
}

# WAS does not know the state of a pool that was made or removed a moment ago.
function Get-PoolState($pool) {
    try { $state = [string]$pool.get_State() } catch { return 'Unknown' }
    if ($state.Length -eq 0) { return 'Unknown' }
    return $state
}

function Get-ConfigurationDigest {
    $share = [IO.FileShare]'ReadWrite, Delete'
    $file = [IO.FileStream]::new($paths.configuration, [IO.FileMode]::Open, [IO.FileAccess]::Read, $share)
    try {
        $hash = [Security.Cryptography.SHA256CryptoServiceProvider]::new()
        try { return ConvertTo-Hex $hash.ComputeHash($file) } finally { $hash.Dispose() }
    } finally { $file.Dispose() }
}

# ---- workers ---------------------------------------------------------------------------------------------

function Get-OwnerName($process) {
    $names = [object[]]::new(2)
    try { $failed = [long]$process.InvokeMethod('GetOwner', $names) } catch { return '' }
    if ($failed -ne 0 -or $null -eq $names[0]) { return '' }
    return "$($names[1])\$($names[0])"
}

# Process id -> owner and start of every worker process there is.
function Get-ProcessTable {
    $table = [Collections.Generic.Dictionary[long, object]]::new()
    $query = "SELECT ProcessId, CreationDate FROM Win32_Process WHERE Name = 'w3wp.exe'"
    $searcher = [System.Management.ManagementObjectSearcher]::new($query)
    foreach ($process in $searcher.Get()) {
        $created = [string]$process['CreationDate']
        if ($created.Length -eq 0) { continue } # it is ending
        $started = Get-UnixMs ([System.Management.ManagementDateTimeConverter]::ToDateTime($created))
        $table[[long]$process['ProcessId']] = @{ owner = Get-OwnerName $process; started = $started }
    }
    return , $table
}

# Workers of a pool that still run.
function Get-PoolWorkers($pool, $table) {
    $workers = [Collections.Generic.List[object]]::new()
    foreach ($worker in $pool.get_WorkerProcesses()) {
        $number = [long]$worker.get_ProcessId()
        if (-not $table.ContainsKey($number)) { continue }
        $workers.Add(@{ number = $number; owner = $table[$number].owner; started = $table[$number].started })
    }
    return , $workers
}

function Add-Workers($pool, $table) {
    try { $workers = Get-PoolWorkers $pool $table } catch { Add-Fault $pool.get_Name() $_; return }
    foreach ($worker in $workers) {
        Add-Record 'worker' @{
            pool = $pool.get_Name(); pid = $worker.number; owner = $worker.owner; started = $worker.started
        }
    }
}

# ---- identity faults that WAS logged ---------------------------------------------------------------------

function Get-FaultQuery([long]$since) {
    # No later than the last day that a DateTime can hold.
    $ms = [Math]::Min($since, 253402300799999)
    $from = [DateTime]::new(621355968000000000 + 10000 * $ms, [DateTimeKind]::Utc)
    $text = $from.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", [Globalization.CultureInfo]::InvariantCulture)
    return "*[System[Provider[@Name='Microsoft-Windows-WAS'] and " +
        '(EventID=5002 or EventID=5021 or EventID=5057 or EventID=5059) and ' +
        "TimeCreated[@SystemTime>='$text']]]"
}

# Pool -> its faults since then, newest first, among the newest 2,000 of the log. The pool's name is the
# event's first value; the text around it is in the server's language.
function Get-IdentityFaults([long]$since) {
    $found = [Collections.Generic.Dictionary[string, object]]::new([StringComparer]::OrdinalIgnoreCase)
    $type = [System.Diagnostics.Eventing.Reader.PathType]::LogName
    $query = [System.Diagnostics.Eventing.Reader.EventLogQuery]::new('System', $type, (Get-FaultQuery $since))
    $query.ReverseDirection = $true
    $reader = [System.Diagnostics.Eventing.Reader.EventLogReader]::new($query)
    try {
        for ($seen = 0; $seen -lt 2000; $seen++) {
            $entry = $reader.ReadEvent()
            if ($null -eq $entry) { break }
            try { Add-IdentityFault $found $entry } finally { $entry.Dispose() }
        }
    } finally { $reader.Dispose() }
    return , $found
}

function Add-IdentityFault($found, $entry) {
    if ($entry.Properties.Count -lt 1 -or $null -eq $entry.TimeCreated) { return }
    $name = [string]$entry.Properties[0].Value
    if (-not $found.ContainsKey($name)) { $found.Add($name, [Collections.Generic.List[object]]::new()) }
    $found[$name].Add(@{ id = [int]$entry.Id; time = Get-UnixMs $entry.TimeCreated; code = Get-EventCode $entry })
}

# The error number among what follows the pool's name: bytes, little end first, or a number. '' = none.
function Get-EventCode($entry) {
    for ($at = $entry.Properties.Count - 1; $at -ge 1; $at--) {
        $value = $entry.Properties[$at].Value
        $number = [long]0
        if ($value -is [byte[]] -and $value.Length -ge 4) {
            for ($place = 3; $place -ge 0; $place--) { $number = ($number -shl 8) -bor [long]$value[$place] }
        } elseif ($value -is [int] -or $value -is [long] -or $value -is [uint32]) {
            $number = [long]$value -band 4294967295
        }
        if ($number -ne 0) { return $number.ToString('x8') }
    }
    return ''
}

# The newest of each id.
function Add-Events([string]$name, $found, [long]$since) {
    if (-not $found.ContainsKey($name)) { return }
    $told = [Collections.Generic.HashSet[int]]::new()
    foreach ($fault in $found[$name]) {
        if ($fault.time -lt $since -or -not $told.Add($fault.id)) { continue }
        Add-Record 'event' @{ pool = $name; id = $fault.id; time = $fault.time; code = $fault.code }
    }
}
