/* The web role whole, over real sockets: what a webhook is answered and what is kept of it, what a
 * browser gets, and whose forms are taken. */
#include "tests/unit/fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "responder/base/digest.h"
#include "responder/base/text.h"
#include "responder/demo/carrier.h"
#include "responder/net/client.h"
#include "responder/web/web.h"

#define SECRET "the secret of the test"

struct site {
	struct fixture *f;
	struct web *web;
	struct client *client;
	char listen[32], url[64];
};

static int open_as(void **state, bool demo)
{
	must(setup(state) == 0);
	struct site *s = calloc(1, sizeof *s);
	must(s);
	s->f = *state;
	signal(SIGXFSZ, SIG_IGN);
	log_set_level((enum log_level)0);
	s->f->account.secret = SECRET;
	s->f->config.listen = "127.0.0.1:0";
	s->f->config.public_url = "https://sms.example.org";
	s->f->app.carrier = demo ? carrier_new(&s->f->account) : NULL;
	must(web_start(&s->web, &s->f->app) == OK);
	must(client_new(&s->client, &(struct client_options){.loopback_only = true}) == OK);
	snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", web_port(s->web));
	*state = s;
	return 0;
}

static int open_site(void **state) /* a demo's, so that there are forms */
{
	return open_as(state, true);
}

static int open_in_earnest(void **state)
{
	return open_as(state, false);
}

static int close_site(void **state)
{
	struct site *s = *state;
	client_free(s->client);
	web_stop(s->web);
	if (s->f->app.carrier)
		carrier_free(s->f->app.carrier);
	*state = s->f;
	free(s);
	return teardown(state);
}

static struct http_result ask(struct site *s, const char *method, const char *path,
	const char *body, struct http_field *headers, size_t n)
{
	struct http_result r;
	client_call(s->client, s->f->arena,
		&(struct http_call){.method = method,
			.url = arena_printf(s->f->arena, "%s%s", s->url, path),
			.body = body,
			.headers = {headers, n}},
		&r);
	must(r.fate == HTTP_ANSWERED);
	return r;
}

static int get(struct site *s, const char *path)
{
	return ask(s, "GET", path, NULL, NULL, 0).status;
}

/* A webhook as the provider signs it, with `secret`. */
static int hook_signed(struct site *s, const char *path, const char *body, const char *secret)
{
	unsigned char mac[32];
	char hex[2 * sizeof mac + 1];
	const char *bytes = arena_printf(s->f->arena, "https://sms.example.org%s%s", path, body);
	digest_hmac_sha256(secret, bytes, strlen(bytes), mac);
	digest_hex(mac, sizeof mac, hex);
	struct http_field headers[] = {
		{"X-Fake-Signature", hex}, {"Content-Type", "application/x-www-form-urlencoded"}};
	return ask(s, "POST", path, body, headers, 2).status;
}

static int hook(struct site *s, const char *path, const char *body)
{
	return hook_signed(s, path, body, SECRET);
}

static int text(struct site *s, const char *ref, const char *words)
{
	return hook(s, "/in/main",
		arena_printf(s->f->arena, "id=%s&from=%%2B13125550123&to=%%2B13125550100&text=%s",
			ref, words));
}

static int64_t kept(struct site *s)
{
	struct q_test_counts *row;
	must(q_test_counts(s->f->arena, s->f->db, &row) == OK);
	return row->mo;
}

static void a_text_is_kept_once_and_answered(void **state)
{
	struct site *s = *state;
	assert_int_equal(text(s, "a1", "help"), 204);
	assert_int_equal(kept(s), 1);
	assert_int_equal(text(s, "a1", "help"), 204);
	assert_int_equal(kept(s), 1);
	assert_int_equal(text(s, "a2", "help"), 204);
	assert_int_equal(kept(s), 2);
}

static void what_is_not_signed_is_not_written(void **state)
{
	struct site *s = *state;
	static const char body[] = "id=a1&from=%2B13125550123&to=%2B13125550100&text=STOP";
	assert_int_equal(hook_signed(s, "/in/main", body, "another secret"), 403);
	assert_int_equal(ask(s, "POST", "/in/main", body, NULL, 0).status, 403);
	assert_int_equal(hook_signed(s, "/dlr/main/x", "ref=r&state=delivered", "another"), 403);
	assert_int_equal(kept(s), 0);
	assert_int_equal(hook(s, "/in/main", body), 204);
	assert_int_equal(kept(s), 1);
}

static void only_webhooks_have_these_addresses(void **state)
{
	struct site *s = *state;
	assert_int_equal(get(s, "/in/main"), 405);
	assert_int_equal(hook(s, "/in/nobody", "id=a"), 404);
	assert_int_equal(hook(s, "/in/", "id=a"), 404);
	assert_int_equal(hook(s, "/in/main/more", "id=a"), 404);
	assert_int_equal(hook(s, "/dlr/main", "ref=r&state=sent"), 404);
	assert_int_equal(hook(s, "/in/main", "from=%2B13125550123"), 400);
	assert_int_equal(hook(s, "/in/main", "id=a&id=b&from=%2B1&to=%2B1&text=x"), 400);
	assert_int_equal(hook(s, "/in/main", "id=%zz"), 400);
	/* A report at the texts' address, and a text at a report's. */
	assert_int_equal(hook(s, "/in/main", "ref=r&state=sent"), 400);
	assert_int_equal(hook(s, "/dlr/main/x", "id=a&from=%2B1&to=%2B1&text=x"), 400);
	assert_int_equal(kept(s), 0);
}

/* Somebody holds the store for longer than anyone should wait. */
static void a_store_that_is_busy_means_503_and_nothing_lost(void **state)
{
	struct site *s = *state;
	int64_t begun = clock_mono_ms();
	assert_int_equal(db_begin(s->f->db), OK);
	assert_int_equal(text(s, "a1", "STOP"), 503);
	assert_true(clock_mono_ms() - begun < 5000);
	db_rollback(s->f->db);
	assert_int_equal(kept(s), 0);
	assert_int_equal(text(s, "a1", "STOP"), 204);
	assert_int_equal(kept(s), 1);
}

/* The disk is full: no file of this process may grow. */
static void a_full_disk_means_503_and_nothing_lost(void **state)
{
	struct site *s = *state;
	assert_int_equal(text(s, "a0", "help"), 204);
	struct stat log;
	must(stat(arena_printf(s->f->arena, "%s-wal", s->f->store), &log) == 0);
	struct rlimit old, full;
	must(getrlimit(RLIMIT_FSIZE, &old) == 0);
	full = (struct rlimit){(rlim_t)log.st_size, old.rlim_max};
	must(setrlimit(RLIMIT_FSIZE, &full) == 0);
	int refused = text(s, "a1", "STOP");
	must(setrlimit(RLIMIT_FSIZE, &old) == 0);
	assert_int_equal(refused, 503);
	assert_int_equal(kept(s), 1);
	assert_int_equal(text(s, "a1", "STOP"), 204);
	assert_int_equal(kept(s), 2);
}

static void a_report_moves_only_its_own_text(void **state)
{
	struct site *s = *state;
	int64_t id = fixture_mt(s->f, ADA, "a");
	struct mt *mts;
	size_t n;
	must(db_begin(s->f->db) == OK);
	must(outbox_claim(s->f->arena, s->f->db, &s->f->config, "main", "one", clock_now(), 1, &mts,
		     &n) == OK);
	must(db_commit(s->f->db) == OK);
	assert_int_equal(n, 1);
	char *other = arena_str(s->f->arena, mts[0].token);
	other[0] ^= 1;
	static const char report[] = "ref=r&state=delivered";
	assert_int_equal(hook(s, arena_printf(s->f->arena, "/dlr/main/%s", other), report), 404);
	assert_string_equal(fixture_state(s->f, id), "sending");
	assert_int_equal(
		hook(s, arena_printf(s->f->arena, "/dlr/main/%s", mts[0].token), report), 204);
	assert_string_equal(fixture_state(s->f, id), "delivered");
}

static int post_from(struct site *s, const char *origin, const char *site)
{
	struct http_field headers[2];
	size_t n = 0;
	if (origin)
		headers[n++] = (struct http_field){"Origin", origin};
	if (site)
		headers[n++] = (struct http_field){"Sec-Fetch-Site", site};
	return ask(s, "POST", "/phone/carrier", "carrier=down", headers, n).status;
}

static void only_our_own_pages_may_post(void **state)
{
	struct site *s = *state;
	assert_int_equal(post_from(s, NULL, NULL), 403);
	assert_int_equal(post_from(s, "https://evil.example", NULL), 403);
	assert_int_equal(post_from(s, "null", NULL), 403);
	assert_int_equal(post_from(s, s->url, "cross-site"), 403);
	assert_int_equal(post_from(s, arena_printf(s->f->arena, "%s0", s->url), NULL), 403);
	assert_false(carrier_is_down(s->f->app.carrier));
	assert_int_equal(post_from(s, s->url, "same-origin"), 303);
	assert_true(carrier_is_down(s->f->app.carrier));
}

static void every_page_answers_for_itself(void **state)
{
	struct site *s = *state;
	assert_int_equal(get(s, "/healthz"), 200);
	assert_int_equal(get(s, "/readyz"), 200);
	assert_int_equal(get(s, "/phone"), 200);
	assert_int_equal(get(s, "/static/style.css"), 200);
	assert_int_equal(get(s, "/static/../secret"), 404);
	assert_int_equal(get(s, "/no-such-page"), 404);
	assert_int_equal(get(s, "/carrier/messages"), 405);
}

static void in_earnest_the_demo_is_not_there(void **state)
{
	struct site *s = *state;
	assert_int_equal(get(s, "/phone"), 404);
	assert_int_equal(post_from(s, s->url, "same-origin"), 404);
	assert_int_equal(ask(s, "POST", "/carrier/messages", "id=1", NULL, 0).status, 404);
	assert_int_equal(get(s, "/"), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_text_is_kept_once_and_answered),
		TEST(what_is_not_signed_is_not_written),
		TEST(only_webhooks_have_these_addresses),
		TEST(a_store_that_is_busy_means_503_and_nothing_lost),
		TEST(a_full_disk_means_503_and_nothing_lost),
		TEST(a_report_moves_only_its_own_text),
		TEST(only_our_own_pages_may_post),
		TEST(every_page_answers_for_itself),
		cmocka_unit_test_setup_teardown(
			in_earnest_the_demo_is_not_there, open_in_earnest, close_site),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
