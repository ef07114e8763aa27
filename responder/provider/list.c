/* The vendors, and the three tools that their adapters share. A new vendor is one line here. */
#include <strings.h>

#include "responder/base/text.h"
#include "responder/provider/provider.h"

static const struct provider *const providers[] = {
	&provider_fake,
	&provider_twilio,
};

const struct provider *provider_find(const char *name)
{
	for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++)
		if (text_eq(providers[i]->name, name))
			return providers[i];
	return NULL;
}

bool provider_blocked(const struct account *account)
{
	return !text_eq(account->provider, "fake") && !account->api_url &&
	       text_empty(account->baa_date);
}

enum err provider_form(struct arena *a, const struct http_request *request, struct http_fields *out)
{
	static const char form[] = "application/x-www-form-urlencoded";
	const char *type = http_header(&request->headers, "Content-Type");
	if (!type || strncasecmp(type, form, sizeof form - 1) != 0)
		return ERR_INPUT;
	char after = type[sizeof form - 1]; /* "; charset=…" may follow */
	if (after && after != ';' && after != ' ')
		return ERR_INPUT;
	return http_form(a, request->body, request->body_n, out);
}

enum err provider_field(
	const struct http_fields *form, const char *name, bool needed, const char **value)
{
	*value = NULL;
	for (size_t i = 0; i < form->n; i++) {
		if (!text_eq(form->at[i].name, name))
			continue;
		if (*value)
			return ERR_INPUT;
		*value = form->at[i].value;
	}
	return needed && (!*value || !**value) ? ERR_INPUT : OK;
}

void provider_add(struct buf *form, const char *name, const char *value)
{
	if (form->n)
		buf_char(form, '&');
	buf_url(form, name);
	buf_char(form, '=');
	buf_url(form, value);
}
