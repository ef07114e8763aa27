/* The end of a process whose state cannot be trusted any more. */
#include "responder/base/must.h"

#include <stdio.h>
#include <stdlib.h>

void must_failed(const char *cond, const char *file, int line, const char *func)
{
	fprintf(stderr, "<2>event=broken_invariant at=%s:%d func=%s cond=\"%s\"\n", file, line,
		func, cond);
	abort();
}
