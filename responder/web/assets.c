/* See assets.h. Paths are from the root of the tree, where the compiler runs. */
#include "responder/web/assets.h"

#include <pthread.h>

#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/web/html.h"

#define EMBED(symbol, file)                                                                        \
	__asm__(".section .rodata\n.global " #symbol "\n.global " #symbol "_end\n" #symbol         \
		":\n.incbin \"" file "\"\n" #symbol "_end:\n.byte 0\n.previous\n");                \
	extern const char symbol[], symbol##_end[]

#define MODULES "responder/web/node_modules/"

EMBED(asset_pico, MODULES "@picocss/pico/css/pico.min.css");
EMBED(asset_htmx, MODULES "htmx.org/dist/htmx.min.js");
EMBED(asset_sse, MODULES "htmx.org/dist/ext/hx-sse.min.js");
EMBED(asset_style, "responder/web/static/style.css");
EMBED(asset_icon, "responder/web/static/icon.svg");
EMBED(asset_page_head, "responder/web/pages/head.html");
EMBED(asset_page_phone, "responder/web/pages/phone.html");
EMBED(asset_page_texts, "responder/web/pages/texts.html");
EMBED(asset_page_plain, "responder/web/pages/plain.html");

static const struct asset assets[] = {
	{"pico.css", "text/css", asset_pico, asset_pico_end},
	{"htmx.js", "text/javascript", asset_htmx, asset_htmx_end},
	{"sse.js", "text/javascript", asset_sse, asset_sse_end},
	{"style.css", "text/css", asset_style, asset_style_end},
	{"icon.svg", "image/svg+xml", asset_icon, asset_icon_end},
};

static const struct asset pages[] = {
	{"head.html", "", asset_page_head, asset_page_head_end},
	{"phone.html", "", asset_page_phone, asset_page_phone_end},
	{"texts.html", "", asset_page_texts, asset_page_texts_end},
	{"plain.html", "", asset_page_plain, asset_page_plain_end},
};

const struct asset *asset_find(const char *name)
{
	for (size_t i = 0; i < sizeof assets / sizeof assets[0]; i++)
		if (text_eq(assets[i].name, name))
			return &assets[i];
	return NULL;
}

static void load_pages(void)
{
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
		must(html_load(
			pages[i].name, pages[i].bytes, (size_t)(pages[i].end - pages[i].bytes)));
}

void asset_load_pages(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, load_pages);
}
