/* Phone numbers as "+" and 7 to 15 digits (E.164): reading what people type, checking what machines
 * say. Numbers from a provider are E.164 already and are only checked, never parsed. */
#ifndef RESPONDER_SMS_E164_H
#define RESPONDER_SMS_E164_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "responder/base/arena.h"
#include "responder/base/err.h"

/* The number in `text` as E.164 in *out, read as somebody in `region` ("US", ISO 3166) writes it;
 * region NULL: only international writing is understood. ERR_INPUT when it is no number, has a
 * length that no number there has, or carries an extension (a text cannot reach one). Whether the
 * number is in service is not asked. Thread-safe; the first call takes some milliseconds. */
enum err e164_parse(
	struct arena *a, const char *text, const char *region, const char **out) MUST_USE;

/* Is this "+[1-9][0-9]{6,14}"? NULL is not. Short codes and alphanumeric senders are not. */
bool e164_ok(const char *s);

#ifdef __cplusplus
}
#endif

#endif
