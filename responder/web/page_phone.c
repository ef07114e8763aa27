/* The demo's handsets: what the carrier brought to each phone, and a place to type an answer. Also
 * the far end of the carrier, and the buttons that move its clock. Without JavaScript every action
 * is a form and every look a reload. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "build/gen/q.h"
#include "responder/base/buf.h"
#include "responder/base/clock.h"
#include "responder/base/text.h"
#include "responder/base/zone.h"
#include "responder/demo/carrier.h"
#include "responder/flow/plan.h"
#include "responder/flow/texts.h"
#include "responder/sms/e164.h"
#include "responder/web/html.h"
#include "responder/web/pages.h"

#define TEXTS_SHOWN 60

/* "+13125550110" as people write it in the US. */
static const char *spoken(struct arena *a, const char *theirs)
{
	return strlen(theirs) == 12
		       ? arena_printf(a, "(%.3s) %.3s-%s", theirs + 2, theirs + 5, theirs + 8)
		       : theirs;
}

static const char *phone_url(struct arena *a, const char *theirs)
{
	return arena_printf(a, "/phone/%s", theirs + (theirs[0] == '+'));
}

static const char *clock_words(struct arena *a, const char *zone, int64_t at)
{
	char wall[ZONE_WALL];
	zone_format_wall(zone_wall(zone, at), wall);
	return texts_when(a, "en", wall);
}

static void show_clocks(struct page *p, struct html *h)
{
	const struct config *c = p->app->config;
	int64_t now = clock_now();
	for (size_t i = 0; i < c->location_n; i++) {
		const char *zone = c->locations[i].zone;
		struct html *row = html_row(h, "CLOCK");
		html_set(row, "PLACE", c->locations[i].name);
		html_set(row, "TIME", clock_words(p->arena, zone, now));
		html_set(row, "HOURS",
			plan_window(c, zone, now) == now ? "reminders go out now"
							 : "reminders wait for 9:00");
	}
}

static const char *visit_words(struct arena *a, const struct q_phone_people *r)
{
	return r->wall ? arena_printf(a, "%s, %s", texts_when(a, "en", r->wall), r->state)
		       : "no coming visit";
}

/* One entry per number; people who share it stand together. */
static enum err show_handsets(struct page *p, struct html *h, const char *open)
{
	struct q_phone_people *r;
	size_t n;
	enum err e = q_phone_people(p->arena, p->db, &r, &n, .now = clock_now());
	struct html *entry = NULL;
	for (size_t i = 0; !e && i < n; i++) {
		if (!i || !text_eq(r[i].theirs, r[i - 1].theirs)) {
			entry = html_row(h, "HANDSET");
			html_set(entry, "URL", phone_url(p->arena, r[i].theirs));
			html_set(entry, "NUMBER", spoken(p->arena, r[i].theirs));
			if (text_eq(r[i].theirs, open))
				html_show(entry, "OPEN");
		}
		struct html *person = html_row(entry, "PERSON");
		html_set(person, "NAME", arena_printf(p->arena, "%s %s", r[i].first, r[i].last));
		html_set(person, "VISIT", visit_words(p->arena, &r[i]));
		if (text_eq(r[i].lang, "es"))
			html_show(person, "SPANISH");
	}
	return e;
}

static bool arrived(const char *state)
{
	return text_eq(state, "accepted") || text_eq(state, "delivered") ||
	       text_eq(state, "undelivered") || text_eq(state, "uncertain");
}

static void show_text(
	struct page *p, struct html *h, const struct q_phone_texts *t, const char *zone)
{
	bool in = text_eq(t->way, "in");
	struct html *row = html_row(h, "TEXT");
	html_set(row, "TIME", clock_words(p->arena, zone, t->at));
	if (!in && !arrived(t->state)) {
		struct html *note = html_row(row, "NOTE");
		html_set(note, "STATE",
			text_eq(t->state, "queued")    ? "Waiting to be sent"
			: text_eq(t->state, "sending") ? "Being sent"
						       : "Not sent");
		html_set(note, "WHY", t->why);
		html_set(note, "BODY", t->body);
		return;
	}
	struct html *bubble = html_row(row, in ? "MINE" : "THEIRS");
	html_set(bubble, "BODY", t->body);
	html_set(bubble, "STATE", t->state);
	html_set(bubble, "WHY", t->why);
}

static enum err show_visits(struct page *p, struct html *h, const char *theirs, const char **zone)
{
	struct q_phone_visits *v;
	size_t n;
	enum err e = q_phone_visits(
		p->arena, p->db, &v, &n, .theirs = theirs, .after = clock_now() - 24 * 3600);
	for (size_t i = 0; !e && i < n; i++) {
		struct html *row = html_row(h, "VISIT");
		*zone = v[0].zone;
		html_set(row, "WHO", v[i].first);
		html_set(row, "WHEN", texts_when(p->arena, "en", v[i].wall));
		html_set(row, "WITH", v[i].clinician);
		html_set(row, "WHERE", v[i].location);
		html_set(row, "STATE", v[i].state);
		if (v[i].late_minutes)
			html_set(row, "LATE",
				arena_printf(
					p->arena, ", %" PRId64 " minutes late", v[i].late_minutes));
	}
	return e;
}

static enum err show_texts(struct page *p, struct html *h, const char *theirs)
{
	const char *zone = p->app->config->locations[0].zone;
	struct q_phone_texts *t;
	size_t n;
	enum err e = show_visits(p, h, theirs, &zone);
	if (!e)
		e = q_phone_texts(p->arena, p->db, &t, &n, .theirs = theirs, .most = TEXTS_SHOWN);
	for (size_t i = 0; !e && i < n; i++)
		show_text(p, h, &t[i], zone);
	if (!e && !n)
		html_show(h, "NOTHING");
	return e;
}

static void show_common(struct page *p, struct html *h)
{
	html_title(h, "Handsets of the demo practice");
	html_set(h, "PRACTICE", p->app->config->practice);
	html_show(h, carrier_is_down(p->app->carrier) ? "DOWN" : "UP");
	show_clocks(p, h);
}

static void show_handset(struct page *p, struct html *h, const char *theirs)
{
	static const char *const quick[] = {"C", "yes pls", "N", "BOOK", "STOP", "START", "HELP"};
	struct html *one = html_row(h, "ONE");
	html_set(one, "THEIRS", theirs);
	html_set(one, "NUMBER", spoken(p->arena, theirs));
	html_set(one, "TEXTS_URL", arena_printf(p->arena, "%s/texts", phone_url(p->arena, theirs)));
	for (size_t i = 0; i < sizeof quick / sizeof quick[0]; i++)
		html_set(html_row(one, "QUICK"), "WORDS", quick[i]);
}

/* /phone, /phone/13125550110, and /phone/13125550110/texts for the live part alone. */
enum err page_phone(struct page *p)
{
	char *digits = arena_str(p->arena, p->rest);
	char *slash = strchr(digits, '/');
	bool part = slash && text_eq(slash, "/texts");
	if (slash)
		*slash = '\0';
	const char *theirs = *digits ? arena_printf(p->arena, "+%s", digits) : NULL;
	if ((slash && !part) || (theirs && !e164_ok(theirs)))
		return ERR_NOT_FOUND;
	struct html *h = html_new();
	enum err e = part ? OK : show_handsets(p, h, theirs);
	show_common(p, h);
	if (!e && theirs && !part)
		show_handset(p, h, theirs);
	if (!e && theirs)
		e = show_texts(p, part ? h : html_part(html_row(h, "CHAT"), "TEXTS", "texts.html"),
			theirs);
	if (!theirs)
		html_show(h, "NONE");
	if (e)
		html_free(h);
	else
		page_html(p, h, part ? "texts.html" : "phone.html");
	return e;
}

enum err page_phone_send(struct page *p)
{
	const char *theirs = http_field(&p->form, "theirs"), *text = http_field(&p->form, "text");
	const char *quick = http_field(&p->form, "quick");
	const char *times = http_field(&p->form, "times");
	text = quick ? quick : text;
	if (!e164_ok(theirs) || text_empty(text) || strlen(text) > 1600)
		return ERR_INPUT;
	page_redirect(p, arena_printf(p->arena, "%s#latest", phone_url(p->arena, theirs)));
	if (carrier_is_down(p->app->carrier))
		return ERR_NET;
	return carrier_deliver(
		p->app->carrier, p->arena, theirs, text, text_eq(times, "2") ? 2 : 1);
}

/* Back to the handset that the button stood on. */
static void back(struct page *p)
{
	const char *theirs = http_field(&p->form, "theirs");
	page_redirect(p, e164_ok(theirs) ? phone_url(p->arena, theirs) : "/phone");
}

enum err page_phone_carrier(struct page *p)
{
	carrier_set_down(p->app->carrier, text_eq(http_field(&p->form, "carrier"), "down"));
	back(p);
	return OK;
}

enum err page_phone_clock(struct page *p)
{
	const char *zone = p->app->config->locations[0].zone;
	int64_t now = clock_now(), shift = 3600;
	if (text_eq(http_field(&p->form, "clock"), "morning"))
		shift = zone_next(zone, now, 9 * 60) - now;
	enum err e = db_begin(p->db);
	if (e)
		return e;
	e = q_meta_set(p->db, NULL, .name = "demo_clock",
		.value = arena_printf(p->arena, "%" PRId64, clock_shifted() + shift));
	if (e) {
		db_rollback(p->db);
		return e;
	}
	e = db_commit(p->db);
	if (e)
		return e;
	clock_shift(shift);
	bell_ring(&p->app->jobs_bell);
	bell_ring(&p->app->sender_bell);
	bell_ring(&p->app->pages_bell);
	back(p);
	return OK;
}

enum err page_carrier(struct page *p)
{
	p->response = carrier_take(p->app->carrier, p->arena, &p->form);
	return OK;
}
