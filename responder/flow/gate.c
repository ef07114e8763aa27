/* The rules, strictest first. A refusal is final (SKIP) or until a time (WAIT), always with a
 * reason that staff can read. */
#include "responder/flow/gate.h"

#include "responder/base/text.h"
#include "responder/flow/plan.h"

#define LEAST_VALIDITY_S 60
#define HOLD_RETRY_S 600

static struct verdict skip(const char *why)
{
	return (struct verdict){.kind = GATE_SKIP, .why = why};
}

/* Waiting beyond the text's use is skipping. */
static struct verdict wait_until(const struct gate_facts *f, int64_t until, const char *why)
{
	if (until > f->expires - LEAST_VALIDITY_S)
		return skip("too late to be of use by the time it may be sent");
	return (struct verdict){.kind = GATE_WAIT, .until = until, .why = why};
}

static const char *visit_objection(const struct gate_facts *f)
{
	if (!f->has_visit || !text_eq(f->kind, "reminder"))
		return NULL;
	if (f->visit_moved)
		return "the visit has moved";
	if (!text_eq(f->visit_state, "booked") && !text_eq(f->visit_state, "confirmed"))
		return "the visit is no longer on";
	if (f->unconfirmed_only && text_eq(f->visit_state, "confirmed"))
		return "the visit is confirmed already";
	if (!text_eq(f->patient_state, "active"))
		return "the patient is no longer active";
	return NULL;
}

static struct verdict windowed(const struct config *c, const struct gate_facts *f)
{
	int64_t open = plan_window(c, f->zone, f->now);
	if (open > f->now)
		return wait_until(f, open, "outside the sending hours");
	int64_t end = plan_window_end(c, f->zone, f->now);
	if (end - f->now < LEAST_VALIDITY_S)
		return wait_until(
			f, plan_window(c, f->zone, end), "the sending hours are about to end");
	int64_t until = end < f->expires ? end : f->expires;
	return (struct verdict){.kind = GATE_GO, .validity_s = until - f->now};
}

struct verdict gate(const struct config *c, const struct gate_facts *f)
{
	bool confirms_stop = text_eq(f->kind, "stop");
	if (f->suppressed && !confirms_stop)
		return skip("the number is opted out");
	if (f->expires - f->now < LEAST_VALIDITY_S)
		return skip("too late to be of use");
	if (f->held && !confirms_stop)
		return wait_until(
			f, f->now + HOLD_RETRY_S, "held until staff decide whether they opted out");
	const char *objection = visit_objection(f);
	if (objection)
		return skip(objection);
	/* An answer to what somebody just wrote may go at any hour. */
	if (text_eq(f->kind, "reminder"))
		return windowed(c, f);
	return (struct verdict){.kind = GATE_GO, .validity_s = f->expires - f->now};
}
