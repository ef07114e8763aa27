/* Normalising; see normalise.h. ICU does the folding (NFKC_Casefold, then canonical decomposition
 * so that accents can be dropped, then composition); the rest walks code points once, then words.
 */
#include "keywords/normalise.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>

#include "responder/base/buf.h"
#include "responder/base/must.h"
#include "responder/base/text.h"

#define WIDE_MOST 16384 /* NFKC can make one code point eighteen */

/* Emoji that say something. All others are blanks. */
static const struct {
	UChar32 code;
	const char *word;
} emoji[] = {
	{0x1F44D, "thumbsup"},
	{0x1F44C, "thumbsup"},
	{0x2705, "thumbsup"},
	{0x2714, "thumbsup"},
	{0x2611, "thumbsup"},
	{0x1F197, "ok"},
	{0x1F4AF, "thumbsup"},
	{0x1F44E, "thumbsdown"},
	{0x274C, "thumbsdown"},
	{0x2716, "thumbsdown"},
	{0x1F6AB, "thumbsdown"},
	{0x1F645, "thumbsdown"},
	{0x1F6D1, "stopsign"},
	{0x1F64F, "thanks"},
};

/* Tapbacks quote our own text: only the reaction is the patient's. Matched on the folded text, with
 * every double quote made '"'. */
static const struct {
	const char *before, *word;
} tapbacks[] = {
	{"liked \"", "thumbsup"},
	{"loved \"", "thumbsup"},
	{"disliked \"", "tapback disliked"},
	{"laughed at \"", "tapback"},
	{"emphasized \"", "tapback"},
	{"emphasised \"", "tapback"},
	{"questioned \"", "tapback ?"},
	{"removed a like from \"", "tapback"},
	{"removed a heart from \"", "tapback"},
	{"le gusto \"", "thumbsup"},
	{"le encanto \"", "thumbsup"},
	{"me gusta \"", "thumbsup"},
	{"me encanta \"", "thumbsup"},
	{"no le gusto \"", "tapback disliked"},
	{"no me gusta \"", "tapback disliked"},
	{"se rio de \"", "tapback"},
	{"enfatizo \"", "tapback"},
	{"pregunto por \"", "tapback ?"},
};

static const char *const signatures[] = {
	" sent from my ",
	" sent from yahoo mail",
	" get outlook for ",
	" enviado desde mi ",
	" sent via ",
	" enviado do meu ",
	" envoye de mon ",
};

/* Marks that say little: people leave them out. Those of Indian scripts are vowels, and stay. */
static bool is_accent(UChar c)
{
	return (c >= 0x0300 && c <= 0x036F) || (c >= 0x0483 && c <= 0x0487) ||
	       (c >= 0x0591 && c <= 0x05C7) || (c >= 0x0610 && c <= 0x061A) ||
	       (c >= 0x064B && c <= 0x065F) || c == 0x0670 || (c >= 0x1AB0 && c <= 0x1AFF) ||
	       (c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF) ||
	       (c >= 0xFE20 && c <= 0xFE2F);
}

static int32_t drop_accents(UChar *s, int32_t n)
{
	int32_t kept = 0;
	for (int32_t i = 0; i < n; i++)
		if (!is_accent(s[i]) || u_charType(s[i]) != U_NON_SPACING_MARK)
			s[kept++] = s[i];
	return kept;
}

/* Folded, without accents, as UTF-16 in `wide`; its length. */
static int32_t fold(const char *text, UChar *wide)
{
	UErrorCode bad = U_ZERO_ERROR;
	UChar from[WIDE_MOST], folded[WIDE_MOST];
	int32_t n = 0;
	u_strFromUTF8(from, WIDE_MOST, &n, text, -1, &bad);
	const UNormalizer2 *casefold = unorm2_getNFKCCasefoldInstance(&bad);
	const UNormalizer2 *decompose = unorm2_getNFKDInstance(&bad);
	n = unorm2_normalize(casefold, from, n, folded, WIDE_MOST, &bad);
	const UNormalizer2 *compose = unorm2_getNFCInstance(&bad);
	n = unorm2_normalize(decompose, folded, n, from, WIDE_MOST, &bad);
	if (U_SUCCESS(bad))
		n = drop_accents(from, n);
	n = unorm2_normalize(compose, from, n, wide, WIDE_MOST, &bad);
	return U_SUCCESS(bad) ? n : 0;
}

static bool is_quote(UChar32 c)
{
	return c == '"' || c == 0x201C || c == 0x201D || c == 0x201E || c == 0x201F || c == 0xAB ||
	       c == 0xBB || c == 0x2033;
}

static bool is_apostrophe(UChar32 c)
{
	return c == '\'' || c == '`' || c == 0x2019 || c == 0x2018 || c == 0x02BC || c == 0xB4 ||
	       c == 0x2032;
}

static bool is_wordy(UChar32 c)
{
	return u_isalnum(c) || u_charType(c) == U_COMBINING_SPACING_MARK ||
	       u_charType(c) == U_NON_SPACING_MARK;
}

/* To UTF-8, quotes and apostrophes made plain; still with punctuation. */
static char *plain(struct arena *a, const UChar *wide, int32_t n)
{
	struct buf b = buf_new(a, NORMALISE_MOST * 4);
	for (int32_t i = 0; i < n;) {
		UChar32 c;
		char utf8[4];
		U16_NEXT(wide, i, n, c);
		c = is_quote(c) ? '"' : is_apostrophe(c) ? '\'' : c;
		buf_add(&b, utf8, text_utf8_put(utf8, (uint32_t)c));
	}
	return text_trim(b.s);
}

/* "👍 to “…”" and "Reacted 👍 to “…”": the reaction is what stands before " to ". */
static const char *reaction_to(struct arena *a, const char *s)
{
	const char *to = strstr(s, " to \"");
	if (!to || to - s > 24)
		return NULL;
	const char *from = text_starts(s, "reacted ") ? s + 8 : s;
	for (const char *p = from; p < to; p++)
		if ((unsigned char)*p < 0x80 && *p != ' ')
			return NULL;
	return from < to ? arena_strn(a, from, (size_t)(to - from)) : NULL;
}

static const char *without_tapback(struct arena *a, const char *s)
{
	for (size_t i = 0; i < sizeof tapbacks / sizeof tapbacks[0]; i++)
		if (text_starts(s, tapbacks[i].before))
			return tapbacks[i].word;
	const char *reaction = reaction_to(a, s);
	return reaction ? arena_printf(a, "%s tapback", reaction) : s;
}

static const char *emoji_word(UChar32 c)
{
	for (size_t i = 0; i < sizeof emoji / sizeof emoji[0]; i++)
		if (emoji[i].code == c)
			return emoji[i].word;
	return NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Of a word in UTF-8: an ASCII letter, or any byte of another one. */
static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* Words, '?' and blanks. Between digits ':' and '/' stay, and '.' becomes ':' ("2.20"). */
static char *words_of(struct arena *a, const char *s)
{
	struct buf b = buf_new(a, NORMALISE_MOST * 4);
	size_t n = strlen(s);
	for (size_t at = 0, start; start = at, at < n;) {
		int32_t c = text_next(s, n, &at);
		const char *word = c < 0 ? NULL : emoji_word(c);
		char before = start ? s[start - 1] : ' ', after = s[at];
		if (c < 0) {
			at = start + 1;
		} else if (is_wordy(c)) {
			buf_add(&b, s + start, at - start);
		} else if (c == '\'' && is_letter(before) && is_letter(after)) {
			buf_char(&b, '\'');
		} else if ((c == ':' || c == '/' || c == '.') && is_digit(before) &&
			   is_digit(after)) {
			buf_char(&b, c == '/' ? '/' : ':');
		} else {
			buf_char(&b, ' ');
			buf_str(&b, word ? word : c == '?' ? "?" : c == '&' ? "and" : "");
			buf_char(&b, ' ');
		}
	}
	return b.s;
}

/* Three and more of a letter are one: "yesss", "stoooop". Digits stay as they are. */
static void shorten(char *s)
{
	char *to = s;
	for (size_t i = 0; s[i];) {
		size_t run = 1;
		while (s[i + run] == s[i])
			run++;
		bool letter = (s[i] >= 'a' && s[i] <= 'z');
		size_t keep = s[i] == ' ' || (letter && run > 2) ? 1 : run;
		for (size_t k = 0; k < keep; k++)
			*to++ = s[i];
		i += run;
	}
	*to = '\0';
}

/* "s t o p" is one word: three or more letters that stand alone. */
static void join_letters(char *s)
{
	char *to = s;
	for (size_t i = 0; s[i];) {
		size_t letters = 0, k = i;
		bool starts = i == 0 || s[i - 1] == ' ';
		while (starts && s[k] >= 'a' && s[k] <= 'z' && (s[k + 1] == ' ' || !s[k + 1])) {
			letters++;
			k += s[k + 1] ? 2 : 1;
		}
		if (letters < 3) {
			*to++ = s[i++];
			continue;
		}
		for (; i < k; i++)
			if (s[i] != ' ')
				*to++ = s[i];
		if (s[k])
			*to++ = ' ';
	}
	*to = '\0';
}

/* An apostrophe that is not inside a word says nothing. */
static void drop_apostrophes(char *s)
{
	char *to = s;
	for (size_t i = 0; s[i]; i++) {
		bool inside = i && is_letter(s[i - 1]) && is_letter(s[i + 1]);
		if (s[i] != '\'' || inside)
			*to++ = s[i];
	}
	*to = '\0';
}

static void cut_signature(char *s)
{
	for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
		char *at = strstr(s, signatures[i]);
		if (at && at != s && strlen(at) < 60)
			*at = '\0';
	}
}

/* As mail programs quote: lines that begin with ">", and the line that says who wrote them. */
static bool is_quoting(const char *line, size_t n)
{
	static const char *const ends[] = {
		"wrote:", "escribió:", "a écrit :", "schrieb:", "escreveu:"};
	while (n && (line[n - 1] == ' ' || line[n - 1] == '\r'))
		n--;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		size_t end = strlen(ends[i]);
		if (n >= end && memcmp(line + n - end, ends[i], end) == 0)
			return true;
	}
	return line[strspn(line, " ")] == '>';
}

static void drop_quoted_lines(char *s)
{
	char *to = s;
	for (size_t n; *s; s += n) {
		n = strcspn(s, "\n");
		bool quoted = is_quoting(s, n);
		n += s[n] == '\n';
		if (quoted)
			continue;
		memmove(to, s, n);
		to += n;
	}
	*to = '\0';
}

char *normalise(struct arena *a, const char *text)
{
	UChar wide[WIDE_MOST];
	char *cut = arena_strn(a, text, strnlen(text, NORMALISE_MOST));
	while (*cut && !text_utf8_ok(cut, strlen(cut))) /* cut in the midst of a code point */
		cut[strlen(cut) - 1] = '\0';
	drop_quoted_lines(cut);
	char *s = words_of(a, without_tapback(a, plain(a, wide, fold(cut, wide))));
	static char tapback[] = "tapback";
	/* Each step may make work for another ("y y yyy"); all only shorten, so this ends. */
	for (size_t n = strlen(s) + 1; strlen(s) < n;) {
		n = strlen(s);
		drop_apostrophes(s);
		shorten(s);
		s = text_trim(s);
		join_letters(s);
		cut_signature(s);
		s = text_trim(s);
	}
	return text_eq(s, "liked an image") || text_eq(s, "loved an image") ? tapback : s;
}

/* Constant once it is open, so all threads share it. */
static USpoofChecker *checker;

static void open_checker(void)
{
	UErrorCode bad = U_ZERO_ERROR;
	checker = uspoof_open(&bad);
	must(U_SUCCESS(bad));
}

char *normalise_skeleton(struct arena *a, const char *text, bool always)
{
	bool ascii = true;
	for (const char *p = text; *p; p++)
		ascii = ascii && (unsigned char)*p < 0x80;
	if ((ascii && !always) || strlen(text) > 64)
		return NULL;
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	UErrorCode bad = U_ZERO_ERROR;
	pthread_once(&once, open_checker);
	char *out = arena_alloc(a, 512);
	uspoof_getSkeletonUTF8(checker, 0, text, -1, out, 511, &bad);
	return U_SUCCESS(bad) ? out : NULL;
}

char *normalise_accented(struct arena *a, const char *text)
{
	UErrorCode bad = U_ZERO_ERROR;
	UChar from[64], folded[256];
	char out[512];
	int32_t n = 0;
	const UNormalizer2 *casefold = unorm2_getNFKCCasefoldInstance(&bad);
	u_strFromUTF8(from, 64, &n, text, -1, &bad);
	n = unorm2_normalize(casefold, from, n, folded, 256, &bad);
	u_strToUTF8(out, sizeof out, &n, folded, n, &bad);
	if (U_FAILURE(bad) || n >= (int32_t)sizeof out)
		return NULL;
	while (n && strchr(".!, ", out[n - 1]))
		out[--n] = '\0';
	return text_trim(arena_str(a, out));
}
