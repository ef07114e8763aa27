/* The configuration file as it is written, before anybody asks what it means. Only config.c uses
 * it. config_raw.c is the only user of libcyaml. */
#ifndef RESPONDER_BASE_CONFIG_RAW_H
#define RESPONDER_BASE_CONFIG_RAW_H

#include "responder/base/config.h"

struct config_raw_practice {
	const char *name, *phone, *country, *language;
};

struct config_raw_step {
	const char *name, *before;
};

struct config_raw_account {
	struct account account;
	int32_t *per_minute; /* NULL: not said, which 0 is not */
};

struct config_raw_reminders {
	struct config_raw_step *steps;
	uint32_t steps_count;
	const char *window, *cutoff;
};

struct config_raw {
	const char *listen, *public_url, *store;
	struct config_raw_practice *practice;
	struct location *locations;
	uint32_t locations_count;
	struct config_raw_account *accounts;
	uint32_t accounts_count;
	struct config_raw_reminders *reminders;
};

/* ERR_CONFIG after complaints about its shape: unknown and doubled keys, wrong types, no YAML. */
enum err config_raw_read(struct config_raw **out, const char *path, config_complain *complain,
	void *context) MUST_USE;
void config_raw_free(struct config_raw *r); /* NULL is fine */

#endif
