/* doctor_way.c - see doctor_way.h. */
#include "reconciler/cmd/doctor_way.h"

#include "reconciler/core/str.h"

enum way {
	WAY_DECLARED,
	WAY_NAME,
	WAY_CONNECT,
	WAY_SSH,
	WAY_PIN,
	WAY_KEY,
	WAY_LOGIN,
	WAY_START,
	WAY_SCRIPT,
	WAY_IIS,
	WAY_COUNT,
};

static const struct {
	const char *word;
	const char *name;
} ways[WAY_COUNT] = {
	[WAY_DECLARED] = { "declared", "Server is declared" },
	[WAY_NAME] = { "name", "name resolves" },
	[WAY_CONNECT] = { "connect", "TCP connects" },
	[WAY_SSH] = { "ssh", "SSH answers" },
	[WAY_PIN] = { "pinned", "a host key is pinned" },
	[WAY_KEY] = { "hostKey", "the host key is that one" },
	[WAY_LOGIN] = { "login", "the SSH key is accepted" },
	[WAY_START] = { "powershell", "PowerShell answers" },
	[WAY_SCRIPT] = { "script", "the script may run" },
	[WAY_IIS] = { "iis", "IIS is installed" },
};

/* Where an examination ended, as a check. */
static const enum way ends[] = {
	[EXAMINED_NAME] = WAY_NAME,     [EXAMINED_CONNECT] = WAY_CONNECT,
	[EXAMINED_SSH] = WAY_SSH,       [EXAMINED_PIN] = WAY_PIN,
	[EXAMINED_KEY] = WAY_KEY,       [EXAMINED_LOGIN] = WAY_LOGIN,
	[EXAMINED_START] = WAY_START,   [EXAMINED_PROBE] = WAY_SCRIPT,
	[EXAMINED_OBSERVE] = WAY_COUNT, [EXAMINED_ALL] = WAY_COUNT,
};

struct way_work {
	const struct doctor_facts *facts;
	const struct server *server;
	struct arena *arena;
};

static bool is_full(const struct iis_probe_facts *facts)
{
	return str_eq(facts->language, "FullLanguage") &&
	       str_eq(facts->bits, "64");
}

/* The check at which the way ends; WAY_COUNT = it leads to the server. A
 * fault with a word is the server's own, told by the checks behind the way. */
static enum way end_of(const struct examined *examined)
{
	const struct iis_probe_facts *facts = &examined->facts;

	if (examined->at != EXAMINED_PROBE)
		return str_starts(examined->fault, "mwa_") ? WAY_IIS
							   : ends[examined->at];
	if (!examined->probed)
		return *examined->fault ? WAY_COUNT : WAY_START;
	if (is_full(facts) && *facts->mwa == '\0')
		return WAY_IIS;
	return WAY_SCRIPT;
}

static const char *print_seen(struct way_work *work, enum way at)
{
	const struct examined *examined = work->facts->examined;
	const struct session_seen *seen = &examined->seen;
	const struct server *server = work->server;
	struct arena *arena = work->arena;

	switch (at) {
	case WAY_DECLARED:
		return arena_printf(arena, "%s port %u (%s:%u)", server->host,
				    server->port, server->place.file,
				    server->place.line);
	case WAY_NAME:
		return seen->address;
	case WAY_SSH:
		return seen->banner;
	case WAY_PIN:
		return work->facts->config->ssh_known_hosts;
	case WAY_KEY:
		return seen->known_line
			       ? arena_printf(arena, "%s %s, line %zu",
					      seen->key_type, seen->fingerprint,
					      seen->known_line)
			       : "";
	case WAY_START:
		return arena_printf(arena, "PowerShell %s",
				    examined->observed.powershell
					    ? examined->observed.powershell
					    : "");
	case WAY_SCRIPT:
		return examined->probed ? arena_printf(arena, "%s, %s bits",
						       examined->facts.language,
						       examined->facts.bits)
					: "";
	case WAY_IIS:
		return examined->probed
			       ? arena_printf(arena,
					      "Microsoft.Web.Administration %s",
					      examined->facts.mwa)
			       : "";
	case WAY_CONNECT:
	case WAY_LOGIN:
	case WAY_COUNT:
		break;
	}
	return "";
}

/* The command by which a person sees the key, and the line for known_hosts. */
static const char *print_pin_fix(struct way_work *work)
{
	const struct server *server = work->server;

	return arena_printf(
		work->arena,
		"compare the fingerprint with what the server itself shows "
		"(there: ssh-keygen -lf "
		"C:\\ProgramData\\ssh\\ssh_host_ed25519_key.pub); if it is "
		"the same, add the line that `ssh-keyscan -p %u -t %s %s` "
		"prints to %s",
		server->port,
		str_starts(work->facts->examined->seen.key_type, "ecdsa")
			? "ecdsa"
			: "ed25519",
		server->host, work->facts->config->ssh_known_hosts);
}

static const char *print_login_fix(struct way_work *work)
{
	const struct config *config = work->facts->config;

	return arena_printf(
		work->arena,
		"on the server: the public half of %s (ssh-keygen -y -f %s "
		"shows it) must stand in "
		"C:\\ProgramData\\ssh\\administrators_authorized_keys, which "
		"only SYSTEM and Administrators may access (icacls ... "
		"/inheritance:r /grant Administrators:F SYSTEM:F); %s must "
		"be a local administrator and must not be under \"Deny access "
		"to this computer from the network\"; a key that is no "
		"administrator's stands in its own .ssh\\authorized_keys; the "
		"log OpenSSH/Operational says what sshd held against it",
		config->ssh_key, config->ssh_key, config->ssh_user);
}

static const char *print_start_fix(struct way_work *work)
{
	return arena_printf(
		work->arena,
		"run: ssh -i %s %s@%s powershell.exe -NoProfile -Command 1. "
		"It must print 1, soon. Then look at DefaultShell and "
		"DefaultShellCommandOption under HKLM\\SOFTWARE\\OpenSSH, at "
		"AutoRun of cmd.exe, at ForceCommand in sshd_config, and at "
		"AppLocker for powershell.exe",
		work->facts->config->ssh_key, work->facts->config->ssh_user,
		work->server->host);
}

static const char *print_script_fix(struct way_work *work)
{
	const struct examined *examined = work->facts->examined;

	if (examined->probed &&
	    str_eq(examined->facts.language, "FullLanguage"))
		return "make sshd start the 64-bit PowerShell: DefaultShell "
		       "under HKLM\\SOFTWARE\\OpenSSH must not name SysWOW64, "
		       "nor sshd be a 32-bit program";
	return "allow the one command that lockstep sends in WDAC or AppLocker "
	       "(its script is the same in each session of a version), or "
	       "exempt the SSH user: constrained language stops it";
}

static const char *print_fix(struct way_work *work, enum way at)
{
	const struct server *server = work->server;
	struct arena *arena = work->arena;

	switch (at) {
	case WAY_NAME:
		return arena_printf(arena,
				    "mend Server.spec.host in %s:%u, or the "
				    "DNS of this machine (getent hosts %s)",
				    server->place.file, server->place.line,
				    server->host);
	case WAY_CONNECT:
		return arena_printf(arena,
				    "start sshd there (Get-Service sshd), and "
				    "open TCP port %u in the firewalls between",
				    server->port);
	case WAY_SSH:
		return "see that OpenSSH listens on that port; it needs an "
		       "ed25519 or ECDSA host key (ssh-keygen -A there), AES "
		       "in counter mode, SHA-2 and an elliptic key exchange; "
		       "Windows Server 2019 and later have them";
	case WAY_PIN:
		return print_pin_fix(work);
	case WAY_KEY:
		return arena_printf(
			arena,
			"find out why before anything else: the server was "
			"made anew, its name leads elsewhere, or somebody "
			"stands in between. If its key is right, %s",
			print_pin_fix(work));
	case WAY_LOGIN:
		return print_login_fix(work);
	case WAY_START:
		return print_start_fix(work);
	case WAY_SCRIPT:
		return print_script_fix(work);
	case WAY_IIS:
		return "install IIS with its management tools: "
		       "Install-WindowsFeature Web-Server, Web-Mgmt-Console, "
		       "Web-Scripting-Tools";
	case WAY_DECLARED:
	case WAY_COUNT:
		break;
	}
	return "";
}

/* A key that is not the pinned one is shown beside the complaint. */
static const char *print_failure(struct way_work *work, enum way at)
{
	const struct examined *examined = work->facts->examined;
	const struct session_seen *seen = &examined->seen;

	if ((at == WAY_PIN || at == WAY_KEY) && seen->fingerprint[0])
		return arena_printf(work->arena, "%s; it shows %s %s",
				    examined->err.what, seen->key_type,
				    seen->fingerprint);
	return examined->err.what;
}

int doctor_way(const struct doctor_facts *facts, struct arena *arena,
	       struct doctor_check_array *ret, struct err *err)
{
	struct way_work work = {
		.facts = facts,
		.server = &facts->desired->servers.items[facts->server],
		.arena = arena,
	};
	const enum way end = end_of(facts->examined);

	for (enum way at = WAY_DECLARED; at < WAY_COUNT; at++) {
		struct doctor_check check = { .word = ways[at].word,
					      .name = ways[at].name,
					      .saw = "",
					      .fix = "",
					      .reach = true };

		if (at < end) {
			check.state = DOCTOR_OK;
			check.saw = print_seen(&work, at);
		} else if (at == end) {
			check.state = DOCTOR_FAILED;
			check.saw = print_failure(&work, at);
			check.fix = print_fix(&work, at);
		}
		if (!check.saw || !check.fix || !array_push(arena, ret, check))
			return err_set(err, -ERR_NOMEM, "examining a server");
	}
	return 0;
}
