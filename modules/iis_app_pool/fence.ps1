# fence.ps1 - the fence file: what generation of which pool was begun and committed here. Holding it open is
# the mutex of apply: two controllers, or a lost session and its successor, never write at the same time.
#
# One `fence` record a line, appended; the last of a pool counts. A line is begun (committed=0) and on disk
# before the commit that it announces. A last line without line feed was torn by a crash: it announces a
# commit that did not start, and is cut off.

$fenceBytes = 16777216

# A link would let somebody else decide which file is written.
function Test-PlainPath {
    try { $attributes = [int][IO.File]::GetAttributes($paths.fence) } catch [IO.FileNotFoundException] { return $true }
    # Directory 0x10, device 0x40, reparse point 0x400.
    return (($attributes -band 0x450) -eq 0)
}

# Waits at most 10 s while another session holds it.
function Open-FenceFile([IO.FileMode]$mode, [IO.FileAccess]$access, [IO.FileShare]$share) {
    $waited = [Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        if (-not (Test-PlainPath)) { Stop-Request 'fence_denied' 'link' }
        $held = @{ file = $null }
        try { $held.file = [IO.FileStream]::new($paths.fence, $mode, $access, $share) }
        catch [UnauthorizedAccessException] { Stop-Request 'fence_denied' '' }
        catch [IO.DirectoryNotFoundException] { Stop-Request 'fence_denied' 'folder' }
        catch [IO.IOException] {
            if ($waited.ElapsedMilliseconds -gt 10000) { Stop-Request 'fence_locked' '' }
            [Threading.Thread]::Sleep(50 + $random.Next(0, 100))
            continue
        }
        # Again: it may have been put there between the look and the opening.
        if (-not (Test-PlainPath)) {
            $held.file.Dispose()
            Stop-Request 'fence_denied' 'link'
        }
        return $held.file
    }
}

function ConvertFrom-FenceLine([string]$line) {
    $fields = (Read-Record $line $replyShapes).fields
    return @{
        pool = $fields['pool']; generation = Read-Number $fields 'generation'
        candidate = Read-Candidate $fields; committed = Read-Number $fields 'committed'
    }
}

# state: present or damaged. size: bytes up to the last line feed.
function Read-FenceContent($file) {
    $fence = @{ file = $file; state = 'present'; size = 0; entries = $null }
    $fence.entries = [Collections.Generic.Dictionary[string, object]]::new([StringComparer]::OrdinalIgnoreCase)
    if ($file.Length -gt $fenceBytes) { $fence.state = 'damaged'; return $fence }
    $bytes = [byte[]]::new($file.Length)
    $filled = 0
    while ($filled -lt $bytes.Length) {
        $count = $file.Read($bytes, $filled, $bytes.Length - $filled)
        if ($count -le 0) { break }
        $filled += $count
    }
    $fence.size = [Array]::LastIndexOf($bytes, [byte]10) + 1
    try {
        foreach ($line in $utf8.GetString($bytes, 0, $fence.size).Split([char]10)) {
            if ($line.Length -eq 0) { continue }
            $entry = ConvertFrom-FenceLine $line
            $fence.entries[$entry.pool] = $entry
        }
    } catch {
        $fence.state = 'damaged'
        $fence.entries.Clear()
    }
    return $fence
}

# A look. state: absent, present or damaged.
function Read-Fence {
    if ((Test-PlainPath) -and -not [IO.File]::Exists($paths.fence)) {
        return @{ state = 'absent'; entries = @{} }
    }
    $file = Open-FenceFile 'Open' 'Read' 'Read'
    try { return Read-FenceContent $file } finally { $file.Dispose() }
}

# For writing, without sharing. The caller disposes of .file.
function Open-Fence {
    $file = Open-FenceFile 'OpenOrCreate' 'ReadWrite' 'None'
    try {
        $fence = Read-FenceContent $file
        if ((Test-Same $fence.state 'present') -and $fence.size -lt $file.Length) { $file.SetLength($fence.size) }
        return $fence
    } catch {
        $file.Dispose()
        throw
    }
}

# committed: 0 = begun. On disk only after Save-Fence.
function Add-FenceLine($fence, $row, [long]$committed) {
    $entry = @{ pool = $row.name; generation = $row.generation; candidate = $row.candidate; committed = $committed }
    $line = $utf8.GetBytes((Format-Record 'fence' $entry))
    [void]$fence.file.Seek(0, [IO.SeekOrigin]::End)
    $fence.file.Write($line, 0, $line.Length)
    $fence.entries[$row.name] = $entry
}

function Save-Fence($fence) {
    $fence.file.Flush($true)
}

function Add-FenceRecord($entry) {
    Add-Record 'fence' $entry
}
