/* Whole-message words first, then clear phrases, then stop words inside other text. Works on the
 * normal form with plain string functions, so that nothing a rule file says can break it. */
#include "keywords/optwords.h"

#include <string.h>

#include "keywords/normalise.h"
#include "responder/base/text.h"

/* The whole message, once polite words at both ends are off. In their normal form: no accents. */
static const char *const stops[] = {
	"stop",
	"stopp",
	"stpo",
	"sotp",
	"sttop",
	"sstop",
	"stop all",
	"stopall",
	"stop it",
	"stop now",
	"stop text",
	"stop texts",
	"stop sms",
	"stop message",
	"stop messages",
	"quit",
	"end",
	"revoke",
	"opt out",
	"optout",
	"opt me out",
	"unsubscribe",
	"unsubscribe me",
	"unsub",
	"unsuscribe",
	"unsubcribe",
	"unsubscribed",
	"remove",
	"remove me",
	"stop marketing",
	"unsubscribe marketing",
	"stop notification",
	"stop notifications",
	"unsubscribe notification",
	"unsubscribe notifications",
	"not interested",
	"stopsign",
	"i opt out",
	"i want to stop",
	"i want out",
	"stop this",
	"stop sending",
	/* Spanish */
	"detener",
	"salir",
	"parar",
	"pare",
	"paren",
	"basta",
	"desuscribir",
	"desuscribirme",
	"no mas",
	"nomas",
	"ya no",
	"darme de baja",
	"dar de baja",
	"eliminar",
	"alto",
	"baja",
	/* French, Portuguese, German, Dutch, Italian, Finnish, Estonian, Polish, Swedish, Danish */
	"arret",
	"arrett",
	"arrete",
	"arreter",
	"arretez",
	"desabonner",
	"desabonnement",
	"desinscrire",
	"desinscription",
	"stop pub",
	"stop promo",
	"ne plus recevoir",
	"sair",
	"descadastrar",
	"stoppen",
	"abmelden",
	"abbestellen",
	"afmelden",
	"uitschrijven",
	"disiscrivimi",
	"lopeta",
	"peatu",
	"rezygnuje",
	"wypisz",
	"avsluta",
	"afmeld",
	/* Tagalog, Haitian Creole */
	"hinto",
	"itigil",
	"kanpe",
	"sispann",
	/* other scripts */
	"стоп",
	"отписка",
	"вiдписка",
	"відписка",
	"td",
	"退订",
	"退訂",
	"停止",
	"수신거부",
	"중지",
	"정지",
	"配信停止",
	"ايقاف",
	"توقف",
	"수신거부",
	"수신 거부",
	"중지",
	"정지",
	"रोकें",
	"बंद",
	"हटाएं",
	"הסר",
};

/* With their accents: without them they are other words (Vietnamese "dung" is "right"). */
static const char *const accented_stops[] = {"dừng", "ngừng", "dừng lại", "từ chối"};

static const char *const accented_cancels[] = {"hủy", "huỷ"};

static const char *const cancels[] = {"cancel", "cancelar", "annulla", "取消", "الغاء"};

static const char *const starts[] = {
	"start",
	"unstop",
	"subscribe",
	"resume",
	"opt in",
	"optin",
	"opt me in",
	"start texts",
	"volver",
	"recibir",
	"inicio",
	"empezar",
	"voltar",
	"receber",
	"reprendre",
	"reabonner",
	"старт",
};

static const char *const helps[] = {
	"help",
	"info",
	"ayuda",
	"ajuda",
	"aide",
	"hilfe",
	"hulp",
	"aiuto",
	"tulong",
	"help me",
	"помощь",
	"ed",
	"tro giup",
	"допомога",
	"帮助",
	"幫助",
	"도움말",
	"مساعدة",
};

static const char *const wrongs[] = {
	"wrong number",
	"wrong person",
	"wrong phone",
	"numero equivocado",
	"numero incorrecto",
	"you have the wrong number",
	"you've got the wrong number",
	"you got the wrong number",
};

/* Clear phrases: a revocation wherever they stand, unless asked or denied. */
static const char *const phrases[] = {
	"stop texting",
	"stop messaging",
	"stop sending me",
	"stop sending texts",
	"stop sending these",
	"stop sending messages",
	"stop contacting",
	"stop txting",
	"stop text messages",
	"stop the texts",
	"stop the messages",
	"stop these texts",
	"stop these messages",
	"stop with the texts",
	"stop all texts",
	"stop all messages",
	"quit texting",
	"quit messaging",
	"quit sending",
	"don't want these",
	"dont want these",
	"do not want these",
	"don't want any more texts",
	"don't want to receive",
	"dont want to receive",
	"do not want to receive",
	"don't want your texts",
	"no more texts",
	"no more text messages",
	"no more messages",
	"no more msgs",
	"do not text",
	"don't text",
	"dont text",
	"do not contact",
	"don't contact",
	"dont contact",
	"do not message",
	"don't message",
	"dont message",
	"remove me from",
	"remove my number",
	"remove this number",
	"take me off",
	"take my number off",
	"take this number off",
	"opt me out",
	"opt out of",
	"like to opt out",
	"want to opt out",
	"wish to opt out",
	"unsubscribe me",
	"like to unsubscribe",
	"want to unsubscribe",
	"revoke my consent",
	"leave me alone",
	"lose my number",
	"delete my number",
	"never text me",
	"stop bothering me",
	"no mas mensajes",
	"no quiero mas mensajes",
	"no quiero recibir mensajes",
	"no me escriban",
	"no me escriba",
	"no me manden",
	"no me mande mas",
	"no me envien",
	"no me envie mas",
	"dejen de escribirme",
	"deje de escribirme",
	"dejen de mandarme",
	"deje de mandarme",
	"dejen de enviarme",
	"deje de enviarme",
	"dejar de enviar",
	"dejar de mandar",
	"deje de mandar",
	"deje de enviar",
	"quiteme de su lista",
	"quitenme de su lista",
	"dejen de mandar",
	"dejen de enviar",
	"borren mi numero",
	"borre mi numero",
	"quitenme de la lista",
	"quiteme de la lista",
	"quiten mi numero",
	"ya no me manden",
	"ya no me escriban",
	"ya no quiero mensajes",
	"ya no quiero recibir",
	"darme de baja",
	"denme de baja",
	"deme de baja",
};

static const char *const wrong_phrases[] = {
	"wrong number",
	"numero equivocado",
	"this isn't his number",
	"this is not his number",
	"this isn't her number",
	"this is not her number",
	"no longer has this number",
};

/* Words that may mean a revocation inside other text. */
static const char *const inside[] = {
	"stop",
	"stopp",
	"stopall",
	"unsubscribe",
	"unsub",
	"optout",
	"opt out",
	"revoke",
};

/* Where the stop in it is plainly something else. */
static const char *const harmless[] = {
	"stop by",
	"stop in at",
	"bus stop",
	"truck stop",
	"non stop",
	"nonstop",
	"stop sign",
	"stop light",
	"stop at the",
};

/* Said before a phrase, they turn it round or ask about it. */
static const char *const turns[] = {
	"don't",
	"dont",
	"do not",
	"didn't",
	"didnt",
	"did not",
	"never",
	"did you",
	"why did",
	"not asking",
	"please don't",
	"no dejen",
	"no quiero que dejen",
};

static const char *const polite[] = {
	"please",
	"pls",
	"plz",
	"thank you",
	"thanks",
	"thx",
	"ty",
	"now",
	"ok",
	"okay",
	"hi",
	"hello",
	"sorry",
	"por favor",
	"porfavor",
	"gracias",
	"sir",
	"maam",
	"ma'am",
	"s'il vous plait",
	"merci",
	"bitte",
	"danke",
	"obrigado",
	"texts",
	"alerts",
	"immediately",
	"already",
	"ya",
};

/* The phrase as whole words in s; NULL when it is not there. */
static const char *find(const char *s, const char *phrase)
{
	size_t n = strlen(phrase);
	for (const char *p = s; (p = strstr(p, phrase)); p++)
		if ((p == s || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return p;
	return NULL;
}

#define IN(s, list) in_list(s, list, sizeof(list) / sizeof(list)[0])
#define FIND(s, list) find_any(s, list, sizeof(list) / sizeof(list)[0])

static bool in_list(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_eq(s, list[i]))
			return true;
	return false;
}

static const char *find_any(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *at = find(s, list[i]);
		if (at)
			return at;
	}
	return NULL;
}

/* Takes one polite word off either end; false when there is none. */
static bool trim_once(char **s)
{
	for (size_t i = 0; i < sizeof polite / sizeof polite[0]; i++) {
		size_t n = strlen(polite[i]), all = strlen(*s);
		if (all <= n)
			continue;
		if (memcmp(*s, polite[i], n) == 0 && (*s)[n] == ' ') {
			*s += n + 1;
			return true;
		}
		if ((*s)[all - n - 1] == ' ' && text_eq(*s + all - n, polite[i])) {
			(*s)[all - n - 1] = '\0';
			return true;
		}
	}
	return false;
}

static enum intent read_whole(const char *s)
{
	return IN(s, stops)	? INTENT_STOP
	       : IN(s, cancels) ? INTENT_CANCEL_WORD
	       : IN(s, starts)	? INTENT_START
	       : IN(s, helps)	? INTENT_HELP
	       : IN(s, wrongs)	? INTENT_WRONG_NUMBER
				: INTENT_NONE;
}

/* "stop stop stop" says it once. */
static void drop_repeats(char *s)
{
	size_t n = strcspn(s, " ");
	for (char *p = s + n; *p; p += n + 1)
		if (p[0] != ' ' || strncmp(p + 1, s, n) != 0 || (p[n + 1] && p[n + 1] != ' '))
			return;
	s[n] = '\0';
}

/* Letter shapes differ with case, so both are compared. */
static const char *const shapes[] = {"stop", "STOP", "Stop", "stopall", "STOPALL", "stop all",
	"STOP ALL", "unsubscribe", "UNSUBSCRIBE", "Unsubscribe", "quit", "QUIT", "end", "END",
	"revoke", "REVOKE", "opt out", "OPT OUT", "optout", "OPTOUT"};

/* A stop in disguise: Cyrillic or Greek letters that look like it. */
static bool looks_like_stop(struct arena *a, const char *text)
{
	char *trimmed = text_trim(arena_str(a, text));
	size_t n = strlen(trimmed);
	while (n && strchr(".! ", trimmed[n - 1]))
		trimmed[--n] = '\0';
	const char *skeleton = normalise_skeleton(a, trimmed, false);
	for (size_t i = 0; skeleton && i < sizeof shapes / sizeof shapes[0]; i++)
		if (text_eq(skeleton, normalise_skeleton(a, shapes[i], true)))
			return true;
	return false;
}

static bool turned(struct arena *a, const char *s, const char *phrase)
{
	const char *before = text_trim(arena_strn(a, s, (size_t)(phrase - s)));
	return find(phrase, "?") || FIND(before, turns);
}

static enum intent read_phrases(struct arena *a, const char *s)
{
	const char *at = FIND(s, phrases);
	if (at)
		return turned(a, s, at) ? INTENT_STOP_INSIDE : INTENT_STOP;
	at = FIND(s, wrong_phrases);
	if (at && !turned(a, s, at))
		return INTENT_WRONG_NUMBER;
	if (FIND(s, inside) && !FIND(s, harmless))
		return INTENT_STOP_INSIDE;
	return INTENT_NONE;
}

enum intent optwords_read(struct arena *a, const char *text, const char *normal)
{
	enum intent whole = read_whole(normal);
	if (whole != INTENT_NONE)
		return whole;
	char *s = arena_str(a, normal);
	while (trim_once(&s))
		;
	drop_repeats(s);
	whole = read_whole(s);
	/* With a polite word, CANCEL is no longer the bare word: the rules read it. */
	if (whole != INTENT_NONE && whole != INTENT_CANCEL_WORD)
		return whole;
	const char *accented = normalise_accented(a, text);
	if (accented && IN(accented, accented_cancels))
		return INTENT_CANCEL_WORD;
	if (looks_like_stop(a, text) || (accented && IN(accented, accented_stops)))
		return INTENT_STOP;
	return read_phrases(a, normal);
}

bool keywords_is_stop(const char *text)
{
	struct arena *a = arena_new(0);
	bool stop = false;
	if (text_utf8_ok(text, strlen(text))) {
		enum intent i = optwords_read(a, text, normalise(a, text));
		stop = i == INTENT_STOP || i == INTENT_CANCEL_WORD || i == INTENT_WRONG_NUMBER;
	}
	arena_free(a);
	return stop;
}
