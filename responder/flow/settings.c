/* See settings.h. */
#include "responder/flow/settings.h"

#include "build/gen/q.h"
#include "responder/base/text.h"

static bool same(const struct location *l, const struct q_location_by_name *row)
{
	return row && text_eq(l->zone, row->zone) && text_eq(l->address, row->address) &&
	       text_eq(l->phone, row->phone);
}

enum err settings_apply(struct arena *a, struct db *db, const struct config *c)
{
	enum err e = db_begin(db);
	if (e)
		return e;
	for (size_t i = 0; !e && i < c->location_n; i++) {
		const struct location *l = &c->locations[i];
		struct q_location_by_name *row;
		e = q_location_by_name(a, db, &row, .name = l->name);
		if (!e && !same(l, row))
			e = q_location_put(db, NULL, .name = l->name, .zone = l->zone,
				.address = l->address, .phone = l->phone);
	}
	if (e) {
		db_rollback(db);
		return e;
	}
	return db_commit(db);
}
