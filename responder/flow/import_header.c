/* See import_header.h. Names are compared by their letters and digits alone: "Appt. Date" is
 * "apptdate". */
#include "responder/flow/import_header.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "responder/base/text.h"

#define DIGITS "0123456789"

static const struct {
	enum column column;
	const char *names; /* between blanks */
} names[] = {
	{COLUMN_PATIENT, " patientid patientno patientnumber patient mrn chartnumber chart pid "
			 "personid idpaciente "},
	{COLUMN_NAME, " name patientname fullname nombrecompleto paciente "},
	{COLUMN_FIRST,
		" first firstname givenname patientfirstname preferredname nombre forename "},
	{COLUMN_LAST, " last lastname surname familyname patientlastname apellido apellidos "},
	{COLUMN_PHONE,
		" phone mobile cell cellphone mobilephone mobilenumber cellnumber phonenumber "
		"patientphone telefono celular movil smsnumber textnumber primaryphone "},
	{COLUMN_LANGUAGE, " language lang preferredlanguage idioma "},
	{COLUMN_PATIENT_STATE, " patientstatus patientstate status estado "},
	{COLUMN_VISIT, " visitid appointmentid apptid visit appointmentno appointmentnumber apptno "
		       "idcita bookingid "},
	{COLUMN_SLOT, " slotid slot openingid "},
	{COLUMN_WHEN, " datetime appointmentdatetime apptdatetime start starttime startdatetime "
		      "visittime fechahora startsat "},
	{COLUMN_DATE, " date apptdate appointmentdate visitdate fecha startdate slotdate "},
	{COLUMN_TIME, " time appttime appointmenttime hora slottime "},
	{COLUMN_LOCATION, " location office site clinic facility locationname lugar sede "},
	{COLUMN_CLINICIAN,
		" clinician provider doctor physician resource practitioner providername "
		"doctorname medico "},
	{COLUMN_STATE, " status state apptstatus appointmentstatus visitstatus estado "},
};

void import_letters(const char *s, char *out, size_t room)
{
	/* Accents become characters of their own, and are dropped like all that is not ASCII. */
	char *apart = g_utf8_normalize(s, -1, G_NORMALIZE_DEFAULT);
	size_t n = 0;
	for (const char *p = apart; p && *p && n + 1 < room; p++)
		if (g_ascii_isalnum(*p))
			out[n++] = g_ascii_tolower(*p);
	out[n] = '\0';
	g_free(apart);
}

struct import_header import_header_read(const struct csv_row *row)
{
	struct import_header h = {.n = row->n};
	char name[64] = " ";
	for (int c = 0; c < COLUMNS; c++)
		h.at[c] = -1;
	for (size_t i = 0; i < row->n; i++) {
		import_letters(row->fields[i], name + 1, sizeof name - 2);
		strcat(name, " ");
		for (size_t k = 0; name[2] && k < sizeof names / sizeof names[0]; k++)
			if (h.at[names[k].column] < 0 && strstr(names[k].names, name))
				h.at[names[k].column] = (int)i;
	}
	/* A mere "Status" is the person's only where there is nothing else it could be of. */
	if (h.at[COLUMN_PATIENT_STATE] == h.at[COLUMN_STATE] &&
		import_header_kind(&h) != IMPORT_PATIENTS)
		h.at[COLUMN_PATIENT_STATE] = -1;
	return h;
}

enum import_kind import_header_kind(const struct import_header *h)
{
	bool when = h->at[COLUMN_WHEN] >= 0 || h->at[COLUMN_DATE] >= 0;
	bool person = h->at[COLUMN_NAME] >= 0 || h->at[COLUMN_FIRST] >= 0;
	if (when && (person || h->at[COLUMN_PATIENT] >= 0))
		return IMPORT_VISITS;
	if (when)
		return IMPORT_SLOTS;
	return person ? IMPORT_PATIENTS : IMPORT_BY_HEADER;
}

const char *import_cell(const struct import_header *h, const struct csv_row *row, enum column c)
{
	int at = h->at[c];
	if (at < 0 || (size_t)at >= row->n || !*row->fields[at])
		return NULL;
	return row->fields[at];
}

/* Whether the calendar has such a day, in a year in which somebody may have a visit. */
static bool real(struct wall *w)
{
	char text[ZONE_WALL];
	zone_format_wall(*w, text);
	return w->year >= 2000 && w->year < 2100 && zone_parse_wall(text, w);
}

static bool take_date(const char *s, bool day_first, struct wall *out, int *used)
{
	int a, b, c;
	char mark[2];
	*used = 0;
	if (strspn(s, DIGITS) == 4 && sscanf(s, "%4d-%2d-%2d%n", &a, &b, &c, used) == 3 && *used) {
		out->year = a, out->month = b, out->day = c;
		return true;
	}
	if (sscanf(s, "%2d%1[/.-]%2d%*1[/.-]%4d%n", &a, mark, &b, &c, used) != 4 || !*used)
		return false;
	bool day = day_first || *mark == '.';
	out->year = c < 100 ? 2000 + c : c;
	out->month = day ? b : a;
	out->day = day ? a : b;
	return true;
}

bool import_date(const char *s, bool day_first, struct wall *out)
{
	int used;
	return take_date(s, day_first, out, &used) && !s[used] && real(out);
}

/* Blanks, also those that are no ASCII: programs like to print 2:20\u202fPM. */
static const char *skip_blanks(const char *s)
{
	for (;;) {
		if (*s == ' ')
			s++;
		else if (text_starts(s, "\u00A0"))
			s += 2;
		else if (text_starts(s, "\u202F"))
			s += 3;
		else
			return s;
	}
}

/* One or two digits; NULL when there are none. */
static const char *take_number(const char *s, int *out)
{
	size_t n = strspn(s, DIGITS);
	if (n < 1 || n > 2)
		return NULL;
	*out = n == 2 ? (s[0] - '0') * 10 + s[1] - '0' : s[0] - '0';
	return s + n;
}

/* Hours and minutes, with seconds or without, or the hour alone; what stands behind. */
static const char *take_clock(const char *s, int *hour, int *minute)
{
	int seconds;
	*minute = -1;
	if (strspn(s, DIGITS) == 4) { /* 1420 */
		*hour = (s[0] - '0') * 10 + s[1] - '0';
		*minute = (s[2] - '0') * 10 + s[3] - '0';
		return s + 4;
	}
	s = take_number(s, hour);
	if (s && *s == ':')
		s = take_number(s + 1, minute);
	else
		return s;
	if (s && *s == ':')
		s = take_number(s + 1, &seconds);
	if (s && s[0] == '.' && strspn(s + 1, DIGITS))
		s += 1 + strspn(s + 1, DIGITS);
	return s;
}

/* "AM", "pm", "p. m.": 'a', 'p', 0 for none, -1 for anything else. */
static int half_of(const char *s)
{
	char letters[4] = "";
	size_t n = 0;
	for (s = skip_blanks(s); *s; s = skip_blanks(s + 1))
		if (*s != '.' && n < sizeof letters - 1)
			letters[n++] = g_ascii_tolower(*s);
	if (text_eq(letters, "am") || text_eq(letters, "pm"))
		return letters[0];
	return n ? -1 : 0;
}

bool import_time(const char *s, struct wall *out)
{
	int hour, minute;
	s = take_clock(s, &hour, &minute);
	int half = s ? half_of(s) : -1;
	if (half < 0 || hour > 23 || minute > 59)
		return false;
	if (half && (hour < 1 || hour > 12))
		return false;
	if (!half && minute < 0) /* a mere number is no time */
		return false;
	out->hour = half ? hour % 12 + (half == 'p' ? 12 : 0) : hour;
	out->minute = minute < 0 ? 0 : minute;
	return true;
}

bool import_when(const char *s, bool day_first, struct wall *out)
{
	int used;
	if (!take_date(s, day_first, out, &used))
		return false;
	s += used;
	const char *time = *s == 'T' ? s + 1 : *s == ',' ? skip_blanks(s + 1) : skip_blanks(s);
	return time != s && import_time(time, out) && real(out);
}
