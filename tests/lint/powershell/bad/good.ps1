# rule: none
function Get-One([string]$text) {
    $held = @{ units = [char[]]::new(0) }
    try { return $text.Length + $held.units.Length } finally { [Array]::Clear($held.units, 0, $held.units.Length) }
}
$one = Get-One 'x'
$one++
if ($one -eq 2) { [void](Get-One "n$one") }
