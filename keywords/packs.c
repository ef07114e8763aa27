/* The rule files that come with the program, embedded as they are. */
#include "keywords/rules.h"

#define EMBED(symbol, file)                                                                        \
	__asm__(".section .rodata\n.global " #symbol "\n.global " #symbol "_end\n" #symbol         \
		":\n.incbin \"" file "\"\n" #symbol "_end:\n.byte 0\n.previous\n");                \
	extern const char symbol[], symbol##_end[]

EMBED(keywords_en, "keywords/rules/en.rules");
EMBED(keywords_es, "keywords/rules/es.rules");

const struct rules_builtin rules_builtins[] = {
	{"keywords/rules/en.rules", keywords_en, keywords_en_end},
	{"keywords/rules/es.rules", keywords_es, keywords_es_end},
};

const int rules_builtin_n = sizeof rules_builtins / sizeof rules_builtins[0];
