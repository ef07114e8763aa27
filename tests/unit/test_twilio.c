/* The Twilio adapter without Twilio: what is refused, what is read from answers, what is sent.
 * Whether signatures are Twilio's is asked of Twilio's own library in tests/provider/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "responder/base/digest.h"
#include "responder/base/text.h"
#include "responder/provider/provider.h"

#define URL "https://sms.example.org/in/main"
#define AC "AC00000000000000000000000000000001"
#define SID "SM00000000000000000000000000000abc"
#define TEXT                                                                                       \
	"AccountSid=" AC "&MessageSid=" SID "&From=%2B13125550123&To=%2B13125550100&Body=yes+pls"
#define REPORT "AccountSid=" AC "&MessageSid=" SID "&To=%2B13125550123&MessageStatus="

static struct arena *arena;
static const struct provider *const twilio = &provider_twilio;
static char user[] = AC, secret[] = "12345";
static const struct account plain = {.user = user, .secret = secret};

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

/* ---- verify ---- */

/* A request whose signature is made over `text` as it stands. */
static struct http_request request(
	const char *key, const char *type, const char *body, const char *text)
{
	unsigned char mac[20];
	char base64[29];
	digest_hmac_sha1(key, text, strlen(text), mac);
	digest_base64(mac, sizeof mac, base64);
	struct http_field *f = arena_array(arena, struct http_field, 2);
	f[0] = (struct http_field){"Content-Type", type};
	f[1] = (struct http_field){"x-twilio-signature", arena_str(arena, base64)};
	return (struct http_request){.method = "POST",
		.headers = {f, 2},
		.body = arena_str(arena, body),
		.body_n = strlen(body)};
}

static enum err verify(const char *url, const char *type, const char *body, const char *text)
{
	struct http_request r = request(secret, type, body, text);
	return twilio->verify(arena, &plain, url, 0, &r);
}

#define FORM "application/x-www-form-urlencoded"

static void twilios_documented_example(void **state)
{
	(void)state;
	struct http_field f[] = {{"X-Twilio-Signature", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="},
		{"Content-Type", FORM "; charset=UTF-8"}};
	const char *body = "Digits=1234&To=%2B18005551212&From=%2B12349013030&Caller=%2B12349013030"
			   "&CallSid=CA1234567890ABCDE";
	struct http_request r = {.headers = {f, 2}, .body = body, .body_n = strlen(body)};
	const char *url = "https://mycompany.com/myapp.php?foo=1&bar=2";
	assert_int_equal(twilio->verify(arena, &plain, url, 0, &r), OK);
	struct account other = plain;
	other.secret = (char[]){"12346"};
	assert_int_equal(twilio->verify(arena, &other, url, 0, &r), ERR_AUTH);
	f[0].name = "X-Signature";
	assert_int_equal(twilio->verify(arena, &plain, url, 0, &r), ERR_AUTH);
}

static void without_a_secret_nothing_fits(void **state)
{
	(void)state;
	struct account none = plain, empty = plain;
	struct http_request r = request("", FORM, "a=1", URL "a1"); /* anybody can sign with "" */
	none.secret = NULL;
	empty.secret = (char[]){""};
	assert_int_equal(twilio->verify(arena, &empty, URL, 0, &r), ERR_AUTH);
	assert_int_equal(twilio->verify(arena, &none, URL, 0, &r), ERR_AUTH);
}

static void ports(void **state)
{
	static const struct {
		const char *configured, *signed_over;
		enum err e;
	} cases[] = {
		{"https://h/in", "https://h/in", OK},
		{"https://h/in", "https://h:443/in", OK},
		{"https://h/in", "https://h:80/in", ERR_AUTH},
		{"https://h/in", "https://h:8443/in", ERR_AUTH},
		{"https://h:8443/in", "https://h/in", OK},
		{"https://h:8443/in", "https://h:443/in", ERR_AUTH},
		{"https://h:443/in", "https://h/in", OK},
		{"http://h/in", "http://h:80/in", OK},
		{"http://h/in", "https://h/in", ERR_AUTH},
		{"https://h?a=1", "https://h:443?a=1", OK},
		{"https://h", "https://h:443", OK},
		{"https://h/in", "https://h/in/", ERR_AUTH},
		{"https://h/in", "https://H/in", ERR_AUTH},
		{"https://h/in?u=%41", "https://h/in?u=A", ERR_AUTH},
		{"https://h/a:1/b", "https://h:443/a:1/b", OK},
		{"https://[::1]:1/b", "https://[::1]/b", OK},
		{"https://[::1]/b", "https://[::1]:443/b", OK},
		{"no address", "no address", OK},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *text = arena_printf(arena, "%sA1", cases[i].signed_over);
		if (verify(cases[i].configured, FORM, "A=1", text) != cases[i].e)
			fail_msg("%s signed as %s", cases[i].configured, cases[i].signed_over);
	}
}

static void params_are_sorted_and_counted_once(void **state)
{
	(void)state;
	assert_int_equal(verify(URL, FORM, "b=2&a=1&b=1&b=2&c=", URL "a1b1b2c"), OK);
	assert_int_equal(verify(URL, FORM, "b=2&a=1&b=1&b=2&c=", URL "a1b1b2b2c"), ERR_AUTH);
	assert_int_equal(verify(URL, FORM, "b=2&a=1", URL "b2a1"), ERR_AUTH);
	assert_int_equal(verify(URL, FORM, "a=+x+&b=%2B", URL "a x b+"), OK);
	assert_int_equal(verify(URL, FORM, "B=1&a=1", URL "B1a1"), OK);
	/* U+1F600 sorts before U+FF21 in UTF-16, after it in UTF-8. */
	assert_int_equal(
		verify(URL, FORM, "a=%EF%BC%A1&a=%F0%9F%98%80", URL "a\U0001F600a\uFF21"), OK);
	assert_int_equal(verify(URL, FORM, "", URL), OK);
	assert_int_equal(verify(URL, FORM, "a=1", URL), ERR_AUTH);
}

static void bodies_that_are_no_forms(void **state)
{
	static const char json[] = "{\"a\":1}", type[] = "application/json";
	unsigned char hash[32];
	char hex[65];
	(void)state;
	digest_sha256(json, strlen(json), hash);
	digest_hex(hash, sizeof hash, hex);
	const char *url = arena_printf(arena, "%s?x=1&bodySHA256=%s", URL, hex);
	assert_int_equal(verify(url, type, json, url), OK);
	assert_int_equal(verify(url, type, "{\"a\":2}", url), ERR_AUTH);
	assert_int_equal(verify(URL, type, json, URL), ERR_AUTH);
	assert_int_equal(verify(url, FORM, "a=1", url), ERR_AUTH); /* a form is signed as one */
	const char *other = arena_printf(arena, "%s?notbodySHA256=%s", URL, hex);
	assert_int_equal(verify(other, type, json, other), ERR_AUTH);
	const char *longer = arena_printf(arena, "%s?bodySHA256=%s0", URL, hex);
	assert_int_equal(verify(longer, type, json, longer), ERR_AUTH);
	const char *cut = URL "?bodySHA256=";
	assert_int_equal(verify(cut, type, json, cut), ERR_AUTH);
	assert_int_equal(verify(URL, FORM "x", "a=1", URL "a1"), ERR_AUTH);
}

/* ---- parse ---- */

static enum err parse_as(const struct account *account, const char *body, struct event *out)
{
	struct http_field f[] = {{"Content-Type", FORM}};
	struct http_request r = {.headers = {f, 1}, .body = body, .body_n = strlen(body)};
	struct event *events;
	size_t n = 0;
	enum err e = twilio->parse(arena, account, &r, &events, &n);
	if (!e) {
		assert_int_equal(n, 1);
		*out = events[0];
	}
	return e;
}

static enum err parse(const char *body, struct event *out)
{
	return parse_as(&plain, body, out);
}

static void a_text(void **state)
{
	struct event e;
	(void)state;
	assert_int_equal(parse(TEXT "&NumMedia=2&OptOutType=STOP&FromCity=X", &e), OK);
	assert_int_equal(e.kind, EVENT_MO);
	assert_string_equal(e.mo.ref, SID);
	assert_string_equal(e.mo.theirs, "+13125550123");
	assert_string_equal(e.mo.ours, "+13125550100");
	assert_string_equal(e.mo.text, "yes pls");
	assert_int_equal(e.mo.media, 2);
	assert_int_equal(e.mo.signal, SIGNAL_STOP);
	assert_int_equal(parse(TEXT "&OptOutType=START", &e), OK);
	assert_int_equal(e.mo.signal, SIGNAL_START);
	assert_int_equal(parse(TEXT "&OptOutType=HELP", &e), OK);
	assert_int_equal(e.mo.signal, SIGNAL_HELP);
	assert_int_equal(parse(TEXT "&OptOutType=", &e), OK);
	assert_int_equal(e.mo.signal, SIGNAL_NONE);
	assert_int_equal(parse("AccountSid=" AC "&MessageSid=MM"
			       "00000000000000000000000000000abc"
			       "&From=73742&To=%2B13125550100&Body=&NumMedia=1",
				 &e),
		OK);
	assert_string_equal(e.mo.theirs, "73742");
	assert_string_equal(e.mo.text, "");
}

static void texts_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"AccountSid=" AC,
		"AccountSid=" AC "&From=%2B13125550123&To=%2B13125550100&Body=x",
		"AccountSid=" AC "&MessageSid=" SID "&To=%2B13125550100&Body=x",
		"AccountSid=" AC "&MessageSid=" SID "&From=%2B13125550123&Body=x",
		"AccountSid=" AC "&MessageSid=" SID "&From=%2B13125550123&To=%2B13125550100",
		"AccountSid=" AC "&MessageSid=" SID "&From=&To=%2B13125550100&Body=x",
		"MessageSid=" SID "&From=%2B13125550123&To=%2B13125550100&Body=x",
		"AccountSid=AC2&MessageSid=" SID "&From=%2B13125550123&To=%2B13125550100&Body=x",
		"AccountSid=" AC "&MessageSid=" SID "&From=whatsapp:%2B13125550123"
		"&To=whatsapp:%2B13125550100&Body=x",
		TEXT "&Body=STOP",
		TEXT "&Body=yes+pls",
		TEXT "&From=%2B13125550123",
		TEXT "&MessageSid=" SID,
		TEXT "&AccountSid=" AC,
		TEXT "&NumMedia=-1",
		TEXT "&NumMedia=x",
		TEXT "&NumMedia=0&NumMedia=0",
		TEXT "&OptOutType=STOP&OptOutType=HELP",
		TEXT "&x=%zz",
		TEXT "&x=%00",
		TEXT "&x=%ff",
	};
	struct event e;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (parse(bad[i], &e) != ERR_INPUT)
			fail_msg("taken: %s", bad[i]);
	struct http_request json = {
		.headers = {(struct http_field[]){{"Content-Type", "application/json"}}, 1},
		.body = TEXT,
		.body_n = strlen(TEXT)};
	struct event *events;
	size_t n;
	assert_int_equal(twilio->parse(arena, &plain, &json, &events, &n), ERR_INPUT);
}

/* Rightly signed both, because nothing parts names from values in what is signed. */
static void a_replay_cannot_grow_a_new_id(void **state)
{
	struct event e;
	const char *text = arena_printf(
		arena, "%sAccountSid%sBodyxFrom1MessageSid%sNumMedia0To2", URL, AC, SID);
	const char *was = "AccountSid=" AC "&Body=x&From=1&MessageSid=" SID "&NumMedia=0&To=2";
	const char *grown = "AccountSid=" AC "&Body=x&From=1&MessageSid=" SID "NumMedia0&To=2";
	(void)state;
	assert_int_equal(verify(URL, FORM, was, text), OK);
	assert_int_equal(verify(URL, FORM, grown, text), OK);
	assert_int_equal(parse(was, &e), OK);
	assert_int_equal(parse(grown, &e), ERR_INPUT);
}

static void reports(void **state)
{
	static const struct {
		const char *status;
		enum dlr_kind kind;
	} cases[] = {
		{"accepted", DLR_PENDING},
		{"scheduled", DLR_PENDING},
		{"queued", DLR_PENDING},
		{"sending", DLR_PENDING},
		{"of_tomorrow", DLR_PENDING},
		{"sent", DLR_SENT},
		{"delivered", DLR_DELIVERED},
		{"read", DLR_DELIVERED},
		{"undelivered", DLR_UNDELIVERED},
		{"failed", DLR_FAILED},
		{"canceled", DLR_FAILED},
	};
	struct event e;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(
			parse(arena_printf(arena, "%s%s", REPORT, cases[i].status), &e), OK);
		assert_int_equal(e.kind, EVENT_DLR);
		assert_int_equal(e.dlr.kind, cases[i].kind);
		assert_string_equal(e.dlr.ref, SID);
		assert_string_equal(e.dlr.theirs, "+13125550123");
		assert_null(e.dlr.code);
		assert_false(e.dlr.opted_out);
	}
	assert_int_equal(parse(REPORT "failed&ErrorCode=21610", &e), OK);
	assert_string_equal(e.dlr.code, "21610");
	assert_true(e.dlr.opted_out);
	assert_int_equal(parse(REPORT "undelivered&ErrorCode=30004", &e), OK);
	assert_false(e.dlr.opted_out); /* blocked, for one reason or another */
	assert_int_equal(parse(REPORT "sent&ErrorCode=", &e), OK);
	assert_null(e.dlr.code);
	assert_int_equal(parse(REPORT, &e), ERR_INPUT);
	assert_int_equal(parse(REPORT "sent&MessageStatus=failed", &e), ERR_INPUT);
	assert_int_equal(parse(REPORT "sent&ErrorCode=1&ErrorCode=2", &e), ERR_INPUT);
	assert_int_equal(parse("AccountSid=" AC "&MessageStatus=sent", &e), ERR_INPUT);
}

static void without_an_account_id_any_will_do(void **state)
{
	struct account open = plain;
	struct event e;
	(void)state;
	open.user = NULL;
	assert_int_equal(parse_as(&open, TEXT, &e), OK);
}

/* ---- build ---- */

static const struct mt text = {.id = 7,
	.theirs = "+13125550123",
	.ours = "+13125550100",
	.text = "See you at 2 & 3 – ok?",
	.validity_s = 3600};

static struct http_call build(const struct account *account, const struct mt *mt)
{
	struct http_call call = {0};
	twilio->build(arena, account, mt, "https://h/dlr/main/00ff", &call);
	return call;
}

static void a_request_to_send(void **state)
{
	(void)state;
	struct http_call c = build(&plain, &text);
	assert_string_equal(c.method, "POST");
	assert_string_equal(
		c.url, "https://api.twilio.com/2010-04-01/Accounts/" AC "/Messages.json");
	assert_string_equal(c.user, AC);
	assert_string_equal(c.password, "12345");
	assert_string_equal(http_header(&c.headers, "Content-Type"), FORM);
	assert_string_equal(c.body,
		"To=%2B13125550123&From=%2B13125550100&Body=See%20you%20at%202%20%26%203%20%E2%80%"
		"93"
		"%20ok%3F&StatusCallback=https%3A%2F%2Fh%2Fdlr%2Fmain%2F00ff&ValidityPeriod=3600");
}

static void keys_service_and_address(void **state)
{
	struct account a = plain;
	(void)state;
	a.key_user = (char[]){"SK1"};
	a.key = (char[]){"key"};
	a.service = (char[]){"MG1"};
	a.api_url = (char[]){"http://127.0.0.1:9"};
	struct http_call c = build(&a, &text);
	assert_string_equal(c.url, "http://127.0.0.1:9/2010-04-01/Accounts/" AC "/Messages.json");
	assert_string_equal(c.user, "SK1");
	assert_string_equal(c.password, "key");
	assert_non_null(strstr(c.body, "&MessagingServiceSid=MG1&"));
	assert_null(strstr(c.body, "From="));
}

static void validity_stays_within_bounds(void **state)
{
	static const int64_t in[] = {-5, 0, 1, 36000, 36001, INT64_MAX};
	static const char *const out[] = {"=1", "=1", "=1", "=36000", "=36000", "=36000"};
	(void)state;
	for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
		struct mt mt = text;
		mt.validity_s = in[i];
		const char *body = build(&plain, &mt).body;
		assert_string_equal(strrchr(body, '='), out[i]);
	}
}

/* ---- read ---- */

static struct outcome read_as(int status, const char *body, int64_t retry_after_s)
{
	struct http_result r = {.fate = HTTP_ANSWERED,
		.status = status,
		.body = body,
		.body_n = strlen(body),
		.retry_after_s = retry_after_s};
	return twilio->read(arena, &r);
}

static void answers(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum outcome_kind kind;
		const char *word; /* the sid or the code */
	} cases[] = {
		{201, "{\"sid\":\"" SID "\",\"status\":\"queued\"}", OUTCOME_ACCEPTED, SID},
		{200, "{\"sid\":\"" SID "\"}", OUTCOME_ACCEPTED, SID},
		{201, "", OUTCOME_UNCERTAIN, NULL},
		{201, "<html>", OUTCOME_UNCERTAIN, NULL},
		{201, "{\"sid\":\"" SID "\"", OUTCOME_UNCERTAIN, NULL},
		{201, "{\"sid\":null}", OUTCOME_UNCERTAIN, NULL},
		{201, "{\"sid\":7}", OUTCOME_UNCERTAIN, NULL},
		{201, "{\"sid\":\"\"}", OUTCOME_UNCERTAIN, NULL},
		{201, "[\"sid\"]", OUTCOME_UNCERTAIN, NULL},
		{201, "{\"sid\":\"a\",\"sid\":\"b\"}", OUTCOME_UNCERTAIN, NULL},
		{400, "{\"code\":21610,\"message\":\"x\",\"status\":400}", OUTCOME_OPTED_OUT,
			"21610"},
		{400, "{\"code\":21211}", OUTCOME_REFUSED, "21211"},
		{400, "{\"code\":30004}", OUTCOME_REFUSED, "30004"},
		{400, "{\"code\":99999}", OUTCOME_REFUSED, "99999"},
		{400, "{\"code\":\"21610\"}", OUTCOME_REFUSED, "HTTP 400"},
		{400, "{\"code\":21610,\"code\":1}", OUTCOME_REFUSED, "HTTP 400"},
		{400, "", OUTCOME_REFUSED, "HTTP 400"},
		{413, "", OUTCOME_REFUSED, "HTTP 413"},
		{408, "", OUTCOME_UNCERTAIN, "HTTP 408"},
		{401, "{\"code\":20003}", OUTCOME_HALT, "20003"},
		{401, "", OUTCOME_HALT, "HTTP 401"},
		{403, "{\"code\":99999}", OUTCOME_HALT, "99999"},
		{404, "{\"code\":20404}", OUTCOME_HALT, "20404"},
		{400, "{\"code\":21606}", OUTCOME_HALT, "21606"},
		{429, "{\"code\":20429}", OUTCOME_LATER, "20429"},
		{429, "", OUTCOME_LATER, "HTTP 429"},
		{400, "{\"code\":21611}", OUTCOME_LATER, "21611"},
		{503, "{\"code\":20503}", OUTCOME_LATER, "20503"},
		{503, "", OUTCOME_UNCERTAIN, "HTTP 503"},
		{500, "{\"code\":20500}", OUTCOME_UNCERTAIN, "20500"},
		{502, "<html>Bad gateway", OUTCOME_UNCERTAIN, "HTTP 502"},
		{307, "", OUTCOME_UNCERTAIN, "HTTP 307"},
		{100, "", OUTCOME_UNCERTAIN, "HTTP 100"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct outcome o = read_as(cases[i].status, cases[i].body, 0);
		bool accepted = o.kind == OUTCOME_ACCEPTED;
		if (o.kind != cases[i].kind || !text_eq(accepted ? o.ref : o.code, cases[i].word) ||
			(o.ref != NULL) != accepted)
			fail_msg("%d %s: %s %s", cases[i].status, cases[i].body,
				outcome_name(o.kind), o.code);
	}
}

static void waits(void **state)
{
	(void)state;
	assert_int_equal(read_as(429, "", 0).retry_s, 0);
	assert_int_equal(read_as(429, "", 7).retry_s, 7);
	assert_int_equal(read_as(503, "{\"code\":20503}", 30).retry_s, 30);
	assert_int_equal(read_as(429, "{\"code\":63038}", 7).retry_s, 3600);
	assert_int_equal(read_as(429, "{\"code\":63038}", 7200).retry_s, 7200);
	assert_int_equal(read_as(503, "", 30).retry_s, 0); /* uncertain: there is no later */
}

static void no_answer(void **state)
{
	(void)state;
	struct http_result r = {.fate = HTTP_NOT_SENT, .error = "refused"};
	assert_int_equal(twilio->read(arena, &r).kind, OUTCOME_LATER);
	r.fate = HTTP_UNKNOWN;
	assert_int_equal(twilio->read(arena, &r).kind, OUTCOME_UNCERTAIN);
	r.fate = HTTP_ANSWERED; /* with no status: whatever that was */
	assert_int_equal(twilio->read(arena, &r).kind, OUTCOME_UNCERTAIN);
}

static void an_answer_that_sends_nothing(void **state)
{
	(void)state;
	struct http_response r = twilio->answer();
	assert_int_equal(r.status, 200);
	assert_string_equal(r.type, "text/xml");
	assert_string_equal(r.body, "<Response/>");
}

static void found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(provider_find("twilio"), twilio);
	assert_null(provider_find("Twilio"));
	assert_null(provider_find(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twilios_documented_example),
		cmocka_unit_test(without_a_secret_nothing_fits),
		cmocka_unit_test(ports),
		cmocka_unit_test(params_are_sorted_and_counted_once),
		cmocka_unit_test(bodies_that_are_no_forms),
		cmocka_unit_test(a_text),
		cmocka_unit_test(texts_refused),
		cmocka_unit_test(a_replay_cannot_grow_a_new_id),
		cmocka_unit_test(reports),
		cmocka_unit_test(without_an_account_id_any_will_do),
		cmocka_unit_test(a_request_to_send),
		cmocka_unit_test(keys_service_and_address),
		cmocka_unit_test(validity_stays_within_bounds),
		cmocka_unit_test(answers),
		cmocka_unit_test(waits),
		cmocka_unit_test(no_answer),
		cmocka_unit_test(an_answer_that_sends_nothing),
		cmocka_unit_test(found_by_name),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
