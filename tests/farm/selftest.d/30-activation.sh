# WAS: logons, events, workers, rotation, and that all of it lasts.

cat >"$work/was.config" <<'END'
<configuration><system.applicationHost><applicationPools>
    <add name="Web" />
    <add name="Web2" />
    <add name="Keep"><recycling disallowRotationOnConfigChange="true" /></add>
    <add name="Always" startMode="AlwaysRunning" />
    <add name="Off" autoStart="false" />
    <add name="Net"><processModel identityType="NetworkService" /></add>
</applicationPools></system.applicationHost></configuration>
END
rm -f "$dir/accounts"
"$farm" up "$dir" web01="$work/was.config" || exit 1
printf 'right' | "$farm" account "$dir" 'CORP\svc'

is 'autoStart=false is stopped' "$(pool web01 Off 5)" Stopped
is 'request to a stopped pool' "$("$farm" request "$dir" web01 Off)" 503
is 'no worker on demand yet' "$(pool web01 Web 6)" -
[ "$(pool web01 Always 6)" != - ] && ok 'AlwaysRunning runs' || not_ok 'AlwaysRunning runs' 'no worker'
is 'request starts a worker' "$("$farm" request "$dir" web01 Web)" 200
first=$(pool web01 Web 6)
is 'request keeps it' "$("$farm" request "$dir" web01 Web) $(pool web01 Web 6)" "200 $first"

for p in Web Keep Always; do "$farm" request "$dir" web01 $p >/dev/null; done
old=$(pool web01 Keep 6)
printf 'right' | "$farm" set "$dir" web01 Web 'corp\SVC'
printf 'right' | "$farm" set "$dir" web01 Keep 'svc@corp.example'
printf 'right' | "$farm" set "$dir" web01 Always 'CORP\svc'
is 'nothing is logged for a right password' "$("$farm" events "$dir" web01)" ''
[ "$(pool web01 Web 6)" != "$first" ] && [ "$(pool web01 Web 6)" != - ] && ok 'a change rotates the worker' || not_ok 'a change rotates the worker' "$(pool web01 Web 6)"
is 'unless rotation is disallowed' "$(pool web01 Keep 6)" "$old"
kept=$(pool web01 Always 6)
"$farm" touch "$dir" web01
is 'a change elsewhere does not rotate' "$(pool web01 Always 6)" "$kept"

workers='$q = [Management.ManagementObjectSearcher]::new("SELECT ProcessId, CreationDate FROM Win32_Process WHERE Name = '\''w3wp.exe'\''")
function Workers { foreach ($o in $q.Get()) { $a = [object[]]::new(2); $r = $o.InvokeMethod("GetOwner", $a); $t = [DateTimeOffset]::new([Management.ManagementDateTimeConverter]::ToDateTime($o["CreationDate"])).ToUnixTimeMilliseconds(); "$($o["ProcessId"]) $r $($a[1])\$($a[0]) $t" } }
'
"$farm" request "$dir" web01 Net >/dev/null
got=$(session web01 "$workers"'Workers' | sed 's/ [0-9]*$//' | sort | tr '\n' ';')
wanted=$(printf '%s 0 %s\n' "$(pool web01 Web 6)" 'CORP\svc' "$old" 'IIS APPPOOL\Keep' "$kept" 'CORP\svc' "$(pool web01 Net 6)" 'NT AUTHORITY\NETWORK SERVICE' | sort | tr '\n' ';')
is 'owners; the kept worker has its old one' "$got" "$wanted"

got=$(session web01 "$workers"'$p = $m.ApplicationPools["Web"].ProcessModel; $p.Password = "right"; $m.CommitChanges(); $t = Now
$id = @($m.ApplicationPools["Web"].WorkerProcesses)[0].ProcessId; foreach ($w in Workers) { $f = $w.Split(" "); if ($f[0] -eq $id) { [long]$f[-1] -ge $t } }')
is 'a worker of a commit starts after it' "$got" True
now=$(pool web01 Web 6)
is 'state lasts between processes' "$(session web01 '@($m.ApplicationPools["Web"].WorkerProcesses)[0].ProcessId')" "$now"

# An account whose password was changed: seen only when a worker must start.
printf 'newer' | "$farm" account "$dir" 'CORP\svc'
is 'an old token serves on' "$("$farm" request "$dir" web01 Web) $(events web01 Web)" '200 '
session web01 '[void]$m.ApplicationPools["Web"].Recycle()'
is 'recycle finds the old password' "$(events web01 Web) $(pool web01 Web 5) $(pool web01 Web 6)" '5021 Started -'
is 'first request disables the pool' "$("$farm" request "$dir" web01 Web) $(events web01 Web) $(pool web01 Web 5)" '503 5021 5057 5059 Stopped'
session web01 '[void]$m.ApplicationPools["Always"].Recycle()'
is 'AlwaysRunning is disabled at once' "$(events web01 Always) $(pool web01 Always 5)" '5021 5057 5059 Stopped'
printf 'newer' | "$farm" set "$dir" web01 Web 'CORP\svc'
is 'a right password does not start it' "$(pool web01 Web 5)" Stopped
is 'Start does' "$(session web01 '$m.ApplicationPools["Web"].Start()') $("$farm" request "$dir" web01 Web)" 'Started 200'

"$farm" request "$dir" web01 Web2 >/dev/null
printf 'Newer' | "$farm" set "$dir" web01 Web2 'CORP\svc'
is 'only case differs: refused at the change' "$(events web01 Web2) $(pool web01 Web2 5) $(pool web01 Web2 6)" '5021 Started -'
printf 'p' | "$farm" account "$dir" 'CORP\off' disabled
printf 'p' | "$farm" set "$dir" web01 Net 'CORP\off'
is 'disabled account' "$(events web01 Net) $("$farm" request "$dir" web01 Net)" '5021 503'

printf 'p' | "$farm" account "$dir" 'CORP\svc2' nobatch
printf 'p' | "$farm" set "$dir" web01 Web2 'CORP\svc2'
printf 'p' | "$farm" account "$dir" 'CORP\svc2' enabled
is 'granting the batch right is not enough' "$("$farm" request "$dir" web01 Web2) $(events web01 Web2)" '503 5021 5021 5057 5059'
session web01 '[void]$m.ApplicationPools["Web2"].Start()'
is 'nor is Start' "$("$farm" request "$dir" web01 Web2)" 503
printf 'p' | "$farm" set "$dir" web01 Web2 'CORP\svc2'
session web01 '[void]$m.ApplicationPools["Web2"].Start()'
is 'writing the identity again is' "$("$farm" request "$dir" web01 Web2)" 200
is 'control of the wrong state' "$(session web01 'try { [void]$m.ApplicationPools["Off"].Recycle() } catch { Fault $_ }; [void]$m.ApplicationPools["Web2"].Stop(); $m.ApplicationPools["Web2"].State; try { [void]$m.ApplicationPools["Web"].Start() } catch { Fault $_ }' | tr '\n' ';')" \
	'System.Runtime.InteropServices.COMException 0x80070426;Stopped;System.Runtime.InteropServices.COMException 0x80070420;'

query='$q = [Diagnostics.Eventing.Reader.EventLogQuery]::new("System", [Diagnostics.Eventing.Reader.PathType]::LogName, "*[System[Provider[@Name='\''Microsoft-Windows-WAS'\''] and (EventID=5002 or EventID=5021 or EventID=5057 or EventID=5059) and TimeCreated[@SystemTime>='\''SINCE'\'']]]")
$q.ReverseDirection = $true; $r = [Diagnostics.Eventing.Reader.EventLogReader]::new($q); $out = ""; while ($null -ne ($e = $r.ReadEvent())) { $out += "$($e.Id)/$([DateTimeOffset]::new($e.TimeCreated).ToUnixTimeMilliseconds())/$($e.Properties[0].Value);"; $e.Dispose() }; $out'
last=$("$farm" events "$dir" web01 | tail -1 | cut -f2)
since=$(date -u -d "@${last%???}.${last: -3}" +%Y-%m-%dT%H:%M:%S.%3NZ)
is 'event log, newest first' "$(session web01 "${query/SINCE/2000-01-01T00:00:00.000Z}")" "$("$farm" events "$dir" web01 | cut -f1-3 | tac | tr '\t\n' '/;')"
is 'event log, since' "$(session web01 "${query/SINCE/$since}")" "$("$farm" events "$dir" web01 | awk -F'\t' -v t="$last" '$2 >= t' | cut -f1-3 | tac | tr '\t\n' '/;')"
is 'services' "$(session web01 'foreach ($o in [Management.ManagementObjectSearcher]::new("SELECT Name, State FROM Win32_Service WHERE Name = '\''WAS'\'' OR Name = '\''W3SVC'\''").Get()) { "$($o["Name"]) $($o["State"])" }' | tr '\n' ';')" 'WAS Running;W3SVC Running;'

# Many at once: nobody's change is lost.
for p in Web Web2 Keep Always Off Net; do printf 'newer' | "$farm" set "$dir" web01 $p 'CORP\svc' & pids="${pids:-} $!"; done
for i in 1 2 3; do session web01 '[void]$m.ApplicationPools["Keep"].State' & pids="$pids $!"; done
wait $pids
is 'concurrent changes' "$("$farm" pools "$dir" web01 | cut -f3,4 | sort | uniq -c | tr -s ' \t' ' ')" ' 6 CORP\svc newer'
