/* Reads a CSV file row by row, with the place of everything. Fields stand between commas, or
 * semicolons or TABs when the first line has more of those (Excel writes what its language likes).
 * Memory stays flat however long the file is. csv.c is the only user of libcsv. */
#ifndef RESPONDER_FLOW_CSV_H
#define RESPONDER_FLOW_CSV_H

#include <stddef.h>

#include "responder/base/arena.h"
#include "responder/base/err.h"

#define CSV_FIELDS_MOST 100

struct csv_row {
	int line; /* in the file, where the row begins */
	size_t n;
	const char *fields[CSV_FIELDS_MOST]; /* trimmed; valid UTF-8 */
};

struct csv_reader {
	/* Called for each row but blank ones; an error ends the reading. The arena is emptied
	 * after. */
	enum err (*row)(void *context, struct arena *a, const struct csv_row *row);
	/* Called once for each row that cannot be read; column counts fields from 1, 0 when there
	 * is none. */
	void (*complain)(void *context, int line, int column, const char *what);
	void *context;
};

/* ERR_IO (errno says why) when the file cannot be read; ERR_INPUT, after a complaint, when what
 * follows cannot be told into rows: a quote that never closes, a row above 64 KiB, UTF-16. */
enum err csv_read(const char *path, const struct csv_reader *reader) MUST_USE;

#endif
