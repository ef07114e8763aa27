/* Imports; see import.h. A transaction holds a few hundred rows. What a row does stands in
 * import_rows.c. */
#include "responder/flow/import.h"

#include "responder/base/clock.h"
#include "responder/base/text.h"
#include "responder/flow/csv.h"
#include "responder/flow/import_rows.h"

#define ROWS_PER_COMMIT 500

struct import {
	struct db *db;
	const struct config *config;
	const struct import_job *job;
	struct import_counts *counts;
	struct import_counts committed; /* what counts said at the last commit */
	struct import_header header;
	enum import_kind kind; /* IMPORT_BY_HEADER until the header is read */
	int64_t now;
	int pending; /* rows in the open transaction */
	bool day_first;
};

static enum err begin_file(struct import *im, const struct csv_row *row)
{
	im->header = import_header_read(row);
	enum import_kind seen = import_header_kind(&im->header);
	im->kind = im->job->kind ? im->job->kind : seen;
	if (seen == IMPORT_BY_HEADER ||
		(im->job->kind && im->job->kind != seen && seen != IMPORT_VISITS)) {
		im->job->finding(im->job->context, row->line, 0,
			"the first line must name the columns: for patients first name and phone; "
			"for visits also date and time; for slots date, time and location");
		return ERR_INPUT;
	}
	return OK;
}

static enum err commit(struct import *im)
{
	if (!im->pending)
		return OK;
	im->pending = 0;
	enum err e = db_commit(im->db);
	if (e) {
		*im->counts = im->committed;
		return e;
	}
	im->committed = *im->counts;
	im->job->progress(im->job->context, im->counts);
	return OK;
}

static void roll_back(struct import *im)
{
	if (!im->pending)
		return;
	im->pending = 0;
	*im->counts = im->committed;
	db_rollback(im->db);
}

/* A comma that is not between quotes pushes all that follows into the wrong columns. */
static bool fits_header(struct import_line *l)
{
	for (size_t i = l->header->n; i < l->row->n; i++)
		if (*l->row->fields[i]) {
			l->job->finding(l->job->context, l->row->line, (int)i + 1,
				"the row has more fields than the header; put fields with a comma "
				"in them between quotes");
			l->bad = true;
			return false;
		}
	return true;
}

static enum err take_row(void *context, struct arena *a, const struct csv_row *row)
{
	static enum err (*const takers[])(struct import_line *) = {
		[IMPORT_PATIENTS] = import_rows_patient,
		[IMPORT_VISITS] = import_rows_visit,
		[IMPORT_SLOTS] = import_rows_slot,
	};
	struct import *im = context;
	if (im->kind == IMPORT_BY_HEADER)
		return begin_file(im, row);
	struct import_line l = {.a = a,
		.db = im->db,
		.config = im->config,
		.job = im->job,
		.counts = im->counts,
		.header = &im->header,
		.row = row,
		.now = im->now,
		.day_first = im->day_first};
	enum err e = im->pending ? OK : db_begin(im->db);
	if (e)
		return e;
	im->pending++;
	im->counts->rows++;
	if (fits_header(&l))
		e = takers[im->kind](&l);
	im->counts->bad += l.bad;
	return e || im->pending < ROWS_PER_COMMIT ? e : commit(im);
}

static void unreadable(void *context, int line, int column, const char *what)
{
	struct import *im = context;
	im->counts->rows++;
	im->counts->bad++;
	im->job->finding(im->job->context, line, column, what);
}

enum err import_run(struct db *db, const struct config *c, const struct import_job *job,
	struct import_counts *counts)
{
	*counts = (struct import_counts){0};
	struct import im = {.db = db,
		.config = c,
		.job = job,
		.counts = counts,
		.now = clock_now(),
		.day_first = !text_eq(c->country, "US") && !text_eq(c->country, "CA")};
	enum err e = csv_read(job->path,
		&(struct csv_reader){.row = take_row, .complain = unreadable, .context = &im});
	/* What stood before a place that cannot be read is sound. */
	if (e && e != ERR_INPUT)
		roll_back(&im);
	enum err last = commit(&im);
	return e ? e : last;
}
