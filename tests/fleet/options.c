/* options.c - see options.h. */
#include "tests/fleet/options.h"

#include "reconciler/core/str.h"
#include "tests/fleet/fleet.h"

#include <stdlib.h>
#include <string.h>

const char options_usage[] =
	"fleet serve DIR (N | NAME=WORLD...) [OPTION...]   until it is killed\n"
	"fleet run DIR (N | NAME=WORLD...) [OPTION...] -- COMMAND...\n"
	"                                  while COMMAND runs; its exit status\n"
	"fleet serve-stdio WORLD           one session on standard input\n"
	"fleet ctl DIR VERB...             see below\n"
	"\n"
	"  --seed S           host keys, delays and faults (default 1)\n"
	"  --pools P          pools of each made-up server (default 4)\n"
	"  --old TEXT         password that they store\n"
	"  --new TEXT         password of the domain and of secrets/\n"
	"  --delay-ms A-B     until a script runs (default 0-0)\n"
	"  --faults RATE      share of connections that go wrong, 0.0-1.0\n"
	"  --misdeeds LIST    of reset silent refuse-key drop-before drop-after\n"
	"                     bad-hmac noise conflict, with commas (all)\n"
	"  --port PORT        default: a free one\n"
	"\n";

static bool read_range(const char *text, struct manners *manners)
{
	char *end;

	manners->delay_min_ms = strtol(text, &end, 10);
	manners->delay_max_ms = manners->delay_min_ms;
	if (*end == '-')
		manners->delay_max_ms = strtol(end + 1, &end, 10);
	return *end == '\0' && manners->delay_min_ms >= 0 &&
	       manners->delay_max_ms >= manners->delay_min_ms &&
	       manners->delay_max_ms < 3600000;
}

static bool read_rate(const char *text, struct manners *manners)
{
	char *end;
	double rate = strtod(text, &end);

	if (*end || rate < 0 || rate > 1)
		return false;
	manners->rate = (uint32_t)(rate * 1000000);
	return true;
}

static int read_option(const char *name, const char *text, struct options *ret,
		       struct err *err)
{
	int64_t number = 0;
	bool good = true;

	if (!text)
		return err_set(err, -ERR_USAGE, "%s wants a value", name);
	if (str_eq(name, "--seed") || str_eq(name, "--pools") ||
	    str_eq(name, "--port"))
		good = str_number(text,
				  str_eq(name, "--pools")  ? 1000
				  : str_eq(name, "--port") ? 65535
							   : INT64_MAX,
				  &number);
	if (str_eq(name, "--seed"))
		ret->manners.seed = (uint64_t)number;
	else if (str_eq(name, "--pools"))
		ret->layout.pools = (unsigned)number;
	else if (str_eq(name, "--port"))
		ret->port = (uint16_t)number;
	else if (str_eq(name, "--old"))
		ret->layout.old_password = text;
	else if (str_eq(name, "--new"))
		ret->layout.new_password = text;
	else if (str_eq(name, "--delay-ms"))
		good = read_range(text, &ret->manners);
	else if (str_eq(name, "--misdeeds"))
		good = (ret->manners.misdeeds = manner_misdeeds(text)) != 0;
	else if (str_eq(name, "--faults"))
		good = read_rate(text, &ret->manners);
	else
		return err_set(err, -ERR_USAGE, "no option is called %s", name);
	return good ? 0 : err_set(err, -ERR_USAGE, "%s: wrong value", name);
}

static int read_servers(int argc, char **argv, int *at, struct options *ret,
			struct err *err)
{
	int64_t n = 0;

	if (*at < argc && str_number(argv[*at], FLEET_SERVERS_MAX, &n)) {
		ret->made_up = (size_t)n;
		(*at)++;
	}
	ret->worlds = argv + *at;
	while (*at < argc && argv[*at][0] != '-' && strchr(argv[*at], '=')) {
		ret->n_worlds++;
		(*at)++;
	}
	if ((ret->made_up == 0) == (ret->n_worlds == 0))
		return err_set(err, -ERR_USAGE,
			       "expected a number of servers, or NAME=WORLD");
	while (*at < argc && !str_eq(argv[*at], "--")) {
		int rc = read_option(argv[*at],
				     *at + 1 < argc ? argv[*at + 1] : NULL, ret,
				     err);

		if (rc < 0)
			return rc;
		*at += 2;
	}
	return 0;
}

int options_read(int argc, char **argv, struct options *ret, struct err *err)
{
	static const struct {
		const char *name;
		enum mode mode;
	} modes[] = { { "serve", MODE_SERVE },
		      { "run", MODE_RUN },
		      { "serve-stdio", MODE_STDIO },
		      { "ctl", MODE_CTL } };
	size_t mode = 0;
	int at = 3;
	int rc = 0;

	*ret = (struct options){
		.layout = { .pools = 4,
			    .old_password = "Summer-2026!",
			    .new_password = "Autumn-2026! \"$<" },
		.manners = { .seed = 1, .misdeeds = (1U << MISDEED_COUNT) - 2 },
	};
	while (argc > 2 && mode < 4 && !str_eq(argv[1], modes[mode].name))
		mode++;
	if (argc < 3 || mode == 4)
		return err_set(err, -ERR_USAGE, "what is to be done?");
	ret->mode = modes[mode].mode;
	ret->dir = argv[2];
	if (ret->mode == MODE_SERVE || ret->mode == MODE_RUN)
		rc = read_servers(argc, argv, &at, ret, err);
	if (rc < 0)
		return rc;
	if (ret->mode == MODE_RUN && at < argc)
		at++; /* -- */
	ret->rest = argv + at;
	ret->n_rest = (size_t)(argc - at);
	if (ret->n_rest == 0 &&
	    (ret->mode == MODE_RUN || ret->mode == MODE_CTL))
		return err_set(err, -ERR_USAGE, "a command is missing");
	return 0;
}
