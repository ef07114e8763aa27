/* Brings patients, visits and slots from a CSV file into the store. Rows are told apart from what
 * is there by their external ids, so a file can be read again, and a broken run repeated. */
#ifndef RESPONDER_FLOW_IMPORT_H
#define RESPONDER_FLOW_IMPORT_H

#include "db/db.h"
#include "responder/base/config.h"

enum import_kind { IMPORT_BY_HEADER, IMPORT_PATIENTS, IMPORT_VISITS, IMPORT_SLOTS };

struct import_counts {
	int64_t rows, bad; /* data rows, and those left out with a finding */
	int64_t people_new, people_changed;
	int64_t visits_new, visits_moved, visits_changed;
	int64_t slots_new, slots_changed;
};

struct import_job {
	const char *path;
	enum import_kind kind;
	/* What is wrong with a row: its line in the file, and its field from 1 (0: none). */
	void (*finding)(void *context, int line, int column, const char *what);
	/* What a row changed, in words. */
	void (*change)(void *context, int line, const char *what);
	/* After each transaction. */
	void (*progress)(void *context, const struct import_counts *counts);
	void *context;
};

/* Commits every few hundred rows, so that webhooks never wait long. After an error the counts say
 * what was committed. ERR_IO leaves the reason in errno. */
enum err import_run(struct db *db, const struct config *c, const struct import_job *job,
	struct import_counts *counts) MUST_USE;

#endif
