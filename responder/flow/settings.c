/* See settings.h. */
#include "responder/flow/settings.h"

#include <inttypes.h>

#include "build/gen/q.h"
#include "responder/base/log.h"
#include "responder/base/text.h"
#include "responder/base/zone.h"
#include "responder/flow/rezone.h"

static bool same(const struct location *l, const struct q_location_by_name *row)
{
	return text_eq(l->zone, row->zone) && text_eq(l->address, row->address) &&
	       text_eq(l->phone, row->phone);
}

/* `stale`: due times may rest on other zone data than is installed now. */
static enum err apply_location(struct arena *a, struct db *db, const struct config *c, int64_t now,
	const struct location *l, bool stale)
{
	struct q_location_by_name *row;
	enum err e = q_location_by_name(a, db, &row, .name = l->name);
	if (!e && (!row || !same(l, row)))
		e = q_location_put(db, NULL, .name = l->name, .zone = l->zone,
			.address = l->address, .phone = l->phone);
	if (e || !row || (!stale && text_eq(l->zone, row->zone)))
		return e;
	int64_t changed = 0;
	e = rezone_location(a, db, c, now, row->id, l->zone, &changed);
	if (!e && changed)
		log_warn("rezoned", "location=%" PRId64 " from=%s to=%s visits=%" PRId64, row->id,
			row->zone, l->zone, changed);
	return e;
}

enum err settings_apply(struct arena *a, struct db *db, const struct config *c, int64_t now)
{
	const char *version = zone_data_version();
	struct q_meta_get *known;
	enum err e = db_begin(db);
	if (e)
		return e;
	e = q_meta_get(a, db, &known, .name = "zone_data");
	bool stale = !e && known && !text_eq(known->value, version ? version : "");
	for (size_t i = 0; !e && i < c->location_n; i++)
		e = apply_location(a, db, c, now, &c->locations[i], stale);
	if (!e && (stale || !known))
		e = q_meta_set(db, NULL, .name = "zone_data", .value = version ? version : "");
	if (e) {
		db_rollback(db);
		return e;
	}
	return db_commit(db);
}
