/* config_test.c - config.yaml -> struct config, or the exact problems. */
#include "reconciler/manifest/manifest.h"

#include "tests/unit/problems_case.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SSH     "ssh: {user: lockstep, key: /k, knownHosts: /h}\n"
#define DOMAINS "domains:\n  corp: {netbios: CORP, dnsName: corp.example}\n"

struct loading {
	char *folder;
	char *path;
	struct config config;
	struct problems problems;
	struct err err;
};

static int set_up(void **state)
{
	struct loading *loading = calloc(1, sizeof(*loading));

	assert_non_null(loading);
	loading->folder = test_folder();
	config_init(&loading->config);
	problems_init(&loading->problems);
	*state = loading;
	return 0;
}

static int tear_down(void **state)
{
	struct loading *loading = *state;

	problems_done(&loading->problems);
	config_done(&loading->config);
	test_remove(loading->folder);
	free(loading->path);
	free(loading);
	return 0;
}

static int load(struct loading *loading, const char *text, mode_t mode)
{
	struct problem *problem;
	int rc;

	free(loading->path);
	loading->path = test_file(loading->folder, "config.yaml", text,
				  strlen(text), mode);
	config_done(&loading->config);
	config_init(&loading->config);
	problems_done(&loading->problems);
	problems_init(&loading->problems);
	rc = config_load(loading->path, &loading->config, &loading->problems,
			 &loading->err);
	/* The folder has another name each time. */
	array_foreach(problem, &loading->problems.items) {
		assert_string_equal(problem->place.file, loading->path);
		problem->place.file = "c";
	}
	return rc;
}

static void gives(struct loading *loading, const char *text,
		  const char *expected)
{
	assert_int_equal(load(loading, text, 0600), -ERR_CONFIG);
	case_problems(&loading->problems, expected);
}

static void test_smallest(void **state)
{
	struct loading *loading = *state;
	const struct config *config = &loading->config;

	assert_int_equal(load(loading, SSH, 0644), 0);
	case_problems(&loading->problems, "");
	assert_null(config->state_path);
	assert_string_equal(config->path, loading->path);
	assert_string_equal(config->ssh_user, "lockstep");
	assert_string_equal(config->ssh_key, "/k");
	assert_string_equal(config->ssh_known_hosts, "/h");
	assert_int_equal(config->domains.n, 0);
	assert_int_equal(config->secrets.n, 0);
	assert_int_equal(config->grants.n, 0);
	/* The defaults of the table are those of the model. */
	assert_memory_equal(&config->caps, &config_default_caps,
			    sizeof(config->caps));
	assert_int_equal(config->caps.parallel, 200);
	assert_int_equal(config->caps.canary, 1);
	assert_int_equal(config->caps.batch_percent, 25);
	assert_int_equal(config->caps.max_failures, 1);
	assert_int_equal(config->caps.pools_per_commit, 10);
	assert_int_equal(config->caps.changes_per_run, 500);
	assert_true(config->new_pairs_ask);
	assert_false(config->allow_unproved);
	/* printf 'ssh: ...' | sha256sum */
	assert_string_equal(
		config->digest,
		"f0fc5c5c8fb1b280f53dd681bc0ee39eb31bfa354181277b0652444c46e1bab3");
}

static void check_domain(const struct domain *domain)
{
	assert_string_equal(domain->name, "corp");
	assert_int_equal(domain->place.line, 4);
	assert_int_equal(domain->place.col, 3);
	assert_string_equal(domain->netbios, "CORP");
	assert_string_equal(domain->dns_name, "corp.example");
	assert_int_equal(domain->upn_suffixes.n, 2);
	assert_string_equal(domain->upn_suffixes.items[1], "bank.example");
	assert_int_equal(domain->controllers.n, 2);
	assert_string_equal(domain->controllers.items[1],
			    "ldaps://dc2.corp.example:636");
	assert_string_equal(domain->ca_file, "/etc/lockstep/corp-ca.pem");
	assert_string_equal(domain->bind_user, "CORP\\svc-ad");
	assert_string_equal(domain->bind_password, "file:/etc/lockstep/bind");
	assert_string_equal(domain->rotate_under,
			    "OU=Service Accounts,DC=corp,DC=example");
}

static void test_full(void **state)
{
	struct loading *loading = *state;
	const struct config *config = &loading->config;
	const struct grant *grant;

	assert_int_equal(
		load(loading,
		     "state: /var/lib/lockstep/state.db\n" SSH "domains:\n"
		     "  corp:\n"
		     "    netbios: CORP\n"
		     "    dnsName: corp.example\n"
		     "    upnSuffixes: [corp.example, bank.example]\n"
		     "    controllers: [ldaps://dc1.corp.example, "
		     "ldaps://dc2.corp.example:636]\n"
		     "    caFile: /etc/lockstep/corp-ca.pem\n"
		     "    bind: {user: 'CORP\\svc-ad', password: "
		     "file:/etc/lockstep/bind}\n"
		     "    rotateUnder: \"OU=Service "
		     "Accounts,DC=corp,DC=example\"\n"
		     "secrets:\n"
		     "  svc-orders: {from: \"file:/s/orders\", account: "
		     "svc-orders@bank.example}\n"
		     "grants:\n"
		     "  - accounts: ['CORP\\svc-orders', '*\\x']\n"
		     "    servers: ['web*.corp.example']\n"
		     "    pools: ['Orders*']\n"
		     "    allow: [password, identity]\n"
		     "  - {accounts: ['corp\\*', '*'], servers: [a], pools: [b], "
		     "allow: [password]}\n"
		     "caps: {parallel: 5, canary: 2, batch: \"50%\", "
		     "maxFailures: 3, poolsPerCommit: 4, changesPerRun: 6}\n"
		     "newPairs: allow\n"
		     "allow: {unproved: true}\n",
		     0600),
		0);
	case_problems(&loading->problems, "");
	assert_string_equal(config->state_path, "/var/lib/lockstep/state.db");
	assert_int_equal(config->domains.n, 1);
	check_domain(&config->domains.items[0]);
	assert_int_equal(config->secrets.n, 1);
	assert_string_equal(config->secrets.items[0].name, "svc-orders");
	assert_string_equal(config->secrets.items[0].from, "file:/s/orders");
	assert_string_equal(config->secrets.items[0].account,
			    "svc-orders@bank.example");
	assert_int_equal(config->grants.n, 2);
	grant = config->grants.items;
	assert_int_equal(grant[0].accounts.n, 2);
	assert_string_equal(grant[0].accounts.items[0], "CORP\\svc-orders");
	assert_string_equal(grant[0].servers.items[0], "web*.corp.example");
	assert_string_equal(grant[0].pools.items[0], "Orders*");
	assert_int_equal(grant[0].rights, GRANT_PASSWORD | GRANT_IDENTITY);
	assert_int_equal(grant[1].rights, GRANT_PASSWORD);
	assert_int_equal(config->caps.parallel, 5);
	assert_int_equal(config->caps.canary, 2);
	assert_int_equal(config->caps.batch_percent, 50);
	assert_int_equal(config->caps.max_failures, 3);
	assert_int_equal(config->caps.pools_per_commit, 4);
	assert_int_equal(config->caps.changes_per_run, 6);
	assert_false(config->new_pairs_ask);
	assert_true(config->allow_unproved);
}

static void test_shape(void **state)
{
	struct loading *loading = *state;

	gives(loading, "",
	      "c:1:1: the configuration is empty; expected at "
	      "least ssh, domains, secrets and grants\n");
	gives(loading, "[a]\n", "c:1:1: expected one document that is a map\n");
	gives(loading, SSH "---\n" SSH,
	      "c:3:1: expected one document that is a map\n");
	gives(loading, "shh: 1\n" SSH "ssh: 1\n",
	      "c:1:1: unknown field \"shh\" in Config; did you mean \"ssh\"?\n"
	      "c:3:1: key \"ssh\" stands twice in one map; the first is in "
	      "line 2\n"
	      "c:3:6: Config.ssh: expected a map, for example {user: "
	      "svc-lockstep-ssh, key: /etc/lockstep/id_ed25519, knownHosts: "
	      "/etc/lockstep/known_hosts}; found a text\n");
	gives(loading, "state: state.db\nssh: {user: a, key: ~/.ssh/id}\n",
	      "c:1:8: Config.state: expected an absolute path, for example "
	      "/var/lib/lockstep/state.db; found \"state.db\", which does not "
	      "begin with /\n"
	      "c:2:6: Config.ssh misses the field \"knownHosts\": expected an "
	      "absolute path, for example /etc/lockstep/known_hosts\n"
	      "c:2:21: Config.ssh.key: expected an absolute path, for example "
	      "/etc/lockstep/id_ed25519; found \"~/.ssh/id\", which does not "
	      "begin with /\n");
}

static void test_domains(void **state)
{
	struct loading *loading = *state;

	gives(loading,
	      SSH "domains:\n"
		  "  a: {netbios: 'CORP\\x', dnsName: .corp}\n"
		  "  b: {netbios: SIXTEENCHARACTER, dnsName: b.example}\n"
		  "  c: {netbios: C, dnsName: c.example, controllers: "
		  "[ldap://dc1, dc2, ldaps://, 'ldaps://x/y']}\n"
		  "  d: {netbios: c, dnsName: C.EXAMPLE, bind: {user: "
		  "'C\\x', password: hunter2}}\n"
		  "  'e f': {}\n"
		  "  g: CORP\n",
	      "c:3:16: Config.domains.a.netbios: expected a NetBIOS name of at "
	      "most 15 characters without \\ / : * ? \" < > | @, for example "
	      "CORP\n"
	      "c:3:35: Config.domains.a.dnsName: expected a DNS name, for "
	      "example corp.example\n"
	      "c:4:16: Config.domains.b.netbios: expected a NetBIOS name of at "
	      "most 15 characters without \\ / : * ? \" < > | @, for example "
	      "CORP\n"
	      "c:5:53: Config.domains.c.controllers: expected ldaps://NAME; "
	      "plain ldap:// would send passwords in clear\n"
	      "c:5:65: Config.domains.c.controllers: expected ldaps://NAME or "
	      "ldaps://NAME:PORT, for example ldaps://dc1.corp.example\n"
	      "c:5:70: Config.domains.c.controllers: expected ldaps://NAME or "
	      "ldaps://NAME:PORT, for example ldaps://dc1.corp.example\n"
	      "c:5:80: Config.domains.c.controllers: expected ldaps://NAME or "
	      "ldaps://NAME:PORT, for example ldaps://dc1.corp.example\n"
	      "c:6:16: domain \"c\" has this netbios name already\n"
	      "c:6:28: domain \"c\" has this dnsName already\n"
	      "c:6:69: Config.domains.d.bind.password: expected file:PATH, "
	      "systemd:CREDENTIAL or exec:PROGRAM, for example "
	      "file:/etc/lockstep/secrets/svc-orders; found another text\n"
	      "c:7:3: Config.domains: expected a name (letters, digits, '-', "
	      "'_', '.'; at most 63); found \"e f\"\n"
	      "c:8:6: Config.domains.g: expected a map; found a text\n");
}

static void test_secrets(void **state)
{
	struct loading *loading = *state;

	gives(loading,
	      SSH DOMAINS "secrets:\n"
			  "  a: {from: systemd:a/b, account: 'CORP\\a'}\n"
			  "  b: {from: exec:/bin/b -c d, account: 'CORP\\a'}\n"
			  "  c: {from: file:c, account: 'CORP\\a'}\n"
			  "  d: {from: hunter2, account: 'OTHER\\a'}\n"
			  "  e: {from: file:/e, account: e}\n"
			  "  f: {from: file:/e}\n"
			  "  g: hunter2\n",
	      "c:5:13: Config.secrets.a.from: expected systemd: and the name "
	      "of a credential, without any /, for example "
	      "systemd:corp-bind\n"
	      "c:6:13: Config.secrets.b.from: expected exec: and the absolute "
	      "path of a program, without arguments or spaces, for example "
	      "exec:/etc/lockstep/read-vault\n"
	      "c:7:13: Config.secrets.c.from: expected file: and an absolute "
	      "path, for example file:/etc/lockstep/secrets/svc-orders\n"
	      "c:8:13: Config.secrets.d.from: expected file:PATH, "
	      "systemd:CREDENTIAL or exec:PROGRAM, for example "
	      "file:/etc/lockstep/secrets/svc-orders; found another text\n"
	      "c:8:31: \"OTHER\\a\" is no account of a domain under domains; "
	      "write it as NETBIOS\\user or user@suffix\n"
	      "c:9:31: \"e\" is no account of a domain under domains; write it "
	      "as NETBIOS\\user or user@suffix\n"
	      "c:10:6: Config.secrets.f misses the field \"account\": expected "
	      "an account, for example 'CORP\\svc-orders'\n"
	      "c:11:6: Config.secrets.g: expected a map; found a text\n");
}

static void test_grants(void **state)
{
	struct loading *loading = *state;

	gives(loading,
	      SSH DOMAINS
	      "grants:\n"
	      "  - {accounts: [svc-a], servers: [], pools: ['*'], allow: "
	      "[password, follow, rotate, builtin, all]}\n"
	      "  - {accounts: ['OTHER\\a', 'C*\\a', 'corp\\a'], servers: "
	      "['*'], allow: password}\n"
	      "  - all\n",
	      "c:5:17: \"svc-a\" matches no account; write the pattern as "
	      "NETBIOS\\user, or name a builtin identity: "
	      "ApplicationPoolIdentity, NetworkService, LocalService or "
	      "LocalSystem\n"
	      "c:5:34: Config.grants.servers is empty; expected a list, each a "
	      "pattern of host names, for example ['web*.corp.example']\n"
	      "c:5:78: Config.grants.allow: \"rotate\" is not honoured by this "
	      "version; \"password\" is\n"
	      "c:5:86: builtin is allowed, but accounts names no builtin "
	      "identity; expected ApplicationPoolIdentity, NetworkService, "
	      "LocalService or LocalSystem among them\n"
	      "c:5:95: Config.grants.allow: expected password, identity, "
	      "follow or builtin; found \"all\"\n"
	      "c:6:5: Config.grants misses the field \"pools\": expected a "
	      "list, each a pattern of pools, for example ['Orders*']\n"
	      "c:6:17: \"OTHER\\a\" matches no account: no domain under domains "
	      "has this netbios name\n"
	      "c:6:70: Config.grants.allow: expected a list, each "
	      "password, identity, follow or builtin, for example [password, identity]; found a text\n"
	      "c:7:5: Config.grants: expected a map; found a text\n");
}

/* Sources, builtin identities and rights that this version takes. */
static void test_builtin(void **state)
{
	struct loading *loading = *state;
	const struct grant *grants;

	assert_int_equal(
		load(loading,
		     SSH DOMAINS
		     "secrets:\n"
		     "  a: {from: systemd:a, account: 'CORP\\a'}\n"
		     "  b: {from: exec:/bin/b, account: 'CORP\\b'}\n"
		     "grants:\n"
		     "  - {accounts: [NetworkService, 'local*', "
		     "'CORP\\*'], servers: ['*'], pools: ['*'], allow: "
		     "[builtin, password, follow]}\n",
		     0600),
		0);
	case_problems(&loading->problems, "");
	grants = loading->config.grants.items;
	assert_string_equal(loading->config.secrets.items[0].from, "systemd:a");
	assert_string_equal(loading->config.secrets.items[1].from,
			    "exec:/bin/b");
	assert_int_equal(grants[0].rights,
			 GRANT_BUILTIN | GRANT_PASSWORD | GRANT_FOLLOW);
	problems_done(&loading->problems);
	problems_init(&loading->problems);
	gives(loading,
	      SSH DOMAINS
	      "grants:\n"
	      "  - {accounts: [NetworkService, 'local?ystem'], servers: "
	      "['*'], pools: ['*'], allow: [identity, builtin]}\n"
	      "  - {accounts: ['CORP\\a'], servers: ['*'], pools: ['*'], "
	      "allow: [identity, follow]}\n",
	      "c:5:87: identity is no right of a builtin identity, and accounts "
	      "names nothing else; expected [builtin]\n"
	      "c:6:76: follow is of use only beside password on the same line; "
	      "expected [password, follow]\n");
}

static void test_caps(void **state)
{
	struct loading *loading = *state;

	gives(loading,
	      SSH "caps: {parallel: 0, canary: 0, batch: 5, maxFailures: 01, "
		  "poolsPerCommit: 101, changesPerRun: 1e3, batches: 1}\n"
		  "newPairs: maybe\n"
		  "allow: {unproved: yes, all: true}\n",
	      "c:2:18: Config.caps.parallel: expected a number from 1 to "
	      "10000; found \"0\"\n"
	      "c:2:29: Config.caps.canary: expected a number from 1 to 10000; "
	      "found \"0\"\n"
	      "c:2:39: Config.caps.batch: expected a percentage from 1% to "
	      "100%; found \"5\"\n"
	      "c:2:55: Config.caps.maxFailures: expected a number from 1 to "
	      "10000; found \"01\"\n"
	      "c:2:75: Config.caps.poolsPerCommit: expected a number from 1 to "
	      "100; found \"101\"\n"
	      "c:2:95: Config.caps.changesPerRun: expected a number from 1 to "
	      "1000000; found \"1e3\"\n"
	      "c:2:100: unknown field \"batches\" in Config.caps; did you mean "
	      "\"batch\"?\n"
	      "c:3:11: Config.newPairs: expected ask or allow; found "
	      "\"maybe\"\n"
	      "c:4:19: Config.allow.unproved: expected true or false; found "
	      "\"yes\", which is only text here\n"
	      "c:4:24: unknown field \"all\" in Config.allow\n");
}

static void test_mode(void **state)
{
	struct loading *loading = *state;

	assert_int_equal(load(loading, SSH, 0620), -ERR_FILE_MODE);
	assert_int_equal(load(loading, SSH, 0602), -ERR_FILE_MODE);
	assert_int_equal(load(loading, SSH, 0644), 0);
	assert_int_equal(chmod(loading->folder, 0777), 0);
	assert_int_equal(load(loading, SSH, 0600), -ERR_FILE_MODE);
	assert_int_equal(chmod(loading->folder, 0700), 0);
	assert_int_equal(remove(loading->path), 0);
	assert_int_equal(config_load(loading->path, &loading->config,
				     &loading->problems, &loading->err),
			 -ERR_FILE);
}

static void test_outside(void **state)
{
	struct loading *loading = *state;
	char path[256];
	char other[256];
	char expected[1024];

	assert_int_equal(load(loading, SSH, 0600), 0);
	(void)snprintf(path, sizeof(path), "%s/m", loading->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(config_outside(loading->path, path, &loading->err), 0);
	assert_int_equal(
		config_outside(loading->path, loading->folder, &loading->err),
		-ERR_CONFIG);
	(void)snprintf(
		expected, sizeof(expected),
		"%s lies in the folder of manifests, %s: who may write "
		"manifests must not write what they are checked against; keep it "
		"elsewhere, or name another folder with -f",
		loading->path, loading->folder);
	assert_string_equal(loading->err.what, expected);
	/* Through a detour, a link, and as a single file beside it. */
	(void)snprintf(path, sizeof(path), "%s/m/..", loading->folder);
	assert_int_equal(config_outside(loading->path, path, &loading->err),
			 -ERR_CONFIG);
	(void)snprintf(path, sizeof(path), "%s/m/link.yaml", loading->folder);
	assert_int_equal(symlink(loading->path, path), 0);
	assert_int_equal(config_outside(path, loading->folder, &loading->err),
			 -ERR_CONFIG);
	assert_int_equal(
		config_outside(loading->path, loading->path, &loading->err),
		-ERR_CONFIG);
	/* A folder whose name only begins the same is another one. */
	(void)snprintf(path, sizeof(path), "%s/conf", loading->folder);
	(void)snprintf(other, sizeof(other), "%s/config.yaml", loading->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(config_outside(other, path, &loading->err), 0);
	assert_int_equal(config_outside("/not/there", path, &loading->err),
			 -ERR_FILE);
	assert_int_equal(config_outside(loading->path, "/", &loading->err),
			 -ERR_CONFIG);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_smallest), CASE(test_full),    CASE(test_shape),
		CASE(test_domains),  CASE(test_secrets), CASE(test_grants),
		CASE(test_builtin),  CASE(test_caps),    CASE(test_mode),
		CASE(test_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
