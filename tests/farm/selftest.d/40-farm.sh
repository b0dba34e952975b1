# The farm command: what it writes, who may log in, that it ends.

rm -rf "$dir/config.yaml"
"$farm" up "$dir" web01="$here/apphost/interview-sysadmin.config" || exit 1
canary="canary-$RANDOM$RANDOM-\$x'\""
printf '%s\r\n' "$canary" | "$farm" secret "$dir" svc-a
printf '%s' "$canary" | "$farm" secret "$dir" svc-b
printf '%s' "$canary" | "$farm" secret "$dir" svc-a
is 'secret file, exactly' "$(cat "$dir/secrets/svc-a"; echo .)" "$canary."
is 'modes' "$(stat -c %a "$dir"/{config.yaml,accounts,id_ed25519,secrets/svc-a} | tr '\n' ' ')" '600 600 600 600 '
is 'secrets of config.yaml' "$(sed -n '/^secrets:/,/^grants/p' "$dir/config.yaml" | tr '\n' ';')" \
	"secrets:;  svc-b: {from: \"file:$dir/secrets/svc-b\", account: 'CORP\\svc-b'};  svc-a: {from: \"file:$dir/secrets/svc-a\", account: 'CORP\\svc-a'};grants:;"
printf '%s' "$canary" | "$farm" account "$dir" 'CORP\svc-a'
printf 'other\n' | "$farm" account "$dir" 'corp\SVC-A' disabled
is 'accounts, one line each' "$(grep -i svc-a "$dir/accounts")" "$(printf 'corp\\SVC-A\tother\tdisabled')"
printf '%s' "$canary" | "$farm" set "$dir" web01 MyPool 'CORP\svc-a'
"$farm" request "$dir" web01 MyPool >/dev/null

refused() {
	got=$(login web01 "$2" 2>&1 </dev/null)
	case "$? $got" in "64 powershell (emulated): "*) ok "refused: $1" ;; *) not_ok "refused: $1" "$got" ;; esac
}
refused 'other switches' 'powershell.exe -NoProfile -NoLogo -NonInteractive -EncodedCommand MQA='
refused '-Command' 'powershell.exe -NoLogo -NoProfile -NonInteractive -Command 1'
refused 'not BASE64' 'powershell.exe -NoLogo -NoProfile -NonInteractive -EncodedCommand !'
refused 'longer than cmd.exe takes' "powershell.exe -NoLogo -NoProfile -NonInteractive -EncodedCommand $(head -c 8184 /dev/zero | tr '\0' A)"
session web01 'exit 93' >/dev/null
is 'exit code of the script' $? 93
session web01 'throw "x"' >/dev/null
is 'exit code of a fault' $? 1
ssh-keygen -q -t ed25519 -N '' -f "$work/stranger"
address web01
ssh -i "$work/stranger" -o IdentitiesOnly=yes -o UserKnownHostsFile="$dir/known_hosts" -o BatchMode=yes -p "$port" "$host" true 2>/dev/null
is 'another key is refused' $? 255
"$farm" request "$dir" web09 x 2>/dev/null
is 'unknown server' $? 1

"$farm" up "$work/second" web01="$here/apphost/interview-sysadmin.config" && ok 'a second farm beside it' || not_ok 'a second farm beside it' "$?"
"$farm" down "$work/second"
session web01 '[Threading.Thread]::Sleep(60000)' >/dev/null &
hanging=$!
sleep 0.7
"$farm" down "$dir"
is 'down ends a session' "$(wait $hanging; echo $?)" 255
is 'down leaves nothing' "$(pgrep -fc "$dir/servers" || true)" 0
"$farm" down "$dir" && ok 'down twice' || not_ok 'down twice' "$?"
is 'no password in logs' "$(grep -rlF -- "$canary" "$dir/servers" | wc -l)" 0
