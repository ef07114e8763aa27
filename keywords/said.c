/* Days and times in English and Spanish words; see said.h. The words are the language's, not a
 * practice's, so they are compiled in. */
#include "keywords/said.h"

#include <stdlib.h>
#include <string.h>

#include "keywords/pattern.h"
#include "responder/base/must.h"
#include "responder/base/text.h"

enum kind {
	CLOCK,
	CLOCK_MINUTES,
	WEEKDAY,
	MONTH_DAY,
	DAY_MONTH,
	SLASHES,
	DAY,
	RELATIVE,
	VAGUE,
	KINDS
};

#define PREFIX "(?:(?:at|around|by|a|a las|a la|para las) )?"
#define HALF "(am|pm|a m|p m|a|p)"
#define WEEKDAYS                                                                                   \
	"(mon|tue|wed|thu|fri|sat|sun|lun|mar|mie|jue|vie|sab|dom)(?:day|s|sday|nesday|rs|rsday|"  \
	"urday|es|"                                                                                \
	"rcoles|tes|ves|rnes|ado|ingo)?"
#define MONTHS                                                                                     \
	"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic)(?:uary|ruary|ch|il|e|"  \
	"y|ust|t|"                                                                                 \
	"tember|ober|ember|ro|rero|zo|o|io|osto|tiembre|ubre|iembre)?"

static const char *const regexes[KINDS] = {
	[CLOCK_MINUTES] = PREFIX "(\\d{1,2}):(\\d{2})(?: ?" HALF ")? ",
	[CLOCK] = "(?:(?:(?:at|a las|a la|para las) (\\d{1,2})(?: o'?clock)?(?: ?" HALF ")?)|"
		  "(?:(\\d{1,2}) ?(am|pm|a m|p m))) ",
	[WEEKDAY] = "(?:(?:on|this|el|este|next|el proximo) )?" WEEKDAYS " ",
	[MONTH_DAY] = "(?:on )?" MONTHS " (\\d{1,2})(?:st|nd|rd|th)? ",
	[DAY_MONTH] = "(?:el )?(\\d{1,2}) de " MONTHS " ",
	[SLASHES] = "(?:on |el )?(\\d{1,2})/(\\d{1,2})(?:/\\d{2,4})? ",
	[DAY] = "(?:on )?(?:the|el dia) (\\d{1,2})(?:th)? ",
	[RELATIVE] = "(?:(today|tonight|hoy)|(tomorrow|tomorow|tmrw|tmw|tmr|2moro|manana)) ",
	[VAGUE] =
		"(?:next (?:week|month|year|time)|later|another (?:day|time)|different "
		"(?:day|time)|"
		"(?:in the |this )?(?<!good "
		")(?:morning|afternoon|evening)|weekend|noon|midnight|(?:la "
		")?(?:proxima|"
		"otra) semana|otro dia|otra hora|mas tarde|(?:por|en|de) la (?:tarde|noche|manana)|"
		"earlier|sooner) ",
};

struct said_patterns {
	struct pattern *of[KINDS];
};

struct said_patterns *said_patterns_new(void)
{
	struct said_patterns *p = calloc(1, sizeof *p);
	struct pattern_starts any;
	must(p);
	pattern_starts_any(&any);
	for (int i = 0; i < KINDS; i++) {
		const char *why;
		p->of[i] = pattern_new();
		must(pattern_add(p->of[i], regexes[i], &any, &why));
	}
	return p;
}

void said_patterns_free(struct said_patterns *p)
{
	for (int i = 0; i < KINDS; i++)
		pattern_free(p->of[i]);
	free(p);
}

static int number(const char *s, struct span at)
{
	return at.end > at.start ? atoi(s + at.start) : -1;
}

static void take_clock(const char *s, int hour, int minute, struct span half, struct said *out)
{
	char letter = half.end > half.start ? s[half.start] : 0;
	if (hour < 0 || hour > 23 || minute > 59)
		out->vague = true;
	if (letter && hour <= 12)
		hour = hour % 12 + (letter == 'p' ? 12 : 0);
	out->half_day = !letter && hour <= 12;
	out->minute = hour * 60 + minute;
}

static int index_of(const char *s, struct span at, const char *names)
{
	for (int i = 0; names[i * 4]; i++)
		if (memcmp(names + i * 4, s + at.start, 3) == 0)
			return i;
	return -1;
}

static int month_of(const char *s, struct span at)
{
	int english = index_of(s, at, "jan feb mar apr may jun jul aug sep oct nov dec ");
	int spanish = index_of(s, at, "ene feb mar abr may jun jul ago sep oct nov dic ");
	return (english >= 0 ? english : spanish) + 1;
}

static void take(enum kind kind, const char *s, const struct span *g, struct said *out)
{
	int weekday;
	switch (kind) {
	case CLOCK_MINUTES: take_clock(s, number(s, g[1]), number(s, g[2]), g[3], out); break;
	case CLOCK:
		if (number(s, g[1]) >= 0)
			take_clock(s, number(s, g[1]), 0, g[2], out);
		else
			take_clock(s, number(s, g[3]), 0, g[4], out);
		break;
	case WEEKDAY:
		weekday = index_of(s, g[1], "sun mon tue wed thu fri sat ");
		out->weekday =
			weekday >= 0 ? weekday : index_of(s, g[1], "dom lun mar mie jue vie sab ");
		out->vague |=
			text_starts(s + g[0].start, "next") || strstr(s + g[0].start, "proximo ");
		break;
	case MONTH_DAY:
		out->month = month_of(s, g[1]);
		out->day = number(s, g[2]);
		break;
	case DAY_MONTH:
		out->day = number(s, g[1]);
		out->month = month_of(s, g[2]);
		break;
	case SLASHES:
		out->month = number(s, g[1]);
		out->day = number(s, g[2]);
		break;
	case DAY: out->day = number(s, g[1]); break;
	case RELATIVE: out->days_ahead = g[1].end > g[1].start ? 0 : 1; break;
	default: out->vague = true;
	}
}

bool said_take(const struct said_patterns *p, char *work, struct said *out, bool *limit)
{
	static const enum kind order[KINDS] = {
		VAGUE, MONTH_DAY, DAY_MONTH, SLASHES, WEEKDAY, CLOCK_MINUTES, CLOCK, DAY, RELATIVE};
	bool any = false;
	*out = (struct said){.minute = -1, .weekday = -1, .day = -1, .month = -1, .days_ahead = -1};
	for (int i = 0; i < KINDS; i++) {
		struct span g[PATTERN_GROUPS];
		size_t n = strlen(work), from = 0;
		int found;
		while ((found = pattern_find(p->of[order[i]], work, n, from, g)) > 0) {
			take(order[i], work, g, out);
			memset(work + g[0].start, '_', g[0].end - 1 - g[0].start);
			from = g[0].end - 1;
			any = true;
		}
		*limit |= found < 0;
	}
	return any;
}

bool said_agrees(const struct said *s, const struct wall *visit, struct wall now)
{
	int minute = visit->hour * 60 + visit->minute;
	struct wall day = zone_add_days(now, s->days_ahead < 0 ? 0 : s->days_ahead);
	if (s->vague)
		return false;
	if (s->minute >= 0 && (s->half_day ? s->minute % 720 != minute % 720 : s->minute != minute))
		return false;
	if (s->weekday >= 0 && s->weekday != visit->weekday)
		return false;
	if ((s->day >= 0 && s->day != visit->day) || (s->month >= 0 && s->month != visit->month))
		return false;
	return s->days_ahead < 0 ||
	       (day.day == visit->day && day.month == visit->month && day.year == visit->year);
}
