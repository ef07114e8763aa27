/* responder check: is everything there that `serve` needs, and is it sound? One line per thing,
 * with what to do about it; exit status 1 when something would keep the program from working. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "db/db.h"
#include "responder/base/clock.h"
#include "responder/base/text.h"
#include "responder/base/zone.h"
#include "responder/command.h"
#include "responder/provider/provider.h"
#include "responder/sms/e164.h"

#define BUILT_BEFORE 1767225600 /* 2026-01-01: a clock before this program was written is wrong */

struct report {
	int failures, warnings;
};

static void say(struct report *r, const char *grade, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct report *r, const char *grade, const char *format, ...)
{
	va_list args;
	r->failures += text_eq(grade, "FAIL");
	r->warnings += text_eq(grade, "warn");
	printf("%-5s ", grade);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

static void check_store(struct report *r, const struct config *c)
{
	struct db *db;
	if (!text_starts(c->store, "postgres") && access(c->store, F_OK) != 0) {
		say(r, "ok", "store: %s is not there yet; 'responder serve' creates it", c->store);
		return;
	}
	enum err e = db_open(&db, c->store);
	if (e == ERR_CONFLICT)
		say(r, "FAIL", "store: %s has another schema; run 'responder migrate'", c->store);
	else if (e)
		say(r, "FAIL", "store: %s cannot be opened", c->store);
	else
		say(r, "ok", "store: %s opens and is up to date", c->store);
	if (!e)
		db_close(db);
}

static void check_clock(struct report *r)
{
	struct timex t = {0};
	if (clock_now() < BUILT_BEFORE)
		say(r, "FAIL", "clock: it is before 2026; set it, or reminders go out wrongly");
	else if (adjtimex(&t) == TIME_ERROR || (t.status & STA_UNSYNC))
		say(r, "warn", "clock: not synchronised; install systemd-timesyncd or chrony");
	else
		say(r, "ok", "clock: synchronised");
}

static void check_zones(struct report *r, const struct config *c)
{
	const char *version = zone_data_version();
	if (version)
		say(r, "ok", "zones: tzdata %s", version);
	else
		say(r, "warn",
			"zones: the version of tzdata is unknown; keep the package up to date");
	for (size_t i = 0; i < c->location_n; i++)
		say(r, zone_ok(c->locations[i].zone) ? "ok" : "FAIL", "location %s: %s",
			c->locations[i].name, c->locations[i].zone);
	if (!c->location_n)
		say(r, "FAIL", "locations: none; visits need one");
}

static void check_account(struct report *r, const struct account *a)
{
	const struct provider *p = provider_find(a->provider);
	if (!p)
		say(r, "FAIL", "account %s: there is no provider '%s'", a->name, a->provider);
	else if (!e164_ok(a->sender))
		say(r, "FAIL", "account %s: the sender is no number like +13125550100", a->name);
	else if (provider_blocked(a))
		say(r, "FAIL",
			"account %s: no baa_date. Record the date of your business associate "
			"agreement "
			"with %s; nothing is sent before",
			a->name, a->provider);
	else
		say(r, "ok", "account %s: %s, %d a minute, webhook /in/%s", a->name, a->provider,
			a->per_minute, a->name);
}

static void check_public_url(struct report *r, const struct config *c)
{
	if (text_starts(c->public_url, "https://"))
		say(r, "ok", "public_url: %s (the provider signs exactly this)", c->public_url);
	else
		say(r, "warn", "public_url: %s is not https; good for tests only", c->public_url);
}

int command_check(int argc, char **argv)
{
	const char *path = command_config_option(argc, argv, "check [--config FILE]", NULL);
	struct config *c;
	struct keywords *k;
	struct report r = {0};
	if (!path)
		return 2;
	if (command_load_config(&c, path))
		return 1;
	say(&r, "ok", "configuration: %s", path);
	if (command_load_keywords(&k, NULL)) {
		say(&r, "FAIL", "rules: they do not hold their own examples");
	} else {
		say(&r, "ok", "rules: every rule holds its own examples");
		keywords_free(k);
	}
	check_store(&r, c);
	check_clock(&r);
	check_zones(&r, c);
	check_public_url(&r, c);
	for (size_t i = 0; i < c->account_n; i++)
		check_account(&r, &c->accounts[i]);
	if (!c->account_n)
		say(&r, "FAIL", "accounts: none; texts need one");
	printf("%d failure%s, %d warning%s\n", r.failures, r.failures == 1 ? "" : "s", r.warnings,
		r.warnings == 1 ? "" : "s");
	config_free(c);
	return r.failures ? 1 : 0;
}
