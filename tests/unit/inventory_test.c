/* inventory_test.c - servers from CSV and Ansible files, and groups by label. */
#include "reconciler/manifest/manifest.h"

#include "tests/unit/problems_case.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP(name, spec)                                     \
	"---\napiVersion: lockstep/v1\nkind: ResourceGroup\n" \
	"metadata: {name: " name "}\nspec: {" spec "}\n"
#define SERVER(name, labels, spec)                           \
	"---\napiVersion: lockstep/v1\nkind: Server\n"       \
	"metadata: {name: " name ", labels: {" labels "}}\n" \
	"spec: {" spec "}\n"
#define CSV     GROUP("web", "inventory: {csv: s.csv}")
#define ANSIBLE GROUP("web", "inventory: {ansible: i.json, group: web}")
#define KEY     "SHA256:4Yb0qmVY4dJq9oC3r1nTt6mX1c2b8sVxk0zq5uQe7aA"

struct loading {
	char *folder;
	struct desired desired;
	struct problems problems;
	struct err err;
};

static int set_up(void **state)
{
	struct loading *loading = calloc(1, sizeof(*loading));

	assert_non_null(loading);
	loading->folder = test_folder();
	desired_init(&loading->desired);
	problems_init(&loading->problems);
	*state = loading;
	return 0;
}

static int tear_down(void **state)
{
	struct loading *loading = *state;

	problems_done(&loading->problems);
	desired_done(&loading->desired);
	test_remove(loading->folder);
	free(loading);
	return 0;
}

static void put_file(const struct loading *loading, const char *name,
		     const char *text)
{
	free(test_file(loading->folder, name, text, strlen(text), 0600));
}

static int load(struct loading *loading, const char *manifest)
{
	put_file(loading, "m.yaml", manifest);
	problems_done(&loading->problems);
	problems_init(&loading->problems);
	desired_done(&loading->desired);
	desired_init(&loading->desired);
	return manifest_load(loading->folder, NULL, &loading->desired,
			     &loading->problems, &loading->err);
}

/* expected NULL: no problem. */
static void gives(struct loading *loading, const char *manifest,
		  const char *expected)
{
	assert_int_equal(load(loading, manifest), -ERR_MANIFEST);
	case_problems(&loading->problems, expected);
}

static void csv_gives(struct loading *loading, const char *csv,
		      const char *expected)
{
	put_file(loading, "s.csv", csv);
	gives(loading, CSV, expected);
}

static void json_gives(struct loading *loading, const char *json,
		       const char *expected)
{
	put_file(loading, "i.json", json);
	gives(loading, ANSIBLE, expected);
}

static const struct server *server_at(const struct loading *loading, size_t i,
				      const char *name)
{
	assert_in_range(i, 0, loading->desired.servers.n - 1);
	assert_string_equal(loading->desired.servers.items[i].name, name);
	return &loading->desired.servers.items[i];
}

static void test_csv(void **state)
{
	struct loading *loading = *state;
	const struct server *server;
	const struct resource_group *group;

	/* A byte order mark, CR LF, an empty line, quotes over two fields,
	 * columns in any order, no line end at the end. */
	put_file(loading, "s.csv",
		 "\xEF\xBB\xBFhost,env,name,hostKey,port\r\n"
		 "web01.corp.example,prod,web01," KEY ",2222\r\n"
		 "\r\n"
		 "web02.corp.example, \"a, \"\"b\"\"\" ,web02,,");
	assert_int_equal(load(loading, CSV), 0);
	assert_int_equal(loading->desired.servers.n, 2);
	server = server_at(loading, 0, "web01");
	assert_string_equal(server->host, "web01.corp.example");
	assert_string_equal(server->key, "[web01.corp.example]:2222");
	assert_int_equal(server->port, 2222);
	assert_string_equal(server->host_key, KEY);
	assert_int_equal(server->labels.n, 1);
	assert_string_equal(server->labels.items[0].key, "env");
	assert_string_equal(server->labels.items[0].value, "prod");
	assert_string_equal(server->place.file, "s.csv");
	assert_int_equal(server->place.line, 2);
	server = server_at(loading, 1, "web02");
	assert_int_equal(server->port, 22);
	assert_null(server->host_key);
	assert_int_equal(server->place.line, 4);
	assert_string_equal(server->labels.items[0].value, "a, \"b\"");
	group = &loading->desired.groups.items[0];
	assert_int_equal(group->servers.n, 2);
	assert_int_equal(group->servers.items[1], 1);
}

/* An approval of a plan holds for these servers only. */
static void test_digest(void **state)
{
	struct loading *loading = *state;
	char first[65];

	put_file(loading, "s.csv", "name,host\nweb01,web01\n");
	assert_int_equal(load(loading, CSV), 0);
	memcpy(first, loading->desired.digest, sizeof(first));
	assert_int_equal(load(loading, CSV), 0);
	assert_string_equal(loading->desired.digest, first);
	put_file(loading, "s.csv", "name,host\nweb01,web02\n");
	assert_int_equal(load(loading, CSV), 0);
	assert_string_not_equal(loading->desired.digest, first);
}

/* A file stands beside the manifest that names it, in folders below too. */
static void test_beside(void **state)
{
	struct loading *loading = *state;
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/sub", loading->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	put_file(loading, "sub/a.yaml",
		 GROUP("sub", "inventory: {csv: s.csv}"));
	put_file(loading, "sub/s.csv", "name,host\nsub,sub\n");
	put_file(loading, "s.csv", "name,host\nweb01,web01\n");
	assert_int_equal(load(loading, CSV), 0);
	assert_int_equal(loading->desired.servers.n, 2);
	(void)server_at(loading, 0, "web01");
	assert_string_equal(server_at(loading, 1, "sub")->place.file,
			    "sub/s.csv");
	desired_done(&loading->desired);
	desired_init(&loading->desired);
	(void)snprintf(path, sizeof(path), "%s/m.yaml", loading->folder);
	assert_int_equal(manifest_load(path, NULL, &loading->desired,
				       &loading->problems, &loading->err),
			 0);
	assert_int_equal(loading->desired.servers.n, 1);
	(void)snprintf(path, sizeof(path), "%s/s.csv", loading->folder);
	assert_string_equal(server_at(loading, 0, "web01")->place.file, path);
}

static void test_csv_refuses(void **state)
{
	struct loading *loading = *state;

	gives(loading, CSV,
	      "m.yaml:5:25: \"s.csv\": there is "
	      "no such file\n");
	csv_gives(loading, "",
		  "s.csv:1:1: the file lists no server; expected a line of "
		  "columns, for example name,host,env, and a line for each "
		  "server\n");
	csv_gives(loading, "name;host\nweb01;web01\n",
		  "s.csv:1:1: expected commas between the columns, for example "
		  "name,host,env; found semicolons or tabs\n");
	csv_gives(loading, "web01,web01.corp.example\n",
		  "s.csv:1:1: the first line misses the column \"name\"; "
		  "expected the names of the columns there, for example "
		  "name,host,env\n");
	csv_gives(loading, "name,host,hostkey,env,env,a b\nx,x,,,,\n",
		  "s.csv:1:1: column \"env\" stands twice\n"
		  "s.csv:1:1: expected the name of a column: a label (letters, "
		  "digits, '-', '_', '.'; at most 63); found \"a b\"\n"
		  "s.csv:1:1: unknown column \"hostkey\"; did you mean "
		  "\"hostKey\"?\n");
	csv_gives(loading,
		  "name,host,port,hostKey,env\n"
		  "a b,-x,0,abc,\x1B[31m\n"
		  "a,a\n"
		  "b,b,,,,,\n"
		  ",c,,,\n"
		  "d,,,,\n",
		  "s.csv:2:1: env: expected a text; found \"\\x1B[31m\", which "
		  "holds a control, bidirectional or invisible character\n"
		  "s.csv:2:1: host: expected a DNS name or an address; it "
		  "begins with a letter or digit\n"
		  "s.csv:2:1: hostKey: expected SHA256: and 43 characters, as "
		  "ssh-keygen -l shows them\n"
		  "s.csv:2:1: name: expected a name (letters, digits, '-', "
		  "'_', '.'; at most 63), for example web01; found \"a b\"\n"
		  "s.csv:2:1: port: expected a number from 1 to 65535, for "
		  "example 22; found \"0\"\n"
		  "s.csv:3:1: the line has 2 fields; expected 5, one for each "
		  "column of the first line\n"
		  "s.csv:4:1: the line has 7 fields; expected 5, one for each "
		  "column of the first line\n"
		  "s.csv:5:1: name: expected a name (letters, digits, '-', "
		  "'_', '.'; at most 63), for example web01; found \"\", which "
		  "is empty\n"
		  "s.csv:6:1: host: expected a DNS name or an address, for "
		  "example web01.corp.example; found \"\", which is empty\n");
	csv_gives(loading, "name,host\na,a\nb,b\"c\nd,d\n",
		  "s.csv:3:1: a quote stands inside a field; expected the "
		  "whole field in quotes, and each quote in it twice\n");
	csv_gives(loading, "name,host\na,a\nb,\"b\nc,c\n",
		  "s.csv:3:1: the quotes that begin in this line are not "
		  "closed\n");
	csv_gives(
		loading, "name,host\na,a\xFF\n",
		"s.csv:2:4: the file is not UTF-8 here (byte 0xFF); save it as UTF-8\n");
}

static void test_csv_hostile(void **state)
{
	struct loading *loading = *state;
	char *large = calloc(1, 4194306);
	char path[256];

	assert_non_null(large);
	memset(large, 'a', 4194305);
	csv_gives(loading, large,
		  "s.csv:1:1: the file is larger than 4096 KiB; split it\n");
	free(large);
	(void)snprintf(path, sizeof(path), "%s/s.csv", loading->folder);
	assert_int_equal(remove(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	gives(loading, CSV,
	      "m.yaml:5:25: \"s.csv\": this is a "
	      "symbolic link; manifests are regular files below the folder\n"
	      "s.csv:1:1: this is a symbolic link; manifests are regular files "
	      "below the folder\n");
	assert_int_equal(remove(path), 0);
	gives(loading,
	      GROUP("a", "inventory: {csv: /etc/passwd}") GROUP(
		      "b", "inventory: {csv: ../s.csv}")
		      GROUP("c", "inventory: {csv: a/./s.csv}") GROUP(
			      "d", "inventory: {csv: .git/config}")
			      GROUP("e", "inventory: {ansible: hosts.yml}") GROUP(
				      "f",
				      "inventory: {csv: a.csv, ansible: b.json}")
				      GROUP("g", "inventory: {group: web}")
					      GROUP("h", "inventory: {}"),
	      "m.yaml:5:25: ResourceGroup.spec.inventory.csv: expected a file beside the manifest or below, for example inventory/servers.csv: a path without a leading /, .. or hidden names\n"
	      "m.yaml:10:25: ResourceGroup.spec.inventory.csv: expected a file beside the manifest or below, for example inventory/servers.csv: a path without a leading /, .. or hidden names\n"
	      "m.yaml:15:25: ResourceGroup.spec.inventory.csv: expected a file beside the manifest or below, for example inventory/servers.csv: a path without a leading /, .. or hidden names\n"
	      "m.yaml:20:25: ResourceGroup.spec.inventory.csv: expected a file beside the manifest or below, for example inventory/servers.csv: a path without a leading /, .. or hidden names\n"
	      "m.yaml:25:29: ResourceGroup.spec.inventory.ansible: expected the JSON that ansible-inventory --list writes, for example inventory.json\n"
	      "m.yaml:30:25: \"a.csv\": there is no such file\n"
	      "m.yaml:30:32: ResourceGroup.spec.inventory has \"csv\" and \"ansible\"; expected one of them\n"
	      "m.yaml:35:19: ResourceGroup.spec.inventory misses the field \"csv\" (or \"ansible\"): expected a CSV file beside the manifest, for example servers.csv\n"
	      "m.yaml:40:19: ResourceGroup.spec.inventory misses the field \"csv\" (or \"ansible\"): expected a CSV file beside the manifest, for example servers.csv\n");
}

/* What ansible-inventory --list prints: a group with a group below it, a host
 * in both, one without variables, one of another group, other variables. */
#define JSON                                                                    \
	"{\"_meta\": {\"hostvars\": {\n"                                        \
	"\"a01\": {\"ansible_host\": \"10.0.0.1\", \"ansible_port\": 2222,\n"   \
	"  \"ansible_password\": \"hunter2\", \"lockstep_host_key\": \"" KEY    \
	"\",\n  \"lockstep_labels\": {\"env\": \"prod\", \"n\": 1, \"x\": "     \
	"null}},\n"                                                             \
	"\"d01\": {\"ansible_host\": \"10.0.0.9\"}}},\n"                        \
	"\"all\": {\"children\": [\"ungrouped\", \"web\", \"db\"]},\n"          \
	"\"db\": [\"d01\"],\n"                                                  \
	"\"more\": {\"hosts\": [\"a03\", \"a01\"], \"children\": [\"web\"]},\n" \
	"\"web\": {\"hosts\": [\"a02\", \"a01\"], \"children\": [\"more\"]}}\n"

static void test_ansible(void **state)
{
	struct loading *loading = *state;
	const struct server *server;

	put_file(loading, "i.json", JSON);
	assert_int_equal(load(loading, ANSIBLE), 0);
	assert_int_equal(loading->desired.servers.n, 3);
	server = server_at(loading, 0, "a01");
	assert_string_equal(server->host, "10.0.0.1");
	assert_int_equal(server->port, 2222);
	assert_string_equal(server->host_key, KEY);
	assert_int_equal(server->labels.n, 2);
	assert_string_equal(server->labels.items[1].key, "n");
	assert_string_equal(server->labels.items[1].value, "1");
	assert_string_equal(server->place.file, "i.json");
	assert_int_equal(server->place.line, 2);
	server = server_at(loading, 1, "a02");
	assert_string_equal(server->host, "a02");
	assert_int_equal(server->port, 22);
	assert_int_equal(server->labels.n, 0);
	(void)server_at(loading, 2, "a03");
	assert_int_equal(loading->desired.groups.items[0].servers.n, 3);
	/* All, and twice: the servers of both are the same ones. */
	assert_int_equal(load(loading,
			      GROUP("web", "inventory: {ansible: i.json}")
				      ANSIBLE),
			 -ERR_MANIFEST); /* two groups named web */
	assert_int_equal(load(loading,
			      GROUP("all", "inventory: {ansible: i.json}")
				      ANSIBLE),
			 0);
	assert_int_equal(loading->desired.servers.n, 4);
	assert_int_equal(loading->desired.groups.items[0].servers.n, 4);
	assert_int_equal(loading->desired.groups.items[1].servers.n, 3);
}

static void test_ansible_refuses(void **state)
{
	struct loading *loading = *state;

	json_gives(loading, "",
		   "i.json:1:1: the file is empty; expected what "
		   "ansible-inventory --list writes\n");
	json_gives(loading, "{\"web\": {\"hosts\": [\"a\"]}}",
		   "i.json:1:1: expected what ansible-inventory --list writes: "
		   "a map with _meta.hostvars and the groups\n");
	json_gives(
		loading, "{\"_meta\": {\"hostvars\": {}}, \"wbe\": {}}",
		"m.yaml:5:29: i.json has no group \"web\"; did you mean \"wbe\"?\n");
	json_gives(loading, "{\"_meta\": {\"hostvars\": {}}, \"web\": {}}",
		   "m.yaml:5:29: the group \"web\" of i.json has no hosts\n");
	json_gives(loading, "{\"_meta\": {\"hostvars\": {}}, \"web\": {",
		   "i.json:2:1: not valid YAML: did not find expected node "
		   "content, while parsing a flow node that begins at 2:1\n");
	json_gives(
		loading,
		"{\"_meta\": {\"hostvars\": {\n"
		"\"a\": {\"ansible_host\": {}, \"lockstep_label\": \"x\"},\n"
		"\"b\": {\"ansible_port\": \"ssh\", \"ansible_host\": \"b c\"},\n"
		"\"c\": {\"lockstep_labels\": [\"x\"]},\n"
		"\"d\": {\"lockstep_labels\": {\"e f\": \"x\", \"g\": \"\"}}}},\n"
		"\"web\": {\"hosts\": [\"a\", \"b\", \"c\", \"d\", \"e e\", 1, [2]],\n"
		"\"vars\": {\"ansible_host\": \"x\", \"other\": 1}}}",
		"i.json:2:23: ansible_host: expected a text; found a map\n"
		"i.json:2:27: unknown variable \"lockstep_label\"; expected lockstep_host_key or lockstep_labels; did you mean lockstep_labels?\n"
		"i.json:3:1: ansible_host: expected a DNS name or an address, for example web01.corp.example; other characters are not allowed\n"
		"i.json:3:1: ansible_port: expected a number from 1 to 65535, for example 22; found \"ssh\"\n"
		"i.json:4:26: lockstep_labels: expected a map, for example {\"env\": \"prod\"}; found a list\n"
		"i.json:5:1: g: expected a text; found \"\", which is empty\n"
		"i.json:5:1: label: expected a name (letters, digits, '-', '_', '.'; at most 63); found \"e f\"\n"
		"i.json:6:39: name: expected a name (letters, digits, '-', '_', '.'; at most 63), for example web01; found \"e e\"\n"
		"i.json:6:46: ansible_host: expected a DNS name or an address such as 192.0.2.7: four numbers from 0 to 255 without leading zeros\n"
		"i.json:6:49: expected the name of a host; found a list\n"
		"i.json:7:10: \"ansible_host\" is a variable of a group; expected all of them under _meta.hostvars, as ansible-inventory --list writes them without --export\n");
}

static void test_merge(void **state)
{
	struct loading *loading = *state;
	const struct server *server;

	put_file(loading, "s.csv",
		 "name,host,env,rack,hostKey\n"
		 "web01,WEB01.corp.example,prod,r1," KEY "\n"
		 "web02,web02.corp.example,prod,,\n");
	assert_int_equal(load(loading,
			      CSV GROUP("more", "inventory: {csv: s.csv}")
				      SERVER("web01", "env: prod, zone: a",
					     "host: web01.corp.example")),
			 0);
	assert_int_equal(loading->desired.servers.n, 2);
	server = server_at(loading, 0, "web01");
	assert_string_equal(server->place.file, "m.yaml");
	assert_string_equal(server->host_key, KEY);
	assert_int_equal(server->labels.n, 3);
	assert_string_equal(server->labels.items[2].key, "rack");
	assert_int_equal(loading->desired.groups.items[1].servers.n, 2);
	gives(loading,
	      CSV SERVER("web01", "env: test", "host: web01.corp.example")
		      SERVER("web02", "", "host: web02"),
	      "s.csv:2:1: server \"web01\" stands at m.yaml:7:1 too, with "
	      "another \"env\"; make them equal, or take one out\n"
	      "s.csv:3:1: server \"web02\" stands at m.yaml:12:1 too, with "
	      "another \"host\"; make them equal, or take one out\n");
}

static void test_selector(void **state)
{
	struct loading *loading = *state;
	const struct resource_group *group;

	put_file(loading, "s.csv",
		 "name,host,env\nc01,c01,prod\nc02,c02,test\n");
	assert_int_equal(
		load(loading,
		     CSV GROUP("prod", "selector: {matchLabels: {env: prod}}, "
				       "servers: [s02]")
			     SERVER("s01", "env: prod, app: a", "host: s01")
				     SERVER("s02", "env: test", "host: s02")),
		0);
	group = &loading->desired.groups.items[1];
	assert_int_equal(group->servers.n, 3);
	(void)server_at(loading, group->servers.items[0], "s01");
	(void)server_at(loading, group->servers.items[1], "s02");
	(void)server_at(loading, group->servers.items[2], "c01");
	gives(loading,
	      CSV GROUP("a", "selector: {matchLabels: {env: prd, app: a}}")
		      GROUP("b", "selector: {matchLabels: {env: test, app: a}}")
			      GROUP("c", "selector: {matchLabels: {env: Prod}}")
				      SERVER("s01", "env: prod, app: a",
					     "host: s01"),
	      "m.yaml:10:18: the selector takes no Server: none has env=prd, app=a "
	      "(env=prd is on none at all); look at metadata.labels of the Servers, and at the "
	      "columns or lockstep_labels of inventories\n"
	      "m.yaml:15:18: the selector takes no Server: none has env=test, app=a; look at "
	      "metadata.labels of the Servers, and at the columns or lockstep_labels of "
	      "inventories\n"
	      "m.yaml:20:18: the selector takes no Server: none has env=Prod; look at "
	      "metadata.labels of the Servers, and at the columns or lockstep_labels of "
	      "inventories\n");
	gives(loading,
	      GROUP("a", "selector: {}") GROUP("b",
					       "selector: {matchLabels: {}}")
		      GROUP("c",
			    "selector: {matchLabels: {env: [a]}, match: x}")
			      GROUP("d", "rollout: {canary: 1}"),
	      "m.yaml:5:18: ResourceGroup.spec.selector misses the field \"matchLabels\": expected a map of at least one label, for example {env: prod}\n"
	      "m.yaml:10:32: ResourceGroup.spec.selector.matchLabels is empty; expected a map of at least one label, for example {env: prod}\n"
	      "m.yaml:15:38: ResourceGroup.spec.selector.matchLabels.env: expected a text; found a list\n"
	      "m.yaml:15:44: unknown field \"match\" in ResourceGroup.spec.selector\n"
	      "m.yaml:20:7: ResourceGroup.spec misses the field \"servers\" (or \"selector\", \"inventory\"): expected a list, each the name of a Server, for example [web01, web02]\n");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_csv),
		CASE(test_digest),
		CASE(test_beside),
		CASE(test_csv_refuses),
		CASE(test_csv_hostile),
		CASE(test_ansible),
		CASE(test_ansible_refuses),
		CASE(test_merge),
		CASE(test_selector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
