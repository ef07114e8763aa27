/* The rule files that come with the program, embedded as they are. */
#include "keywords/rules.h"

#define EMBED(symbol, file)                                                                        \
	__asm__(".section .rodata\n.global " #symbol "\n.global " #symbol "_end\n" #symbol         \
		":\n.incbin \"" file "\"\n" #symbol "_end:\n.byte 0\n.previous\n");                \
	extern const char symbol[], symbol##_end[]

EMBED(keywords_ar, "keywords/rules/ar.rules");
EMBED(keywords_en, "keywords/rules/en.rules");
EMBED(keywords_es, "keywords/rules/es.rules");
EMBED(keywords_fr, "keywords/rules/fr.rules");
EMBED(keywords_ht, "keywords/rules/ht.rules");
EMBED(keywords_pt, "keywords/rules/pt.rules");
EMBED(keywords_ru, "keywords/rules/ru.rules");
EMBED(keywords_tl, "keywords/rules/tl.rules");
EMBED(keywords_vi, "keywords/rules/vi.rules");
EMBED(keywords_zh, "keywords/rules/zh.rules");

/* Those that read only whole messages come first: no word is taken from them. */
const struct rules_builtin rules_builtins[] = {
	{"keywords/rules/ar.rules", keywords_ar, keywords_ar_end},
	{"keywords/rules/fr.rules", keywords_fr, keywords_fr_end},
	{"keywords/rules/ht.rules", keywords_ht, keywords_ht_end},
	{"keywords/rules/pt.rules", keywords_pt, keywords_pt_end},
	{"keywords/rules/ru.rules", keywords_ru, keywords_ru_end},
	{"keywords/rules/tl.rules", keywords_tl, keywords_tl_end},
	{"keywords/rules/vi.rules", keywords_vi, keywords_vi_end},
	{"keywords/rules/zh.rules", keywords_zh, keywords_zh_end},
	{"keywords/rules/en.rules", keywords_en, keywords_en_end},
	{"keywords/rules/es.rules", keywords_es, keywords_es_end},
};

const int rules_builtin_n = sizeof rules_builtins / sizeof rules_builtins[0];
