/* See import_header.h. Names are compared by their letters and digits alone: "Appt. Date" is
 * "apptdate". */
#include "responder/flow/import_header.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "responder/base/text.h"

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
	{COLUMN_PATIENT_STATE, " patientstatus patientstate "},
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

static void letters_of(const char *s, char *out, size_t room)
{
	size_t n = 0;
	for (; *s && n + 3 < room; s++)
		if (isalnum((unsigned char)*s))
			out[1 + n++] = (char)tolower((unsigned char)*s);
	out[0] = ' ';
	out[1 + n] = ' ';
	out[2 + n] = '\0';
}

struct import_header import_header_read(const struct csv_row *row)
{
	struct import_header h;
	char name[64];
	for (int c = 0; c < COLUMNS; c++)
		h.at[c] = -1;
	for (size_t i = 0; i < row->n; i++) {
		letters_of(row->fields[i], name, sizeof name);
		for (size_t k = 0; name[2] && k < sizeof names / sizeof names[0]; k++)
			if (h.at[names[k].column] < 0 && strstr(names[k].names, name))
				h.at[names[k].column] = (int)i;
	}
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

/* Whether the calendar and the clock have such a day and time. */
static bool real(struct wall *w)
{
	char text[ZONE_WALL];
	zone_format_wall(*w, text);
	return zone_parse_wall(text, w);
}

static bool take_date(const char *s, bool day_first, struct wall *out, int *used)
{
	int a, b, c;
	char mark[2];
	*used = 0;
	if (sscanf(s, "%4d-%2d-%2d%n", &a, &b, &c, used) == 3 && *used) {
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

static bool take_time(const char *s, struct wall *out, int *used)
{
	int h, m = 0, seconds, more = 0;
	char half[3] = "";
	*used = 0;
	if (strspn(s, "0123456789") == 4 && sscanf(s, "%2d%2d%n", &h, &m, used) == 2)
		s += *used;
	else if (sscanf(s, "%2d:%2d%n", &h, &m, used) == 2 && *used)
		s += *used;
	else if (sscanf(s, "%2d%n", &h, used) == 1 && *used)
		s += *used, m = -1;
	else
		return false;
	if (sscanf(s, ":%2d%n", &seconds, &more) == 1 && more)
		s += more, *used += more;
	more = 0;
	if (sscanf(s, " %2[aApP.mM]%n", half, &more) == 1 && more) {
		*used += more;
		s += more;
		size_t rest = strspn(s, ".mM ");
		*used += (int)rest;
		if (h < 1 || h > 12)
			return false;
		h = h % 12 + (half[0] == 'p' || half[0] == 'P' ? 12 : 0);
		m = m < 0 ? 0 : m;
	}
	out->hour = h;
	out->minute = m;
	return m >= 0;
}

bool import_date(const char *s, bool day_first, struct wall *out)
{
	int used;
	return take_date(s, day_first, out, &used) && !s[used] && real(out);
}

bool import_time(const char *s, struct wall *out)
{
	int used;
	return take_time(s, out, &used) && !s[used] && out->hour < 24 && out->minute < 60;
}

bool import_when(const char *s, bool day_first, struct wall *out)
{
	int used;
	if (!take_date(s, day_first, out, &used) || (s[used] != ' ' && s[used] != 'T'))
		return false;
	return import_time(s + used + 1, out) && real(out);
}
