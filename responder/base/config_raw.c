/* See config_raw.h. libcyaml checks the shape while it reads, and ends at the first fault; it says
 * what and where only to a log, so its words are collected there. */
#include "responder/base/config_raw.h"

#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "responder/base/arena.h"
#include "responder/base/buf.h"
#include "responder/base/config_place.h"
#include "responder/base/text.h"

#define LIST_MOST 100

#define TEXT(key, type, member)                                                                    \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, 4096)
#define TEXT_OR_NOT(key, type, member)                                                             \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, 4096)

static const cyaml_schema_field_t practice_fields[] = {
	TEXT("name", struct config_raw_practice, name),
	TEXT_OR_NOT("phone", struct config_raw_practice, phone),
	TEXT("country", struct config_raw_practice, country),
	TEXT_OR_NOT("language", struct config_raw_practice, language),
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
	TEXT("name", struct config_raw_account, account.name),
	TEXT("provider", struct config_raw_account, account.provider),
	TEXT("sender", struct config_raw_account, account.sender),
	TEXT_OR_NOT("service", struct config_raw_account, account.service),
	TEXT_OR_NOT("user", struct config_raw_account, account.user),
	TEXT_OR_NOT("key_user", struct config_raw_account, account.key_user),
	TEXT("secret_file", struct config_raw_account, account.secret_file),
	TEXT_OR_NOT("key_file", struct config_raw_account, account.key_file),
	TEXT_OR_NOT("api_url", struct config_raw_account, account.api_url),
	TEXT_OR_NOT("baa_date", struct config_raw_account, account.baa_date),
	CYAML_FIELD_INT_PTR("per_minute", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct config_raw_account, per_minute),
	CYAML_FIELD_BOOL("provider_answers_stop", CYAML_FLAG_OPTIONAL, struct config_raw_account,
		account.provider_answers_stop),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t step_fields[] = {
	TEXT("name", struct config_raw_step, name),
	TEXT("before", struct config_raw_step, before),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t location_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct location, location_fields)};
static const cyaml_schema_value_t account_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_raw_account, account_fields)};
static const cyaml_schema_value_t step_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_raw_step, step_fields)};

static const cyaml_schema_field_t reminder_fields[] = {
	CYAML_FIELD_SEQUENCE("steps", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct config_raw_reminders, steps, &step_schema, 1, LIST_MOST),
	TEXT_OR_NOT("window", struct config_raw_reminders, window),
	TEXT_OR_NOT("cutoff", struct config_raw_reminders, cutoff),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t raw_fields[] = {
	TEXT_OR_NOT("listen", struct config_raw, listen),
	TEXT("public_url", struct config_raw, public_url),
	TEXT_OR_NOT("store", struct config_raw, store),
	CYAML_FIELD_MAPPING_PTR(
		"practice", CYAML_FLAG_POINTER, struct config_raw, practice, practice_fields),
	CYAML_FIELD_SEQUENCE("locations", CYAML_FLAG_POINTER, struct config_raw, locations,
		&location_schema, 1, LIST_MOST),
	CYAML_FIELD_SEQUENCE("accounts", CYAML_FLAG_POINTER, struct config_raw, accounts,
		&account_schema, 1, LIST_MOST),
	CYAML_FIELD_MAPPING_PTR("reminders", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct config_raw, reminders, reminder_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t raw_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config_raw, raw_fields)};

static void take_log(cyaml_log_t level, void *context, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

static void take_log(cyaml_log_t level, void *context, const char *format, va_list args)
{
	struct buf *log = context;
	if (level >= CYAML_LOG_ERROR)
		buf_str(log, arena_vprintf(log->arena, format, args));
}

/* What libcyaml says ends in "(line: 3, column: 7)" places, innermost first. */
static void report(struct buf *log, const char *path, config_complain *complain, void *context)
{
	static const char unknown[] = "Unexpected key: ", twice[] = "Mapping field already seen: ";
	unsigned line = 0, column = 0;
	char where[512];
	const char *place = strstr(log->s, "(line: ");
	if (place && sscanf(place, "(line: %u, column: %u", &line, &column) != 2)
		line = 0;
	log->s[strcspn(log->s, "\n")] = '\0';
	const char *what = text_starts(log->s, "Load: ") ? log->s + 6 : log->s;
	/* For a bad key libcyaml names the place of the value before it. */
	if (text_starts(what, unknown))
		config_place_key(path, what + strlen(unknown), line, where, sizeof where);
	else if (text_starts(what, twice))
		config_place_key(path, what + strlen(twice), line + 1, where, sizeof where);
	else if (line && !text_starts(what, "libyaml: "))
		snprintf(where, sizeof where, "%s:%u:%u", path, line, column);
	else
		config_place(path, "", where, sizeof where);
	if (text_starts(what, "STRING length < "))
		what = "there is nothing here: say something, or leave the line out";
	complain(context, where, what);
}

static enum err read_file(struct config_raw **out, struct arena *a, const char *path,
	config_complain *complain, void *context)
{
	struct buf log = buf_new(a, 64 * 1024);
	const cyaml_config_t reader = {.log_fn = take_log,
		.log_ctx = &log,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR};
	cyaml_err_t bad = cyaml_load_file(path, &reader, &raw_schema, (cyaml_data_t **)out, NULL);
	char where[512];
	if (!bad && *out) {
		if (!config_place_second(path, where, sizeof where))
			return OK;
		complain(context, where, "a second document begins here; only one is read");
		config_raw_free(*out);
	} else if (log.n) {
		report(&log, path, complain, context);
	} else {
		complain(context, path, bad ? cyaml_strerror(bad) : "there is nothing in it");
	}
	*out = NULL;
	return ERR_CONFIG;
}

enum err config_raw_read(
	struct config_raw **out, const char *path, config_complain *complain, void *context)
{
	struct arena *a = arena_new(0);
	*out = NULL;
	enum err e = read_file(out, a, path, complain, context);
	arena_free(a);
	return e;
}

void config_raw_free(struct config_raw *r)
{
	static const cyaml_config_t reader = {.mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};
	if (r)
		cyaml_free(&reader, &raw_schema, r, 0);
}
