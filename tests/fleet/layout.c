/* layout.c - see layout.h. */
#include "tests/fleet/layout.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/clock.h"
#include "reconciler/sys/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USER           "svc-fleet"
#define OLD_MS         3600000 /* how long the workers have run already */
#define CONFIG_MAX     ((size_t)1 << 20)
#define FILE_MAX       ((size_t)64 << 20)
#define SERVERS_A_FILE 1000 /* a manifest has a largest size */
#define SECRET_LINE    "secrets:\n"

void layout_fill(struct server *server, const struct layout *layout)
{
	int64_t now_ms = clock_wall_ms();

	for (unsigned i = 1; i <= layout->pools; i++) {
		struct world_pool pool = {
			.name = need(
				arena_printf(&server->arena, "Pool%02u", i)),
			.identity = IDENTITY_SPECIFIC_USER,
			.identity_local = true,
			.user = { server_keep(server, "CORP\\" USER), true },
			.password = { server_keep(server, layout->old_password),
				      true },
			.started = true,
			.auto_start = true,
			.rotates = true,
			.logon = { .code = "" },
		};
		struct world_app app = {
			.pool = pool.name,
			.site = need(
				arena_printf(&server->arena, "Site%02u", i)),
			.path = server_keep(server, "/"),
			.folder = need(arena_printf(&server->arena,
						    "D:\\sites\\site%02u", i)),
		};
		struct world_site site = {
			.name = app.site,
			.bindings = need(arena_printf(&server->arena,
						      "http *:80:site%02u", i)),
		};
		site.answering = site.bindings;

		server->last_pid += 4;
		pool.worker = (struct world_worker){
			.pid = server->last_pid,
			.owner = server_keep(server, "CORP\\" USER),
			.started_ms = now_ms - OLD_MS,
		};
		if (!array_push(&server->arena, &server->pools, pool) ||
		    !array_push(&server->arena, &server->apps, app) ||
		    !array_push(&server->arena, &server->sites, site))
			(void)need(NULL);
	}
}

static int write_file(const struct fleet *fleet, const char *name,
		      const void *bytes, size_t len, struct err *err)
{
	char path[4096];
	ssize_t written;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", fleet->dir, name);
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, -ERR_FILE, "%s: %s", path,
			       strerrordesc_np(errno));
	for (size_t at = 0; at < len; at += (size_t)written) {
		written = write(fd, (const char *)bytes + at, len - at);
		if (written < 0) {
			(void)close(fd);
			return err_set(err, -ERR_FILE, "%s: %s", path,
				       strerrordesc_np(errno));
		}
	}
	(void)close(fd);
	return 0;
}

static int write_buf(const struct fleet *fleet, const char *name,
		     const struct buf *text, struct err *err)
{
	int rc = buf_check(text, err);

	return rc ? rc
		  : write_file(fleet, name, buf_text(text), text->len, err);
}

static int write_keys(const struct fleet *fleet, struct err *err)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int rc;

	buf_init(&text, FILE_MAX);
	key_put_private(&fleet->client, &text);
	rc = write_buf(fleet, "id_ed25519", &text, err);
	buf_clear(&text);
	key_put_public(&fleet->client, &text);
	buf_puts(&text, " fleet\n");
	if (!rc)
		rc = write_buf(fleet, "id_ed25519.pub", &text, err);
	return rc;
}

static void put_server(const struct fleet *fleet, size_t at, struct buf *hosts,
		       struct buf *manifest)
{
	struct in_addr address = fleet_address(at);
	char text[INET_ADDRSTRLEN] = "";
	struct key_pair pair;

	(void)inet_ntop(AF_INET, &address, text, sizeof(text));
	key_derive(fleet->manners.seed, text, &pair);
	buf_printf(hosts, "[%s]:%u ", text, fleet->port);
	key_put_public(&pair, hosts);
	buf_putc(hosts, '\n');
	buf_printf(manifest,
		   "---\n"
		   "apiVersion: lockstep/v1\n"
		   "kind: Server\n"
		   "metadata: {name: %s}\n"
		   "spec: {host: %s, port: %u}\n",
		   fleet->servers[at]->name, text, fleet->port);
}

/* Of all servers: known_hosts, and their manifests. */
static int write_servers(const struct fleet *fleet, struct err *err)
{
	CLEANUP(buf_done) struct buf hosts = { 0 };
	CLEANUP(buf_done) struct buf manifest = { 0 };
	char name[64] = "manifests/servers.yaml";
	int rc = 0;

	buf_init(&hosts, FILE_MAX);
	buf_init(&manifest, FILE_MAX);
	for (size_t i = 0; !rc && i < fleet->n; i++) {
		put_server(fleet, i, &hosts, &manifest);
		if ((i + 1) % SERVERS_A_FILE && i + 1 < fleet->n)
			continue;
		rc = write_buf(fleet, name, &manifest, err);
		buf_clear(&manifest);
		(void)snprintf(name, sizeof(name), "manifests/servers-%zu.yaml",
			       (i + 1) / SERVERS_A_FILE + 1);
	}
	return rc ? rc : write_buf(fleet, "known_hosts", &hosts, err);
}

static int write_config(const struct fleet *fleet, struct err *err)
{
	/* Before any thread.
	 * NOLINTNEXTLINE(concurrency-mt-unsafe) */
	const struct passwd *me = getpwuid(geteuid());
	CLEANUP(buf_done) struct buf text = { 0 };
	struct stat status;
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/config.yaml", fleet->dir);
	if (stat(path, &status) == 0)
		return 0; /* of a fleet that was here before */
	buf_init(&text, CONFIG_MAX);
	buf_printf(&text,
		   "state: %s/state.db\n"
		   "ssh: {user: '%s', key: %s/id_ed25519, knownHosts: "
		   "%s/known_hosts}\n",
		   fleet->dir, me ? me->pw_name : "lockstep", fleet->dir,
		   fleet->dir);
	buf_puts(&text, "domains:\n"
			"  corp:\n"
			"    netbios: CORP\n"
			"    dnsName: corp.example\n"
			"    upnSuffixes: [corp.example]\n"
			"    controllers: [ldaps://dc1.corp.example]\n" //
		 SECRET_LINE "grants:\n"
			"  - accounts: ['*']\n"
			"    servers: ['*']\n"
			"    pools: ['*']\n"
			"    allow: [password, identity]\n"
			"caps: {parallel: 200, canary: 1, batch: \"25%\", "
			"maxFailures: 1, poolsPerCommit: 10, "
			"changesPerRun: 1000000}\n"
			"newPairs: allow\n"
			"allow: {unproved: true}\n");
	return write_buf(fleet, "config.yaml", &text, err);
}

static int write_manifest(const struct fleet *fleet,
			  const struct layout *layout, struct err *err)
{
	CLEANUP(buf_done) struct buf text = { 0 };

	buf_init(&text, FILE_MAX);
	buf_puts(&text, "apiVersion: lockstep/v1\n"
			"kind: Account\n"
			"metadata: {name: " USER "}\n"
			"spec: {domain: corp, user: " USER
			", password: {secret: " USER "}}\n"
			"---\n"
			"apiVersion: lockstep/v1\n"
			"kind: ResourceGroup\n"
			"metadata: {name: fleet}\n"
			"spec:\n"
			"  servers:\n");
	for (size_t i = 0; i < fleet->n; i++)
		buf_printf(&text, "    - %s\n", fleet->servers[i]->name);
	buf_puts(&text, "---\n"
			"apiVersion: lockstep/v1\n"
			"kind: AppPoolBinding\n"
			"metadata: {name: fleet}\n"
			"spec:\n"
			"  identity: {account: " USER "}\n"
			"  groups: [fleet]\n"
			"  pools:\n");
	for (unsigned i = 1; i <= layout->pools; i++)
		buf_printf(&text, "    - Pool%02u\n", i);
	return write_buf(fleet, "manifests/fleet.yaml", &text, err);
}

static int make_folders(const struct fleet *fleet, struct err *err)
{
	static const char *const folders[] = { "", "/manifests", "/secrets" };
	char path[4096];

	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", fleet->dir,
			       folders[i]);
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return err_set(err, -ERR_FILE, "%s: %s", path,
				       strerrordesc_np(errno));
		/* lockstep keeps its state in no other kind of folder */
		(void)chmod(path, 0700);
	}
	return 0;
}

int layout_write(const struct fleet *fleet, const struct layout *layout,
		 struct err *err)
{
	int rc = make_folders(fleet, err);

	if (!rc)
		rc = write_keys(fleet, err);
	if (!rc)
		rc = write_servers(fleet, err);
	if (!rc)
		rc = write_config(fleet, err);
	if (!rc && layout)
		rc = write_manifest(fleet, layout, err);
	if (!rc && layout)
		rc = layout_secret(fleet, USER, layout->new_password,
				   strlen(layout->new_password), err);
	return rc;
}

/* config.yaml with this line under `secrets:`, and no other of the user. */
static void put_with_secret(const char *text, const char *user,
			    const char *line, struct buf *out)
{
	char own[128];

	(void)snprintf(own, sizeof(own), "  %s:", user);
	while (*text) {
		size_t len = strcspn(text, "\n");

		len += text[len] == '\n';
		if (!str_starts(text, own))
			buf_put(out, text, len);
		if (len == strlen(SECRET_LINE) &&
		    strncmp(text, SECRET_LINE, len) == 0)
			buf_puts(out, line);
		text += len;
	}
}

int layout_secret(const struct fleet *fleet, const char *user,
		  const char *bytes, size_t len, struct err *err)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	CLEANUP(buf_done) struct buf edited = { 0 };
	char path[4096];
	char name[256];
	char line[5000];
	int rc;

	buf_init(&text, CONFIG_MAX);
	buf_init(&edited, CONFIG_MAX);
	(void)snprintf(name, sizeof(name), "secrets/%s", user);
	(void)snprintf(path, sizeof(path), "%s/config.yaml", fleet->dir);
	(void)snprintf(line, sizeof(line),
		       "  %s: {from: \"file:%s/%s\", account: 'CORP\\%s'}\n",
		       user, fleet->dir, name, user);
	rc = write_file(fleet, name, bytes, len, err);
	if (!rc)
		rc = file_read(path, FILE_ANY, CONFIG_MAX, &text, err);
	if (rc)
		return rc;
	put_with_secret(buf_text(&text), user, line, &edited);
	return write_buf(fleet, "config.yaml", &edited, err);
}
