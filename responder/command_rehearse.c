/* responder keywords rehearse: what other rules would have made of the texts that came. Each text
 * is decided about twice in the same situation, once by the built-in rules and once by the others;
 * only what would come out otherwise is printed. Nothing is written. The situation is that of today
 * with the clock set back to the text: a visit that has been changed since counts as it is now. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "build/gen/q.h"
#include "responder/base/text.h"
#include "responder/command.h"
#include "responder/flow/decide.h"
#include "responder/flow/load.h"

#define LAST 1000

static const char usage[] = "usage: responder keywords rehearse --rules FOLDER [--config FILE | "
			    "--store FILE] [--last N]\n";

struct rehearsal {
	struct db *db;
	struct app now, then; /* the same but for the rules */
	int64_t texts, other;
};

static bool same(const struct decision *x, const struct decision *y)
{
	if (x->action != y->action || !text_eq(x->reply, y->reply) || !text_eq(x->task, y->task) ||
		!text_eq(x->consent, y->consent) || x->change_n != y->change_n)
		return false;
	for (size_t i = 0; i < x->change_n; i++)
		if (x->changes[i].visit->id != y->changes[i].visit->id ||
			!text_eq(x->changes[i].state, y->changes[i].state))
			return false;
	return true;
}

static enum err rehearse_one(struct arena *a, struct rehearsal *r, const struct q_show_texts *m)
{
	const struct account gone = {.name = m->account}; /* no longer in the configuration */
	const struct account *account = config_account(r->now.config, m->account);
	const struct mo mo = {.ref = m->ref,
		.theirs = m->theirs,
		.ours = m->ours,
		.text = m->body,
		.media = (int)m->media};
	struct situation s, t;
	enum err e = load_situation(a, r->db, &r->now, account ? account : &gone, &mo, m->at, &s);
	if (!e)
		e = load_situation(a, r->db, &r->then, account ? account : &gone, &mo, m->at, &t);
	if (e)
		return e;
	struct decision d = decide(a, &s), o = decide(a, &t);
	r->texts++;
	if (same(&d, &o))
		return OK;
	r->other++;
	printf("%" PRId64 "\t%s\t%s %s\t%s %s\t%s\n", m->id, command_utc(a, m->at),
		action_word(d.action), s.reading.rule, action_word(o.action), t.reading.rule,
		command_flat(a, m->body));
	return OK;
}

static enum err rehearse(struct rehearsal *r, int64_t last)
{
	struct arena *all = arena_new(0), *a = arena_new(0);
	struct q_show_texts *texts;
	size_t n;
	enum err e = q_show_texts(all, r->db, &texts, &n, .most = last);
	for (size_t i = n; !e && i > 0; i--) {
		e = rehearse_one(a, r, &texts[i - 1]);
		arena_reset(a);
	}
	arena_free(a);
	arena_free(all);
	return e;
}

static int run(const struct config *c, const char *store, const char *folder, int64_t last)
{
	struct keywords *now = NULL, *then = NULL;
	struct rehearsal r = {0};
	enum err e = command_load_keywords(&now, NULL);
	if (!e)
		e = command_load_keywords(&then, folder);
	if (!e)
		e = db_open(&r.db, store);
	if (!e) {
		r.now = (struct app){.config = c, .keywords = now};
		r.then = (struct app){.config = c, .keywords = then};
		e = rehearse(&r, last);
	}
	if (e)
		fprintf(stderr, "responder: nothing rehearsed: %s.\n",
			e == ERR_CONFIG ? "the rules do not hold" : err_text(e));
	else
		fprintf(stderr,
			"%" PRId64 " of %" PRId64
			" texts would come out otherwise. Nothing was changed.\n",
			r.other, r.texts);
	db_close(r.db);
	keywords_free(now);
	keywords_free(then);
	return e ? 1 : 0;
}

int command_rehearse(int argc, char **argv)
{
	static const struct option options[] = {
		{"rules", required_argument, NULL, 'r'},
		{"config", required_argument, NULL, 'c'},
		{"store", required_argument, NULL, 's'},
		{"last", required_argument, NULL, 'l'},
		{NULL, 0, NULL, 0},
	};
	const char *folder = NULL, *path = COMMAND_CONFIG, *store = NULL;
	int64_t last = LAST;
	optind = 1;
	for (int o; (o = getopt_long(argc, argv, "r:c:s:l:", options, NULL)) != -1;) {
		bool fine = o != 'l' || text_int(optarg, 1, 1000000, &last);
		if (o == 'r')
			folder = optarg;
		else if (o == 'c')
			path = optarg;
		else if (o == 's')
			store = optarg;
		else if (o != 'l' || !fine)
			return fputs(usage, stderr), 2;
	}
	if (!folder || optind < argc)
		return fputs(usage, stderr), 2;
	if (store)
		return run(&(struct config){.country = "US", .language = "en", .practice = ""},
			store, folder, last);
	struct config *c;
	if (command_load_config(&c, path))
		return 1;
	int status = run(c, c->store, folder, last);
	config_free(c);
	return status;
}
