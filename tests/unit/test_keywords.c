/* Properties of readings that no list of examples can show. The replies themselves are in
 * tests/replies, the rules' own examples in keywords/rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "keywords/keywords.h"
#include "keywords/normalise.h"
#include "keywords/optwords.c"
#include "keywords/parts.h"

static struct keywords *k;

static int load(void **state)
{
	(void)state;
	return keywords_load(&k, NULL, NULL, NULL) != OK;
}

static int unload(void **state)
{
	(void)state;
	keywords_free(k);
	return 0;
}

static struct reading read_text(struct arena *a, const char *text)
{
	struct reading r;
	keywords_read(a, k, text, NULL, &r);
	return r;
}

static bool sure_confirm(const struct reading *r)
{
	return r->intent == INTENT_CONFIRM && !(r->guards & ~(unsigned)GUARD_TIME);
}

static const char *const yeses[] = {"yes", "yes pls", "C", "I'll be there", "confirmed", "sure",
	"sounds good", "si", "claro que si", "ahi estare", "see you then", "ok"};

static void the_normal_form_is_its_own(void **state)
{
	(void)state;
	static const char *const texts[] = {"Yes!!", "S.T.O.P", "👍🏽 ok", "ＳＴＯＰ",
		"Sí, ahí estaré…", "Liked “Reply STOP”", "a b c d", "2.20 or 3/10?", "can't  won’t",
		"x\ny\tz", "soooo gooood", "Sent from my iPhone", "Disliked \"C\"", "👍 to “yes”",
		"é", "\xE2\x80\x8Bstop"};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		const char *once = normalise(a, texts[i]);
		assert_string_equal(once, normalise(a, once));
	}
	arena_free(a);
}

static void full_width(const char *s, char *out)
{
	for (; *s; s++) {
		unsigned c = (unsigned char)*s == ' ' ? 0x3000 : 0xFEE0u + (unsigned char)*s;
		*out++ = (char)(0xE0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3F));
		*out++ = (char)(0x80 | (c & 0x3F));
	}
	*out = '\0';
}

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* The lists are compared with normal forms: an entry that is none of its own would never match. */
static void opt_words_are_their_own_normal_form(void **state)
{
	(void)state;
	static const struct {
		const char *const *at;
		size_t n;
	} lists[] = {{stops, COUNT(stops)}, {cancels, COUNT(cancels)}, {starts, COUNT(starts)},
		{helps, COUNT(helps)}, {wrongs, COUNT(wrongs)}, {phrases, COUNT(phrases)},
		{wrong_phrases, COUNT(wrong_phrases)}, {inside, COUNT(inside)},
		{harmless, COUNT(harmless)}, {turns, COUNT(turns)}, {polite, COUNT(polite)}};
	struct arena *a = arena_new(0);
	int failures = 0;
	for (size_t i = 0; i < COUNT(lists); i++)
		for (size_t w = 0; w < lists[i].n; w++) {
			const char *word = lists[i].at[w], *normal = normalise(a, word);
			if (strcmp(word, normal) == 0)
				continue;
			print_error("\"%s\" is \"%s\"\n", word, normal);
			failures++;
		}
	arena_free(a);
	assert_int_equal(failures, 0);
}

static void case_and_width_do_not_matter(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	static const char *const texts[] = {"yes", "stop", "cant make it", "reschedule", "help",
		"no", "stop texting me", "running late", "book", "thanks"};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		enum intent plain = read_text(a, texts[i]).intent;
		char other[128], wide[256];
		size_t n = strlen(texts[i]);
		for (size_t c = 0; c <= n; c++)
			other[c] =
				(char)(texts[i][c] >= 'a' && texts[i][c] <= 'z' ? texts[i][c] - 32
										: texts[i][c]);
		full_width(other, wide);
		assert_int_equal(read_text(a, other).intent, plain);
		assert_int_equal(read_text(a, wide).intent, plain);
	}
	arena_free(a);
}

static void doubt_never_confirms(void **state)
{
	(void)state;
	static const char *const doubts[] = {"not %s", "%s but", "I can't say %s", "%s?",
		"don't know, %s", "%s if I can", "no %s", "never said %s", "%s maybe", "pero %s",
		"%s except tuesday at 4", "cancel. %s", "%s and my knee hurts"};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof yeses / sizeof yeses[0]; i++)
		for (size_t d = 0; d < sizeof doubts / sizeof doubts[0]; d++) {
			char text[128];
			char *at = strstr(doubts[d], "%s");
			snprintf(text, sizeof text, "%.*s%s%s", (int)(at - doubts[d]), doubts[d],
				yeses[i], at + 2);
			struct reading r = read_text(a, text);
			if (sure_confirm(&r))
				fail_msg("\"%s\" is a clean confirm", text);
		}
	arena_free(a);
}

static void a_slip_in_a_yes_is_mended(void **state)
{
	(void)state;
	static const char *const slips[] = {"confrimed", "conifrm", "absolutly", "i'll be thete",
		"see you tomorow at my apointment, confirmed", "definitly"};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
		struct reading r = read_text(a, slips[i]);
		if (r.intent != INTENT_CONFIRM || (r.guards & ~(unsigned)GUARD_TIME))
			fail_msg("%s: %s, guards %x", slips[i], intent_word(r.intent), r.guards);
	}
	arena_free(a);
}

/* Every letter left out, doubled, swapped with the next or wrong: no such denial is mended to a
 * yes. */
static void a_slip_in_a_denial_never_makes_a_yes(void **state)
{
	(void)state;
	static const char *const denials[] = {"i cannot come", "won't be there", "not coming",
		"cancel my appointment", "no i will not be there", "unable to attend",
		"stop texting me", "please reschedule", "never confirmed this", "i doubt it",
		"no puedo asistir", "no ire", "cancelen mi cita", "where is it", "three people",
		"i need to move it", "nothing works", "wrong person"};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof denials / sizeof denials[0]; i++)
		for (size_t at = 0; denials[i][at]; at++)
			for (int how = 0; how < 4; how++) {
				size_t n = strlen(denials[i]);
				const char *s = denials[i];
				char *text =
					how == 0 ? arena_printf(a, "%.*s%s", (int)at, s, s + at + 1)
					: how == 1
						? arena_printf(a, "%.*s%s", (int)at + 1, s, s + at)
						: arena_str(a, s);
				if (how == 2 && at + 1 < n) {
					text[at] = s[at + 1];
					text[at + 1] = s[at];
				} else if (how == 3) {
					text[at] = 'e';
				}
				struct reading r = read_text(a, text);
				if (strstr(r.why, "Mended") && r.intent == INTENT_CONFIRM)
					fail_msg("\"%s\": %s", text, r.why);
			}
	arena_free(a);
}

/* Our own words come back in tapbacks: they must never opt out, cancel or confirm by themselves. */
static void our_own_words_quoted_never_opt_out(void **state)
{
	(void)state;
	static const char *const ours[] = {
		"Reply C to confirm, N if you can't come. Reply STOP to end texts.", "STOP",
		"you won't get any more texts from us. Reply START to get them again.",
		"Escriba STOP para terminar.", "Your visit is cancelled."};
	static const char *const frames[] = {"Liked “%s”", "Loved \"%s\"", "Disliked “%s”",
		"Laughed at “%s”", "Emphasized “%s”", "Questioned “%s”", "👍 to “%s”",
		"Reacted 😂 to “%s”", "Le gustó «%s»", "Le encantó “%s”", "No le gustó “%s”"};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		for (size_t f = 0; f < sizeof frames / sizeof frames[0]; f++) {
			char text[512];
			const char *at = strstr(frames[f], "%s");
			snprintf(text, sizeof text, "%.*s%s%s", (int)(at - frames[f]), frames[f],
				ours[i], at + 2);
			enum intent got = read_text(a, text).intent;
			if (got != INTENT_CONFIRM && got != INTENT_NONE)
				fail_msg("\"%s\" is %s", text, intent_word(got));
		}
	arena_free(a);
}

static void opt_out_words_need_no_rules(void **state)
{
	(void)state;
	static const char *const alone[] = {"STOP", "stop.", " Stop ", "quit", "END", "revoke",
		"opt out", "Opt-Out", "cancel", "unsubscribe", "please stop", "STOP texting me",
		"S T O P", "ЅТОР"};
	static const char *const others[] = {"yes", "when do I stop my pills",
		"cancel my appointment", "end of the day?", "", "no", "YES"};
	for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++)
		assert_true(keywords_is_stop(alone[i]));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(keywords_is_stop(others[i]));
}

static void answers_in_parts_are_taken_apart(void **state)
{
	(void)state;
	static const struct {
		const char *text,
			*parts; /* "A+ B-": names by their first letter, numbers as they are */
	} cases[] = {{"1 yes 2 no", "1+ 2- "}, {"ada yes ben no", "A+ B- "},
		{"yes for ada, no for ben", "A+ B- "}, {"Ada yes but Ben can't make it", "A+ B- "},
		{"no for 2 and yes for 1", "2- 1+ "},
		{"1 yes, 2 yes and 3 can't come", "1+ 2+ 3- "}, {"ada yes", ""},
		{"ada yes ada no", ""}, {"yes ada no ben yes", ""}, {"ada yes ben maybe", ""},
		{"ada yes, ben?", ""}, {"ada yes ben at 4", ""},
		{"ada yes ben no thanks but call me", ""}, {"ada and ben yes", ""},
		{"not ada, ben", ""}, {"ada stop ben yes", ""}, {"", ""}, {"1 2 3", ""}};
	static const char *const names[] = {"Ada", "Ben"};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reading_part parts[PARTS_MOST];
		char got[64] = "";
		size_t n = keywords_parts(a, k, normalise(a, cases[i].text), names, 2, parts);
		for (size_t p = 0; p < n; p++)
			snprintf(got + strlen(got), sizeof got - strlen(got), "%c%c ",
				parts[p].number ? '0' + parts[p].number : names[parts[p].name][0],
				parts[p].yes ? '+' : '-');
		if (strcmp(got, cases[i].parts) != 0)
			fail_msg("\"%s\" is %s", cases[i].text, got);
	}
	arena_free(a);
}

static void numbers_are_extracted(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	assert_int_equal(read_text(a, "running 15 min late").minutes, 15);
	assert_int_equal(read_text(a, "be there in 20").minutes, 20);
	assert_int_equal(read_text(a, "voy 10 minutos tarde").minutes, 10);
	assert_int_equal(read_text(a, "the second one").choice, 2);
	struct said s = read_text(a, "see you tuesday march 10 at 2:20 pm").said;
	assert_int_equal(s.weekday, 2);
	assert_int_equal(s.month, 3);
	assert_int_equal(s.day, 10);
	assert_int_equal(s.minute, 14 * 60 + 20);
	arena_free(a);
}

static double cpu_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* 4 KiB of whatever hurts regular expressions stays under 20 ms, under every shipped rule. */
static void hostile_texts_stay_cheap(void **state)
{
	(void)state;
	static const char *const parts[] = {"a ", "i can't ", "yes ", "my my my ", "not ", "1",
		"1 ", "12:34 ", "at ", "in about ", "cancel my ", "_ ", "é", "👍", "(?", "stop ",
		"please ", "i need to cancel my ", "x", "running about ", "\"", "it's a "};
	struct arena *a = arena_new(0);
	char *text = malloc(4200);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		text[0] = '\0';
		while (strlen(text) + strlen(parts[i]) < 4096)
			strcat(text, parts[i]);
		double begun = cpu_ms();
		read_text(a, text);
		double took = cpu_ms() - begun;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
		if (took > 20)
			fail_msg("4 KiB of \"%s\" took %.1f ms", parts[i], took);
#endif
		(void)took;
		arena_reset(a);
	}
	free(text);
	arena_free(a);
}

static char complaint[512];

static void note(void *context, const char *file, int line, const char *what)
{
	(void)context;
	(void)file;
	if (!*complaint)
		snprintf(complaint, sizeof complaint, "%d: %s", line, what);
}

static void bad_rule_files_name_their_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *said;
	} files[] = {
		{"language: en\nrule yes = confirm\n\tsay: yes\n\tlike: yes\n\tlike: nope\n",
			"5: \"nope\" must read as confirm"},
		{"rule x = stop\n", "1: say: rule NAME = INTENT"},
		{"rule x = confirm\n\tsay: [a\n", "2: '[a' has only one bracket"},
		{"rule x = confirm\n\texpert: (a\n", "1: the expression does not compile"},
		{"\n\nfoo bar\n", "3: what does 'foo bar' mean here?"},
		{"say: x\n", "1: 'say' belongs under a rule"},
		{"rule x = confirm\n", "1: rule xx/x says nothing"},
	};
	char folder[] = "/tmp/rules.XXXXXX", path[64], command[64];
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/x.rules", folder);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct keywords *bad;
		FILE *f = fopen(path, "w");
		fputs(files[i].text, f);
		fclose(f);
		complaint[0] = '\0';
		assert_int_equal(keywords_load(&bad, folder, note, NULL), ERR_CONFIG);
		if (strncmp(complaint, files[i].said, strlen(files[i].said)) != 0)
			fail_msg("said \"%s\", not \"%s\"", complaint, files[i].said);
	}
	snprintf(command, sizeof command, "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_normal_form_is_its_own),
		cmocka_unit_test(opt_words_are_their_own_normal_form),
		cmocka_unit_test(case_and_width_do_not_matter),
		cmocka_unit_test(doubt_never_confirms),
		cmocka_unit_test(a_slip_in_a_yes_is_mended),
		cmocka_unit_test(a_slip_in_a_denial_never_makes_a_yes),
		cmocka_unit_test(our_own_words_quoted_never_opt_out),
		cmocka_unit_test(opt_out_words_need_no_rules),
		cmocka_unit_test(answers_in_parts_are_taken_apart),
		cmocka_unit_test(numbers_are_extracted),
		cmocka_unit_test(hostile_texts_stay_cheap),
		cmocka_unit_test(bad_rule_files_name_their_line),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
