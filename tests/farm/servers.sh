# servers.sh - start and stop the servers of a farm; read by ./farm.
#
# DIR/servers/NAME/Windows is a server's %SystemRoot%. DIR/NAME leads to the folder that holds its
# applicationHost.config, so that editors which replace a file replace the real one.

reserved=" accounts authorized_keys config.yaml farm.lock id_ed25519 id_ed25519.pub known_hosts manifests secrets servers state.db "

farm_up() {
	[ $# -ge 2 ] || die "usage: farm up DIR NAME=CONFIG..." 64
	need_build
	find_sshd
	local dir names=() configs=() pair root
	root=$(dotnet_root)
	mkdir -p "$1"
	dir=$(cd "$1" && pwd)
	shift
	[[ $dir =~ ^/[A-Za-z0-9/._+-]+$ ]] || die "DIR may hold letters, digits and / . _ + - only: $dir"
	for pair in "$@"; do
		check_server "$pair"
		names+=("${pair%%=*}")
		configs+=("${pair#*=}")
	done
	[ "$(printf '%s\n' "${names[@]}" | sort | uniq -d)" = "" ] || die "two servers of one name"
	[ ! -e "$dir/servers" ] || [ -f "$dir/farm.lock" ] || die "$dir is not a farm, and not empty"
	farm_down "$dir"

	# Accounts, secrets, key and configuration of a farm that was up before stay; its servers do not.
	umask 077
	chmod 700 "$dir" # passwords lie here, and lockstep keeps its state in no other kind of folder
	find "$dir" -maxdepth 1 -type l -lname 'servers/*' -delete
	rm -rf "$dir/servers"
	touch "$dir/farm.lock"
	mkdir -p "$dir/secrets" "$dir/manifests" "$dir/servers"
	touch "$dir/accounts"
	[ -f "$dir/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C lockstep-farm -f "$dir/id_ed25519"
	cp "$dir/id_ed25519.pub" "$dir/authorized_keys"
	[ -f "$dir/config.yaml" ] || write_config "$dir" >"$dir/config.yaml"
	local i
	for i in "${!names[@]}"; do
		lay_server "$dir" "${names[i]}" "${configs[i]}"
	done
	DOTNET_ROOT=$root DOTNET_EnableDiagnostics=0 "$build/farmctl/farmctl" init "$dir" "${names[@]}"
	start_all "$dir" "$root" "${names[@]}"
}

find_sshd() {
	sshd=$(PATH=$PATH:/usr/sbin:/sbin command -v sshd) ||
		die "sshd is missing: apt-get install openssh-server" 3
	command -v ssh-keygen >/dev/null || die "ssh-keygen is missing: apt-get install openssh-client" 3
	# Its unprivileged child wants this folder, which the service normally makes.
	[ "$(id -u)" -ne 0 ] || mkdir -p -m 755 /run/sshd
}

check_server() {
	local name=${1%%=*} config=${1#*=}
	[[ $1 == *=* && $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || die "not NAME=CONFIG: $1" 64
	[[ $reserved != *" $name "* ]] || die "a server cannot be called $name"
	[ -r "$config" ] || die "cannot read $config"
}

# lay_server DIR NAME CONFIG - the files of one server, new.
lay_server() {
	local home=$1/servers/$2 inetsrv=$1/servers/$2/Windows/System32/inetsrv
	mkdir -p "$inetsrv/config"
	cp "$3" "$inetsrv/config/applicationHost.config"
	chmod u+w "$inetsrv/config/applicationHost.config"
	printf '%s\r\n' '<?xml version="1.0" encoding="UTF-8"?>' '<configuration>' '    <configSections>' \
		'        <section name="configurationRedirection" />' '    </configSections>' \
		'    <configurationRedirection />' '</configuration>' >"$inetsrv/config/redirection.config"
	ln -s "$build/inetsrv/Microsoft.Web.Administration.dll" "$inetsrv/"
	ln -sfn "servers/$2/Windows/System32/inetsrv/config" "$1/$2"
	ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$home/ssh_host_ed25519_key"
}

# start_all DIR DOTNET_ROOT NAME... - one loopback address a server, one port for all.
# Another farm may take the same at the same moment: then the next try takes others.
start_all() {
	local dir=$1 root=$2 try block port i
	shift 2
	for try in 1 2 3 4 5 6; do
		block=$((RANDOM % 254 + 1)).$((RANDOM % 255))
		port=$((RANDOM % 10000 + 20000))
		: >"$dir/known_hosts"
		: >"$dir/manifests/servers.yaml"
		i=1
		local name
		for name; do
			[ $i -le 254 ] || die "at most 254 servers"
			start_server "$dir" "$root" "$name" "127.$block.$i" "$port"
			i=$((i + 1))
		done
		if all_listen "$dir" "$@"; then
			return 0
		fi
		farm_down "$dir"
	done
	cat "$dir"/servers/*/sshd.log >&2
	die "no sshd could be started"
}

start_server() {
	local dir=$1 home=$1/servers/$3
	write_sshd "$@" >"$home/sshd_config"
	echo "$4" >"$home/address"
	printf '[%s]:%s %s\n' "$4" "$5" "$(cut -d' ' -f1,2 "$home/ssh_host_ed25519_key.pub")" >>"$dir/known_hosts"
	write_manifest "$3" "$4" "$5" >>"$dir/manifests/servers.yaml"
	: >"$home/sshd.log"
	setsid "$sshd" -D -f "$home/sshd_config" -E "$home/sshd.log" </dev/null >/dev/null 2>&1 &
	echo $! >"$home/pid"
	# Between fork and exec it still looks like this script, not like an sshd.
	until is_sshd "$dir" "$3" || ! kill -0 $! 2>/dev/null; do
		sleep 0.01
	done
}

# sshd writes sshd.pid once it listens, and ends when it cannot.
all_listen() {
	local dir=$1 name waited=0
	shift
	for name; do
		while [ ! -s "$dir/servers/$name/sshd.pid" ]; do
			is_sshd "$dir" "$name" && [ $waited -lt 400 ] || return 1
			sleep 0.05
			waited=$((waited + 1))
		done
	done
}

# sshd itself turns a user away whose password is locked, with a key too; PAM does not.
locked() { [ "$(id -u)" -eq 0 ] && getent shadow "$(id -un)" | grep -q '^[^:]*:!'; }

# HOME: the shell of the current user is not to read its own ~/.bashrc here.
write_sshd() {
	local dir=$1 root=$2 home=$1/servers/$3
	cat <<-END
		ListenAddress $4:$5
		HostKey $home/ssh_host_ed25519_key
		PidFile $home/sshd.pid
		AuthorizedKeysFile $dir/authorized_keys
		AuthenticationMethods publickey
		PubkeyAuthentication yes
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		AllowUsers $(id -un)
		StrictModes no
		UsePAM $(locked && echo yes || echo no)
		UseDNS no
		PrintMotd no
		PermitTTY no
		PermitUserEnvironment no
		DisableForwarding yes
		MaxStartups 1000
		MaxSessions 1000
		SetEnv HOME=$home SystemRoot=$home/Windows "PATH=$build/bin:/usr/local/bin:/usr/bin:/bin" "DOTNET_ROOT=$root" DOTNET_EnableDiagnostics=0 DOTNET_TieredPGO=0 POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_DIAGNOSTICS_OPTOUT=1
	END
	# From OpenSSH 9.8 on, many connections from one address are punished.
	if "$sshd" -t -f /dev/null -h "$home/ssh_host_ed25519_key" -o PerSourcePenalties=no 2>/dev/null; then
		echo "PerSourcePenalties no"
	fi
}

write_manifest() {
	cat <<-END
		---
		apiVersion: lockstep/v1
		kind: Server
		metadata: {name: $1}
		spec: {host: $2, port: $3}
	END
}

write_config() {
	cat <<-END
		state: $1/state.db
		ssh: {user: '$(id -un)', key: $1/id_ed25519, knownHosts: $1/known_hosts}
		domains:
		  corp:
		    netbios: CORP
		    dnsName: corp.example
		    upnSuffixes: [corp.example]
		    controllers: [ldaps://dc1.corp.example]
		secrets: {}
		grants:
		  - accounts: ['*']
		    servers: ['*']
		    pools: ['*']
		    allow: [password, identity]
		caps: {parallel: 200, canary: 1, batch: "25%", maxFailures: 1, poolsPerCommit: 10, changesPerRun: 500}
		newPairs: allow
		allow: {unproved: true}
	END
}

# The process is the sshd of this server, not another one that got its number.
is_sshd() {
	local pid
	pid=$(cat "$1/servers/$2/pid" 2>/dev/null) || return 1
	grep -qsF -- "$1/servers/$2/sshd_config" "/proc/$pid/cmdline"
}

# Sessions of this farm: whatever runs with a SystemRoot below DIR.
session_pids() {
	grep -lsz "^SystemRoot=$1/servers/[^/]*/Windows\$" /proc/[0-9]*/environ | cut -d/ -f3 || true
}

# farm_bind DIR NAME SITE [HOST [https]] - a binding on the server's own address, and a process that answers there;
# prints address:port.
farm_bind() {
	[ $# -ge 3 ] && [ $# -le 5 ] || die "usage: farm bind DIR NAME SITE [HOST [https]]" 64
	local dir home root ready pid waited=0
	root=$(dotnet_root)
	dir=$(cd "$1" && pwd)
	home=$dir/servers/$2
	[ -d "$home" ] || die "no server '$2' in $1"
	ready=$home/ready.$$
	SystemRoot=$home/Windows DOTNET_ROOT=$root DOTNET_EnableDiagnostics=0 setsid "$build/farmctl/farmctl" serve \
		"$dir" "$2" "$3" "${4:-}" "${5:-http}" "$ready" </dev/null >/dev/null 2>"$home/serve.log" &
	pid=$!
	while [ ! -s "$ready" ]; do
		if ! kill -0 $pid 2>/dev/null || [ $waited -ge 400 ]; then
			cat "$home/serve.log" >&2
			exit 1
		fi
		sleep 0.05
		waited=$((waited + 1))
	done
	cat "$ready"
	rm "$ready"
}

farm_down() {
	[ $# -eq 1 ] || die "usage: farm down DIR" 64
	[ -d "$1/servers" ] || return 0
	local dir home pids="" children pid waited=0
	dir=$(cd "$1" && pwd)
	for home in "$dir"/servers/*/; do
		home=${home%/}
		if is_sshd "$dir" "${home##*/}"; then
			pid=$(cat "$home/pid")
			kill -STOP "$pid" # no new connection while its children are counted
			children=$(descendants "$pid")
			pids="$pids $children $pid"
		fi
	done
	pids="$pids $(session_pids "$dir")"
	if [ -n "${pids// /}" ]; then
		kill -TERM $pids 2>/dev/null || true
		kill -CONT $pids 2>/dev/null || true
		while alive $pids && [ $waited -lt 40 ]; do
			sleep 0.05
			waited=$((waited + 1))
		done
		kill -KILL $pids 2>/dev/null || true
	fi
	rm -f "$dir"/servers/*/pid "$dir"/servers/*/sshd.pid
}

descendants() {
	local child
	for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
		descendants "$child"
		echo "$child"
	done
}

alive() {
	local pid
	for pid; do
		kill -0 "$pid" 2>/dev/null && return 0
	done
	return 1
}
