# probe.ps1 - what the server is, before it is asked about pools; starts the clock of the session's deadlines.

$stageRows.Add('probe', [string[]]@())

function Get-ServiceStates {
    $states = @{ WAS = ''; W3SVC = '' }
    $query = "SELECT Name, State FROM Win32_Service WHERE Name = 'WAS' OR Name = 'W3SVC'"
    foreach ($service in [System.Management.ManagementObjectSearcher]::new($query).Get()) {
        $states[[string]$service['Name']] = [string]$service['State']
    }
    return $states
}

# Shared configuration: the files that count lie elsewhere, often on a share that a key login can't reach.
function Test-Redirected {
    if (-not [IO.File]::Exists($paths.redirection)) { return $false }
    $document = [Xml.XmlDocument]::new()
    $document.XmlResolver = $null
    $file = [IO.File]::OpenRead($paths.redirection)
    try { $document.Load($file) } finally { $file.Dispose() }
    foreach ($element in $document.GetElementsByTagName('configurationRedirection')) {
        if (Test-SameName ($element.GetAttribute('enabled')) 'true') { return $true }
    }
    return $false
}

# Rights are checked before sharing: a file that someone else holds open is still ours to write.
function Test-Writable {
    $share = [IO.FileShare]'ReadWrite, Delete'
    try {
        $file = [IO.FileStream]::new($paths.configuration, [IO.FileMode]::Open, [IO.FileAccess]::ReadWrite, $share)
        $file.Dispose()
    } catch [UnauthorizedAccessException] { return $false
    } catch [IO.IOException] { return [IO.File]::Exists($paths.configuration) }
    return $true
}

function Get-LibraryVersion {
    if (-not [IO.File]::Exists($paths.assembly)) { return '' }
    $version = [string][Diagnostics.FileVersionInfo]::GetVersionInfo($paths.assembly).FileVersion
    if ($version.Length -eq 0) { return '0' }
    return $version
}

function Invoke-Probe {
    # A second probe does not move the deadlines that the first one began.
    if ($null -eq $session.clock) { $session.clock = [Diagnostics.Stopwatch]::StartNew() }
    $states = Get-ServiceStates
    Add-Record 'probe' @{
        ps = [string]$PSVersionTable.PSVersion
        language = [string]$ExecutionContext.SessionState.LanguageMode
        bits = 8 * [IntPtr]::Size
        name = [Environment]::MachineName
        user = "$([Environment]::UserDomainName)\$([Environment]::UserName)"
        os = [Environment]::OSVersion.VersionString
        mwa = Get-LibraryVersion
        writable = [int](Test-Writable)
        redirected = [int](Test-Redirected)
        was = $states.WAS
        w3svc = $states.W3SVC
        now = Get-UnixMs ([DateTime]::UtcNow)
    }
}
