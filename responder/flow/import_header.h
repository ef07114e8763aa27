/* Which column of a file means what, and what is in its cells. */
#ifndef RESPONDER_FLOW_IMPORT_HEADER_H
#define RESPONDER_FLOW_IMPORT_HEADER_H

#include <stdbool.h>

#include "responder/base/zone.h"
#include "responder/flow/csv.h"
#include "responder/flow/import.h"

enum column {
	COLUMN_PATIENT, /* external id */
	COLUMN_NAME,	/* both names in one */
	COLUMN_FIRST,
	COLUMN_LAST,
	COLUMN_PHONE,
	COLUMN_LANGUAGE,
	COLUMN_PATIENT_STATE,
	COLUMN_VISIT, /* external id */
	COLUMN_SLOT,  /* external id */
	COLUMN_WHEN,  /* date and time in one */
	COLUMN_DATE,
	COLUMN_TIME,
	COLUMN_LOCATION,
	COLUMN_CLINICIAN,
	COLUMN_STATE,
	COLUMNS
};

struct import_header {
	size_t n;	 /* fields of the header */
	int at[COLUMNS]; /* index into the row's fields; -1: the file has no such column */
};

/* Only the letters and digits, small and without accents: "No-Show" is "noshow", "Médico" "medico".
 * Cut to what fits. */
void import_letters(const char *s, char *out, size_t room);

/* By common names, whatever their case, accents and punctuation. */
struct import_header import_header_read(const struct csv_row *row);

/* What such a header is of; IMPORT_BY_HEADER when it is of nothing. */
enum import_kind import_header_kind(const struct import_header *h);

/* The cell, or NULL when the column is missing or the cell is empty. */
const char *import_cell(const struct import_header *h, const struct csv_row *row, enum column c);

/* "2026-03-10", "3/10/2026" (or 10/3/2026 where the day comes first), "10.03.2026". */
bool import_date(const char *s, bool day_first, struct wall *out);
/* "14:20", "2:20 PM", "2:20pm", "1420", with or without seconds. */
bool import_time(const char *s, struct wall *out);
/* Both, with a blank or a T between. */
bool import_when(const char *s, bool day_first, struct wall *out);

#endif
