/* See csv.h. The file is fed to libcsv a physical line at a time, so that the line of each row is
 * known, also behind quoted line breaks and the blank lines that libcsv skips. */
#include "responder/flow/csv.h"

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "responder/base/must.h"
#include "responder/base/text.h"

#define ROW_MOST ((size_t)64 * 1024)

struct reading {
	const struct csv_reader *reader;
	struct arena *arena;
	struct csv_row row;
	size_t bytes;
	int line;
	bool open;  /* inside a row */
	bool unfit; /* the row has been complained about */
	enum err err;
};

static void unfit(struct reading *r, int column, const char *what)
{
	if (!r->unfit)
		r->reader->complain(r->reader->context, r->line, column, what);
	r->unfit = true;
}

static void take_field(void *bytes, size_t n, void *context)
{
	struct reading *r = context;
	r->bytes += n;
	if (r->bytes > ROW_MOST || r->row.n == CSV_FIELDS_MOST) {
		unfit(r, 0, "the row is longer than 64 KiB or has more than 100 fields");
		return;
	}
	char *copy = arena_strn(r->arena, bytes ? bytes : "", n);
	if (memchr(copy, '\0', n))
		unfit(r, 0, "there is a NUL byte in it");
	r->row.fields[r->row.n++] = text_trim(copy);
}

static void take_row(int last, void *context)
{
	struct reading *r = context;
	(void)last;
	if (!r->unfit && !r->err)
		r->err = r->reader->row(r->reader->context, r->arena, &r->row);
	arena_reset(r->arena);
	r->row.n = 0;
	r->bytes = 0;
	r->open = r->unfit = false;
}

/* Where the first byte stands that is no UTF-8; 0 when all is well. */
static int bad_byte(const char *s, size_t n)
{
	for (size_t at = 0; at < n;)
		if (text_next(s, n, &at) < 0)
			return (int)at + 1;
	return 0;
}

static bool feed(struct reading *r, struct csv_parser *p, const char *s, size_t n)
{
	r->line++;
	if (!r->open)
		r->row.line = r->line;
	r->open = true;
	int bad = bad_byte(s, n);
	if (bad)
		unfit(r, bad,
			"this is not UTF-8; if the file is from Windows: iconv -f WINDOWS-1252 -t "
			"UTF-8");
	return csv_parse(p, s, n, take_field, take_row, r) == n;
}

static enum err read_all(struct reading *r, struct csv_parser *p, FILE *f)
{
	char *line = NULL;
	size_t room = 0;
	bool fine = true;
	for (ssize_t n; fine && !r->err && (n = getline(&line, &room, f)) > 0;) {
		bool marked = r->line == 0 && n >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0;
		fine = feed(r, p, line + (marked ? 3 : 0), (size_t)n - (marked ? 3 : 0));
		/* A blank line is no row. */
		if (r->open && !r->row.n && !r->bytes && line[strspn(line, " \t\r\n")] == '\0')
			r->open = r->unfit = false;
	}
	free(line);
	if (!r->err && (!fine || csv_fini(p, take_field, take_row, r) != 0)) {
		r->reader->complain(r->reader->context, r->row.line, 0,
			fine ? "a quote opens in this row and never closes"
			     : "a quote stands where none may be");
		r->err = ERR_INPUT;
	}
	return r->err;
}

enum err csv_read(const char *path, const struct csv_reader *reader)
{
	struct csv_parser parser;
	FILE *f = fopen(path, "r");
	if (!f)
		return ERR_IO;
	must(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) == 0);
	struct reading r = {.reader = reader, .arena = arena_new(0)};
	enum err e = read_all(&r, &parser, f);
	if (!e && ferror(f))
		e = ERR_IO;
	csv_free(&parser);
	arena_free(r.arena);
	fclose(f);
	return e;
}
