/* Where in a YAML file a key stands, for messages about what it says. */
#ifndef RESPONDER_BASE_CONFIG_PLACE_H
#define RESPONDER_BASE_CONFIG_PLACE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes "FILE:LINE:COLUMN" of the value at a path such as "accounts[1].sender", or of the nearest
 * part of the path that is there; of the fault, when the file is no YAML; just "FILE" when nothing
 * is. */
void config_place(const char *file, const char *path, char *out, size_t n);

/* The same for the first line from `from` on that begins with this key. */
void config_place_key(const char *file, const char *key, unsigned from, char *out, size_t n);

/* Whether a second document follows the first ("---"), and where. */
bool config_place_second(const char *file, char *out, size_t n);

#endif
