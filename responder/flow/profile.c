/* One row a country. In the US a bare CANCEL is an opt-out by law (47 CFR 64.1200(a)(10)). */
#include "responder/flow/profile.h"

#include <stddef.h>

#include "responder/base/text.h"

static const struct profile profiles[] = {
	{"US", false, "911"},
	{"CA", false, "911"},
	{"GB", true, "999"},
	{"IE", true, "112"},
	{"AU", true, "000"},
	{"NZ", true, "111"},
};

static const struct profile elsewhere = {"", false, "112"};

const struct profile *profile_of(const char *country)
{
	for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++)
		if (text_eq(profiles[i].country, country))
			return &profiles[i];
	return &elsewhere;
}
