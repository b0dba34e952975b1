# Microsoft.Web.Administration: defaults, passwords, conflicts.

"$farm" up "$dir" web01="$here/apphost/pubslocator.config" web02="$here/apphost/windowcontainertest.config" || exit 1
for user in svc other; do printf 'right' | "$farm" account "$dir" "CORP\\$user"; done

got=$(session web01 '
function Line($p) { $a = $p.ProcessModel.Attributes; "$($p.ProcessModel.IdentityType) $($a["identityType"].IsInheritedFromDefaultValue) $($a["userName"].IsInheritedFromDefaultValue) $($a["password"].IsInheritedFromDefaultValue)" }
Line $m.ApplicationPools["guam"]; Line $m.ApplicationPools["ncidc-guam.lmbps.com"]; Line $m.ApplicationPools["GuamTraining"]; Line $m.ApplicationPoolDefaults' | tr '\n' ';')
is 'inheritance from applicationPoolDefaults' "$got" \
	'SpecificUser False False False;SpecificUser True False False;SpecificUser True True True;SpecificUser False False False;'

got=$(session web02 '$p = $m.ApplicationPools["DefaultAppPool"]; $d = $m.ApplicationPoolDefaults.ProcessModel
"$($p.ProcessModel.IdentityType) $($p.AutoStart) $($p.GetAttributeValue("startMode")) $($p.Recycling.DisallowRotationOnConfigChange) [$($p.ProcessModel.UserName)] $($d.Attributes["userName"].IsInheritedFromDefaultValue) $($m.ApplicationPools.Count) $($null -eq $m.ApplicationPools["none"]) $(@($m.Sites)[0].Applications.Count)"')
is 'defaults of the schema' "$got" 'ApplicationPoolIdentity True 0 False [] True 6 True 1'

password="q\"uo'te <&> \\ \$x \` %PATH% € 𝄞 end "
printf '%s' "$password" >"$work/password"
got=$(session web02 '$i = [Console]::OpenStandardInput(); $b = [byte[]]::new(200); $n = 0; while (($k = $i.Read($b, $n, 200 - $n)) -gt 0) { $n += $k }
$p = $m.ApplicationPools["DefaultAppPool"].ProcessModel; $p.IdentityType = 3; $p.UserName = "CORP\svc"; $p.Password = [Text.Encoding]::UTF8.GetString($b, 0, $n)
$m.CommitChanges(); $m.Dispose(); $m = [Microsoft.Web.Administration.ServerManager]::new()
$s = [Text.Encoding]::UTF8.GetBytes($m.ApplicationPools["DefaultAppPool"].ProcessModel.Password); [BitConverter]::ToString($s) -ceq [BitConverter]::ToString($b, 0, $n)' <"$work/password")
is 'a password survives commit and new reading' "$got" True
is 'farm pools shows it in clear' "$(pool web02 DefaultAppPool 4)" "$password"
is 'one commit is counted' "$("$farm" commits "$dir" web02 | cut -f2,3)" "$(printf '1\tDefaultAppPool')"
printf 'x' | "$farm" set "$dir" web02 DefaultAppPool 'CORP\svc'
is 'farm set is not counted' "$("$farm" commits "$dir" web02 | wc -l)" 1

cp "$(config web01)" "$work/before"
got=$(session web01 '$p = $m.ApplicationPools["GUAM"]; $p.ProcessModel.UserName = "CORP\svc"
[IO.File]::AppendAllText([IO.Path]::Combine($env:SystemRoot, "System32", "inetsrv", "config", "applicationHost.config"), "`n")
try { $m.CommitChanges() } catch { Fault $_; $_.Exception.InnerException.Message.Trim() }
$m = [Microsoft.Web.Administration.ServerManager]::new(); $p = $m.ApplicationPools["GUAM"].ProcessModel; $p.UserName = "CORP\svc"; $m.CommitChanges()
try { $p.UserName = "late" } catch { Fault $_ }' | tr '\n\r' ';;')
case $got in
"System.IO.FileLoadException 0x80131621;Filename: \\\\?\\/"*"Error: Cannot commit configuration changes because the file has changed on disk;System.InvalidOperationException 0x80131509;") ok 'conflict, then a new manager' ;;
*) not_ok 'conflict, then a new manager' "$got" ;;
esac
is 'the refused commit is not counted' "$("$farm" commits "$dir" web01 | wc -l)" 1

printf 'secret' | "$farm" set "$dir" web01 GUAM 'CORP\svc'
value=$(grep -o '\[enc:[^"]*' "$(config web01)")
sed -i "s|\(<processModel\) identityType=\"ApplicationPoolIdentity\"|\1 identityType=\"SpecificUser\" password=\"$value\"|" "$(config web02)"
sed -i 's|password="\[enc:FarmProvider|password="[enc:IISWASOnlyCngProvider|' "$(config web01)"
show='try { $m.ApplicationPools["WHICH"].ProcessModel.get_Password() } catch { Fault $_ }'
is 'a value of another provider' "$(session web01 "${show/WHICH/GUAM}")" 'System.Runtime.InteropServices.COMException 0x80090005'
is 'a value of another machine' "$(session web02 "${show/WHICH/.NET v2.0}")" 'System.Runtime.InteropServices.COMException 0x80090005'
echo '<configuration>' >"$(config web02)"
is 'not well-formed' "$(session web02 'try { $m.ApplicationPools.get_Count() } catch { Fault $_ }')" 'System.Runtime.InteropServices.COMException 0x8007000D'
rm "$(config web02)"
is 'no file' "$(session web02 'try { $m.ApplicationPools.get_Count() } catch { Fault $_ }')" 'System.IO.FileNotFoundException 0x80070002'
