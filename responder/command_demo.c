/* responder demo: a practice to play with. The same program, roles and store as in earnest; only
 * the carrier is pretended, and the clock can be moved. */
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/gen/q.h"
#include "db/db.h"
#include "responder/base/clock.h"
#include "responder/base/digest.h"
#include "responder/base/log.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/base/zone.h"
#include "responder/command.h"
#include "responder/demo/carrier.h"
#include "responder/demo/seed.h"
#include "responder/flow/settings.h"
#include "responder/serve.h"

#define PORTS_TRIED 20

struct demo {
	struct config config;
	struct account account;
	struct location locations[2];
	struct reminder_step steps[3];
	char listen[32], url[48], api[64], secret[DIGEST_HEX_TOKEN];
	struct app app;
	int64_t shifted; /* how far the clock was moved at this start */
};

static void fill_config(struct demo *d, const char *store)
{
	d->account = (struct account){.name = "demo",
		.provider = "fake",
		.sender = SEED_OURS,
		.user = "demo",
		.api_url = d->api,
		.per_minute = 600,
		.secret = d->secret};
	d->locations[0] = (struct location){
		.name = "Lakeside Chicago", .zone = "America/Chicago", .address = "12 Shore Drive"};
	d->locations[1] = (struct location){
		.name = "Lakeside Denver", .zone = "America/Denver", .address = "340 Hill Street"};
	d->steps[0] = (struct reminder_step){"week", 7 * 1440};
	d->steps[1] = (struct reminder_step){"two-days", 2 * 1440};
	d->steps[2] = (struct reminder_step){"hours", 180};
	d->config = (struct config){.path = "(demo)",
		.listen = d->listen,
		.public_url = d->url,
		.store = store,
		.practice = "Lakeside",
		.phone = "312-555-0100",
		.country = "US",
		.language = "en",
		.locations = d->locations,
		.location_n = 2,
		.accounts = &d->account,
		.account_n = 1,
		.steps = d->steps,
		.step_n = 3,
		.window_open = 9 * 60,
		.window_close = 20 * 60};
}

static bool port_free(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	must(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	bool ok = bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
	close(fd);
	return ok;
}

/* The wanted port, or the next that is free. */
static bool choose_port(struct demo *d, int wanted)
{
	for (int port = wanted; port < wanted + PORTS_TRIED; port++) {
		if (!port_free(port))
			continue;
		if (port != wanted)
			printf("Port %d is taken; using %d.\n", wanted, port);
		snprintf(d->listen, sizeof d->listen, "127.0.0.1:%d", port);
		snprintf(d->url, sizeof d->url, "http://127.0.0.1:%d", port);
		snprintf(d->api, sizeof d->api, "%s/carrier", d->url);
		return true;
	}
	fprintf(stderr, "responder: no free port from %d on; give another with --port.\n", wanted);
	return false;
}

static bool daytime(const struct demo *d)
{
	for (int i = 0; i < 2; i++) {
		int hour = zone_wall(d->locations[i].zone, clock_now()).hour;
		if (hour < 9 || hour >= 19)
			return false;
	}
	return true;
}

/* The clock goes on where the last run left it; at night it begins in the morning, so that there is
 * something to see. */
static enum err set_clock(struct arena *a, struct db *db, struct demo *d)
{
	struct q_meta_get *row;
	enum err e = q_meta_get(a, db, &row, .name = "demo_clock");
	int64_t shift = 0;
	if (!e && row && text_int(row->value, INT64_MIN, INT64_MAX, &shift))
		clock_shift(shift);
	if (e || daytime(d))
		return e;
	d->shifted = zone_next("America/Denver", clock_now(), 10 * 60 + 5) - clock_now();
	clock_shift(d->shifted);
	return OK;
}

/* The carrier's secret is the store's own, so that a restart still knows it. */
static enum err set_secret(struct arena *a, struct db *db, struct demo *d)
{
	struct q_meta_get *row;
	enum err e = q_meta_get(a, db, &row, .name = "demo_secret");
	if (e)
		return e;
	if (row && strlen(row->value) == sizeof d->secret - 1) {
		strcpy(d->secret, row->value);
		return OK;
	}
	digest_token(d->secret);
	e = db_begin(db);
	if (!e)
		e = q_meta_set(db, NULL, .name = "demo_secret", .value = d->secret);
	return e ? e : db_commit(db);
}

static enum err prepare(struct demo *d)
{
	struct db *db;
	int applied;
	enum err e = db_migrate(d->config.store, &applied);
	if (!e)
		e = db_open(&db, d->config.store);
	if (e)
		return e;
	struct arena *a = arena_new(0);
	e = set_secret(a, db, d);
	if (!e)
		e = set_clock(a, db, d);
	if (!e)
		e = settings_apply(a, db, &d->config, clock_now());
	if (!e)
		e = seed_practice(a, db, &d->config, clock_now());
	arena_free(a);
	db_close(db);
	return e;
}

static enum err started(void *context, int port)
{
	struct demo *d = context;
	struct wall now = zone_wall("America/Chicago", clock_now());
	printf("\n  The demo practice is open:  %s/phone\n\n", d->url);
	if (d->shifted)
		printf("  It is night there, so its clock was moved to %02d:%02d in Chicago.\n",
			now.hour, now.minute);
	printf("  Pick a handset: reminders arrive within seconds. Try \"yes pls\", \"can't make "
	       "it\",\n"
	       "  \"BOOK\", \"STOP\". Then take the carrier down, or move the clock to tomorrow.\n"
	       "  Look behind it:  build/responder show tasks --store %s\n\n"
	       "  Ctrl-C stops.\n\n",
		d->config.store);
	fflush(stdout);
	return carrier_start(d->app.carrier, port);
}

static void stopping(void *context)
{
	carrier_stop(((struct demo *)context)->app.carrier);
}

static int run(struct demo *d)
{
	struct keywords *keywords;
	if (command_load_keywords(&keywords, NULL))
		return 1;
	enum err e = prepare(d);
	if (e) {
		fprintf(stderr,
			"responder: the demo's store %s cannot be used: %s. Delete it to begin "
			"anew.\n",
			d->config.store, err_text(e));
		keywords_free(keywords);
		return 1;
	}
	log_set_level(LOG_WARN);
	d->app = (struct app){
		.config = &d->config, .keywords = keywords, .carrier = carrier_new(&d->account)};
	int status = serve_run(&d->app, &(struct serve_hooks){started, stopping, d});
	carrier_free(d->app.carrier);
	keywords_free(keywords);
	return status;
}

int command_demo(int argc, char **argv)
{
	static const struct option options[] = {
		{"port", required_argument, NULL, 'p'},
		{"store", required_argument, NULL, 's'},
		{NULL, 0, NULL, 0},
	};
	static struct demo d;
	const char *store = "var/demo.db";
	int64_t port = 8080;
	optind = 1;
	for (int o; (o = getopt_long(argc, argv, "p:s:", options, NULL)) != -1;) {
		if (o == 's')
			store = optarg;
		else if (o != 'p' || !text_int(optarg, 1, 65000, &port))
			return fputs("usage: responder demo [--port PORT] [--store FILE]\n",
				       stderr),
			       2;
	}
	if (text_starts(store, "var/"))
		mkdir("var", 0700);
	if (!choose_port(&d, (int)port))
		return 1;
	fill_config(&d, store);
	return run(&d);
}
