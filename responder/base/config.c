/* The configuration; see config.h. config_raw.c checks the shape (unknown and doubled keys, types)
 * while it reads; what the values mean is checked here, so that one run finds every fault. */
#include "responder/base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "responder/base/arena.h"
#include "responder/base/config_place.h"
#include "responder/base/config_raw.h"
#include "responder/base/config_value.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/base/zone.h"

#define SECRET_MOST 4096
#define PER_MINUTE_MOST 6000000 /* beyond any provider */
#define SAY_PHONE "say the number like +13125550100"

struct loader {
	struct config config; /* first: config_free finds the loader by it */
	struct config_raw *raw;
	struct arena *arena;
	config_complain *complain;
	void *context;
	bool faulty;
};

static void fault(struct loader *l, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void fault(struct loader *l, const char *path, const char *format, ...)
{
	char where[512];
	va_list args;
	va_start(args, format);
	config_place(l->config.path, path, where, sizeof where);
	const char *what = arena_vprintf(l->arena, format, args);
	l->complain(l->context, where, arena_printf(l->arena, "%s: %s", path, what));
	va_end(args);
	l->faulty = true;
}

static void take_top(struct loader *l)
{
	struct config *c = &l->config;
	const struct config_raw *r = l->raw;
	c->listen = r->listen ? r->listen : arena_str(l->arena, "127.0.0.1:8080");
	c->store = r->store ? r->store : arena_str(l->arena, "responder.db");
	c->public_url = r->public_url;
	c->practice = r->practice->name;
	c->phone = r->practice->phone;
	c->country = r->practice->country;
	c->language = r->practice->language ? r->practice->language : arena_str(l->arena, "en");
	if (!config_value_listen(c->listen))
		fault(l, "listen", "say address and port, like 127.0.0.1:8080");
	if (!config_value_url(c->public_url))
		fault(l, "public_url",
			"say how the provider reaches this program: https://NAME without a slash "
			"at the end (http only for 127.0.0.1)");
	if (c->phone && !config_value_phone(c->phone))
		fault(l, "practice.phone", "%s", SAY_PHONE);
	if (!config_value_country(c->country))
		fault(l, "practice.country", "say the country's two capital letters, like US");
}

static void take_locations(struct loader *l)
{
	struct config *c = &l->config;
	c->locations = l->raw->locations;
	c->location_n = l->raw->locations_count;
	for (size_t i = 0; i < c->location_n; i++) {
		if (!zone_ok(c->locations[i].zone))
			fault(l, arena_printf(l->arena, "locations[%zu].zone", i),
				"'%s' is no time zone; say one like America/Chicago",
				c->locations[i].zone);
		if (c->locations[i].phone && !config_value_phone(c->locations[i].phone))
			fault(l, arena_printf(l->arena, "locations[%zu].phone", i), "%s",
				SAY_PHONE);
		for (size_t k = 0; k < i; k++)
			if (text_eq(c->locations[i].name, c->locations[k].name))
				fault(l, arena_printf(l->arena, "locations[%zu].name", i),
					"there is another location of that name");
	}
}

/* "credential:NAME" is systemd's, and without systemd (`responder check` in a shell) lies where it
 * takes them from. Anything else is relative to the configuration's folder. */
static char *secret_path(struct loader *l, const char *named)
{
	static const char mark[] = "credential:";
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	if (text_starts(named, mark))
		return arena_printf(l->arena, "%s/%s", credentials ? credentials : "/etc/credstore",
			named + strlen(mark));
	const char *slash = strrchr(l->config.path, '/');
	if (*named == '/' || !slash)
		return arena_str(l->arena, named);
	return arena_printf(
		l->arena, "%.*s/%s", (int)(slash - l->config.path), l->config.path, named);
}

static char *read_secret(struct loader *l, const char *key, const char *named)
{
	char *path = secret_path(l, named), *out = arena_alloc(l->arena, SECRET_MOST + 2);
	struct stat s = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, SECRET_MOST + 1);
	if (n < 0)
		fault(l, key, "%s cannot be read: %s", path, strerror(errno));
	if (n >= 0 && fstat(fd, &s) == 0 && (s.st_mode & 07))
		fault(l, key, "%s can be read by everybody; run: chmod o-rwx %s", path, path);
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return NULL;
	bool text = text_utf8_ok(out, (size_t)n);
	out = text_trim(out);
	if (!text || strlen(out) < 8 || n > SECRET_MOST)
		fault(l, key, "%s holds no secret (8 to %d characters, nothing else)", path,
			SECRET_MOST);
	return out;
}

static void check_account(struct loader *l, size_t i)
{
	struct account *a = &l->config.accounts[i];
	const char *path = arena_printf(l->arena, "accounts[%zu]", i);
	if (!config_value_name(a->name))
		fault(l, arena_printf(l->arena, "%s.name", path),
			"only letters, digits, - and _: it is part of the webhook's address");
	for (size_t k = 0; k < i; k++)
		if (text_eq(a->name, l->config.accounts[k].name))
			fault(l, arena_printf(l->arena, "%s.name", path),
				"there is another account of that name");
	if (!config_value_phone(a->sender))
		fault(l, arena_printf(l->arena, "%s.sender", path), "%s", SAY_PHONE);
	if (a->api_url && !config_value_url(a->api_url))
		fault(l, arena_printf(l->arena, "%s.api_url", path),
			"say https://NAME without a slash at the end (http only for 127.0.0.1): "
			"the secret goes there");
	if (a->baa_date && !config_value_date(a->baa_date))
		fault(l, arena_printf(l->arena, "%s.baa_date", path), "say a day like 2026-01-31");
	if (a->per_minute < 1 || a->per_minute > PER_MINUTE_MOST)
		fault(l, arena_printf(l->arena, "%s.per_minute", path), "say 1 or more");
	if (!a->key_user != !a->key_file)
		fault(l,
			arena_printf(
				l->arena, "%s.%s", path, a->key_user ? "key_user" : "key_file"),
			"key_user and key_file go together");
	a->secret = read_secret(l, arena_printf(l->arena, "%s.secret_file", path), a->secret_file);
	if (a->key_file)
		a->key = read_secret(l, arena_printf(l->arena, "%s.key_file", path), a->key_file);
}

static void take_accounts(struct loader *l)
{
	size_t n = l->raw->accounts_count;
	l->config.accounts = arena_array(l->arena, struct account, n);
	l->config.account_n = n;
	for (size_t i = 0; i < n; i++) {
		const struct config_raw_account *r = &l->raw->accounts[i];
		l->config.accounts[i] = r->account;
		l->config.accounts[i].per_minute = r->per_minute ? *r->per_minute : 60;
		check_account(l, i);
	}
}

static int longest_first(const void *a, const void *b)
{
	const struct reminder_step *x = a, *y = b;
	return (x->minutes < y->minutes) - (x->minutes > y->minutes);
}

static struct reminder_step take_step(
	struct loader *l, const struct config_raw_step *steps, size_t i)
{
	struct reminder_step out = {steps[i].name, 0};
	if (!config_value_name(out.name))
		fault(l, arena_printf(l->arena, "reminders.steps[%zu].name", i),
			"only letters, digits, - and _");
	if (!config_value_span(steps[i].before, &out.minutes) || out.minutes < 60)
		fault(l, arena_printf(l->arena, "reminders.steps[%zu].before", i),
			"say how long before the visit, an hour or more: 7d, 3h");
	for (size_t k = 0; k < i; k++) {
		if (text_eq(steps[k].name, out.name))
			fault(l, arena_printf(l->arena, "reminders.steps[%zu].name", i),
				"there is another step of that name");
		if (out.minutes && l->config.steps[k].minutes == out.minutes)
			fault(l, arena_printf(l->arena, "reminders.steps[%zu].before", i),
				"there is another step at that time");
	}
	return out;
}

static void take_steps(struct loader *l, const struct config_raw_reminders *r)
{
	static const struct config_raw_step usual[] = {
		{"week", "7d"}, {"two-days", "2d"}, {"hours", "3h"}};
	const struct config_raw_step *steps = r && r->steps ? r->steps : usual;
	size_t n = r && r->steps ? r->steps_count : 3;
	l->config.steps = arena_array(l->arena, struct reminder_step, n);
	l->config.step_n = n;
	for (size_t i = 0; i < n; i++)
		l->config.steps[i] = take_step(l, steps, i);
	qsort(l->config.steps, n, sizeof *l->config.steps, longest_first);
}

static void take_reminders(struct loader *l)
{
	const struct config_raw_reminders *r = l->raw->reminders;
	const char *window = r && r->window ? r->window : "09:00-20:00";
	take_steps(l, r);
	if (!config_value_window(window, &l->config.window_open, &l->config.window_close))
		fault(l, "reminders.window",
			"say the sending hours like 09:00-20:00, an hour or more");
	if (r && r->cutoff && !config_value_span(r->cutoff, &l->config.cutoff_minutes))
		fault(l, "reminders.cutoff", "say a time like 24h");
}

static void load(struct loader *l)
{
	if (config_raw_read(&l->raw, l->config.path, l->complain, l->context)) {
		l->faulty = true;
		return;
	}
	take_top(l);
	take_locations(l);
	take_accounts(l);
	take_reminders(l);
}

enum err config_load(
	struct config **out, const char *path, config_complain *complain, void *context)
{
	struct arena *a = arena_new(0);
	struct loader *l = calloc(1, sizeof *l);
	must(l);
	*l = (struct loader){.config.path = arena_str(a, path),
		.arena = a,
		.complain = complain,
		.context = context};
	load(l);
	*out = &l->config;
	if (!l->faulty)
		return OK;
	config_free(*out);
	*out = NULL;
	return ERR_CONFIG;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	struct loader *l = (struct loader *)c;
	for (size_t i = 0; i < c->account_n; i++) {
		struct account *a = &c->accounts[i];
		if (a->secret)
			explicit_bzero((void *)(uintptr_t)a->secret, strlen(a->secret));
		if (a->key)
			explicit_bzero((void *)(uintptr_t)a->key, strlen(a->key));
	}
	config_raw_free(l->raw);
	arena_free(l->arena);
	free(l);
}

const struct account *config_account(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->account_n; i++)
		if (text_eq(c->accounts[i].name, name))
			return &c->accounts[i];
	return NULL;
}
