/* What single values of the configuration may be. Pure, so that `responder init` asks by the same
 * rules as the file is read by. NULL is never good. */
#ifndef RESPONDER_BASE_CONFIG_VALUE_H
#define RESPONDER_BASE_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

bool config_value_name(const char *s);	  /* letters, digits, - and _: it goes into an address */
bool config_value_country(const char *s); /* two capital letters */
bool config_value_phone(const char *s);	  /* E.164 */
bool config_value_listen(const char *s);  /* "127.0.0.1:8080", "[::1]:8080" */
bool config_value_date(const char *s);	  /* a day of the calendar: "2026-01-31" */

/* An address to hang paths on: https (http only on this machine), no slash at the end, no user, no
 * query. */
bool config_value_url(const char *s);

/* "7d", "3h", "90m" in minutes; false when it is none of these. */
bool config_value_span(const char *s, int32_t *minutes);

/* "09:00-20:00" in minutes of the day; an hour or more, not over midnight. */
bool config_value_window(const char *s, int32_t *open, int32_t *close);

#endif
