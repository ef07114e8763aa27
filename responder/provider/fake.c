/* The demo's carrier, and the template that a new vendor starts from: copy it, then change what
 * differs. README.md beside it tells the steps; twilio.c shows a real vendor's sharp edges.
 *
 * Nothing here opens a socket, reads a clock or keeps state. Each function gets plain structs and
 * gives plain structs back, all of them allocated in the caller's arena.
 *
 * The fake's protocol. It posts forms to us, each with the header
 *     X-Fake-Signature: hex of HMAC-SHA256(secret, address called + raw body)
 *   text:    id=…&from=+1…&to=+1…&text=…[&signal=stop|start|help]
 *   report:  ref=…&state=pending|sent|undelivered|failed|delivered[&code=…]
 * We post to it, at api_url/messages, with Basic user:secret
 *     from=+1…&to=+1…&text=…&callback=URL&validity=SECONDS&id=OURS
 *   and it answers 201 {"ref":"…"}, 400, 401, 422 {"error":"opted_out"} or 429 with Retry-After. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "responder/base/digest.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/provider/provider.h"

#define FAKE_API "http://127.0.0.1:8080/carrier" /* without api_url in the configuration */
#define FORM_CAP ((size_t)64 * 1024)

/* Sign the same bytes ourselves and compare in constant time (digest_same). Sign `url` as it was
 * given and the body as it came: whoever decodes first, verifies something else than was sent.
 * Without a secret the answer is no. */
static enum err verify(struct arena *a, const struct account *account, const char *url, int64_t now,
	const struct http_request *request)
{
	unsigned char mac[32];
	char hex[2 * sizeof mac + 1];
	(void)now; /* vendors that sign a timestamp: refuse what is older than they retry */
	if (text_empty(account->secret))
		return ERR_AUTH;
	struct buf signed_bytes = buf_new(a, strlen(url) + request->body_n);
	buf_str(&signed_bytes, url);
	buf_add(&signed_bytes, request->body, request->body_n);
	digest_hmac_sha256(account->secret, signed_bytes.s, signed_bytes.n, mac);
	digest_hex(mac, sizeof mac, hex);
	const char *given = http_header(&request->headers, "X-Fake-Signature");
	return digest_same(hex, given) ? OK : ERR_AUTH;
}

/* The vendor's words for ours: tables, so that a reader sees all of them at once. */
static const struct {
	const char *word;
	enum sms_signal signal;
} signals[] = {{"stop", SIGNAL_STOP}, {"start", SIGNAL_START}, {"help", SIGNAL_HELP}};

static const struct {
	const char *word;
	enum dlr_kind kind;
} states[] = {
	{"pending", DLR_PENDING},
	{"sent", DLR_SENT},
	{"undelivered", DLR_UNDELIVERED},
	{"failed", DLR_FAILED},
	{"delivered", DLR_DELIVERED},
};

/* A text from a patient. Every field that is needed comes through provider_field, which refuses a
 * missing one and a doubled one: which of two would be the true one? */
static enum err parse_text(const struct http_fields *form, struct mo *mo)
{
	const char *signal;
	enum err e = provider_field(form, "id", true, &mo->ref);
	if (!e)
		e = provider_field(form, "from", true, &mo->theirs);
	if (!e)
		e = provider_field(form, "to", true, &mo->ours);
	if (!e)
		e = provider_field(form, "text", false, &mo->text); /* empty is fine, missing not */
	if (!e)
		e = provider_field(form, "signal", false, &signal);
	if (e || !mo->text)
		return ERR_INPUT;
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		if (text_eq(signals[i].word, signal))
			mo->signal = signals[i].signal;
	return OK;
}

/* A delivery report. A state that we do not know proves only that the vendor has the text. */
static enum err parse_report(const struct http_fields *form, struct dlr *dlr)
{
	const char *state;
	enum err e = provider_field(form, "ref", true, &dlr->ref);
	if (!e)
		e = provider_field(form, "state", true, &state);
	if (!e)
		e = provider_field(form, "code", false, &dlr->code);
	if (e)
		return e;
	dlr->kind = DLR_PENDING;
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		if (text_eq(states[i].word, state))
			dlr->kind = states[i].kind;
	dlr->opted_out = text_eq(dlr->code, "opted_out");
	return OK;
}

/* One request may carry several events with other vendors; here it is always one. */
static enum err parse(struct arena *a, const struct account *account,
	const struct http_request *request, struct event **events, size_t *n)
{
	struct http_fields form;
	(void)account;
	enum err e = provider_form(a, request, &form);
	if (e)
		return e;
	struct event *event = *events = arena_new_of(a, struct event);
	*n = 1;
	event->kind = http_field(&form, "ref") ? EVENT_DLR : EVENT_MO;
	return event->kind == EVENT_DLR ? parse_report(&form, &event->dlr)
					: parse_text(&form, &event->mo);
}

/* Look up what the vendor does with a body: some send it to the patient. */
static struct http_response answer(void)
{
	return (struct http_response){.status = 204};
}

static void build(struct arena *a, const struct account *account, const struct mt *mt,
	const char *callback, struct http_call *call)
{
	static const struct http_field type = {"Content-Type", "application/x-www-form-urlencoded"};
	struct buf body = buf_new(a, FORM_CAP);
	provider_add(&body, "from", mt->ours);
	provider_add(&body, "to", mt->theirs);
	provider_add(&body, "text", mt->text);
	provider_add(&body, "callback", callback);
	provider_add(&body, "validity", arena_printf(a, "%" PRId64, mt->validity_s));
	provider_add(&body, "id", arena_printf(a, "%" PRId64, mt->id));
	must(!body.over);
	call->method = "POST";
	call->url = arena_printf(a, "%s/messages", account->api_url ? account->api_url : FAKE_API);
	call->user = account->user;
	call->password = account->secret;
	call->headers = (struct http_fields){arena_copy(a, &type, sizeof type), 1};
	call->body = body.s;
}

/* A string of the answer's JSON object, or NULL. Copied: jansson frees its own. */
static const char *json_word(struct arena *a, const struct http_result *result, const char *name)
{
	json_t *json = json_loadb(
		result->body ? result->body : "", result->body_n, JSON_REJECT_DUPLICATES, NULL);
	const char *word = arena_str(a, json_string_value(json_object_get(json, name)));
	json_decref(json);
	return text_empty(word) ? NULL : word;
}

/* The question is always: could a patient get this text twice if it were sent again? LATER says
 * that the vendor provably has not taken it; whatever we do not understand is UNCERTAIN, and people
 * see it. Answers for one text (REFUSED) are told from answers for the whole account (HALT). */
static struct outcome read_answer(struct arena *a, const struct http_result *result)
{
	if (result->fate == HTTP_NOT_SENT)
		return (struct outcome){.kind = OUTCOME_LATER};
	if (result->fate != HTTP_ANSWERED)
		return (struct outcome){.kind = OUTCOME_UNCERTAIN};
	struct outcome o = {.kind = OUTCOME_UNCERTAIN, .code = json_word(a, result, "error")};
	switch (result->status) {
	case 201:
		o.ref = json_word(a, result, "ref");
		if (o.ref)
			o.kind = OUTCOME_ACCEPTED;
		break;
	case 400: o.kind = OUTCOME_REFUSED; break;
	case 401: o.kind = OUTCOME_HALT; break;
	case 422:
		o.kind = text_eq(o.code, "opted_out") ? OUTCOME_OPTED_OUT : OUTCOME_REFUSED;
		break;
	case 429:
		o.kind = OUTCOME_LATER;
		o.retry_s = result->retry_after_s;
		break;
	}
	return o;
}

const struct provider provider_fake = {
	.name = "fake",
	.can = CAN_DLR | CAN_VALIDITY, /* only what the vendor really does: flow relies on it */
	.verify = verify,
	.parse = parse,
	.answer = answer,
	.build = build,
	.read = read_answer,
};
