/* The configuration; see config.h. libcyaml checks the shape (unknown and doubled keys, types)
 * while it reads; what the values mean is checked afterwards, so that one run finds every fault. */
#include "responder/base/config.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "responder/base/arena.h"
#include "responder/base/buf.h"
#include "responder/base/config_place.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/base/zone.h"

#define SECRET_MOST 4096
#define LIST_MOST 100

/* The file as it is written. */

struct raw_practice {
	const char *name, *phone, *country, *language;
};

struct raw_step {
	const char *name, *before;
};

struct raw_reminders {
	struct raw_step *steps;
	uint32_t steps_count;
	const char *window, *cutoff;
};

struct raw {
	const char *listen, *public_url, *store;
	struct raw_practice *practice;
	struct location *locations;
	uint32_t locations_count;
	struct account *accounts;
	uint32_t accounts_count;
	struct raw_reminders *reminders;
};

#define TEXT(key, type, member)                                                                    \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, 4096)
#define TEXT_OR_NOT(key, type, member)                                                             \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 0, 4096)

static const cyaml_schema_field_t practice_fields[] = {
	TEXT("name", struct raw_practice, name),
	TEXT_OR_NOT("phone", struct raw_practice, phone),
	TEXT("country", struct raw_practice, country),
	TEXT_OR_NOT("language", struct raw_practice, language),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t location_fields[] = {
	TEXT("name", struct location, name),
	TEXT("zone", struct location, zone),
	TEXT_OR_NOT("address", struct location, address),
	TEXT_OR_NOT("phone", struct location, phone),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t account_fields[] = {
	TEXT("name", struct account, name),
	TEXT("provider", struct account, provider),
	TEXT("sender", struct account, sender),
	TEXT_OR_NOT("service", struct account, service),
	TEXT_OR_NOT("user", struct account, user),
	TEXT_OR_NOT("key_user", struct account, key_user),
	TEXT("secret_file", struct account, secret_file),
	TEXT_OR_NOT("key_file", struct account, key_file),
	TEXT_OR_NOT("api_url", struct account, api_url),
	TEXT_OR_NOT("baa_date", struct account, baa_date),
	CYAML_FIELD_INT("per_minute", CYAML_FLAG_OPTIONAL, struct account, per_minute),
	CYAML_FIELD_BOOL("provider_answers_stop", CYAML_FLAG_OPTIONAL, struct account,
		provider_answers_stop),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t step_fields[] = {
	TEXT("name", struct raw_step, name),
	TEXT("before", struct raw_step, before),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t location_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct location, location_fields)};
static const cyaml_schema_value_t account_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct account, account_fields)};
static const cyaml_schema_value_t step_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_step, step_fields)};

static const cyaml_schema_field_t reminder_fields[] = {
	CYAML_FIELD_SEQUENCE("steps", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct raw_reminders, steps, &step_schema, 1, LIST_MOST),
	TEXT_OR_NOT("window", struct raw_reminders, window),
	TEXT_OR_NOT("cutoff", struct raw_reminders, cutoff),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t raw_fields[] = {
	TEXT_OR_NOT("listen", struct raw, listen),
	TEXT("public_url", struct raw, public_url),
	TEXT_OR_NOT("store", struct raw, store),
	CYAML_FIELD_MAPPING_PTR(
		"practice", CYAML_FLAG_POINTER, struct raw, practice, practice_fields),
	CYAML_FIELD_SEQUENCE("locations", CYAML_FLAG_POINTER, struct raw, locations,
		&location_schema, 1, LIST_MOST),
	CYAML_FIELD_SEQUENCE("accounts", CYAML_FLAG_POINTER, struct raw, accounts, &account_schema,
		1, LIST_MOST),
	CYAML_FIELD_MAPPING_PTR("reminders", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw,
		reminders, reminder_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t raw_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw, raw_fields)};

/* Reading it. */

struct loader {
	struct config config; /* first: config_free finds the loader by it */
	struct raw *raw;
	struct arena *arena;
	config_complain *complain;
	void *context;
	bool faulty;
	struct buf log; /* what libcyaml says about a fault */
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

static void take_log(cyaml_log_t level, void *context, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

static void take_log(cyaml_log_t level, void *context, const char *format, va_list args)
{
	struct loader *l = context;
	if (level < CYAML_LOG_ERROR)
		return;
	buf_str(&l->log, arena_vprintf(l->arena, format, args));
}

static const cyaml_config_t *reader(struct loader *l, cyaml_config_t *c)
{
	*c = (cyaml_config_t){.log_fn = take_log,
		.log_ctx = l,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR};
	return c;
}

/* libcyaml's words end in "(line: 3, column: 7)" places, innermost first. */
static void report_shape(struct loader *l, const char *reason)
{
	unsigned line = 0, column = 0;
	const char *place = strstr(l->log.s, "line: ");
	if (place && sscanf(place, "line: %u, column: %u", &line, &column) != 2)
		line = 0;
	l->log.s[strcspn(l->log.s, "\n")] = '\0';
	const char *what = text_starts(l->log.s, "Load: ") ? l->log.s + 6 : l->log.s;
	char where[512];
	if (line)
		snprintf(where, sizeof where, "%s:%u:%u", l->config.path, line, column);
	else
		snprintf(where, sizeof where, "%s", l->config.path);
	/* For a bad key libcyaml names the place of the value before it. */
	static const char unknown[] = "Unexpected key: ", twice[] = "Mapping field already seen: ";
	if (text_starts(what, unknown))
		config_place_key(l->config.path, what + strlen(unknown), line, where, sizeof where);
	else if (text_starts(what, twice))
		config_place_key(
			l->config.path, what + strlen(twice), line + 1, where, sizeof where);
	else if (text_starts(what, "libyaml: "))
		config_place(l->config.path, "", where, sizeof where);
	l->complain(l->context, where, *what ? what : reason);
	l->faulty = true;
}

/* "7d", "3h", "90m" in minutes; -1 when it is none of these. */
static int minutes_of(const char *s)
{
	char *unit;
	long n = strtol(s, &unit, 10);
	long factor = *unit == 'd' ? 1440 : *unit == 'h' ? 60 : *unit == 'm' ? 1 : 0;
	return n >= 0 && n < 1000 && unit != s && factor && !unit[1] ? (int)(n * factor) : -1;
}

static bool is_phone(const char *s)
{
	size_t digits = strspn(s + 1, "0123456789");
	return s[0] == '+' && s[1] != '0' && digits >= 7 && digits <= 15 && !s[1 + digits];
}

static bool is_url(const char *s)
{
	size_t n = strlen(s);
	bool local = text_starts(s, "http://127.0.0.1") || text_starts(s, "http://localhost") ||
		     text_starts(s, "http://[::1]");
	return (local || text_starts(s, "https://")) && s[n - 1] != '/' && !strpbrk(s, " ?#@");
}

static void take_top(struct loader *l)
{
	struct config *c = &l->config;
	const struct raw *r = l->raw;
	c->listen = r->listen ? r->listen : arena_str(l->arena, "127.0.0.1:8080");
	c->store = r->store ? r->store : arena_str(l->arena, "responder.db");
	c->public_url = r->public_url;
	c->practice = r->practice->name;
	c->phone = r->practice->phone;
	c->country = r->practice->country;
	c->language = r->practice->language ? r->practice->language : arena_str(l->arena, "en");
	if (!strrchr(c->listen, ':'))
		fault(l, "listen", "say address and port, like 127.0.0.1:8080");
	if (!is_url(c->public_url))
		fault(l, "public_url",
			"say how the provider reaches this program: https://NAME without a slash "
			"at "
			"the end (http only for 127.0.0.1)");
	if (strlen(c->country) != 2 || strspn(c->country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
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
		for (size_t k = 0; k < i; k++)
			if (text_eq(c->locations[i].name, c->locations[k].name))
				fault(l, arena_printf(l->arena, "locations[%zu].name", i),
					"there is another location of that name");
	}
}

/* "credential:NAME" is systemd's; anything else is relative to the configuration's folder. */
static char *secret_path(struct loader *l, const char *named)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	if (text_starts(named, "credential:"))
		return arena_printf(l->arena, "%s/%s",
			credentials ? credentials : "/run/credentials",
			named + strlen("credential:"));
	const char *slash = strrchr(l->config.path, '/');
	if (*named == '/' || !slash)
		return arena_str(l->arena, named);
	return arena_printf(
		l->arena, "%.*s/%s", (int)(slash - l->config.path), l->config.path, named);
}

static char *read_secret(struct loader *l, const char *key, const char *named)
{
	char *path = secret_path(l, named), *out = arena_alloc(l->arena, SECRET_MOST + 1);
	struct stat s;
	FILE *f = fopen(path, "r");
	if (!f) {
		fault(l, key, "%s cannot be read: %s", path, strerror(errno));
		return NULL;
	}
	size_t n = fread(out, 1, SECRET_MOST, f);
	if (fstat(fileno(f), &s) == 0 && (s.st_mode & 07))
		fault(l, key, "%s can be read by everybody; run: chmod o-rwx %s", path, path);
	fclose(f);
	bool text = !memchr(out, '\0', n);
	out = text_trim(out);
	if (!text || strlen(out) < 8)
		fault(l, key, "%s holds no secret (at least eight characters)", path);
	return out;
}

static void check_account(struct loader *l, size_t i)
{
	struct account *a = &l->config.accounts[i];
	const char *path = arena_printf(l->arena, "accounts[%zu]", i);
	if (strspn(a->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") !=
		strlen(a->name))
		fault(l, arena_printf(l->arena, "%s.name", path),
			"only letters, digits, - and _: it is part of the webhook's address");
	for (size_t k = 0; k < i; k++)
		if (text_eq(a->name, l->config.accounts[k].name))
			fault(l, arena_printf(l->arena, "%s.name", path),
				"there is another account of that name");
	if (!is_phone(a->sender))
		fault(l, arena_printf(l->arena, "%s.sender", path),
			"say the number like +13125550100");
	if (!a->per_minute)
		a->per_minute = 60;
	if (a->per_minute < 1 || a->per_minute > 10000000)
		fault(l, arena_printf(l->arena, "%s.per_minute", path), "say 1 or more");
	if (a->key_user && !a->key_file)
		fault(l, arena_printf(l->arena, "%s.key_user", path), "needs key_file beside it");
	a->secret = read_secret(l, arena_printf(l->arena, "%s.secret_file", path), a->secret_file);
	if (a->key_file)
		a->key = read_secret(l, arena_printf(l->arena, "%s.key_file", path), a->key_file);
}

static void take_accounts(struct loader *l)
{
	l->config.accounts = l->raw->accounts;
	l->config.account_n = l->raw->accounts_count;
	for (size_t i = 0; i < l->config.account_n; i++)
		check_account(l, i);
}

static int longest_first(const void *a, const void *b)
{
	const struct reminder_step *x = a, *y = b;
	return (x->minutes < y->minutes) - (x->minutes > y->minutes);
}

static void take_steps(struct loader *l, const struct raw_reminders *r)
{
	static const struct raw_step usual[] = {
		{"week", "7d"}, {"two-days", "2d"}, {"hours", "3h"}};
	const struct raw_step *steps = r && r->steps ? r->steps : usual;
	size_t n = r && r->steps ? r->steps_count : 3;
	l->config.steps = arena_array(l->arena, struct reminder_step, n);
	l->config.step_n = n;
	for (size_t i = 0; i < n; i++) {
		int minutes = minutes_of(steps[i].before);
		l->config.steps[i] = (struct reminder_step){steps[i].name, minutes};
		if (minutes < 60)
			fault(l, arena_printf(l->arena, "reminders.steps[%zu].before", i),
				"say how long before the visit, an hour or more: 7d, 3h");
		for (size_t k = 0; k < i; k++)
			if (text_eq(steps[k].name, steps[i].name))
				fault(l, arena_printf(l->arena, "reminders.steps[%zu].name", i),
					"there is another step of that name");
	}
	qsort(l->config.steps, n, sizeof *l->config.steps, longest_first);
}

static void take_reminders(struct loader *l)
{
	const struct raw_reminders *r = l->raw->reminders;
	const char *window = r && r->window ? r->window : "09:00-20:00";
	unsigned from_h, from_m, to_h, to_m;
	int n = 0;
	take_steps(l, r);
	if (sscanf(window, "%2u:%2u-%2u:%2u%n", &from_h, &from_m, &to_h, &to_m, &n) != 4 ||
		window[n] || from_m > 59 || to_m > 59 || to_h > 23 ||
		from_h * 60 + from_m + 60 > to_h * 60 + to_m)
		fault(l, "reminders.window",
			"say the sending hours like 09:00-20:00, an hour or more");
	l->config.window_open = (int)(from_h * 60 + from_m);
	l->config.window_close = (int)(to_h * 60 + to_m);
	l->config.cutoff_minutes = r && r->cutoff ? minutes_of(r->cutoff) : 0;
	if (l->config.cutoff_minutes < 0)
		fault(l, "reminders.cutoff", "say a time like 24h");
}

static void load(struct loader *l)
{
	cyaml_config_t c;
	cyaml_err_t bad = cyaml_load_file(
		l->config.path, reader(l, &c), &raw_schema, (cyaml_data_t **)&l->raw, NULL);
	if (bad) {
		report_shape(l, cyaml_strerror(bad));
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
		.context = context,
		.log = buf_new(a, 64 * 1024)};
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
	cyaml_config_t reading;
	/* The secrets lie in the arena, not in what libcyaml would free. */
	for (size_t i = 0; l->raw && i < l->raw->accounts_count; i++) {
		struct account *a = &l->raw->accounts[i];
		if (a->secret)
			explicit_bzero((void *)(uintptr_t)a->secret, strlen(a->secret));
		if (a->key)
			explicit_bzero((void *)(uintptr_t)a->key, strlen(a->key));
	}
	if (l->raw)
		cyaml_free(reader(l, &reading), &raw_schema, l->raw, 0);
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
