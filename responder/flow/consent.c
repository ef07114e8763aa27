/* The consent list; see consent.h. The index consent_theirs makes "the newest" one look-up. */
#include "responder/flow/consent.h"

#include "build/gen/q.h"
#include "responder/base/log.h"
#include "responder/base/text.h"

enum err consent_record(struct db *db, int64_t now, const struct consent_event *e)
{
	int64_t cancelled = 0;
	enum err err = OK;
	if (text_eq(e->kind, "withdrawal"))
		err = q_mt_cancel_all(db, &cancelled, .theirs = e->theirs, .at = now,
			.why = "the number opted out");
	if (err)
		return err;
	log_info("consent", "kind=%s source=%s rule=%s mo=%lld cancelled=%lld", e->kind, e->source,
		e->rule, (long long)e->mo, (long long)cancelled);
	return q_consent_add(db, NULL, .at = now, .theirs = e->theirs, .ours = e->ours,
		.kind = e->kind, .scope = "all", .source = e->source, .rule = e->rule,
		.body = e->body, .mo = e->mo, .mt = e->mt, .cancelled = cancelled);
}

enum err consent_suppressed(struct arena *a, struct db *db, const char *theirs, bool *out)
{
	struct q_consent_newest *row;
	enum err e = q_consent_newest(a, db, &row, .theirs = theirs);
	*out = !e && row && text_eq(row->kind, "withdrawal");
	return e;
}
