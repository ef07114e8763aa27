/* The fake carrier's adapter, which is the template for others: its whole protocol, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "responder/base/digest.h"
#include "responder/base/text.h"
#include "responder/provider/provider.h"

#define URL "http://127.0.0.1:8080/in/demo"
#define FORM "application/x-www-form-urlencoded"
#define TEXT "id=m1&from=%2B13125550123&to=%2B13125550100&text=yes+pls"

static struct arena *arena;
static const struct provider *const fake = &provider_fake;
static char user[] = "demo", secret[] = "secret", api[] = "http://127.0.0.1:9";
static const struct account plain = {.user = user, .secret = secret, .api_url = api};

static int setup(void **state)
{
	(void)state;
	arena = arena_new(0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct http_request request(const char *body, const char *signed_over)
{
	unsigned char mac[32];
	char hex[65];
	digest_hmac_sha256(secret, signed_over, strlen(signed_over), mac);
	digest_hex(mac, sizeof mac, hex);
	struct http_field *f = arena_array(arena, struct http_field, 2);
	f[0] = (struct http_field){"Content-Type", FORM};
	f[1] = (struct http_field){"X-Fake-Signature", arena_str(arena, hex)};
	return (struct http_request){
		.method = "POST", .headers = {f, 2}, .body = body, .body_n = strlen(body)};
}

static void signatures(void **state)
{
	(void)state;
	struct http_request good = request(TEXT, URL TEXT), bad = request(TEXT "x", URL TEXT);
	assert_int_equal(fake->verify(arena, &plain, URL, 0, &good), OK);
	assert_int_equal(fake->verify(arena, &plain, URL "x", 0, &good), ERR_AUTH);
	assert_int_equal(fake->verify(arena, &plain, URL, 0, &bad), ERR_AUTH);
	struct account none = plain;
	none.secret = NULL;
	assert_int_equal(fake->verify(arena, &none, URL, 0, &good), ERR_AUTH);
	good.headers.n = 1;
	assert_int_equal(fake->verify(arena, &plain, URL, 0, &good), ERR_AUTH);
}

static enum err parse(const char *body, struct event *out)
{
	struct http_request r = request(body, "");
	struct event *events;
	size_t n;
	enum err e = fake->parse(arena, &plain, &r, &events, &n);
	if (!e)
		*out = events[0];
	return e;
}

static void texts(void **state)
{
	static const char *const bad[] = {"", "id=m1", "from=%2B1&to=%2B1&text=x",
		"id=m1&from=%2B1&to=%2B1", TEXT "&text=x", TEXT "&id=m2",
		TEXT "&signal=stop&signal=help"};
	struct event e;
	(void)state;
	assert_int_equal(parse(TEXT, &e), OK);
	assert_int_equal(e.kind, EVENT_MO);
	assert_string_equal(e.mo.ref, "m1");
	assert_string_equal(e.mo.theirs, "+13125550123");
	assert_string_equal(e.mo.ours, "+13125550100");
	assert_string_equal(e.mo.text, "yes pls");
	assert_int_equal(e.mo.signal, SIGNAL_NONE);
	assert_int_equal(parse(TEXT "&signal=stop", &e), OK);
	assert_int_equal(e.mo.signal, SIGNAL_STOP);
	assert_int_equal(parse("id=m1&from=%2B1&to=%2B1&text=", &e), OK);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (parse(bad[i], &e) != ERR_INPUT)
			fail_msg("taken: %s", bad[i]);
}

static void reports(void **state)
{
	struct event e;
	(void)state;
	assert_int_equal(parse("ref=r1&state=delivered", &e), OK);
	assert_int_equal(e.kind, EVENT_DLR);
	assert_int_equal(e.dlr.kind, DLR_DELIVERED);
	assert_string_equal(e.dlr.ref, "r1");
	assert_int_equal(parse("ref=r1&state=failed&code=opted_out", &e), OK);
	assert_int_equal(e.dlr.kind, DLR_FAILED);
	assert_true(e.dlr.opted_out);
	assert_int_equal(parse("ref=r1&state=whatever", &e), OK);
	assert_int_equal(e.dlr.kind, DLR_PENDING);
	assert_int_equal(parse("ref=r1", &e), ERR_INPUT);
	assert_int_equal(parse("ref=r1&state=sent&state=sent", &e), ERR_INPUT);
}

static void sending(void **state)
{
	struct http_call c = {0};
	struct mt mt = {.id = 7,
		.theirs = "+13125550123",
		.ours = "+13125550100",
		.text = "a & b",
		.validity_s = 60};
	(void)state;
	fake->build(arena, &plain, &mt, "http://h/dlr/demo/0f", &c);
	assert_string_equal(c.method, "POST");
	assert_string_equal(c.url, "http://127.0.0.1:9/messages");
	assert_string_equal(c.user, "demo");
	assert_string_equal(c.password, "secret");
	assert_string_equal(http_header(&c.headers, "Content-Type"), FORM);
	assert_string_equal(c.body, "from=%2B13125550100&to=%2B13125550123&text=a%20%26%20b"
				    "&callback=http%3A%2F%2Fh%2Fdlr%2Fdemo%2F0f&validity=60&id=7");
}

static struct outcome read_as(enum http_fate fate, int status, const char *body)
{
	struct http_result r = {.fate = fate,
		.status = status,
		.retry_after_s = 5,
		.body = body,
		.body_n = strlen(body)};
	return fake->read(arena, &r);
}

static void answers(void **state)
{
	(void)state;
	struct outcome o = read_as(HTTP_ANSWERED, 201, "{\"ref\":\"r1\"}");
	assert_int_equal(o.kind, OUTCOME_ACCEPTED);
	assert_string_equal(o.ref, "r1");
	assert_int_equal(read_as(HTTP_ANSWERED, 201, "{}").kind, OUTCOME_UNCERTAIN);
	assert_int_equal(read_as(HTTP_ANSWERED, 201, "").kind, OUTCOME_UNCERTAIN);
	assert_int_equal(read_as(HTTP_ANSWERED, 201, "{\"ref\":\"r1\",\"ref\":\"r2\"}").kind,
		OUTCOME_UNCERTAIN);
	assert_int_equal(read_as(HTTP_ANSWERED, 400, "").kind, OUTCOME_REFUSED);
	assert_int_equal(read_as(HTTP_ANSWERED, 401, "").kind, OUTCOME_HALT);
	assert_int_equal(read_as(HTTP_ANSWERED, 422, "{\"error\":\"x\"}").kind, OUTCOME_REFUSED);
	o = read_as(HTTP_ANSWERED, 422, "{\"error\":\"opted_out\"}");
	assert_int_equal(o.kind, OUTCOME_OPTED_OUT);
	assert_string_equal(o.code, "opted_out");
	o = read_as(HTTP_ANSWERED, 429, "");
	assert_int_equal(o.kind, OUTCOME_LATER);
	assert_int_equal(o.retry_s, 5);
	assert_int_equal(read_as(HTTP_ANSWERED, 503, "").kind, OUTCOME_UNCERTAIN);
	assert_int_equal(read_as(HTTP_NOT_SENT, 0, "").kind, OUTCOME_LATER);
	assert_int_equal(read_as(HTTP_UNKNOWN, 0, "").kind, OUTCOME_UNCERTAIN);
	assert_int_equal(fake->answer().status, 204);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures),
		cmocka_unit_test(texts),
		cmocka_unit_test(reports),
		cmocka_unit_test(sending),
		cmocka_unit_test(answers),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
