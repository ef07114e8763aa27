/* libFuzzer target: whatever bytes Twilio, or somebody in its name, sends us: as a signed or
 * unsigned webhook, and as the answer to a text. Beyond not crashing it holds these promises: no
 * signature fits by chance, an event has all that flow relies on, and only an answer with an id is
 * ACCEPTED.
 *
 * Input: a byte (how to read the rest, and its lowest bits an HTTP status), then the body. */
#include <stdint.h>
#include <string.h>

#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/provider/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char secret[] = "12345";
static const struct account account = {.secret = secret};

/* The URL is the body's first line: the request's target is not ours to choose either. */
static void webhook(struct arena *a, const char *type, const char *bytes, size_t n)
{
	const char *end = memchr(bytes, '\n', n);
	const char *url = end ? arena_strn(a, bytes, (size_t)(end - bytes)) : "https://h/in";
	const char *body = end ? end + 1 : bytes;
	struct http_field f[] = {
		{"Content-Type", type}, {"X-Twilio-Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}};
	struct http_request r = {.headers = {f, 2},
		.body_n = n - (size_t)(body - bytes),
		.body = arena_strn(a, body, n - (size_t)(body - bytes))};
	must(provider_twilio.verify(a, &account, url, 0, &r) == ERR_AUTH);
	struct event *events;
	size_t events_n;
	if (provider_twilio.parse(a, &account, &r, &events, &events_n) != OK)
		return;
	must(events_n == 1);
	if (events->kind == EVENT_MO)
		must(!text_empty(events->mo.ref) && *events->mo.theirs && *events->mo.ours &&
			events->mo.text && events->mo.media >= 0);
	else
		must(!text_empty(events->dlr.ref) && events->dlr.kind <= DLR_DELIVERED);
}

static void answer(struct arena *a, unsigned selector, const char *bytes, size_t n)
{
	static const int statuses[] = {201, 200, 400, 401, 404, 429, 500, 503};
	struct http_result r = {.fate = HTTP_ANSWERED,
		.status = statuses[selector % 8],
		.body = bytes,
		.body_n = n};
	struct outcome o = provider_twilio.read(a, &r);
	must((o.kind == OUTCOME_ACCEPTED) == !text_empty(o.ref));
	must(o.kind != OUTCOME_ACCEPTED || r.status < 300);
	must(o.kind != OUTCOME_LATER || r.status >= 400);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n == 0 || n > 65536)
		return 0;
	struct arena *a = arena_new(0);
	const char *bytes = arena_strn(a, (const char *)data + 1, n - 1);
	if (data[0] & 0x80)
		answer(a, data[0], bytes, n - 1);
	else
		webhook(a, data[0] & 1 ? "application/json" : "application/x-www-form-urlencoded",
			bytes, n - 1);
	arena_free(a);
	return 0;
}
