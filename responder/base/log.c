/* Formats, masks, and writes each line with one write(2), so that threads do not mix. */
#include "responder/base/log.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static atomic_int most = LOG_INFO;

void log_set_level(enum log_level level)
{
	atomic_store(&most, (int)level);
}

/* Digits that stand alone (not inside a word or hex token): nine or more, or seven after a '+'. */
static void mask_numbers(char *s)
{
	for (size_t i = 0; s[i];) {
		if (!isdigit((unsigned char)s[i])) {
			i++;
			continue;
		}
		size_t start = i;
		while (isdigit((unsigned char)s[i]))
			i++;
		char before = start ? s[start - 1] : ' ';
		size_t least = before == '+' ? 7 : 9;
		if (i - start < least || isalpha((unsigned char)before) ||
			isalpha((unsigned char)s[i]))
			continue;
		memset(s + start, '*', i - start - 2);
	}
}

static void one_line(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			*s = ' ';
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
	if ((int)level > atomic_load(&most))
		return;
	char line[1024];
	int head = snprintf(line, sizeof line, "<%d>event=%s ", (int)level, event);
	va_list args;
	va_start(args, format);
	vsnprintf(line + head, sizeof line - (size_t)head - 1, format, args);
	va_end(args);
	one_line(line + head);
	mask_numbers(line + head);
	size_t n = strlen(line);
	line[n] = '\n';
	ssize_t ignored = write(STDERR_FILENO, line, n + 1);
	(void)ignored;
}
