/* The transition table; see mtstate.h.
 *
 * Reports come doubled, late and in any order, and before our own send call returns; so they only
 * ever move a text forward, and the first final word wins. One exception: `undelivered` is the
 * carrier's guess about a handset, and providers correct it, so `delivered` beats it. `failed` is
 * not a guess (the provider itself refused or dropped the text), so it stays, whatever comes after.
 */
#include "responder/sms/mtstate.h"

#include "responder/base/must.h"
#include "responder/base/text.h"

#define TO(state) (1u << MT_##state)
#define FATES (TO(DELIVERED) | TO(UNDELIVERED) | TO(FAILED))

static const struct {
	const char *word;
	unsigned next; /* the states it may go to */
} states[MT_STATES] = {
	[MT_QUEUED] = {"queued", TO(SENDING) | TO(CANCELLED) | TO(SKIPPED)},
	/* Back to queued only if provably unsent; cancelled if STOP came before the first byte. */
	[MT_SENDING] = {"sending",
		TO(QUEUED) | TO(ACCEPTED) | FATES | TO(CANCELLED) | TO(UNCERTAIN)},
	[MT_ACCEPTED] = {"accepted", FATES},
	[MT_UNCERTAIN] = {"uncertain", TO(ACCEPTED) | FATES},
	[MT_UNDELIVERED] = {"undelivered", TO(DELIVERED)},
	[MT_DELIVERED] = {"delivered", 0},
	[MT_FAILED] = {"failed", 0},
	[MT_CANCELLED] = {"cancelled", 0},
	[MT_SKIPPED] = {"skipped", 0},
};

const char *mtstate_word(enum mt_state state)
{
	must((unsigned)state < MT_STATES);
	return states[state].word;
}

enum mt_state mtstate_of(const char *word)
{
	unsigned s = 0;
	while (s < MT_STATES && !text_eq(states[s].word, word))
		s++;
	must(s < MT_STATES);
	return (enum mt_state)s;
}

bool mtstate_may(enum mt_state from, enum mt_state to)
{
	must((unsigned)from < MT_STATES && (unsigned)to < MT_STATES);
	return states[from].next >> to & 1;
}

enum mt_state mtstate_after_dlr(enum mt_state from, enum dlr_kind kind)
{
	/* Any report at all proves that the provider has the text. */
	static const enum mt_state says[] = {
		[DLR_PENDING] = MT_ACCEPTED,
		[DLR_SENT] = MT_ACCEPTED,
		[DLR_UNDELIVERED] = MT_UNDELIVERED,
		[DLR_FAILED] = MT_FAILED,
		[DLR_DELIVERED] = MT_DELIVERED,
	};
	must((unsigned)kind < sizeof says / sizeof says[0]);
	return mtstate_may(from, says[kind]) ? says[kind] : from;
}
