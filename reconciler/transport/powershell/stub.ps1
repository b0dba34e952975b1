$ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue'
if("$($ExecutionContext.SessionState.LanguageMode)" -cne 'FullLanguage'){exit 96}
$i=[Console]::OpenStandardInput()
$h=[byte[]]::new(4);$o=0
while($o -lt 4){$k=$i.Read($h,$o,4-$o);if($k -le 0){exit 91};$o+=$k}
$n=([long]$h[0] -shl 24)-bor([long]$h[1] -shl 16)-bor([long]$h[2] -shl 8)-bor[long]$h[3]
if($n -le 0 -or $n -gt 1048576){exit 92}
$b=[byte[]]::new($n);$o=0
while($o -lt $n){$k=$i.Read($b,$o,$n-$o);if($k -le 0){exit 91};$o+=$k}
$d=[BitConverter]::ToString([Security.Cryptography.SHA256CryptoServiceProvider]::new().ComputeHash($b)).Replace('-','')
if(-not [string]::Equals($d,'@DIGEST@',[StringComparison]::OrdinalIgnoreCase)){exit 93}
& ([ScriptBlock]::Create([Text.Encoding]::UTF8.GetString($b))) $i
exit 90
