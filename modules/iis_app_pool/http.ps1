# http.ps1 - asks the sites of a pool over loopback, through their own bindings: a request without credentials, of
# whose answer only the status line is read. No certificate is verified: the connection ends in this machine, and
# carries nothing that anybody else could use.

$httpLimits = @{ within = 90000; line = 4096; pause = 500; least = 250; fair = 1000 }

function Read-HttpRow($fields) {
    $row = @{
        name = $fields['name']; path = $fields['path']; expect = $fields['expect'].Split([char]44)
        within = Read-Number $fields 'within'
    }
    if ($row.path -cnotmatch '\A/[\x21-\x7e]{0,2047}\z') { Stop-Request 'bad_word' 'path' }
    if ($fields['expect'] -cnotmatch '\A[1-5][0-9]{2}(,[1-5][0-9]{2}){0,31}\z') { Stop-Request 'bad_word' 'expect' }
    if ($row.within -lt 1 -or $row.within -gt $httpLimits.within) { Stop-Request 'bad_number' 'within' }
    return $row
}

# names: the pools of the request's checks.
function Read-HttpRows($rows, $names) {
    $asked = New-NameSet
    $found = [Collections.Generic.List[object]]::new()
    foreach ($row in $rows) {
        if (-not (Test-Same $row.kind 'http')) { continue }
        Add-Once $asked $row.fields['name']
        if (-not $names.Contains($row.fields['name'])) { Stop-Request 'bad_word' 'name' }
        $found.Add((Read-HttpRow $row.fields))
    }
    return , $found
}

# ---- where to ask ----------------------------------------------------------------------------------------

# A way through one binding; without address where there is none.
function New-Way($row, [string]$site, [string]$name) {
    return @{
        row = $row; site = $site; binding = $name; status = 0; why = 'no_binding'
        address = $null; port = 0; host = ''; secure = $false
    }
}

# `*:80:shop.example`, `[::1]:443:`: every address of the machine is asked at its loopback.
function Get-Way($row, [string]$site, $binding) {
    $way = New-Way $row $site (Get-BindingName $binding)
    $shape = '\A(\*|[0-9.]{7,15}|\[[0-9A-Fa-f:.]{2,45}\])?:([0-9]{1,5}):([0-9A-Za-z*._-]{0,253})\z'
    $parts = [regex]::Match([string]$binding.get_BindingInformation(), $shape)
    if (-not $parts.Success) { return $way }
    $port = [int]$parts.Groups[2].Value
    if ($port -lt 1 -or $port -gt 65535) { return $way }
    switch ($parts.Groups[1].Value) {
        '' { $way.address = [Net.IPAddress]::Loopback }
        '*' { $way.address = [Net.IPAddress]::Loopback }
        '0.0.0.0' { $way.address = [Net.IPAddress]::Loopback }
        '[::]' { $way.address = [Net.IPAddress]::IPv6Loopback }
        default { try { $way.address = [Net.IPAddress]::Parse($parts.Groups[1].Value) } catch { return $way } }
    }
    $way.port = $port
    # A binding for all names of a domain answers to any of them.
    $way.host = $parts.Groups[3].Value.Replace('*', 'lockstep')
    $way.secure = Test-SameName ([string]$binding.get_Protocol()) 'https'
    $way.why = 'timeout'
    return $way
}

function Add-WaysOfSite($ways, $row, $site) {
    $name = [string]$site.get_Name()
    $count = $ways.Count
    foreach ($binding in $site.get_Bindings()) {
        $protocol = [string]$binding.get_Protocol()
        if (-not (Test-SameName $protocol 'http') -and -not (Test-SameName $protocol 'https')) { continue }
        $ways.Add((Get-Way $row $name $binding))
    }
    if ($ways.Count -eq $count) { $ways.Add((New-Way $row $name '')) }
}

function Test-SiteUses($site, [string]$pool) {
    foreach ($application in $site.get_Applications()) {
        if (Test-SameName ([string]$application.get_ApplicationPoolName()) $pool) { return $true }
    }
    return $false
}

function Get-Ways($rows) {
    $ways = [Collections.Generic.List[object]]::new()
    $manager = Open-Manager
    try {
        foreach ($row in $rows) {
            foreach ($site in $manager.get_Sites()) {
                if (Test-SiteUses $site $row.name) { Add-WaysOfSite $ways $row $site }
            }
        }
    } finally { Close-Manager $manager }
    return , $ways
}

# ---- asking ----------------------------------------------------------------------------------------------

function Get-RequestBytes($way) {
    $name = $way.host
    if ($name.Length -eq 0) { $name = 'localhost' }
    $usual = 80
    if ($way.secure) { $usual = 443 }
    if ($way.port -ne $usual) { $name = "${name}:$($way.port)" }
    return $ascii.GetBytes("GET $($way.row.path) HTTP/1.1`r`nHost: $name`r`nUser-Agent: lockstep`r`n" +
        "Accept: */*`r`nConnection: close`r`n`r`n")
}

function Open-Secure($way, $inner) {
    $name = $way.host
    if ($name.Length -eq 0) { $name = 'localhost' }
    $secure = [Net.Security.SslStream]::new($inner, $false, { return $true })
    # Named: what .NET 4.6 takes without being told is older.
    $secure.AuthenticateAsClient($name, $null, 'Tls12', $false)
    return $secure
}

function Read-StatusLine($inner, $waited, [long]$ms) {
    $bytes = [byte[]]::new($httpLimits.line)
    $filled = 0
    while ($filled -lt $bytes.Length -and [Array]::IndexOf($bytes, [byte]10, 0, $filled) -lt 0) {
        $left = $ms - $waited.ElapsedMilliseconds
        if ($left -le 0) { break }
        $inner.ReadTimeout = [int]$left
        $count = $inner.Read($bytes, $filled, $bytes.Length - $filled)
        if ($count -le 0) { break }
        $filled += $count
    }
    return $ascii.GetString($bytes, 0, $filled)
}

# One request within ms. Sets status, or why there is none. The connection comes from the address to which it goes:
# so a binding with an address of another machine, which a configuration may hold, leads nowhere.
function Invoke-Way($way, [long]$ms) {
    $way.status = 0
    $way.why = 'refused'
    $waited = [Diagnostics.Stopwatch]::StartNew()
    $client = $null
    try {
        $client = [Net.Sockets.TcpClient]::new([Net.IPEndPoint]::new($way.address, 0))
        if (-not $client.ConnectAsync($way.address, $way.port).Wait([int]$ms)) { $way.why = 'timeout'; return }
        $inner = $client.GetStream()
        $inner.ReadTimeout = [int]$ms
        $inner.WriteTimeout = [int]$ms
        $way.why = 'tls'
        if ($way.secure) { $inner = Open-Secure $way $inner }
        $way.why = 'bad_answer'
        $bytes = Get-RequestBytes $way
        $inner.Write($bytes, 0, $bytes.Length)
        $inner.Flush()
        $line = [regex]::Match((Read-StatusLine $inner $waited $ms), '\AHTTP/1\.[01] ([1-9][0-9]{2})[ \r\n]')
        if ($line.Success) { $way.status = [int]$line.Groups[1].Value; $way.why = '' }
    } catch {
        # What went wrong is told by how far it came.
        $way.status = 0
    } finally {
        if ($null -ne $client) { $client.Close() }
    }
    if ($way.status -eq 0 -and $waited.ElapsedMilliseconds -ge $ms) { $way.why = 'timeout' }
}

function Test-Expected($way) {
    return ([Array]::IndexOf($way.row.expect, [string]$way.status) -ge 0)
}

# Asks all that are open once, each for its share of the time; returns those to be asked again.
function Invoke-Round($open, $clock) {
    $again = [Collections.Generic.List[object]]::new()
    for ($at = 0; $at -lt $open.Count; $at++) {
        $way = $open[$at]
        $left = $way.row.within - $clock.ElapsedMilliseconds
        if ($left -le 0) { continue }
        $share = [Math]::Max([long]($left / ($open.Count - $at)), $httpLimits.least)
        $share = [Math]::Min($share, $left)
        $status = $way.status
        $why = $way.why
        Invoke-Way $way $share
        # The end of the time cut it short: what it answered before says more.
        if ($share -lt $httpLimits.fair -and (Test-Same $way.why 'timeout')) { $way.status = $status; $way.why = $why }
        if (-not (Test-Expected $way)) { $again.Add($way) }
    }
    return , $again
}

# Until each has answered as expected, or its time is over. One clock for all of them.
function Invoke-Ways($ways) {
    $clock = [Diagnostics.Stopwatch]::StartNew()
    $open = [Collections.Generic.List[object]]::new()
    foreach ($way in $ways) {
        if ($null -ne $way.address) { $open.Add($way) }
    }
    while ($true) {
        $open = Invoke-Round $open $clock
        if ($open.Count -eq 0) { return }
        [Threading.Thread]::Sleep($httpLimits.pause)
    }
}

# The answers of a pool.
function Add-Answers([string]$pool, $ways) {
    foreach ($way in $ways) {
        if (-not (Test-SameName $way.row.name $pool)) { continue }
        Add-Record 'answer' @{
            pool = $pool; site = $way.site; binding = $way.binding; status = $way.status; why = $way.why
        }
    }
}
