/* See import_line.h. */
#include "responder/flow/import_line.h"

#include "responder/base/text.h"

const char *import_line_cell(const struct import_line *l, enum column c)
{
	return import_cell(l->header, l->row, c);
}

void import_line_fault(struct import_line *l, enum column c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *what = arena_vprintf(l->a, format, args);
	va_end(args);
	l->job->finding(l->job->context, l->row->line, l->header->at[c] + 1, what);
	l->bad = true;
}

void import_line_change(const struct import_line *l, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	l->job->change(l->job->context, l->row->line, arena_vprintf(l->a, format, args));
	va_end(args);
}

const char *import_line_meaning(struct import_line *l, enum column c, const char *const (*words)[2],
	size_t n, const char *say)
{
	const char *s = import_line_cell(l, c);
	char letters[32];
	import_letters(s, letters, sizeof letters);
	for (size_t i = 0; i < n; i++)
		if (text_eq(letters, words[i][0]))
			return words[i][1];
	import_line_fault(l, c, "'%s' is not known here; say %s", s, say);
	return NULL;
}
