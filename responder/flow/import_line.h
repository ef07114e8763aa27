/* One row of a file on its way into the store: what is in it, and how to say what is wrong with it.
 * Lives as long as the row does; what its functions return lies in its arena. */
#ifndef RESPONDER_FLOW_IMPORT_LINE_H
#define RESPONDER_FLOW_IMPORT_LINE_H

#include "responder/flow/import_header.h"

struct import_line {
	struct arena *a;
	struct db *db; /* in a write transaction */
	const struct config *config;
	const struct import_job *job;
	struct import_counts *counts;
	const struct import_header *header;
	const struct csv_row *row;
	int64_t now;
	bool day_first; /* in dates like 3/10/2026 */
	bool bad;	/* there is a finding: write nothing more */
};

/* The cell, or NULL when it is empty or not there. */
const char *import_line_cell(const struct import_line *l, enum column c);

/* Reports a finding at that cell, and the row is bad. */
void import_line_fault(struct import_line *l, enum column c, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Reports what the row changes in the store. */
void import_line_change(const struct import_line *l, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The cell is one of n words, written as import_letters does: its meaning. NULL with a finding that
 * asks to `say` something else when it is none. */
const char *import_line_meaning(struct import_line *l, enum column c, const char *const (*words)[2],
	size_t n, const char *say);

#endif
