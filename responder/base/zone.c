/* Zones through GLib's GTimeZone, which reads the system's tzdata. GLib answers "which interval
 * does this UTC instant lie in"; the rest is done here, because GLib takes the second of two equal
 * wall times and the house takes the first. */
#include "responder/base/zone.h"

#include <glib.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "responder/base/must.h"
#include "responder/base/text.h"

#define DAY_S 86400
#define ZONES "/usr/share/zoneinfo"

/* Kept for the life of the process: a practice has a handful of zones. */
static GTimeZone *find(const char *name)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static GHashTable *known;
	pthread_mutex_lock(&lock);
	if (!known)
		known = g_hash_table_new(g_str_hash, g_str_equal);
	GTimeZone *zone = g_hash_table_lookup(known, name);
	if (!zone && (zone = g_time_zone_new_identifier(name)))
		g_hash_table_insert(known, g_strdup(name), zone);
	pthread_mutex_unlock(&lock);
	return zone;
}

/* GLib would follow "../" out of the zone folder, and takes "+03:00", ":name" and "PST8" too. */
static bool shaped_like_a_name(const char *s)
{
	/* With leap seconds, a second time, or whatever this machine's own zone is today. */
	static const char *const strange[] = {"right/", "posix/", "localtime", "posixrules"};
	if (!s || !g_ascii_isalpha(*s) || strlen(s) > 64 || strstr(s, "//"))
		return false;
	for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++)
		if (text_starts(s, strange[i]))
			return false;
	for (; *s; s++)
		if (!g_ascii_isalnum(*s) && !strchr("/_+-", *s))
			return false;
	return s[-1] != '/';
}

/* Not every file there is a zone, and GLib complains on standard error about the others. */
static bool has_data(const char *name)
{
	char path[128], magic[4] = "";
	snprintf(path, sizeof path, ZONES "/%s", name);
	FILE *f = fopen(path, "r");
	if (!f)
		return false;
	size_t n = fread(magic, 1, sizeof magic, f);
	fclose(f);
	return n == sizeof magic && memcmp(magic, "TZif", sizeof magic) == 0;
}

bool zone_ok(const char *name)
{
	return shaped_like_a_name(name) && has_data(name) && find(name);
}

static int offset_at(GTimeZone *zone, int64_t epoch)
{
	return g_time_zone_get_offset(
		zone, g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, epoch));
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct wall date_of(int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t d = z - era * 146097;
	int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	int64_t of_year = d - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;
	struct wall w = {.day = (int)(of_year - (153 * m + 2) / 5 + 1),
		.month = (int)(m < 10 ? m + 3 : m - 9),
		.weekday = (int)((days % 7 + 11) % 7)};
	w.year = (int)(y + era * 400 + (w.month <= 2));
	return w;
}

/* As if the wall clock stood in UTC. */
static int64_t naive(struct wall w)
{
	return days_of(w.year, w.month, w.day) * DAY_S + w.hour * 3600 + w.minute * 60;
}

int64_t zone_epoch(const char *name, struct wall w)
{
	GTimeZone *zone = find(name);
	must(zone);
	int64_t n = naive(w);
	int before = offset_at(zone, n - DAY_S), after = offset_at(zone, n + DAY_S);
	int64_t first = n - before, second = n - after;
	/* Whatever offset holds then is one of the two, unless the time does not exist. */
	if (offset_at(zone, first) == before)
		return first < second || offset_at(zone, second) != after ? first : second;
	if (offset_at(zone, second) == after)
		return second;
	/* In a gap: the instant at which the offset changes, between the two readings. */
	int64_t low = second < first ? second : first, high = second < first ? first : second;
	int at_low = offset_at(zone, low);
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		if (offset_at(zone, middle) == at_low)
			low = middle;
		else
			high = middle;
	}
	return high;
}

struct wall zone_wall(const char *name, int64_t epoch)
{
	GTimeZone *zone = find(name);
	must(zone);
	int64_t local = epoch + offset_at(zone, epoch);
	int64_t days = (local >= 0 ? local : local - DAY_S + 1) / DAY_S;
	struct wall w = date_of(days);
	int second = (int)(local - days * DAY_S);
	w.hour = second / 3600;
	w.minute = second / 60 % 60;
	return w;
}

struct wall zone_add_days(struct wall w, int days)
{
	struct wall out = date_of(days_of(w.year, w.month, w.day) + days);
	out.hour = w.hour;
	out.minute = w.minute;
	return out;
}

int64_t zone_next(const char *zone, int64_t after, int minute_of_day)
{
	struct wall w = zone_wall(zone, after);
	w.hour = minute_of_day / 60;
	w.minute = minute_of_day % 60;
	for (int day = 0; day < 4; day++) {
		int64_t at = zone_epoch(zone, zone_add_days(w, day));
		if (at > after)
			return at;
	}
	must_never("a zone without tomorrow");
	return 0;
}

bool zone_parse_wall(const char *s, struct wall *out)
{
	struct wall w = {0};
	if (!text_like(s, "0000-00-00T00:00") || sscanf(s, "%4d-%2d-%2dT%2d:%2d", &w.year, &w.month,
							 &w.day, &w.hour, &w.minute) != 5)
		return false;
	if (w.year < 1 || w.month < 1 || w.month > 12 || w.hour < 0 || w.hour > 23 ||
		w.minute < 0 || w.minute > 59)
		return false;
	struct wall same = zone_add_days(w, 0);
	if (same.day != w.day || same.month != w.month)
		return false;
	*out = same;
	return true;
}

void zone_format_wall(struct wall w, char out[ZONE_WALL])
{
	snprintf(out, ZONE_WALL, "%04u-%02u-%02uT%02u:%02u", (unsigned)w.year % 10000u,
		(unsigned)w.month % 100u, (unsigned)w.day % 100u, (unsigned)w.hour % 100u,
		(unsigned)w.minute % 100u);
}

const char *zone_data_version(void)
{
	static char version[16];
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&lock);
	FILE *f = *version ? NULL : fopen(ZONES "/tzdata.zi", "r");
	if (f) {
		if (fscanf(f, "# version %15s", version) != 1)
			*version = '\0';
		fclose(f);
	}
	pthread_mutex_unlock(&lock);
	return *version ? version : NULL;
}
