/* The sending half of the Twilio adapter as a filter: reads one JSON object per line,
 *     {"build":{"account":{"user","secret","key_user","key","service","api_url"},
 *               "to","from","text","validity","callback"}}
 *         and writes the request: {"method","url","user","password","headers":{…},"body"}
 *     {"read":{"fate":"answered"|"unknown"|"not-sent","status","retry_after","body"}}
 *         and writes the outcome: {"kind","ref","code","retry"}
 * Driven by send.mjs, which carries the request to stub.mjs and the answer back. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/provider/provider.h"

static char *word(struct arena *a, const json_t *json, const char *name)
{
	return arena_str(a, json_string_value(json_object_get(json, name)));
}

static int64_t number(const json_t *json, const char *name)
{
	return json_integer_value(json_object_get(json, name));
}

static json_t *build(struct arena *a, const json_t *in)
{
	const json_t *from = json_object_get(in, "account");
	const struct account account = {.user = word(a, from, "user"),
		.secret = word(a, from, "secret"),
		.key_user = word(a, from, "key_user"),
		.key = word(a, from, "key"),
		.service = word(a, from, "service"),
		.api_url = word(a, from, "api_url")};
	const struct mt mt = {.theirs = word(a, in, "to"),
		.ours = word(a, in, "from"),
		.text = word(a, in, "text"),
		.validity_s = number(in, "validity")};
	struct http_call call = {0};
	provider_twilio.build(a, &account, &mt, word(a, in, "callback"), &call);
	json_t *headers = json_object();
	for (size_t i = 0; i < call.headers.n; i++)
		json_object_set_new(
			headers, call.headers.at[i].name, json_string(call.headers.at[i].value));
	return json_pack("{s:s,s:s,s:s,s:s,s:o,s:s}", "method", call.method, "url", call.url,
		"user", call.user, "password", call.password, "headers", headers, "body",
		call.body);
}

static json_t *read_result(struct arena *a, const json_t *in)
{
	const char *fate = word(a, in, "fate");
	struct http_result result = {.fate = text_eq(fate, "answered")	 ? HTTP_ANSWERED
					     : text_eq(fate, "not-sent") ? HTTP_NOT_SENT
									 : HTTP_UNKNOWN,
		.status = (int)number(in, "status"),
		.retry_after_s = number(in, "retry_after"),
		.body = word(a, in, "body")};
	result.body_n = result.body ? strlen(result.body) : 0;
	struct outcome o = provider_twilio.read(a, &result);
	return json_pack("{s:s,s:s?,s:s?,s:I}", "kind", outcome_name(o.kind), "ref", o.ref, "code",
		o.code, "retry", (json_int_t)o.retry_s);
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	while (getline(&line, &room, stdin) > 0) {
		json_t *in = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		const json_t *what = json_object_get(in, "build");
		struct arena *a = arena_new(0);
		json_t *out = what ? build(a, what) : read_result(a, json_object_get(in, "read"));
		must(out);
		json_dumpf(out, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
		json_decref(out);
		arena_free(a);
		json_decref(in);
	}
	free(line);
	return 0;
}
