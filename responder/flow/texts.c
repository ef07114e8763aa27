/* Replies and reminders in each language, and dates in words. Spanish does without the four accents
 * that GSM-7 lacks: one of them would make every text of 70 characters two. ICU gives the words
 * only: the wall time is formatted as if it were GMT, so that its stale zone data never matters. */
#include "responder/flow/texts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/udat.h>
#include <unicode/ustring.h>

#include "responder/base/buf.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/base/zone.h"
#include "responder/sms/gsm7.h"

#define TEXT_MOST 1600 /* what a provider takes in one request */

static const struct {
	const char *key, *lang, *text;
} texts[] = {
	{"remind_ask", "en",
		"{practice}: {first}, see you {when}[ with {clinician}]? "
		"Reply C to confirm, N if you can't come."},
	{"remind_ask", "es",
		"{practice}: {first}, le esperamos el {when}[ con {clinician}]. "
		"Responda C para confirmar, N si no puede venir."},
	{"remind_tell", "en",
		"{practice}: {first}, we'll see you {when}[ with {clinician}]. "
		"Reply N if you can't come[ or call {phone}]."},
	{"remind_tell", "es",
		"{practice}: {first}, le esperamos el {when}[ con {clinician}]. "
		"Responda N si no puede venir[ o llame al {phone}]."},
	{"stop_line", "en", "Reply STOP to end texts."},
	{"stop_line", "es", "Escriba STOP para terminar."},
	{"confirmed", "en", "Thank you, you're confirmed for {when}."},
	{"confirmed", "es", "Gracias, su cita del {when} queda confirmada."},
	{"answered_all", "en", "Thank you: {list}."},
	{"answered_all", "es", "Gracias: {list}."},
	{"word_confirmed", "es", "confirmada"},
	{"word_confirmed", "en", "confirmed"},
	{"word_cancelled", "es", "cancelada"},
	{"word_cancelled", "en", "cancelled"},
	{"confirmed_all", "en", "Thank you, all confirmed: {list}."},
	{"confirmed_all", "es", "Gracias, todas confirmadas: {list}."},
	{"cancelled_all", "en", "Cancelled: {list}. Reply BOOK for a new time[ or call {phone}]."},
	{"cancelled_all", "es",
		"Canceladas: {list}. Responda CITA para otra fecha[ o llame al {phone}]."},
	{"cancel_staff_all", "en",
		"One of your visits is close, so our staff will cancel them for you: {list}. "
		"[If it is urgent call {phone}.]"},
	{"cancel_staff_all", "es",
		"Una de sus citas es muy pronto, por eso nuestro personal las cancelara: {list}. "
		"[Si es urgente llame al {phone}.]"},
	{"which", "en", "Which visit? {list}. Reply with the number, or ALL."},
	{"which", "es", "¿Para cual cita? {list}. Responda con el numero, o TODAS."},
	{"cancelled", "en",
		"Your visit on {when} is cancelled. Reply BOOK for a new time[ or call {phone}]."},
	{"cancelled", "es",
		"Su cita del {when} queda cancelada. Responda CITA para otra fecha[ o llame al "
		"{phone}]."},
	{"cancel_staff", "en",
		"Your visit on {when} is close, so our staff will cancel it for you. "
		"[If it is urgent call {phone}.]"},
	{"cancel_staff", "es",
		"Su cita del {when} es muy pronto, por eso nuestro personal la cancelara. "
		"[Si es urgente llame al {phone}.]"},
	{"reschedule", "en",
		"We'll get back to you with a new time. Your present visit stays until then."},
	{"reschedule", "es",
		"Le propondremos otra fecha. Su cita actual sigue en pie hasta entonces."},
	{"late", "en", "Thank you, we've told the front desk that you're running late."},
	{"late", "es", "Gracias, hemos avisado en recepcion que llegara tarde."},
	{"offer", "en", "We have these times: {list}. Reply with the number you'd like."},
	{"offer", "es", "Tenemos estas horas: {list}. Responda con el numero que prefiera."},
	{"offer_again", "en",
		"Sorry, that time has just been taken. We still have: {list}. Reply with a "
		"number."},
	{"offer_again", "es",
		"Lo sentimos, esa hora se acaba de ocupar. Aun tenemos: {list}. Responda con un "
		"numero."},
	{"booked", "en", "You're booked for {when}[ with {clinician}]. See you then!"},
	{"booked", "es", "Su cita es el {when}[ con {clinician}]. ¡Hasta entonces!"},
	{"hold", "en", "Thank you. Our staff will read your message and get back to you."},
	{"hold", "es", "Gracias. Nuestro personal leera su mensaje y le respondera."},
	{"stop", "en",
		"{practice}: you won't get any more texts from us. Reply START to get them again."},
	{"stop", "es",
		"{practice}: no recibira mas mensajes nuestros. Responda START para recibirlos "
		"otra vez."},
	{"start", "en",
		"{practice}: you'll get texts about your visits again. "
		"Msg&data rates may apply. Reply HELP for help, STOP to end."},
	{"start", "es",
		"{practice}: volvera a recibir mensajes sobre sus citas. "
		"Pueden aplicar tarifas. Responda AYUDA o STOP."},
	{"help", "en",
		"{practice}: texts about your visits.[ Questions? Call {phone}.] "
		"Msg&data rates may apply. Reply STOP to end."},
	{"help", "es",
		"{practice}: mensajes sobre sus citas.[ ¿Preguntas? Llame al {phone}.] "
		"Pueden aplicar tarifas. Responda STOP para cancelar."},
	{"urgent", "en",
		"We can't help with emergencies by text. If this is one, call {emergency} now."},
	{"urgent", "es",
		"No podemos atender emergencias por mensaje. Si es una, llame al {emergency} "
		"ahora."},
	{"wrong_number", "en", "{practice}: sorry about that. We won't text this number again."},
	{"wrong_number", "es", "{practice}: disculpe. No volveremos a escribir a este numero."},
};

static const char *find(const char *key, const char *lang)
{
	const char *english = NULL;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (!text_eq(texts[i].key, key))
			continue;
		if (text_eq(texts[i].lang, lang))
			return texts[i].text;
		if (text_eq(texts[i].lang, "en"))
			english = texts[i].text;
	}
	must(english);
	return english;
}

static const char *value_of(const struct text_values *v, const char *name, size_t n)
{
	const struct {
		const char *name, *value;
	} fields[] = {
		{"practice", v->practice},
		{"phone", v->phone},
		{"first", v->first},
		{"when", v->when},
		{"clinician", v->clinician},
		{"list", v->list},
		{"emergency", v->emergency},
	};
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (strlen(fields[i].name) == n && memcmp(fields[i].name, name, n) == 0)
			return fields[i].value;
	must_never("a field that no text has");
	return NULL;
}

/* Fills the fields of s[0..n); false when one of them has no value. */
static bool fill(struct buf *out, const char *s, size_t n, const struct text_values *v)
{
	bool whole = true;
	for (size_t i = 0; i < n; i++) {
		if (s[i] != '{') {
			buf_char(out, s[i]);
			continue;
		}
		const char *close = memchr(s + i, '}', n - i);
		must(close);
		const char *value = value_of(v, s + i + 1, (size_t)(close - s) - i - 1);
		whole = whole && value;
		buf_str(out, value ? value : "");
		i = (size_t)(close - s);
	}
	return whole;
}

char *texts_render(struct arena *a, const char *key, const char *lang, const struct text_values *v)
{
	struct buf out = buf_new(a, TEXT_MOST);
	for (const char *s = find(key, lang); *s;) {
		if (*s == '[') {
			const char *close = strchr(s, ']');
			must(close);
			struct buf part = buf_new(a, TEXT_MOST);
			if (fill(&part, s + 1, (size_t)(close - s) - 1, v))
				buf_str(&out, part.s);
			s = close + 1;
			continue;
		}
		size_t n = strcspn(s, "[");
		fill(&out, s, n, v);
		s += n;
	}
	return gsm7_plain(a, text_trim(out.s));
}

static const struct {
	const char *lang, *locale, *pattern;
} dates[] = {
	{"en", "en_US", "EEE MMM d 'at' h:mm a"},
	{"es", "es_US", "EEEE d 'de' MMMM 'a las' h:mm a"},
};

#define DATES (sizeof dates / sizeof dates[0])

static pthread_key_t formats_key;

static void free_formats(void *p)
{
	UDateFormat **formats = p;
	for (size_t i = 0; i < DATES; i++)
		if (formats[i])
			udat_close(formats[i]);
	free(formats);
}

static void make_formats_key(void)
{
	must(pthread_key_create(&formats_key, free_formats) == 0);
}

/* UDateFormat is not thread-safe: each thread opens its own, once. */
static UDateFormat **thread_formats(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_formats_key);
	UDateFormat **formats = pthread_getspecific(formats_key);
	if (!formats) {
		formats = calloc(DATES, sizeof(UDateFormat *));
		must(formats);
		pthread_setspecific(formats_key, formats);
	}
	return formats;
}

static UDateFormat *formatter(const char *lang)
{
	UDateFormat **formats = thread_formats();
	size_t i = 0;
	for (size_t k = 0; k < DATES; k++)
		if (text_eq(dates[k].lang, lang))
			i = k;
	if (formats[i])
		return formats[i];
	UChar gmt[4], pattern[64];
	UErrorCode bad = U_ZERO_ERROR;
	u_uastrcpy(gmt, "GMT");
	u_uastrcpy(pattern, dates[i].pattern);
	formats[i] =
		udat_open(UDAT_PATTERN, UDAT_PATTERN, dates[i].locale, gmt, -1, pattern, -1, &bad);
	must(U_SUCCESS(bad));
	return formats[i];
}

/* "p. m." at the end of a sentence would end in two dots, and costs four characters. */
static void shorten_half(char *s)
{
	size_t n = strlen(s);
	if (n > 5 && text_eq(s + n - 5, "p. m."))
		strcpy(s + n - 5, "pm");
	else if (n > 5 && text_eq(s + n - 5, "a. m."))
		strcpy(s + n - 5, "am");
}

char *texts_when(struct arena *a, const char *lang, const char *wall)
{
	struct wall w;
	must(zone_parse_wall(wall, &w));
	UChar wide[128];
	char narrow[256];
	int32_t n = 0;
	UErrorCode bad = U_ZERO_ERROR;
	double ms = (double)zone_epoch("UTC", w) * 1000;
	int32_t length = udat_format(formatter(lang), ms, wide, 128, NULL, &bad);
	u_strToUTF8(narrow, sizeof narrow, &n, wide, length, &bad);
	must(U_SUCCESS(bad) && n < (int32_t)sizeof narrow);
	char *out = gsm7_plain(a, narrow);
	shorten_half(out);
	return out;
}
