/* The one way to fail. Every fallible function returns an enum err that must be looked at.
 * The place that notices a failure logs its detail once; callers pass the value on. */
#ifndef RESPONDER_BASE_ERR_H
#define RESPONDER_BASE_ERR_H

#include <stdbool.h>

/* X(name, text for people, HTTP status, worth trying again) */
#define ERR_TABLE(X)                                                                               \
	X(OK, "no error", 200, false)                                                              \
	X(ERR_INPUT, "the input is malformed", 400, false)                                         \
	X(ERR_AUTH, "the signature or credential is wrong", 403, false)                            \
	X(ERR_NOT_FOUND, "there is no such thing", 404, false)                                     \
	X(ERR_METHOD, "that method is not allowed here", 405, false)                               \
	X(ERR_DEADLINE, "it took too long", 408, true)                                             \
	X(ERR_CONFLICT, "somebody else changed it first", 409, true)                               \
	X(ERR_TOO_BIG, "it is too large", 413, false)                                              \
	X(ERR_LIMIT, "too many at once", 429, true)                                                \
	X(ERR_BUSY, "the store is locked", 503, true)                                              \
	X(ERR_STORE, "the store failed", 503, true)                                                \
	X(ERR_FULL, "the queue is full", 503, true)                                                \
	X(ERR_NET, "the network failed", 503, true)                                                \
	X(ERR_CONFIG, "the configuration is wrong", 500, false)                                    \
	X(ERR_IO, "a file could not be read or written", 500, false)

enum err {
#define X(name, text, status, again) name,
	ERR_TABLE(X)
#undef X
};

#define MUST_USE __attribute__((warn_unused_result))

const char *err_text(enum err e);
int err_http_status(enum err e);
bool err_again(enum err e);

#endif
