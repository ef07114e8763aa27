/* Sender; see sender.h. Its loop: settle the answers that came and claim what may go, in one
 * transaction; start the claimed; wait for an answer, a bell or a time. Two connections to the
 * store: one to write, and one to look, outside any transaction and just before the first byte,
 * whether the number has opted out since the claim. */
#include "responder/flow/sender.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "build/gen/q.h"
#include "responder/base/clock.h"
#include "responder/base/log.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/flow/consent.h"
#include "responder/flow/outbox.h"
#include "responder/flow/pace.h"
#include "responder/net/client.h"
#include "responder/provider/provider.h"

#define PARALLEL 64
#define IDLE_MS 30000
#define STOP_MS 15000
#define STORE_RETRY_MS 1000

struct lane { /* one account */
	const struct account *account;
	const struct provider *provider;
	struct pace pace;
};

struct flight { /* one text under way */
	struct sender *sender;
	struct lane *lane;
	int64_t mt;
	char *theirs;
	bool confirms_stop;
	bool stopped;	     /* refused at the last moment: the number had opted out */
	struct flight *next; /* free list */
};

struct answer { /* what came back, until it is settled */
	int64_t mt;
	struct outcome outcome;
	bool stopped;
};

struct sender {
	const struct app *app;
	struct db *db, *look;
	struct client *client;
	struct lane *lanes;
	struct flight flights[PARALLEL];
	struct flight *free;
	struct arena *arena;  /* answers waiting to be settled, and one turn's work */
	struct arena *glance; /* for may_begin */
	struct answer answers[PARALLEL];
	size_t answer_n;
	pthread_t thread;
	atomic_bool stop;
};

/* The last look before the first byte (P9): a STOP committed by now is honoured. When the store
 * cannot be read the answer is no: the text goes back and is claimed again. */
static bool may_begin(void *context)
{
	struct flight *f = context;
	struct sender *s = f->sender;
	bool suppressed = false;
	enum err e = consent_suppressed(s->glance, s->look, f->theirs, &suppressed);
	arena_reset(s->glance);
	f->stopped = !e && suppressed && !f->confirms_stop;
	return !e && !f->stopped;
}

static void land(struct sender *s, struct flight *f)
{
	free(f->theirs);
	f->theirs = NULL;
	f->next = s->free;
	s->free = f;
}

static void collect(struct sender *s)
{
	struct http_result r;
	void *tag;
	while (s->answer_n < PARALLEL && client_next(s->client, s->arena, &r, &tag)) {
		struct flight *f = tag;
		struct answer *w = &s->answers[s->answer_n++];
		*w = (struct answer){f->mt, f->lane->provider->read(s->arena, &r), f->stopped};
		if (r.fate != HTTP_ANSWERED)
			log_warn("send_trouble", "mt=%" PRId64 " fate=%s why=\"%s\"", f->mt,
				r.fate == HTTP_NOT_SENT ? "not-sent" : "unknown", r.error);
		if (!f->stopped)
			pace_settled(&f->lane->pace, clock_mono_ms(), &w->outcome);
		land(s, f);
	}
}

static enum err settle(struct sender *s)
{
	int64_t now = clock_now();
	enum err e = OK;
	for (size_t i = 0; !e && i < s->answer_n; i++) {
		struct answer *w = &s->answers[i];
		e = w->stopped ? outbox_stopped(s->arena, s->db, now, w->mt)
			       : outbox_settle(s->arena, s->db, now, w->mt, &w->outcome);
	}
	return e;
}

struct batch {
	struct lane *lane;
	struct mt *mts;
	size_t n;
};

static enum err claim(struct sender *s, struct batch *batches, size_t *total)
{
	*total = 0;
	for (size_t i = 0; i < s->app->config->account_n; i++) {
		struct lane *lane = &s->lanes[i];
		size_t room = PARALLEL - (size_t)client_active(s->client) - *total;
		size_t most = pace_allows(&lane->pace, clock_mono_ms(), room);
		batches[i] = (struct batch){.lane = lane};
		if (!most || atomic_load(&s->stop))
			continue;
		enum err e = outbox_claim(s->arena, s->db, s->app->config, lane->account->name,
			s->app->node, clock_now(), most, &batches[i].mts, &batches[i].n);
		if (e)
			return e;
		*total += batches[i].n;
	}
	return OK;
}

static void start(struct sender *s, struct lane *lane, const struct mt *mt)
{
	struct flight *f = s->free;
	must(f);
	s->free = f->next;
	*f = (struct flight){.sender = s,
		.lane = lane,
		.mt = mt->id,
		.theirs = strdup(mt->theirs),
		.confirms_stop = mt->confirms_stop};
	must(f->theirs);
	struct http_call call = {0};
	const char *callback = arena_printf(s->arena, "%s/dlr/%s/%s", s->app->config->public_url,
		lane->account->name, mt->token);
	lane->provider->build(s->arena, lane->account, mt, callback, &call);
	call.may_begin = may_begin;
	call.context = f;
	must(client_start(s->client, &call, f) == OK);
}

/* Whether a transaction is worth opening: an answer to note, or a text that may go. */
static bool something_to_do(struct sender *s)
{
	if (s->answer_n)
		return true;
	for (size_t i = 0; i < s->app->config->account_n; i++) {
		struct q_mt_next_due *next;
		size_t room = PARALLEL - (size_t)client_active(s->client);
		if (atomic_load(&s->stop) || !pace_allows(&s->lanes[i].pace, clock_mono_ms(), room))
			continue;
		enum err e = q_mt_next_due(
			s->arena, s->look, &next, .account = s->lanes[i].account->name);
		if (e || (next->due && next->due <= clock_now()))
			return true;
	}
	return false;
}

/* One transaction and what follows from it. False: the store is in trouble, try again later. */
static bool turn(struct sender *s)
{
	size_t total;
	struct batch *batches = arena_array(s->arena, struct batch, s->app->config->account_n);
	enum err e = db_begin(s->db);
	if (e)
		return false;
	e = settle(s);
	if (!e)
		e = claim(s, batches, &total);
	if (e) {
		db_rollback(s->db);
		return false;
	}
	if (db_commit(s->db) != OK)
		return false;
	bool settled = s->answer_n > 0;
	s->answer_n = 0;
	for (size_t i = 0; total && i < s->app->config->account_n; i++) {
		for (size_t k = 0; k < batches[i].n; k++)
			start(s, batches[i].lane, &batches[i].mts[k]);
		pace_started(&batches[i].lane->pace, clock_mono_ms(), batches[i].n);
	}
	if (settled || total)
		bell_ring(&s->app->pages_bell);
	return true;
}

/* Until the next text is due or an account may be used again. */
static int wait_ms(struct sender *s)
{
	int64_t now_ms = clock_mono_ms(), now = clock_now(), wait = IDLE_MS;
	for (size_t i = 0; i < s->app->config->account_n; i++) {
		struct q_mt_next_due *row;
		if (q_mt_next_due(s->arena, s->look, &row, .account = s->lanes[i].account->name) !=
			OK)
			return STORE_RETRY_MS;
		if (!row->due)
			continue;
		int64_t until = row->due > now ? (row->due - now) * 1000 : 0;
		int64_t pace = pace_wake_ms(&s->lanes[i].pace, now_ms) - now_ms;
		until = until > pace ? until : pace;
		wait = until < wait ? until : wait;
	}
	/* Full: an answer will come before there is room. */
	return client_active(s->client) >= PARALLEL ? IDLE_MS : (int)wait;
}

static void *run(void *arg)
{
	struct sender *s = arg;
	int64_t stop_by = 0;
	for (;;) {
		if (!s->answer_n)
			arena_reset(s->arena);
		bool fine = !something_to_do(s) || turn(s);
		if (atomic_load(&s->stop)) {
			if (!stop_by)
				stop_by = clock_mono_ms() + STOP_MS;
			bool idle = !client_active(s->client) && !s->answer_n;
			if (idle || clock_mono_ms() >= stop_by)
				return NULL;
		}
		int ms = !fine ? STORE_RETRY_MS : atomic_load(&s->stop) ? 100 : wait_ms(s);
		client_wait(s->client, fine ? &s->app->sender_bell : NULL, ms);
		collect(s);
	}
}

/* What was under way when the last run of this node ended may have been sent. */
static enum err recover(struct sender *s)
{
	int64_t uncertain = 0;
	enum err e = db_begin(s->db);
	if (e)
		return e;
	e = outbox_recover(s->db, s->app->node, clock_now(), &uncertain);
	if (e) {
		db_rollback(s->db);
		return e;
	}
	e = db_commit(s->db);
	if (!e && uncertain)
		log_warn("recovered", "uncertain=%" PRId64, uncertain);
	return e;
}

static enum err open_lanes(struct sender *s)
{
	const struct config *c = s->app->config;
	s->lanes = calloc(c->account_n + 1, sizeof *s->lanes);
	must(s->lanes);
	for (size_t i = 0; i < c->account_n; i++) {
		s->lanes[i] = (struct lane){&c->accounts[i], provider_find(c->accounts[i].provider),
			pace_new(c->accounts[i].per_minute, clock_mono_ms())};
		const char *why = !s->lanes[i].provider		      ? "there is no such provider"
				  : provider_blocked(&c->accounts[i]) ? "no baa_date is recorded"
								      : NULL;
		if (why) {
			log_error("account_unusable", "account=%s provider=%s why=\"%s\"",
				c->accounts[i].name, c->accounts[i].provider, why);
			return ERR_CONFIG;
		}
	}
	return OK;
}

static void sender_free(struct sender *s)
{
	client_free(s->client);
	db_close(s->db);
	db_close(s->look);
	for (size_t i = 0; i < PARALLEL; i++)
		free(s->flights[i].theirs);
	arena_free(s->arena);
	arena_free(s->glance);
	free(s->lanes);
	free(s);
}

/* An api_url on this machine is a test's stub or a gateway like Kannel's beside us. */
static bool sends_locally(const struct config *c)
{
	for (size_t i = 0; i < c->account_n; i++)
		if (c->accounts[i].api_url && text_starts(c->accounts[i].api_url, "http://127."))
			return true;
	return false;
}

enum err sender_start(struct sender **out, const struct app *app)
{
	struct sender *s = calloc(1, sizeof *s);
	must(s);
	s->app = app;
	s->arena = arena_new(0);
	s->glance = arena_new(0);
	for (size_t i = 0; i < PARALLEL; i++)
		land(s, &s->flights[i]);
	enum err e = open_lanes(s);
	if (!e)
		e = db_open(&s->db, app->config->store);
	if (!e)
		e = db_open(&s->look, app->config->store);
	if (!e)
		e = client_new(&s->client, &(struct client_options){.parallel = PARALLEL,
						   .loopback_only = app->carrier != NULL,
						   .private_allowed = sends_locally(app->config)});
	if (!e)
		e = recover(s);
	if (e) {
		sender_free(s);
		return e;
	}
	must(pthread_create(&s->thread, NULL, run, s) == 0);
	*out = s;
	return OK;
}

void sender_stop(struct sender *s)
{
	atomic_store(&s->stop, true);
	bell_ring(&s->app->sender_bell);
	pthread_join(s->thread, NULL);
	/* Whatever is still under way may have been taken. */
	if (recover(s) != OK)
		log_error("recover_failed", "node=%s", s->app->node);
	sender_free(s);
}
