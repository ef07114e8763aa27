/* What differs from country to country in how a text is read and answered. */
#ifndef RESPONDER_FLOW_PROFILE_H
#define RESPONDER_FLOW_PROFILE_H

#include <stdbool.h>

struct profile {
	const char *country;	 /* ISO 3166 */
	bool cancel_means_visit; /* a bare CANCEL cancels the visit; else it is an opt-out */
	const char *emergency;	 /* the number to call */
};

const struct profile *profile_of(const char *country); /* an unknown country: the strictest one */

#endif
