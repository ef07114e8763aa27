/* The shim around ctemplate. Each template begins with an AUTOESCAPE line, which makes the library
 * parse the HTML and escape by context: text, attribute, address. */
#include "responder/web/html.h"

#include <ctemplate/template.h>

#include <string>

#include "responder/base/must.h"

using ctemplate::TemplateDictionary;

static TemplateDictionary *dictionary(struct html *h)
{
	return reinterpret_cast<TemplateDictionary *>(h);
}

extern "C" {

struct html *html_new(void)
{
	return reinterpret_cast<struct html *>(new TemplateDictionary("page"));
}

void html_free(struct html *h)
{
	delete dictionary(h);
}

void html_set(struct html *h, const char *name, const char *value)
{
	dictionary(h)->SetValue(name, value ? value : "");
}

void html_title(struct html *h, const char *title)
{
	dictionary(h)->SetTemplateGlobalValue("TITLE", title);
}

void html_show(struct html *h, const char *section)
{
	dictionary(h)->ShowSection(section);
}

struct html *html_row(struct html *h, const char *section)
{
	return reinterpret_cast<struct html *>(dictionary(h)->AddSectionDictionary(section));
}

char *html_render(struct arena *a, struct html *h, const char *name, size_t *n)
{
	std::string out;
	/* Every page stands in the same frame. */
	dictionary(h)->AddIncludeDictionary("HEAD")->SetFilename("head.html");
	must(ctemplate::ExpandTemplate(name, ctemplate::STRIP_BLANK_LINES, dictionary(h), &out));
	html_free(h);
	*n = out.size();
	return arena_strn(a, out.data(), out.size());
}

bool html_load(const char *name, const char *text, size_t n)
{
	return ctemplate::StringToTemplateCache(name, text, n, ctemplate::STRIP_BLANK_LINES);
}

struct html *html_part(struct html *h, const char *place, const char *name)
{
	TemplateDictionary *part = dictionary(h)->AddIncludeDictionary(place);
	part->SetFilename(name);
	return reinterpret_cast<struct html *>(part);
}

} /* extern "C" */
