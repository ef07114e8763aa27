/* Twilio's Messages API and webhooks. Also serves those who speak the same (another api_url).
 * provider.h is the contract; README.md beside it says which choices were made here and why.
 * Pure: all memory is the caller's arena, jansson's values never leave the function that made them.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "responder/base/digest.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/provider/provider.h"

#define API "https://api.twilio.com"
#define FORM_CAP ((size_t)64 * 1024) /* 1,600 characters, each up to 12 bytes when encoded */
#define VALIDITY_MOST 36000
#define DAY_CAP_RETRY_S                                                                            \
	3600 /* a daily allowance returns at an hour that nobody tells: ask again                  \
	      */

/* ---- verify ---- */

/* Byte order, but as UTF-16 would sort: Twilio and its libraries compare UTF-16 units, in which
 * what UTF-8 writes with four bytes comes before U+E000. */
static int compare_utf16(const char *x, const char *y)
{
	while (*x && *x == *y)
		x++, y++;
	unsigned char a = (unsigned char)*x, b = (unsigned char)*y;
	if (a >= 0xEE && b >= 0xEE && (a >= 0xF0) != (b >= 0xF0))
		return a >= 0xF0 ? -1 : 1;
	return a - b;
}

static int compare_fields(const void *x, const void *y)
{
	const struct http_field *a = x, *b = y;
	int names = compare_utf16(a->name, b->name);
	return names ? names : compare_utf16(a->value, b->value);
}

/* What is signed behind the URL: each name and value, sorted; a name's equal values count once. */
static const char *signed_params(struct arena *a, const struct http_fields *form, size_t cap)
{
	struct http_field *f = arena_copy(a, form->at, form->n * sizeof *f);
	struct buf out = buf_new(a, cap);
	if (form->n)
		qsort(f, form->n, sizeof *f, compare_fields);
	for (size_t i = 0; i < form->n; i++) {
		if (i && compare_fields(&f[i], &f[i - 1]) == 0)
			continue;
		buf_str(&out, f[i].name);
		buf_str(&out, f[i].value);
	}
	return out.s;
}

/* A body that is no form is signed by its hash in the URL, which is what the MAC covers. */
static bool body_hash_fits(const char *url, const struct http_request *request)
{
	static const char name[] = "bodySHA256=";
	unsigned char hash[32];
	char hex[2 * sizeof hash + 1], given[2 * sizeof hash + 1] = "";
	const char *at = strchr(url, '?');
	while (at && strncmp(at + 1, name, sizeof name - 1) != 0)
		at = strchr(at + 1, '&');
	if (!at)
		return false;
	at += sizeof name;
	if (strcspn(at, "&#") != sizeof given - 1)
		return false;
	memcpy(given, at, sizeof given - 1);
	digest_sha256(request->body, request->body_n, hash);
	digest_hex(hash, sizeof hash, hex);
	return digest_same(hex, given);
}

/* The same URL the other way about the port: without the one it has, or with the default one. */
static const char *other_port(struct arena *a, const char *url)
{
	const char *host = strstr(url, "://");
	if (!host)
		return url;
	host += 3;
	const char *end = host + strcspn(host, "/?#");
	const char *colon = end;
	while (colon > host && colon[-1] >= '0' && colon[-1] <= '9')
		colon--;
	if (colon > host && colon[-1] == ':')
		return arena_printf(a, "%.*s%s", (int)(colon - 1 - url), url, end);
	const char *port = text_starts(url, "https:") ? "443" : "80";
	return arena_printf(a, "%.*s:%s%s", (int)(end - url), url, port, end);
}

static bool signature_fits(struct arena *a, const struct account *account, const char *url,
	const char *params, const char *given)
{
	unsigned char mac[20];
	char base64[4 * ((sizeof mac + 2) / 3) + 1];
	const char *text = arena_printf(a, "%s%s", url, params);
	digest_hmac_sha1(account->secret, text, strlen(text), mac);
	digest_base64(mac, sizeof mac, base64);
	return digest_same(base64, given);
}

/* Twilio signs neither time nor nonce: replays are stopped by the message id, not here. Its signers
 * disagree about the port, so both ways are tried; nothing else is. */
static enum err verify(struct arena *a, const struct account *account, const char *url, int64_t now,
	const struct http_request *request)
{
	const char *given = http_header(&request->headers, "X-Twilio-Signature");
	const char *params = "";
	struct http_fields form;
	(void)now;
	if (!given || text_empty(account->secret))
		return ERR_AUTH;
	if (request->body_n && provider_form(a, request, &form) == OK)
		params = signed_params(a, &form, request->body_n);
	else if (request->body_n && !body_hash_fits(url, request))
		return ERR_AUTH;
	bool fits = signature_fits(a, account, url, params, given);
	fits |= signature_fits(a, account, other_port(a, url), params, given);
	return fits ? OK : ERR_AUTH;
}

/* ---- parse ---- */

/* SMS numbers only: "whatsapp:+1…" and its like are other channels, with other consent. A short
 * code or a sender's name is kept as it came; e164_ok tells it from a phone, and whether it is
 * answered is flow's affair. */
static enum err parse_number(const struct http_fields *form, const char *name, const char **number)
{
	enum err e = provider_field(form, name, true, number);
	return !e && strchr(*number, ':') ? ERR_INPUT : e;
}

/* The id must look like one: lower case and digits behind the two capitals. What is signed has no
 * marks between names and values, so a recorded "MessageSid=SM1" "NumMedia=0" is also a rightly
 * signed "MessageSid=SM1NumMedia0": a new id, with which a replay would count as a new text. */
static enum err parse_sid(const struct http_fields *form, const char **sid)
{
	enum err e = provider_field(form, "MessageSid", true, sid);
	if (e)
		return e;
	const char *s = *sid;
	for (int i = 0; i < 2 && *s >= 'A' && *s <= 'Z'; i++)
		s++;
	size_t n = strspn(s, "0123456789abcdefghijklmnopqrstuvwxyz-");
	return n == 0 || n > 64 || s[n] ? ERR_INPUT : OK;
}

static enum sms_signal signal_of(const char *word)
{
	return text_eq(word, "STOP")	? SIGNAL_STOP
	       : text_eq(word, "START") ? SIGNAL_START
	       : text_eq(word, "HELP")	? SIGNAL_HELP
					: SIGNAL_NONE;
}

static enum err parse_text(const struct http_fields *form, struct mo *mo)
{
	const char *media, *signal;
	int64_t media_n = 0;
	enum err e = parse_sid(form, &mo->ref);
	if (!e)
		e = parse_number(form, "From", &mo->theirs);
	if (!e)
		e = parse_number(form, "To", &mo->ours);
	if (!e)
		e = provider_field(form, "Body", false, &mo->text);
	if (!e)
		e = provider_field(form, "NumMedia", false, &media);
	if (!e)
		e = provider_field(form, "OptOutType", false, &signal);
	if (e)
		return e;
	if (!mo->text || (media && !text_int(media, 0, 100, &media_n)))
		return ERR_INPUT; /* a picture alone has an empty Body, not none */
	mo->media = (int)media_n;
	mo->signal = signal_of(signal);
	return OK;
}

static const struct {
	const char *word;
	enum dlr_kind kind;
} statuses[] = {
	{"sent", DLR_SENT}, {"delivered", DLR_DELIVERED}, {"read", DLR_DELIVERED},
	{"undelivered", DLR_UNDELIVERED}, {"failed", DLR_FAILED}, {"canceled", DLR_FAILED},
	/* accepted, scheduled, queued, sending, and words of tomorrow: Twilio has it, no more */
};

static enum err parse_report(const struct http_fields *form, struct dlr *dlr)
{
	const char *status;
	enum err e = parse_sid(form, &dlr->ref);
	if (!e)
		e = provider_field(form, "MessageStatus", true, &status);
	if (!e)
		e = provider_field(form, "ErrorCode", false, &dlr->code);
	if (!e)
		e = provider_field(form, "To", false, &dlr->theirs);
	if (e)
		return e;
	dlr->kind = DLR_PENDING;
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
		if (text_eq(statuses[i].word, status))
			dlr->kind = statuses[i].kind;
	if (text_empty(dlr->code) || text_eq(dlr->code, "0"))
		dlr->code = NULL;
	dlr->opted_out = text_eq(dlr->code, "21610");
	return OK;
}

static enum err parse(struct arena *a, const struct account *account,
	const struct http_request *request, struct event **events, size_t *n)
{
	struct http_fields form;
	const char *sid;
	enum err e = provider_form(a, request, &form);
	if (!e)
		e = provider_field(&form, "AccountSid", account->user != NULL, &sid);
	if (e)
		return e;
	if (account->user && !text_eq(sid, account->user))
		return ERR_INPUT; /* rightly signed, but meant for another account's webhook */
	struct event *event = *events = arena_new_of(a, struct event);
	*n = 1;
	event->kind = http_field(&form, "MessageStatus") ? EVENT_DLR : EVENT_MO;
	return event->kind == EVENT_DLR ? parse_report(&form, &event->dlr)
					: parse_text(&form, &event->mo);
}

/* Anything but TwiML without a message might be sent to the patient as a text. */
static struct http_response answer(void)
{
	return (struct http_response){.status = 200, .type = "text/xml", .body = "<Response/>"};
}

/* ---- build and read ---- */

static void build(struct arena *a, const struct account *account, const struct mt *mt,
	const char *callback, struct http_call *call)
{
	static const struct http_field headers[] = {
		{"Content-Type", "application/x-www-form-urlencoded"},
		{"Accept", "application/json"},
	};
	int64_t validity = mt->validity_s < 1 ? 1 : mt->validity_s;
	struct buf body = buf_new(a, FORM_CAP);
	provider_add(&body, "To", mt->theirs);
	if (account->service)
		provider_add(&body, "MessagingServiceSid", account->service);
	else
		provider_add(&body, "From", mt->ours);
	provider_add(&body, "Body", mt->text);
	provider_add(&body, "StatusCallback", callback);
	provider_add(&body, "ValidityPeriod",
		arena_printf(a, "%" PRId64, validity < VALIDITY_MOST ? validity : VALIDITY_MOST));
	must(!body.over);
	call->method = "POST";
	call->url = arena_printf(a, "%s/2010-04-01/Accounts/%s/Messages.json",
		account->api_url ? account->api_url : API, account->user);
	call->user = account->key_user ? account->key_user : account->user;
	call->password = account->key_user ? account->key : account->secret;
	call->headers = (struct http_fields){
		arena_copy(a, headers, sizeof headers), sizeof headers / sizeof headers[0]};
	call->body = body.s;
}

/* Twilio's error codes. All of them say that no message was made of this request. Those from 30000
 * on usually come in reports instead; the ones that would deserve a single second try are REFUSED,
 * so that people decide, since nobody counts tries here. Missing on purpose: 20500, "internal
 * error", which does not say how far it came. */
static const struct {
	int code;
	enum outcome_kind kind;
	int retry_s;
} codes[] = {
	{21610, OUTCOME_OPTED_OUT, 0},
	/* this number or this text */
	{21211, OUTCOME_REFUSED, 0},
	{21217, OUTCOME_REFUSED, 0},
	{21602, OUTCOME_REFUSED, 0},
	{21612, OUTCOME_REFUSED, 0},
	{21614, OUTCOME_REFUSED, 0},
	{21617, OUTCOME_REFUSED, 0},
	{30003, OUTCOME_REFUSED, 0},
	{30004, OUTCOME_REFUSED, 0},
	{30005, OUTCOME_REFUSED, 0},
	{30006, OUTCOME_REFUSED, 0},
	{30007, OUTCOME_REFUSED, 0},
	{30008, OUTCOME_REFUSED, 0},
	{30019, OUTCOME_REFUSED, 0},
	{30410, OUTCOME_REFUSED, 0},
	/* this account: credentials, suspension, sender, registration */
	{20003, OUTCOME_HALT, 0},
	{20005, OUTCOME_HALT, 0},
	{20008, OUTCOME_HALT, 0},
	{20404, OUTCOME_HALT, 0},
	{21212, OUTCOME_HALT, 0},
	{21408, OUTCOME_HALT, 0},
	{21606, OUTCOME_HALT, 0},
	{21703, OUTCOME_HALT, 0},
	{30002, OUTCOME_HALT, 0},
	{30018, OUTCOME_HALT, 0},
	{30032, OUTCOME_HALT, 0},
	{30034, OUTCOME_HALT, 0},
	/* not now: rates, queues, overload */
	{14107, OUTCOME_LATER, 0},
	{20429, OUTCOME_LATER, 0},
	{20503, OUTCOME_LATER, 0},
	{21611, OUTCOME_LATER, 0},
	{30001, OUTCOME_LATER, 0},
	{30017, OUTCOME_LATER, 0},
	{30022, OUTCOME_LATER, 0},
	/* not today */
	{30023, OUTCOME_LATER, DAY_CAP_RETRY_S},
	{30027, OUTCOME_LATER, DAY_CAP_RETRY_S},
	{63038, OUTCOME_LATER, DAY_CAP_RETRY_S},
};

/* Without a code that we know. A bare 5xx may come from a proxy behind which the message was made.
 */
static enum outcome_kind kind_of_status(int status)
{
	switch (status) {
	case 401:
	case 403:
	case 404:
	case 407: return OUTCOME_HALT;
	case 408: return OUTCOME_UNCERTAIN;
	case 429: return OUTCOME_LATER;
	}
	return status >= 400 && status < 500 ? OUTCOME_REFUSED : OUTCOME_UNCERTAIN;
}

static struct outcome read_error(struct arena *a, const struct http_result *result, int64_t code)
{
	struct outcome o = {.kind = kind_of_status(result->status)};
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (codes[i].code == code) {
			o.kind = codes[i].kind;
			o.retry_s = codes[i].retry_s;
		}
	if (result->retry_after_s > o.retry_s)
		o.retry_s = result->retry_after_s;
	if (o.kind != OUTCOME_LATER && o.kind != OUTCOME_HALT)
		o.retry_s = 0;
	o.code = code ? arena_printf(a, "%" PRId64, code)
		      : arena_printf(a, "HTTP %d", result->status);
	return o;
}

static struct outcome read_answer(struct arena *a, const struct http_result *result)
{
	if (result->fate == HTTP_NOT_SENT)
		return (struct outcome){.kind = OUTCOME_LATER};
	if (result->fate != HTTP_ANSWERED)
		return (struct outcome){.kind = OUTCOME_UNCERTAIN};
	json_t *json = json_loadb(
		result->body ? result->body : "", result->body_n, JSON_REJECT_DUPLICATES, NULL);
	const char *sid = arena_str(a, json_string_value(json_object_get(json, "sid")));
	int64_t code = json_integer_value(json_object_get(json, "code"));
	json_decref(json);
	if (result->status < 200 || result->status > 299)
		return read_error(a, result, code);
	if (text_empty(sid))
		return (struct outcome){.kind = OUTCOME_UNCERTAIN};
	return (struct outcome){.kind = OUTCOME_ACCEPTED, .ref = sid};
}

const struct provider provider_twilio = {
	.name = "twilio",
	.can = CAN_DLR | CAN_LIST | CAN_VALIDITY,
	.verify = verify,
	.parse = parse,
	.answer = answer,
	.build = build,
	.read = read_answer,
};
