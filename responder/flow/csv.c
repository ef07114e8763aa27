/* See csv.h. The file is fed to libcsv a physical line at a time, so that the line of each row is
 * known, also behind quoted line breaks and the blank lines that libcsv skips. Rows live in an
 * arena that is emptied after each. */
#include "responder/flow/csv.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "responder/base/must.h"
#include "responder/base/text.h"

#define ROW_MOST ((size_t)64 * 1024)

struct reading {
	const struct csv_reader *reader;
	struct csv_parser parser;
	struct arena *arena;
	struct csv_row row;
	size_t bytes; /* fed since the row began */
	int line;     /* fed last */
	bool open;    /* inside a row */
	bool unfit;   /* the row has been complained about */
	enum err err;
};

static void unfit(struct reading *r, int column, const char *what)
{
	if (!r->unfit)
		r->reader->complain(r->reader->context, r->row.line, column, what);
	r->unfit = true;
}

static enum err give_up(struct reading *r, const char *what)
{
	unfit(r, 0, what);
	return ERR_INPUT;
}

/* Where the first byte stands that is no UTF-8, from 1; 0 when all is well. */
static size_t bad_byte(const char *s, size_t n)
{
	for (size_t at = 0; at < n;)
		if (text_next(s, n, &at) < 0)
			return at + 1;
	return 0;
}

static void take_field(void *bytes, size_t n, void *context)
{
	struct reading *r = context;
	if (r->row.n == CSV_FIELDS_MOST) {
		unfit(r, 0, "the row has more than 100 fields");
		return;
	}
	char *copy = arena_strn(r->arena, bytes ? bytes : "", n);
	size_t bad = bad_byte(copy, n);
	int column = (int)r->row.n + 1;
	if (memchr(copy, '\0', n))
		unfit(r, column, "there is a NUL byte in it");
	else if (bad)
		unfit(r, column,
			arena_printf(r->arena,
				"byte %zu of it is not UTF-8; if the file is from Windows: iconv "
				"-f WINDOWS-1252 -t UTF-8 OLD.csv > NEW.csv",
				bad));
	r->row.fields[r->row.n++] = text_trim(copy);
}

static void end_row(struct reading *r)
{
	arena_reset(r->arena);
	r->row.n = r->bytes = 0;
	r->open = r->unfit = false;
}

static void take_row(int last, void *context)
{
	struct reading *r = context;
	(void)last;
	if (!r->unfit && !r->err)
		r->err = r->reader->row(r->reader->context, r->arena, &r->row);
	end_row(r);
}

static void start_parser(struct csv_parser *p, unsigned char delimiter)
{
	must(csv_init(p, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) == 0);
	csv_set_delim(p, delimiter);
}

/* The row is lost, and the next physical line begins a new one. */
static void skip_row(struct reading *r)
{
	unsigned char delimiter = csv_get_delim(&r->parser);
	if (r->line == r->row.line)
		unfit(r, (int)r->row.n + 1,
			"a quote inside a field: put the field between quotes and write the quote "
			"twice");
	else
		unfit(r, (int)r->row.n + 1,
			arena_printf(r->arena,
				"a quoted field began here, and in line %d a quote stands where "
				"none may be",
				r->line));
	end_row(r);
	csv_free(&r->parser);
	start_parser(&r->parser, delimiter);
}

static enum err feed(struct reading *r, const char *s, size_t n)
{
	r->line++;
	if (!r->open) {
		if (strspn(s, " \t\r\n") == n)
			return OK;
		r->row.line = r->line;
		r->open = true;
	}
	r->bytes += n;
	if (r->bytes > ROW_MOST)
		return give_up(r,
			"the row is longer than 64 KiB: does a quote open in it that never "
			"closes?");
	if (csv_parse(&r->parser, s, n, take_field, take_row, r) != n)
		skip_row(r);
	return r->err;
}

/* Up to and with the line feed, NUL behind it; no more than a row may have. 0: the end. */
static size_t read_line(FILE *f, char line[ROW_MOST + 2])
{
	size_t n = 0;
	for (int c; n <= ROW_MOST && (c = getc_unlocked(f)) != EOF;) {
		line[n++] = (char)c;
		if (c == '\n')
			break;
	}
	line[n] = '\0';
	return n;
}

static unsigned char delimiter_of(const char *line)
{
	size_t commas = 0, semicolons = 0, tabs = 0;
	for (; *line; line++) {
		commas += *line == ',';
		semicolons += *line == ';';
		tabs += *line == '\t';
	}
	if (semicolons > commas && semicolons >= tabs)
		return ';';
	return tabs > commas ? '\t' : ',';
}

static enum err read_all(struct reading *r, FILE *f, char line[ROW_MOST + 2])
{
	size_t n = read_line(f, line), skip = 0;
	start_parser(&r->parser, delimiter_of(line));
	if (n >= 2 && (memcmp(line, "\xFF\xFE", 2) == 0 || memcmp(line, "\xFE\xFF", 2) == 0)) {
		r->row.line = 1;
		return give_up(r, "the file is UTF-16: save it as \"CSV UTF-8\", or iconv -f "
				  "UTF-16 -t UTF-8 OLD.csv > NEW.csv");
	}
	if (n >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0)
		skip = 3;
	for (; n && !r->err; n = read_line(f, line), skip = 0)
		r->err = feed(r, line + skip, n - skip);
	if (!r->err && ferror(f))
		return ERR_IO;
	if (!r->err && csv_fini(&r->parser, take_field, take_row, r) != 0)
		return give_up(r, "a quote opens in this row and never closes");
	return r->err;
}

enum err csv_read(const char *path, const struct csv_reader *reader)
{
	FILE *f = fopen(path, "r");
	if (!f)
		return ERR_IO;
	struct reading r = {.reader = reader, .arena = arena_new(0)};
	char *line = malloc(ROW_MOST + 2);
	must(line);
	enum err e = read_all(&r, f, line);
	int why = errno;
	csv_free(&r.parser);
	free(line);
	arena_free(r.arena);
	fclose(f);
	errno = why;
	return e;
}
