/* HTTP as plain structs: what the server read, what the client shall send, what came back.
 * Everything between the two libraries and the rest of the program passes in these. */
#ifndef RESPONDER_NET_HTTP_H
#define RESPONDER_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "responder/base/arena.h"
#include "responder/base/err.h"

struct http_field { /* a header, a query argument or a form field */
	const char *name, *value;
};

struct http_fields {
	struct http_field *at;
	size_t n;
};

struct http_request {
	const char *method; /* "GET" */
	const char *target; /* path and query exactly as received: signatures are made over it */
	const char *path;   /* decoded path, without the query */
	const char *peer;   /* the address the connection came from */
	struct http_fields headers;
	const char *body; /* raw bytes, NUL added behind */
	size_t body_n;
};

struct http_response {
	int status;
	const char *type; /* Content-Type; NULL without body */
	struct http_fields headers;
	const char *body;
	size_t body_n; /* 0 with a body: its length as a string */
};

struct http_call { /* one request to make */
	const char *method, *url;
	const char *user, *password; /* Basic credentials, or NULL */
	struct http_fields headers;
	const char *body; /* NULL: none */
	/* Asked once when the connection stands and before the first byte of the request;
	 * false abandons the call as HTTP_NOT_SENT. NULL: always. */
	bool (*may_begin)(void *context);
	void *context;
};

enum http_fate {
	HTTP_NOT_SENT, /* not one byte of the request left: safe to repeat */
	HTTP_ANSWERED, /* a whole answer was read */
	HTTP_UNKNOWN,  /* anything else: the peer may have acted on it */
};

struct http_result {
	enum http_fate fate;
	int status;	       /* ANSWERED */
	int64_t retry_after_s; /* from Retry-After, 0 when absent */
	const char *body;
	size_t body_n;
	const char *error; /* NOT_SENT, UNKNOWN: what went wrong, for a log line */
};

/* First header of that name (case-insensitive), or NULL. */
const char *http_header(const struct http_fields *headers, const char *name);
/* First field of that name (case-sensitive), or NULL. */
const char *http_field(const struct http_fields *fields, const char *name);

/* application/x-www-form-urlencoded, decoded: order kept, empty values kept, '+' is a blank.
 * ERR_INPUT on a bad escape, %00, bytes that are no UTF-8, or more than 200 fields. */
enum err http_form(struct arena *a, const char *s, size_t n, struct http_fields *out) MUST_USE;

/* The path of a request target, percent-decoded; `*path` is in `a`. ERR_INPUT when it does not
 * begin with a slash, on a bad escape, %00, or bytes that are no UTF-8. */
enum err http_path(struct arena *a, const char *target, const char **path) MUST_USE;

/* The body's length by the headers, -1 for a chunked one. ERR_INPUT when two programs could
 * disagree about it, which is how a request is smuggled past one of them. */
enum err http_framing(
	const struct http_fields *headers, const char *version, int64_t *length) MUST_USE;

#endif
