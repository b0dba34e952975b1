/* doctor_test.c - from what a server showed to checks, and their words. */
#include "reconciler/cmd/doctor_checks.h"
#include "tests/lib/test.h"

#include <string.h>

/* A server that is fine; a case changes one thing of it. */
struct world {
	struct arena arena;
	struct server server;
	struct desired desired;
	struct config config;
	struct examined examined;
	struct refusal_array refusals;
	struct text_array bad_secrets;
	struct observed_pool pool;
	struct blind_spot blind;
	struct doctor_check_array checks;
};

static void world_init(struct world *world)
{
	*world = (struct world){
		.server = { .name = "web01",
			    .host = "web01.corp.example",
			    .port = 22,
			    .place = { "servers.yaml", 4, 1 } },
		.config = { .path = "c.yaml",
			    .ssh_user = "corp\\ssh",
			    .ssh_key = "/k",
			    .ssh_known_hosts = "/kh" },
		.examined = { .at = EXAMINED_ALL,
			      .fault = "",
			      .seen = { .address = "10.0.0.1",
					.banner =
						"SSH-2.0-OpenSSH_for_Windows_9.5",
					.key_type = "ssh-ed25519",
					.fingerprint = "SHA256:abc",
					.known_line = 7 },
			      .probed = true,
			      .facts = { "FullLanguage", "64", "10.0" },
			      .observed = { .writable = true,
					    .powershell = "5.1",
					    .iis = "10.0",
					    .computer = "WEB01",
					    .session_user = "CORP\\ssh",
					    .windows = "Windows 10.0.20348",
					    .was_state = "Running",
					    .w3svc_state = "Running" },
			      .ahead_ms = -2500,
			      .ahead_about_ms = 40 },
		.pool = { .name = "Orders" },
		.blind = { "tasks", "other" },
	};
	arena_init(&world->arena, 1 << 20);
	world->desired.servers = (struct server_array){ &world->server, 1, 1 };
	world->examined.observed.pools =
		(struct observed_pool_array){ &world->pool, 1, 1 };
}

static void judge(struct world *world)
{
	const struct doctor_facts facts = {
		.desired = &world->desired,
		.config = &world->config,
		.examined = &world->examined,
		.refusals = &world->refusals,
		.bad_secrets = &world->bad_secrets,
		.n_secrets = 1,
	};

	assert_int_equal(
		doctor_checks(&facts, &world->arena, &world->checks, NULL), 0);
}

/* "wmi!clock?": ! failed, ? warning, . not reached; those that are fine are
 * left out. */
static void expect(struct world *world, const char *wanted)
{
	CLEANUP(buf_done) struct buf got = { 0 };
	const struct doctor_check *check;

	judge(world);
	buf_init(&got, 1024);
	array_foreach(check, &world->checks) {
		static const char marks[] = {
			[DOCTOR_NOT_REACHED] = '.',
			[DOCTOR_WARNING] = '?',
			[DOCTOR_FAILED] = '!',
		};

		if (check->state == DOCTOR_OK)
			continue;
		buf_printf(&got, "%s%c", check->word, marks[check->state]);
		if (check->state != DOCTOR_NOT_REACHED)
			assert_true(*check->fix && *check->saw);
	}
	assert_string_equal(buf_text(&got), wanted);
	arena_done(&world->arena);
}

static void what_observe_and_probe_say(void **state)
{
	struct world world;

	(void)state;
	world_init(&world);
	expect(&world, "");
	world_init(&world);
	world.examined.observed.writable = false;
	expect(&world, "writable!");
	world_init(&world);
	world.examined.observed.redirected = true;
	expect(&world, "notRedirected!");
	world_init(&world);
	world.examined.observed.was_state = "Stopped";
	expect(&world, "services!");
	world_init(&world);
	world.examined.observed.w3svc_state = "";
	expect(&world, "services!");
	world_init(&world);
	world.examined.observed.fence_damaged = true;
	expect(&world, "fence!");
	world_init(&world);
	world.pool.fault = "the keys (crypto_key, T 80090005)";
	world.pool.fault_code = "crypto_key";
	expect(&world, "keys!");
	world_init(&world);
	world.pool.fault = "WMI (wmi_failed, T 80041003)";
	world.pool.fault_code = "wmi_failed";
	expect(&world, "wmi!");
	world_init(&world);
	world.examined.observed.blind =
		(struct blind_spot_array){ &world.blind, 1, 1 };
	expect(&world, "elsewhere!");
}

static void clocks_may_differ_by_a_minute(void **state)
{
	static const struct {
		int64_t ahead_ms;
		int64_t about_ms;
		const char *wanted;
	} cases[] = {
		{ 60000, 0, "" },         { 60001, 0, "clock?" },
		{ -60001, 0, "clock?" },  { 60500, 500, "" },
		{ 60501, 500, "clock?" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;

		world_init(&world);
		world.examined.ahead_ms = cases[i].ahead_ms;
		world.examined.ahead_about_ms = cases[i].about_ms;
		expect(&world, cases[i].wanted);
	}
}

#define INSIDE                                                            \
	"user.readable.writable.notRedirected.services.events.wmi.fence." \
	"keys.elsewhere.clock."

static void the_way_ends_at_one_check(void **state)
{
	static const struct {
		enum examined_at at;
		const char *wanted;
	} cases[] = {
		{ EXAMINED_NAME,
		  "name!connect.ssh.pinned.hostKey.login.powershell.script."
		  "iis." INSIDE },
		{ EXAMINED_CONNECT,
		  "connect!ssh.pinned.hostKey.login.powershell.script."
		  "iis." INSIDE },
		{ EXAMINED_SSH,
		  "ssh!pinned.hostKey.login.powershell.script.iis." INSIDE },
		{ EXAMINED_PIN,
		  "pinned!hostKey.login.powershell.script.iis." INSIDE },
		{ EXAMINED_KEY, "hostKey!login.powershell.script.iis." INSIDE },
		{ EXAMINED_LOGIN, "login!powershell.script.iis." INSIDE },
		{ EXAMINED_START, "powershell!script.iis." INSIDE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world;

		world_init(&world);
		world.examined.at = cases[i].at;
		world.examined.probed = false;
		(void)err_set(&world.examined.err, -ERR_CONNECT, "no");
		expect(&world, cases[i].wanted);
	}
}

static void what_the_script_says_of_itself(void **state)
{
	static const struct {
		struct iis_probe_facts facts;
		const char *wanted;
		const char *fix;
	} cases[] = {
		{ { "ConstrainedLanguage", "64", "10.0" },
		  "script!iis." INSIDE,
		  "WDAC or AppLocker" },
		{ { "FullLanguage", "32", "10.0" },
		  "script!iis." INSIDE,
		  "SysWOW64" },
		{ { "FullLanguage", "64", "" },
		  "iis!" INSIDE,
		  "Install-WindowsFeature" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct doctor_check *check;
		struct world world;
		bool told = false;

		world_init(&world);
		world.examined.at = EXAMINED_PROBE;
		world.examined.facts = cases[i].facts;
		(void)err_set(&world.examined.err, -ERR_SERVER_FAULT, "no");
		judge(&world);
		array_foreach(check, &world.checks)
			told = told || strstr(check->fix, cases[i].fix);
		assert_true(told);
		world.checks.n = 0;
		expect(&world, cases[i].wanted);
	}
}

/* The word of a fault says which check it is about. */
static void faults_of_the_server_find_their_check(void **state)
{
	static const char *const words[] = {
		"config_denied",     "config_xml", "other",
		"events_unreadable", "wmi_failed", "fence_denied",
		"crypto_key",
	};
	static const char *const wanted[] = {
		"readable!events.wmi.fence.keys.elsewhere.",
		"readable!events.wmi.fence.keys.elsewhere.",
		"readable!events.wmi.fence.keys.elsewhere.",
		"readable.events!wmi.fence.keys.elsewhere.",
		"readable.events.wmi!fence.keys.elsewhere.",
		"readable.events.wmi.fence!keys.elsewhere.",
		"readable.events.wmi.fence.keys!elsewhere.",
	};
	struct world world;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		world_init(&world);
		world.examined.at = EXAMINED_OBSERVE;
		world.examined.fault = words[i];
		(void)err_set(&world.examined.err, -ERR_SERVER_FAULT, "no");
		expect(&world, wanted[i]);
	}
	world_init(&world);
	world.examined.at = EXAMINED_PROBE;
	world.examined.probed = false;
	world.examined.fault = "wmi_failed";
	(void)err_set(&world.examined.err, -ERR_SERVER_FAULT, "no");
	expect(&world, "user.readable.writable.notRedirected.services.events."
		       "wmi!fence.keys.elsewhere.clock.");
	world_init(&world);
	world.examined.at = EXAMINED_OBSERVE;
	world.examined.fault = "mwa_incompatible";
	(void)err_set(&world.examined.err, -ERR_SERVER_FAULT, "no");
	expect(&world, "iis!readable.events.wmi.fence.keys.elsewhere.");
}

static void what_is_known_here_is_told_anyway(void **state)
{
	struct refusal refusals[] = { { -ERR_GRANT, "one" },
				      { -ERR_GRANT, "two" } };
	const char *bad[] = { "three" };
	struct world world;

	(void)state;
	world_init(&world);
	world.examined.at = EXAMINED_LOGIN;
	world.examined.probed = false;
	(void)err_set(&world.examined.err, -ERR_AUTH, "no");
	world.refusals = (struct refusal_array){ refusals, 2, 2 };
	world.bad_secrets = (struct text_array){ bad, 1, 1 };
	expect(&world,
	       "login!powershell.script.iis." INSIDE "grants!grants!secrets!");
}

static void a_person_reads_the_verdict_first(void **state)
{
	struct doctor_check items[] = {
		{ "a", "one", DOCTOR_OK, "seen", "", true },
		{ "b", "two is fine", DOCTOR_OK, "", "", true },
		{ "c", "three", DOCTOR_FAILED, "\x1b[2J", "mend it", true },
		{ "d", "four", DOCTOR_WARNING, "odd", "look", false },
		{ "e", "five", DOCTOR_NOT_REACHED, "", "no", false },
	};
	struct doctor_check_array checks = { items, 5, 5 };
	const struct report_context named = { 0 };
	const struct doctor_report report = { &named, "web01", &checks };
	CLEANUP(buf_done) struct buf out = { 0 };

	(void)state;
	buf_init(&out, 65536);
	assert_int_equal(doctor_print(&report, &out, NULL), 0);
	assert_string_equal(
		buf_text(&out),
		"web01: 1 of 5 checks failed: three; 1 warning; 1 not reached.\n\n"
		"ok       one          seen\n"
		"ok       two is fine\n"
		"FAILED   three        \\x1B[2J\n"
		"         fix: mend it\n"
		"warning  four         odd\n"
		"         fix: look\n"
		"-        five         not reached\n");
	buf_clear(&out);
	checks.n = 1;
	assert_int_equal(doctor_json(&report, &out, NULL), 0);
	assert_string_equal(
		buf_text(&out),
		"{\"schema\":\"lockstep.doctor/1.0\",\n"
		"\"server\":\"web01\",\n"
		"\"verdict\":{\"text\":\"all fine\",\"checks\":1,\"notReached\":0,\"ok\":1,\"warning\":0,\"failed\":0},\n"
		"\"checks\":[\n"
		"{\"check\":\"a\",\"name\":\"one\",\"state\":\"ok\",\"saw\":\"seen\",\"fix\":\"\"}]}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_observe_and_probe_say),
		cmocka_unit_test(clocks_may_differ_by_a_minute),
		cmocka_unit_test(the_way_ends_at_one_check),
		cmocka_unit_test(what_the_script_says_of_itself),
		cmocka_unit_test(faults_of_the_server_find_their_check),
		cmocka_unit_test(what_is_known_here_is_told_anyway),
		cmocka_unit_test(a_person_reads_the_verdict_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
