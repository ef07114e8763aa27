/* The trade's words. Everybody meets these types; nothing here knows of HTTP or of the database.
 * A text always lies between a pair of numbers: `theirs` (the patient's phone) and `ours` (the
 * sender the practice texts from), whichever way it travels. Both are E.164 ("+13125550123"). */
#ifndef RESPONDER_SMS_SMS_H
#define RESPONDER_SMS_SMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the carrier or provider itself made of an inbound text (Twilio's OptOutType). */
enum sms_signal { SIGNAL_NONE, SIGNAL_STOP, SIGNAL_START, SIGNAL_HELP };

struct mo {		 /* a text from a patient */
	const char *ref; /* the provider's message id; unique per account for ever */
	const char *theirs, *ours;
	const char *text;
	int media; /* attachments that came with it */
	enum sms_signal signal;
};

/* Ordered by rank: a report never moves a text to a lower one (see mtstate.h). */
enum dlr_kind { DLR_PENDING, DLR_SENT, DLR_UNDELIVERED, DLR_FAILED, DLR_DELIVERED };

struct dlr { /* the provider's delivery report on one of our texts */
	const char *ref;
	enum dlr_kind kind;
	const char *code;   /* the provider's error code, NULL when none */
	const char *theirs; /* NULL when the report does not say */
	int opted_out;	    /* the code says that this number has opted out at the carrier */
};

struct mt { /* a text to a patient, as the provider needs it */
	int64_t id;
	const char *theirs, *ours;
	const char *text;
	const char *token;  /* random, in the status callback's address */
	int64_t validity_s; /* the provider shall give up after this many seconds */
	bool confirms_stop; /* the one text that may go to a number that has opted out */
};

enum outcome_kind {
	OUTCOME_ACCEPTED, /* the provider took it and gave an id */
	OUTCOME_LATER,	  /* provably not taken: try again (429, 5xx that says so, not connected) */
	OUTCOME_REFUSED,  /* never: bad number, bad content */
	OUTCOME_OPTED_OUT, /* never: the provider says that this number opted out */
	OUTCOME_HALT, /* this account cannot send at all (credentials, suspended): tell people */
	OUTCOME_UNCERTAIN, /* it may have been taken: never sent again by the program */
};

struct outcome { /* what became of one attempt to hand a text to the provider */
	enum outcome_kind kind;
	const char *ref;  /* ACCEPTED: the provider's id */
	const char *code; /* the provider's error code, NULL when none */
	int64_t retry_s;  /* LATER, HALT: the provider's wish, 0 when none */
};

const char *outcome_name(enum outcome_kind kind);

#endif
