# What people do to a server between two sessions, and what its sites answer.

rm -f "$dir/accounts"
cat >"$work/person.config" <<'EOF'
<configuration><system.applicationHost><applicationPools>
    <add name="Web" />
    <add name="Old"><processModel identityType="SpecificUser" userName="CORP\svc" password="x" /></add>
</applicationPools><sites>
    <site name="Shop"><application path="/" applicationPool="Web"><virtualDirectory path="/" physicalPath="C:\shop" /></application>
        <application path="/old" applicationPool="Old" /></site>
</sites></system.applicationHost></configuration>
EOF
"$farm" up "$dir" web01="$work/person.config" || exit 1
for state in enabled disabled locked expired mustchange nobatch; do
	printf 'pw' | "$farm" account "$dir" "CORP\\$state" $state
done

codes=
for state in enabled disabled locked expired mustchange nobatch; do
	printf 'pw' | "$farm" set "$dir" web01 Web "CORP\\$state"
	codes="$codes $state=$("$farm" events "$dir" web01 | awk -F'\t' '$3 == "Web" { c = $4 } END { print c }')"
done
is 'error numbers in the events' "$codes" \
	' enabled= disabled=80070533 locked=80070775 expired=80070532 mustchange=80070773 nobatch=80070569'
printf 'wrong' | "$farm" set "$dir" web01 Web 'CORP\locked'
is 'a locked account is locked whatever the password' "$("$farm" events "$dir" web01 | tail -1 | cut -f1,4)" "$(printf '5021\t80070775')"
printf '' | "$farm" account "$dir" 'CORP\app$'
printf 'anything' | "$farm" set "$dir" web01 Web 'CORP\app$'
is 'a managed account needs no password' "$("$farm" request "$dir" web01 Web)" 200

"$farm" builtin "$dir" web01 Old NetworkService
is 'a builtin identity leaves user and password behind' "$("$farm" pools "$dir" web01 | grep '^Old' | cut -f2-4)" "$(printf 'NetworkService\tCORP\\svc\tx')"
for n in 1 2 3 4; do "$farm" crash "$dir" web01 Old; done
is 'four crashes are borne' "$(pool web01 Old 5) $(events web01 Old)" 'Started 5021'
"$farm" crash "$dir" web01 Old
is 'the fifth disables the pool' "$(pool web01 Old 5) $(events web01 Old)" 'Stopped 5021 5002'
is 'crash of a pool that is down' "$("$farm" crash "$dir" web01 Old 2>/dev/null; echo $?)" 1
"$farm" start "$dir" web01 Old
"$farm" stop "$dir" web01 Web
is 'start and stop' "$(pool web01 Old 5) $(pool web01 Web 5)" 'Started Stopped'

"$farm" start "$dir" web01 Web
endpoint=$("$farm" bind "$dir" web01 Shop)
named=$("$farm" bind "$dir" web01 Shop shop.example https)
address web01
is 'a site listens on the server address' "${endpoint%:*} ${named%:*}" "$host $host"
get() { # PATH [NAME] - the status
	python3 - "$@" <<'EOF'
import socket, ssl, sys
path, host, port, name = sys.argv[1], *sys.argv[2].rsplit(":", 1), (sys.argv + [""])[3]
s = socket.create_connection((host, int(port)), 10)
try:
    if name:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        s = context.wrap_socket(s, server_hostname=name)
    s.sendall(("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path).encode())
    print(s.recv(100).decode("latin-1").split(" ")[1])
except (OSError, IndexError):
    print("none")
EOF
}
is 'a site answers as its pools do' "$(get / "$endpoint") $(get /old/x "$endpoint") $(get / "$named" shop.example)" '200 200 200'
is 'another name on a binding with a name' "$(get / "$named" other.example)" none
"$farm" stop "$dir" web01 Old
is 'an application of a stopped pool' "$(get / "$endpoint") $(get /old "$endpoint")" '200 503'
"$farm" http "$dir" web01 Shop 401
is 'a chosen answer' "$(get / "$endpoint")" 401
is 'an answer that is none' "$("$farm" http "$dir" web01 Shop maybe 2>/dev/null; echo $?)" 1
is 'a site that is not there' "$("$farm" bind "$dir" web01 Nope 2>/dev/null; echo $?)" 1

"$farm" rename "$dir" web01 Web Web2
"$farm" add "$dir" web01 New
"$farm" remove "$dir" web01 Old
is 'pools renamed, added, removed' "$("$farm" pools "$dir" web01 | cut -f1 | sort | tr '\n' ' ')" 'New Web2 '
is 'the site follows the new name' "$(session web01 'foreach ($a in @($m.Sites)[0].Applications) { $a.ApplicationPoolName }' | tr '\n' ' ')" 'Web2 Old '

"$farm" damage "$dir" web01 Web2 AesProvider
is 'a password of another machine' "$(session web01 'try { [void]$m.ApplicationPools["Web2"].ProcessModel.get_Password() } catch { Fault $_ }')" \
	'System.Runtime.InteropServices.COMException 0x80090005'
"$farm" damage "$dir" web01
is 'a server without its key' "$(session web01 'try { $m.ApplicationPools["New"].ProcessModel.Password = "x" } catch { Fault $_ }')" \
	'System.Runtime.InteropServices.COMException 0x80090016'

mkdir -p "$work/shared"
sed 's/name="Web"/name="Shared"/' "$work/person.config" >"$work/shared/applicationHost.config"
"$farm" redirect "$dir" web01 "$work/shared"
is 'a redirected configuration is read where it leads' "$(session web01 'foreach ($p in $m.ApplicationPools) { $p.Name }' | tr '\n' ' ')" 'Shared Old '
"$farm" redirect "$dir" web01 '\\fs\iis'
is 'a share that can not be reached' "$(session web01 'try { $m.ApplicationPools.get_Count() } catch { Fault $_ }')" 'System.IO.FileNotFoundException 0x80070002'
"$farm" redirect "$dir" web01 ''
is 'and back' "$("$farm" pools "$dir" web01 | wc -l)" 2

"$farm" elsewhere "$dir" web01 vdir Shop/img 'CORP\svc'
"$farm" elsewhere "$dir" web01 vdir Shop 'CORP\svc2'
"$farm" elsewhere "$dir" web01 anonymous Shop/img 'CORP\svc'
"$farm" elsewhere "$dir" web01 anonymous '' 'CORP\svc2'
"$farm" elsewhere "$dir" web01 defaults virtualDirectoryDefaults 'CORP\d'
"$farm" elsewhere "$dir" web01 service Agent 'CORP\svc'
"$farm" elsewhere "$dir" web01 task '\Bank\Nightly' 'svc'
got=$(session web01 '$c = $m.GetApplicationHostConfiguration(); $s = "system.webServer/security/authentication/anonymousAuthentication"
foreach ($d in @(@($m.Sites)[0].Applications)[0].VirtualDirectories) { "$($d.Path)=$($d.UserName)=$($d.Attributes["userName"].IsInheritedFromDefaultValue)" }
"$($m.VirtualDirectoryDefaults.UserName) $($c.GetSection($s).GetAttributeValue("userName")) $($c.GetSection($s, "Shop/img/x").GetAttributeValue("userName")) $($c.GetLocationPaths())"
foreach ($o in [Management.ManagementObjectSearcher]::new("SELECT Name, StartName FROM Win32_Service").Get()) { "$($o["Name"]) $($o["StartName"])" }
foreach ($o in [Management.ManagementObjectSearcher]::new("root\Microsoft\Windows\TaskScheduler", "SELECT TaskName, TaskPath, Principal FROM MSFT_ScheduledTask").Get()) { "$($o["TaskPath"]) $($o["TaskName"]) $($o["Principal"]["UserId"])" }' | tr '\n' ';')
is 'other places of an account' "$got" '/=CORP\svc2=False;/img=CORP\svc=False;CORP\d CORP\svc2 CORP\svc Shop/img;Agent CORP\svc;\Bank\ Nightly svc;'
"$farm" elsewhere "$dir" web01 blind services
is 'services that can not be read' "$(session web01 'try { [void][Management.ManagementObjectSearcher]::new("SELECT Name, StartName FROM Win32_Service").Get() } catch { Fault $_ }')" \
	'System.Management.ManagementException 0x80131500'
"$farm" down "$dir"
is 'down ends the listeners too' "$(get / "$endpoint" 2>/dev/null | tail -1)" ''
