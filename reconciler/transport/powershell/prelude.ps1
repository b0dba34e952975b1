# prelude.ps1 - frames, records, secrets and authenticated replies of the script that runs on a server.
#
# The build puts the tables of records and the stages of a module in at the two marked lines, and the
# SHA-256 of the whole into the stub. README.md beside this file tells the protocol and the exit codes.
#
# Rules that hold everywhere below, because a server may log what PowerShell does:
# - A secret is a byte[] or char[] in a container; it is no argument of a cmdlet and no string but the one
#   that the property Password takes.
# - No value is left uncaptured: PowerShell's own output would be bound to a cmdlet, and that is logged.
# - Strings from outside are compared ordinally: -eq and -ceq follow a culture, which skips characters.
param($stream)
Set-StrictMode -Version 2

# @SHAPES@

$limits = @{
    frame = 4194304; secretFrame = 8192; secrets = 4096; requestRows = 4000
    reply = 4194304; rows = 10000; value = 4096
}
$utf8 = [Text.UTF8Encoding]::new($false, $true) # throws on what is not UTF-8
$ascii = [Text.Encoding]::ASCII
$output = [Console]::OpenStandardOutput()
# clock: runs since the session's probe.
$session = @{ key = $null; sequence = 0; nonce = '-'; stage = 'request'; clock = $null }
$secrets = [Collections.Generic.Dictionary[long, object]]::new()
$reply = @{ text = [Text.StringBuilder]::new(); rows = 0; bytes = 0 }

# ---- faults -------------------------------------------------------------------------------------------

# Ends the request. detail names a field or a row, never a value.
function Stop-Request([string]$code, [string]$detail) {
    $fault = [IO.InvalidDataException]::new($code)
    $fault.Data['code'] = $code
    $fault.Data['detail'] = $detail
    throw $fault
}

# PowerShell wraps what a method or property throws.
function Get-Cause($caught) {
    $cause = $caught.Exception
    while ($null -ne $cause.InnerException -and
        ($cause -is [Management.Automation.RuntimeException] -or $cause -is [Reflection.TargetInvocationException])) {
        $cause = $cause.InnerException
    }
    return $cause
}

# ---- text ---------------------------------------------------------------------------------------------

function Test-Same([string]$one, [string]$other) {
    return [string]::Equals($one, $other, [StringComparison]::Ordinal)
}

function Test-SameName([string]$one, [string]$other) {
    return [string]::Equals($one, $other, [StringComparison]::OrdinalIgnoreCase)
}

function ConvertTo-Hex([byte[]]$bytes) {
    return [BitConverter]::ToString($bytes).Replace('-', '').ToLowerInvariant()
}

function ConvertTo-Escaped([string]$text) {
    return $text.Replace('\', '\\').Replace("`t", '\t').Replace("`n", '\n').Replace("`r", '\r')
}

function ConvertFrom-Escaped([string]$text) {
    if ($text.IndexOf([char]92) -lt 0) { return $text }
    $plain = [Text.StringBuilder]::new()
    for ($at = 0; $at -lt $text.Length; $at++) {
        $unit = [int]$text[$at]
        if ($unit -eq 92) {
            $at++
            if ($at -ge $text.Length) { Stop-Request 'bad_escape' '' }
            switch ([int]$text[$at]) {
                92 { $unit = 92 }
                116 { $unit = 9 }
                110 { $unit = 10 }
                114 { $unit = 13 }
                default { Stop-Request 'bad_escape' '' }
            }
        }
        [void]$plain.Append([char]$unit)
    }
    return $plain.ToString()
}

# '' when the value may stand in a record, else the fault's code.
function Get-ValueFault([string]$value) {
    try { $size = $utf8.GetByteCount($value) } catch { return 'bad_text' }
    if ($size -gt $limits.value) { return 'too_long' }
    if ($value.IndexOf([char]0) -ge 0) { return 'bad_text' }
    return ''
}

# Milliseconds since 1970-01-01 UTC. Kept in whole numbers: a quotient would be a double.
function Get-UnixMs([DateTime]$time) {
    $ticks = $time.ToUniversalTime().Ticks - 621355968000000000
    return [long](($ticks - ($ticks % 10000)) / 10000)
}

# ---- requests -----------------------------------------------------------------------------------------

# One line to its kind and fields, by the exact list of the kind.
function Read-Record([string]$line, $shapes) {
    $cells = $line.Split([char]9)
    $kind = $cells[0]
    if (-not $shapes.ContainsKey($kind)) { Stop-Request 'unknown_kind' '' }
    $fields = [Collections.Generic.Dictionary[string, string]]::new([StringComparer]::Ordinal)
    for ($at = 1; $at -lt $cells.Length; $at++) {
        $cell = $cells[$at]
        $end = $cell.IndexOf([char]61)
        if ($end -le 0) { Stop-Request 'bad_cell' $kind }
        $name = $cell.Substring(0, $end)
        if ([Array]::IndexOf($shapes[$kind], $name) -lt 0) { Stop-Request 'unknown_field' $kind }
        if ($fields.ContainsKey($name)) { Stop-Request 'repeated_field' $name }
        $value = ConvertFrom-Escaped $cell.Substring($end + 1)
        $wrong = Get-ValueFault $value
        if ($wrong.Length -gt 0) { Stop-Request $wrong $name }
        $fields.Add($name, $value)
    }
    foreach ($name in $shapes[$kind]) {
        if (-not $fields.ContainsKey($name)) { Stop-Request 'missing_field' $name }
    }
    return @{ kind = $kind; fields = $fields }
}

# Read before anything else, so that a faulty request is answered under its own nonce where it has one.
function Read-Nonce([string]$line) {
    $found = '-'
    foreach ($cell in $line.Split([char]9)) {
        if (-not $cell.StartsWith('nonce=', [StringComparison]::Ordinal)) { continue }
        if (-not (Test-Same $found '-')) { return '-' }
        $found = $cell.Substring(6)
        if ($found -cnotmatch '\A[0-9A-Za-z]{1,64}\z') { return '-' }
    }
    return $found
}

# The request's first record; the others are its rows.
function Read-Request([byte[]]$payload) {
    try { $text = $utf8.GetString($payload) } catch { Stop-Request 'bad_utf8' '' }
    $lines = $text.Split([char]10)
    $session.nonce = Read-Nonce $lines[0]
    $count = $lines.Length - 1
    # What follows the last line feed is a line cut short.
    if ($count -lt 1 -or $lines[$count].Length -gt 0) { Stop-Request 'bad_line' '' }
    if ($count -gt $limits.requestRows) { Stop-Request 'too_many_rows' '' }
    $request = Read-Record $lines[0] $requestShapes
    if (-not $stageRows.ContainsKey($request.kind)) { Stop-Request 'unexpected_record' $request.kind }
    if (Test-Same $session.nonce '-') { Stop-Request 'bad_nonce' '' }
    $request.rows = [Collections.Generic.List[object]]::new()
    for ($at = 1; $at -lt $count; $at++) {
        $row = Read-Record $lines[$at] $requestShapes
        if ([Array]::IndexOf($stageRows[$request.kind], $row.kind) -lt 0) { Stop-Request 'unexpected_record' $row.kind }
        $request.rows.Add($row)
    }
    return $request
}

# Canonical decimal, 0 .. 2^53-1.
function Read-Number($fields, [string]$name) {
    if ($fields[$name] -cnotmatch '\A(0|[1-9][0-9]{0,15})\z') { Stop-Request 'bad_number' $name }
    $number = [long]$fields[$name]
    if ($number -gt 9007199254740991) { Stop-Request 'bad_number' $name }
    return $number
}

function Read-Flag($fields, [string]$name) {
    $number = Read-Number $fields $name
    if ($number -gt 1) { Stop-Request 'bad_number' $name }
    return ($number -eq 1)
}

function Read-Candidate($fields) {
    if ($fields['candidate'] -cnotmatch '\A[0-9a-f]{32}\z') { Stop-Request 'bad_candidate' '' }
    return $fields['candidate']
}

# One of the words given; anything else, also another case, is a fault.
function Read-Word($fields, [string]$name, [string[]]$words) {
    if ([Array]::IndexOf($words, $fields[$name]) -lt 0) { Stop-Request 'bad_word' $name }
    return $fields[$name]
}

# Adds a name that may come once in a request.
function Add-Once($names, [string]$name) {
    if ($name.Length -eq 0) { Stop-Request 'bad_word' 'name' }
    if (-not $names.Add($name)) { Stop-Request 'repeated_pool' '' }
}

function New-NameSet {
    return , [Collections.Generic.HashSet[string]]::new([StringComparer]::OrdinalIgnoreCase)
}

# ---- deadline -----------------------------------------------------------------------------------------

# By the server's monotonic clock: a slow or moved wall clock can't stretch it.
function Read-Deadline($fields) {
    $deadline = Read-Number $fields 'deadline'
    if ($null -eq $session.clock) { Stop-Request 'no_probe' '' }
    return $deadline
}

function Test-Passed([long]$deadline) {
    return ($session.clock.ElapsedMilliseconds -gt $deadline)
}

# ---- frames ---------------------------------------------------------------------------------------------

function Read-U32([byte[]]$bytes, [int]$at) {
    $high = ([long]$bytes[$at] -shl 24) -bor ([long]$bytes[$at + 1] -shl 16)
    return ($high -bor ([long]$bytes[$at + 2] -shl 8) -bor [long]$bytes[$at + 3])
}

function Read-Exactly([byte[]]$buffer) {
    $filled = 0
    while ($filled -lt $buffer.Length) {
        $count = $stream.Read($buffer, $filled, $buffer.Length - $filled)
        if ($count -le 0) { exit 91 }
        $filled += $count
    }
}

# Type byte, u32 big-endian length, payload.
function Read-Frame {
    $head = [byte[]]::new(5)
    Read-Exactly $head
    $length = Read-U32 $head 1
    if ($length -gt $limits.frame) { exit 92 }
    $frame = @{ type = [int]$head[0]; payload = [byte[]]::new($length) }
    Read-Exactly $frame.payload
    return $frame
}

# ---- secrets ------------------------------------------------------------------------------------------

# u32 number, u8 purpose (1 tag key, 2 password), u16 length, account, secret bytes. What can't be read is
# not answered: the two sides no longer agree where a frame ends.
function Save-Secret($frame) {
    $bytes = $frame.payload
    if ($bytes.Length -lt 7 -or $bytes.Length -gt $limits.secretFrame) { exit 94 }
    if ($secrets.Count -ge $limits.secrets) { exit 94 }
    $number = Read-U32 $bytes 0
    $purpose = [int]$bytes[4]
    $start = 7 + (([int]$bytes[5] -shl 8) -bor [int]$bytes[6])
    if ($start -gt $bytes.Length -or $secrets.ContainsKey($number) -or $purpose -lt 1 -or $purpose -gt 2) { exit 94 }
    try { $account = $utf8.GetString($bytes, 7, $start - 7) } catch { exit 94 }
    $kept = @{ purpose = $purpose; account = $account; bytes = [byte[]]::new($bytes.Length - $start) }
    [Array]::Copy($bytes, $start, $kept.bytes, 0, $kept.bytes.Length)
    [Array]::Clear($bytes, 0, $bytes.Length)
    $secrets.Add($number, $kept)
}

function Clear-Secrets {
    foreach ($kept in $secrets.Values) { [Array]::Clear($kept.bytes, 0, $kept.bytes.Length) }
    $secrets.Clear()
}

# The number of a secret that is there, for this purpose and this account.
function Read-SecretNumber($fields, [string]$name, [int]$purpose, [string]$account) {
    $number = Read-Number $fields $name
    if (-not $secrets.ContainsKey($number)) { Stop-Request 'no_secret' $name }
    $kept = $secrets[$number]
    if ($kept.purpose -ne $purpose -or -not (Test-Same $kept.account $account)) { Stop-Request 'other_secret' $name }
    return $number
}

function Read-TagKey($fields) {
    $number = Read-SecretNumber $fields 'key' 1 ''
    if ($secrets[$number].bytes.Length -ne 32) { Stop-Request 'bad_secret' 'key' }
    return $number
}

# 1 to 256 UTF-16 units of strict UTF-8 without control characters.
function Read-PasswordNumber($fields) {
    $number = Read-SecretNumber $fields 'secret' 2 $fields['account']
    $held = @{ units = $null }
    try { $held.units = $utf8.GetChars($secrets[$number].bytes) } catch { Stop-Request 'bad_secret' 'secret' }
    try {
        $good = $held.units.Length -ge 1 -and $held.units.Length -le 256
        foreach ($unit in $held.units) {
            $code = [int]$unit
            if ($code -lt 32 -or ($code -ge 127 -and $code -le 159)) { $good = $false }
        }
    } finally { [Array]::Clear($held.units, 0, $held.units.Length) }
    if (-not $good) { Stop-Request 'bad_secret' 'secret' }
    return $number
}

# ---- replies ------------------------------------------------------------------------------------------

function Clear-Reply {
    [void]$reply.text.Clear()
    $reply.rows = 0
    $reply.bytes = 0
}

# In the order of the kind's list.
function Format-Record([string]$kind, $fields) {
    if (-not $replyShapes.ContainsKey($kind)) { Stop-Request 'unknown_kind' $kind }
    $names = $replyShapes[$kind]
    if ($fields.Count -ne $names.Length) { Stop-Request 'unknown_field' $kind }
    $line = [Text.StringBuilder]::new($kind)
    foreach ($name in $names) {
        if (-not $fields.Contains($name)) { Stop-Request 'missing_field' $name }
        [void]$line.Append("`t").Append($name).Append('=').Append((ConvertTo-Escaped ([string]$fields[$name])))
    }
    return $line.Append("`n").ToString()
}

# A row with a value that can't travel is replaced by a fault that names it; nothing is ever cut short.
function Add-Record([string]$kind, $fields) {
    foreach ($name in $replyShapes[$kind]) {
        $wrong = Get-ValueFault ([string]$fields[$name])
        if ($wrong.Length -eq 0) { continue }
        $where = [string]$fields[$replyShapes[$kind][0]]
        if ((Get-ValueFault $where).Length -gt 0) { $where = $session.stage }
        Add-FaultWord $where $wrong "$kind $name"
        return
    }
    # What stays free is for the fault that ends a reply.
    Add-Line (Format-Record $kind $fields) ($limits.rows - 8) ($limits.reply - 65536)
}

function Add-Line([string]$line, [int]$rows, [int]$bytes) {
    $size = $utf8.GetByteCount($line)
    if ($reply.rows + 1 -gt $rows -or $reply.bytes + $size -gt $bytes) { Stop-Request 'reply_too_large' '' }
    [void]$reply.text.Append($line)
    $reply.rows++
    $reply.bytes += $size
}

function Add-FaultWord([string]$where, [string]$code, [string]$detail) {
    Add-Record 'fault' @{ where = $where; code = $code; type = ''; hresult = ''; detail = $detail }
}

function Add-Fault([string]$where, $caught) {
    $cause = Get-Cause $caught
    if ((Get-ValueFault $where).Length -gt 0) { $where = $session.stage }
    $fields = @{ where = $where; code = Get-FaultCode $cause; type = ''; hresult = ''; detail = Get-FaultDetail $cause }
    # A fault of this script's own says everything by its code.
    if (-not $cause.Data.Contains('code')) {
        $fields.type = $cause.GetType().FullName
        $fields.hresult = $cause.HResult.ToString('x8')
    }
    Add-Line (Format-Record 'fault' $fields) $limits.rows $limits.reply
}

function Get-ReplyTag([byte[]]$body) {
    $head = $ascii.GetBytes("lockstep/1 reply`0$($session.sequence)`0$($session.nonce)`0")
    $mac = [Security.Cryptography.HMACSHA256]::new($session.key)
    try {
        [void]$mac.TransformBlock($head, 0, $head.Length, $null, 0)
        [void]$mac.TransformFinalBlock($body, 0, $body.Length)
        return ConvertTo-Hex $mac.Hash
    } finally { $mac.Dispose() }
}

function Send-Reply {
    $body = $utf8.GetBytes($reply.text.ToString())
    Clear-Reply
    $session.sequence++
    $tag = Get-ReplyTag $body
    $first = $ascii.GetBytes("`n@@LOCKSTEP $($session.nonce) $($body.Length) $tag`n")
    $last = $ascii.GetBytes("`n@@END $($session.nonce)`n")
    $output.Write($first, 0, $first.Length)
    $output.Write($body, 0, $body.Length)
    $output.Write($last, 0, $last.Length)
    $output.Flush()
}

# ---- stages: each names the rows that its request may have -----------------------------------------------

$stageRows = [Collections.Generic.Dictionary[string, string[]]]::new([StringComparer]::Ordinal)

# @STAGES@

# ---- the session --------------------------------------------------------------------------------------

function Invoke-Stage($request) {
    switch ($request.kind) {
        'probe' { Invoke-Probe }
        'observe' { Invoke-Observe $request }
        'apply' { Invoke-Apply $request }
        'activate' { Invoke-Activate $request }
        'verify' { Invoke-Verify $request }
        default { Stop-Request 'unexpected_record' $request.kind }
    }
}

# What apply and activate reported before a fault happened; what the others reported is not the whole.
function Add-StageFault($caught) {
    $changes = (Test-Same $session.stage 'apply') -or (Test-Same $session.stage 'activate')
    if (-not $changes) { Clear-Reply }
    Add-Fault $session.stage $caught
}

function Invoke-Request([byte[]]$payload) {
    $session.nonce = '-'
    $session.stage = 'request'
    try {
        $request = Read-Request $payload
        $session.stage = $request.kind
        Invoke-Stage $request
        Add-Record 'done' @{ stage = $request.kind }
    } catch { Add-StageFault $_ }
    Clear-Secrets
    Send-Reply
    # An error that PowerShell remembers may quote a value.
    $Error.Clear()
}

function Save-SessionKey($frame) {
    if ($null -ne $session.key -or $frame.payload.Length -ne 32) { exit 95 }
    $session.key = $frame.payload
}

# Without a session key there is nothing to answer with.
function Invoke-Session {
    while ($true) {
        $frame = Read-Frame
        if ($frame.type -eq 0x53) { Save-SessionKey $frame; continue }
        if ($null -eq $session.key) { exit 95 }
        switch ($frame.type) {
            0x4B { Save-Secret $frame }
            0x52 { Invoke-Request $frame.payload }
            0x5A { exit 0 }
            default { exit 94 }
        }
    }
}

try { Invoke-Session } catch { exit 97 }
