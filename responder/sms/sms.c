/* The words for outcomes, and the one check of a number's shape that needs no library.
 * The types stand in sms.h; parsing of typed numbers is e164.cc. Nothing here allocates. */
#include "responder/sms/sms.h"

#include "responder/base/must.h"
#include "responder/sms/e164.h"

const char *outcome_name(enum outcome_kind kind)
{
	static const char *const names[] = {
		[OUTCOME_ACCEPTED] = "accepted",
		[OUTCOME_LATER] = "later",
		[OUTCOME_REFUSED] = "refused",
		[OUTCOME_OPTED_OUT] = "opted-out",
		[OUTCOME_HALT] = "halt",
		[OUTCOME_UNCERTAIN] = "uncertain",
	};
	must((unsigned)kind < sizeof names / sizeof names[0]);
	return names[kind];
}

bool e164_ok(const char *s)
{
	if (!s || s[0] != '+' || s[1] == '0')
		return false;
	int digits = 0;
	for (s++; *s; s++, digits++)
		if (*s < '0' || *s > '9' || digits == 15)
			return false;
	return digits >= 7;
}
