/* The error table of err.h, looked up. */
#include "responder/base/err.h"

#include "responder/base/must.h"

static const struct {
	const char *text;
	int status;
	bool again;
} table[] = {
#define X(name, text, status, again) {text, status, again},
	ERR_TABLE(X)
#undef X
};

const char *err_text(enum err e)
{
	must((unsigned)e < sizeof table / sizeof table[0]);
	return table[e].text;
}

int err_http_status(enum err e)
{
	must((unsigned)e < sizeof table / sizeof table[0]);
	return table[e].status;
}

bool err_again(enum err e)
{
	must((unsigned)e < sizeof table / sizeof table[0]);
	return table[e].again;
}
