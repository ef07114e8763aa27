/* Everything that a decision may look at, and everything that it may decide. Plain values: the
 * loader (inbound.c) fills a situation from the store, decide.c turns it into a decision, effects.c
 * carries that out. */
#ifndef RESPONDER_FLOW_SITUATION_H
#define RESPONDER_FLOW_SITUATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keywords/parts.h"
#include "responder/base/config.h"
#include "responder/sms/sms.h"

struct person { /* a patient who is texted at this number */
	int64_t id;
	const char *first, *lang;
	bool active;
};

struct visit {
	int64_t id, patient, at;
	const char *wall, *zone, *state, *clinician, *fingerprint;
};

struct slot {
	int64_t id, at;
	const char *wall, *zone, *clinician, *location;
	bool gone; /* offered once, but taken or withdrawn since */
};

struct question {
	int64_t id, until;
	const char *kind; /* "confirm", "slots", "which-yes", "which-no" */
	int64_t patient;
	bool answered;
	/* confirm: the visit as it is now; `moved` when it is not where the question said. */
	struct visit visit;
	bool moved;
	/* which: the visits to choose from, in order. */
	const int64_t *choices;
	size_t choice_n;
	/* slots: what was offered, in order. */
	const struct slot *slots;
	size_t slot_n;
};

struct situation {
	int64_t now;
	const struct config *config;
	const struct mo *mo;
	struct reading reading;
	struct reading_part parts[PARTS_MOST]; /* the same answer in parts, names by people */
	size_t part_n;			       /* 0: it has none */
	const struct person *people;
	size_t person_n;
	const struct visit *visits; /* coming and not cancelled, of all these people, by time */
	size_t visit_n;
	const struct question *questions; /* open or answered, not yet past, newest first */
	size_t question_n;
	bool asked_before;	  /* a question was asked once, but none counts any more */
	const struct slot *slots; /* open ones, soonest first; loaded only for what needs them */
	size_t slot_n;
	bool suppressed;		   /* the number is opted out */
	bool provider_answers;		   /* the provider sends STOP/START/HELP replies itself */
	int64_t replies_hour, replies_day; /* automatic replies to this number */
	bool held_back_today;		   /* it had a holding reply within a day */
	int64_t same_lately; /* what no rule reads: as often within an hour, before this */
};

/* X(name, word for people, files and `keywords try`) */
#define ACTION_TABLE(X)                                                                            \
	X(ACTION_CONFIRM, "confirm")                                                               \
	X(ACTION_CANCEL, "cancel")                                                                 \
	X(ACTION_RESCHEDULE, "reschedule")                                                         \
	X(ACTION_BOOK, "book")                                                                     \
	X(ACTION_LATE, "late")                                                                     \
	X(ACTION_STOP, "stop")                                                                     \
	X(ACTION_START, "start")                                                                   \
	X(ACTION_HELP, "help")                                                                     \
	X(ACTION_ASK, "ask") /* which visit is meant */                                            \
	X(ACTION_TASK, "task")                                                                     \
	X(ACTION_IGNORE, "ignore")

enum action {
#define X(name, word) name,
	ACTION_TABLE(X)
#undef X
};

const char *action_word(enum action a);

enum task_rank { TASK_URGENT, TASK_TODAY, TASK_SOON };

#define CHANGES_MOST 8

struct visit_change { /* an answer about one visit */
	const struct visit *visit;
	const char *state; /* its new state, NULL: unchanged */
	int64_t question;  /* that this answers */
};

struct decision {
	enum action action;
	const char *why; /* one or two sentences for staff; never NULL */

	const char *reply;	/* key of a text in texts.h, NULL: none */
	const char *reply_kind; /* "reply", "hold", "stop": what the gate and the counters see */

	const struct visit *visit; /* the one visit meant, NULL: none, or several */
	struct visit_change changes[CHANGES_MOST];
	size_t change_n;
	int64_t late_minutes; /* 0: not late */

	const struct visit *which[CHANGES_MOST]; /* to ask which of these is meant */
	size_t which_n;
	bool which_no; /* whether the answer was a no */

	const struct slot *take;  /* the slot to book, NULL: none */
	const struct slot *offer; /* slots to offer in the reply */
	size_t offer_n;
	int64_t patient; /* for whom to book or offer; 0: nobody */

	int64_t answers; /* the question of times, or of which, that this answers; 0: none */

	const char *consent; /* "withdrawal", "grant", NULL: none */

	const char *task; /* kind of task for staff, NULL: none */
	enum task_rank task_rank;
};

#endif
