/* Asks our verifier what Twilio's library says the answer should be: reads one JSON object per
 * line,
 *     {"secret":…,"url":…,"type":…,"signature":…,"body":…}     (type, signature may be missing)
 * and writes "ok" or "no" for each. Driven by sign.mjs. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "responder/base/must.h"
#include "responder/provider/provider.h"

static const char *word(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static enum err verify(struct arena *a, const json_t *json)
{
	const struct account account = {.secret = arena_str(a, word(json, "secret"))};
	struct http_field fields[2];
	struct http_request request = {.method = "POST", .headers = {fields, 0}};
	must(word(json, "url") && word(json, "body"));
	if (word(json, "type"))
		fields[request.headers.n++] =
			(struct http_field){"Content-Type", word(json, "type")};
	if (word(json, "signature"))
		fields[request.headers.n++] =
			(struct http_field){"X-Twilio-Signature", word(json, "signature")};
	request.body = word(json, "body");
	request.body_n = strlen(request.body);
	return provider_twilio.verify(a, &account, word(json, "url"), 0, &request);
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	while (getline(&line, &room, stdin) > 0) {
		json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		must(json);
		struct arena *a = arena_new(0);
		puts(verify(a, json) == OK ? "ok" : "no");
		arena_free(a);
		json_decref(json);
	}
	free(line);
	return 0;
}
