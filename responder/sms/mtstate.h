/* The life of a text to a patient (MT) as one table. flow/outbox.c is the only one who moves rows;
 * it asks here first. Nothing ever leaves delivered, failed, cancelled or skipped.
 *
 * There is no `claimed` state: the claiming transaction checks everything and moves queued to
 * sending for no more rows than start right now, so a dead node leaves only `sending` rows, which
 * may have been sent and become `uncertain`. */
#ifndef RESPONDER_SMS_MTSTATE_H
#define RESPONDER_SMS_MTSTATE_H

#include <stdbool.h>

#include "responder/sms/sms.h"

enum mt_state {
	MT_QUEUED,	/* waits for its time */
	MT_SENDING,	/* committed to be sent: from here on it may have been */
	MT_ACCEPTED,	/* the provider has it */
	MT_DELIVERED,	/* on the handset */
	MT_UNDELIVERED, /* the carrier gave up */
	MT_FAILED,	/* refused, or given up before the carrier had it */
	MT_CANCELLED,	/* withdrawn by an event: opt-out, visit moved, staff */
	MT_SKIPPED,	/* not worth sending any more, with a reason */
	MT_UNCERTAIN, /* the answer was lost: settled by a report or by people, never sent again */
	MT_STATES,
};

const char *mtstate_word(enum mt_state state); /* "queued", as in the database */
enum mt_state mtstate_of(const char *word);    /* an unknown word is a broken invariant */
bool mtstate_may(enum mt_state from, enum mt_state to);

/* The state after a delivery report; `from` when the report changes nothing. */
enum mt_state mtstate_after_dlr(enum mt_state from, enum dlr_kind kind);

#endif
