/* Phone numbers; see e164.h. The only user of libphonenumber, behind extern "C": no exception and
 * no C++ type leaves this file. Never IsValidNumber: Debian's metadata is from 2022 and calls area
 * codes opened since then invalid. IsPossibleNumberWithReason looks at the length alone, and unlike
 * IsPossibleNumber it tells seven local digits from a whole number. */
#include "responder/sms/e164.h"

#include <phonenumbers/phonenumberutil.h>
#include <string>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

static bool read(const char *text, const char *region, std::string *e164)
{
	const PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
	PhoneNumber number;
	if (util->Parse(text, region, &number) != PhoneNumberUtil::NO_PARSING_ERROR)
		return false;
	if (number.has_extension())
		return false;
	if (util->IsPossibleNumberWithReason(number) != PhoneNumberUtil::IS_POSSIBLE)
		return false;
	util->Format(number, PhoneNumberUtil::E164, e164);
	return e164_ok(e164->c_str());
}

enum err e164_parse(struct arena *a, const char *text, const char *region, const char **out)
{
	*out = nullptr;
	try {
		std::string e164;
		if (!text || !read(text, region ? region : "ZZ", &e164))
			return ERR_INPUT;
		*out = arena_str(a, e164.c_str());
		return OK;
	} catch (...) {
		return ERR_INPUT;
	}
}
