/* See carrier.h. Reports wait in a small ring and are posted by one thread; when the ring is full
 * the oldest is dropped, as carriers do. */
#include "responder/demo/carrier.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "responder/base/bell.h"
#include "responder/base/buf.h"
#include "responder/base/clock.h"
#include "responder/base/digest.h"
#include "responder/base/log.h"
#include "responder/base/must.h"
#include "responder/net/client.h"

#define REPORTS 256
#define DELIVERY_MS 400
#define FORM_MOST 8192

struct report {
	char callback[256], ref[DIGEST_HEX_TOKEN];
	int64_t due_ms;
};

struct carrier {
	const struct account *account;
	char home[64]; /* http://127.0.0.1:PORT */
	atomic_bool down, stop;
	pthread_mutex_t lock;
	struct report reports[REPORTS];
	size_t first, n;
	struct bell bell;
	pthread_t thread;
	bool running;
};

struct carrier *carrier_new(const struct account *account)
{
	struct carrier *c = calloc(1, sizeof *c);
	must(c);
	c->account = account;
	c->bell = bell_new();
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void carrier_free(struct carrier *c)
{
	bell_free(&c->bell);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void carrier_set_down(struct carrier *c, bool down)
{
	atomic_store(&c->down, down);
}

bool carrier_is_down(const struct carrier *c)
{
	return atomic_load(&c->down);
}

/* Posts a signed form to one of our own webhooks; its HTTP status, 0 when there was no answer. */
static int post(struct carrier *c, struct arena *a, const char *url, const char *form)
{
	unsigned char mac[32];
	char *hex = arena_alloc(a, 65);
	const char *signed_text = arena_printf(a, "%s%s", url, form);
	digest_hmac_sha256(c->account->secret, signed_text, strlen(signed_text), mac);
	digest_hex(mac, sizeof mac, hex);
	struct http_field headers[] = {
		{"Content-Type", "application/x-www-form-urlencoded"}, {"X-Fake-Signature", hex}};
	struct client *client;
	struct http_result r = {0};
	if (client_new(&client, &(struct client_options){.parallel = 1, .loopback_only = true}))
		return 0;
	client_call(client, a,
		&(struct http_call){
			.method = "POST", .url = url, .headers = {headers, 2}, .body = form},
		&r);
	client_free(client);
	return r.fate == HTTP_ANSWERED ? r.status : 0;
}

static void add(struct buf *form, const char *name, const char *value)
{
	buf_str(form, form->n ? "&" : "");
	buf_str(form, name);
	buf_char(form, '=');
	buf_url(form, value);
}

enum err carrier_deliver(
	struct carrier *c, struct arena *a, const char *theirs, const char *text, int times)
{
	char id[DIGEST_HEX_TOKEN];
	struct buf form = buf_new(a, FORM_MOST);
	const char *url = arena_printf(a, "%s/in/%s", c->home, c->account->name);
	digest_token(id);
	add(&form, "id", id);
	add(&form, "from", theirs);
	add(&form, "to", c->account->sender);
	add(&form, "text", text);
	if (form.over)
		return ERR_TOO_BIG;
	for (int i = 0; i < times; i++)
		if (post(c, a, url, form.s) / 100 != 2)
			return ERR_NET;
	return OK;
}

static void expect_report(struct carrier *c, const char *callback, const char *ref)
{
	pthread_mutex_lock(&c->lock);
	if (c->n == REPORTS) {
		c->first = (c->first + 1) % REPORTS;
		c->n--;
	}
	struct report *r = &c->reports[(c->first + c->n++) % REPORTS];
	snprintf(r->callback, sizeof r->callback, "%s", callback);
	snprintf(r->ref, sizeof r->ref, "%s", ref);
	r->due_ms = clock_mono_ms() + DELIVERY_MS;
	pthread_mutex_unlock(&c->lock);
	bell_ring(&c->bell);
}

struct http_response carrier_take(
	struct carrier *c, struct arena *a, const struct http_fields *form)
{
	const char *callback = http_field(form, "callback");
	char ref[DIGEST_HEX_TOKEN];
	if (carrier_is_down(c))
		return (struct http_response){.status = 429, .type = "text/plain", .body = "down"};
	if (!http_field(form, "to") || !http_field(form, "text") || !callback)
		return (struct http_response){
			.status = 400, .type = "text/plain", .body = "fields"};
	digest_token(ref);
	expect_report(c, callback, ref);
	return (struct http_response){.status = 201,
		.type = "application/json",
		.body = arena_printf(a, "{\"ref\":\"%s\"}", ref)};
}

/* The next due report into *out; else how long to wait, in ms. */
static int next_report(struct carrier *c, struct report *out)
{
	int wait = 60000;
	pthread_mutex_lock(&c->lock);
	if (c->n) {
		struct report *r = &c->reports[c->first];
		int64_t left = r->due_ms - clock_mono_ms();
		wait = left > 0 ? (int)left : 0;
		if (!wait) {
			*out = *r;
			c->first = (c->first + 1) % REPORTS;
			c->n--;
		}
	}
	pthread_mutex_unlock(&c->lock);
	return wait;
}

static void *run(void *arg)
{
	struct carrier *c = arg;
	struct arena *a = arena_new(0);
	while (!atomic_load(&c->stop)) {
		struct report r;
		int wait = next_report(c, &r);
		if (wait) {
			bell_wait(&c->bell, wait);
			continue;
		}
		post(c, a, r.callback, arena_printf(a, "ref=%s&state=delivered", r.ref));
		arena_reset(a);
	}
	arena_free(a);
	return NULL;
}

enum err carrier_start(struct carrier *c, int port)
{
	snprintf(c->home, sizeof c->home, "http://127.0.0.1:%d", port);
	c->running = pthread_create(&c->thread, NULL, run, c) == 0;
	return c->running ? OK : ERR_LIMIT;
}

void carrier_stop(struct carrier *c)
{
	if (!c->running)
		return;
	c->running = false;
	atomic_store(&c->stop, true);
	bell_ring(&c->bell);
	pthread_join(c->thread, NULL);
}
