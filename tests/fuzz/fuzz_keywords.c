/* Any valid UTF-8 is read without a fault, and its normal form is its own. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "keywords/keywords.h"
#include "keywords/normalise.h"
#include "responder/base/must.h"
#include "responder/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct keywords *k;
	if (!k)
		must(keywords_load(&k, NULL, NULL, NULL) == OK);
	if (!text_utf8_ok((const char *)bytes, n))
		return 0;
	struct arena *a = arena_new(0);
	char *text = arena_strn(a, (const char *)bytes, n);
	struct reading r;
	keywords_read(a, k, text, NULL, &r);
	must(r.why && r.rule && r.normal);
	const char *once = normalise(a, text);
	must(strcmp(once, normalise(a, once)) == 0);
	arena_free(a);
	return 0;
}
