/* See import_person.h. */
#include "responder/flow/import_person.h"

#include <string.h>

#include "build/gen/q.h"
#include "responder/base/text.h"
#include "responder/sms/e164.h"

static void read_name(struct import_line *l, struct import_person *p)
{
	char *name = arena_str(l->a, import_line_cell(l, COLUMN_NAME));
	p->first = import_line_cell(l, COLUMN_FIRST);
	p->last = import_line_cell(l, COLUMN_LAST);
	char *comma = name ? strchr(name, ',') : NULL;
	char *blank = name && !comma ? strrchr(name, ' ') : NULL;
	if (!p->first && comma) { /* "Lovelace, Ada" */
		*comma = '\0';
		p->first = text_trim(comma + 1);
		p->last = text_trim(name);
	} else if (!p->first && name) {
		if (blank)
			*blank = '\0';
		p->first = name;
		p->last = blank ? blank + 1 : "";
	}
	if (!p->first && !p->ext)
		import_line_fault(
			l, COLUMN_FIRST, "there is neither a first name nor a patient id");
}

void import_person_read(struct import_line *l, struct import_person *p)
{
	static const char *const languages[][2] = {{"en", "en"}, {"english", "en"}, {"eng", "en"},
		{"enus", "en"}, {"engb", "en"}, {"ingles", "en"}, {"es", "es"}, {"spanish", "es"},
		{"spa", "es"}, {"esus", "es"}, {"esmx", "es"}, {"espanol", "es"}};
	static const char *const states[][2] = {{"active", "active"}, {"inactive", "inactive"},
		{"deceased", "deceased"}, {"archived", "inactive"}, {"activo", "active"},
		{"activa", "active"}, {"inactivo", "inactive"}, {"inactiva", "inactive"},
		{"fallecido", "deceased"}, {"fallecida", "deceased"}};
	*p = (struct import_person){.ext = import_line_cell(l, COLUMN_PATIENT)};
	read_name(l, p);
	const char *phone = import_line_cell(l, COLUMN_PHONE);
	if (phone && e164_parse(l->a, phone, l->config->country, &p->theirs))
		import_line_fault(l, COLUMN_PHONE,
			"'%s' is no phone number in %s; write it like +13125550123", phone,
			l->config->country);
	if (import_line_cell(l, COLUMN_LANGUAGE))
		p->lang = import_line_meaning(l, COLUMN_LANGUAGE, languages,
			sizeof languages / sizeof languages[0], "en or es");
	if (import_line_cell(l, COLUMN_PATIENT_STATE))
		p->state = import_line_meaning(l, COLUMN_PATIENT_STATE, states,
			sizeof states / sizeof states[0], "active, inactive or deceased");
	if (!p->ext && !p->theirs && !l->bad)
		import_line_fault(l, COLUMN_PHONE, "a person needs a patient id or a phone number");
}

static const char *either(const char *said, const char *known)
{
	return said ? said : known;
}

enum err import_person_find(
	struct import_line *l, const struct import_person *p, struct q_import_patient_by_ext **old)
{
	if (p->ext)
		return q_import_patient_by_ext(l->a, l->db, old, .ext = p->ext);
	struct q_import_patient_by_name *same;
	enum err e = q_import_patient_by_name(l->a, l->db, &same, .first = p->first,
		.last = either(p->last, ""), .theirs = p->theirs);
	*old = NULL;
	if (e || !same)
		return e;
	*old = arena_new_of(l->a, struct q_import_patient_by_ext);
	**old = (struct q_import_patient_by_ext){
		same->id, same->first, same->last, same->theirs, same->lang, same->state};
	return OK;
}

static enum err add_person(struct import_line *l, const struct import_person *p, int64_t *id)
{
	struct q_import_patient_add *made;
	if (!p->first) {
		import_line_fault(l,
			l->header->at[COLUMN_FIRST] < 0 ? COLUMN_PATIENT : COLUMN_FIRST,
			"no first name, and nobody has the id '%s' yet", p->ext);
		return OK;
	}
	enum err e = q_import_patient_add(l->a, l->db, &made, .ext = p->ext, .first = p->first,
		.last = either(p->last, ""), .theirs = p->theirs,
		.lang = either(p->lang, l->config->language), .state = either(p->state, "active"));
	if (e)
		return e;
	*id = made->id;
	l->counts->people_new++;
	import_line_change(l, "new patient %s %s", p->first, either(p->last, ""));
	return OK;
}

enum err import_person_put(struct import_line *l, const struct import_person *p,
	const struct q_import_patient_by_ext *old, int64_t *id)
{
	if (!old)
		return add_person(l, p, id);
	struct import_person next = {NULL, either(p->first, old->first), either(p->last, old->last),
		either(p->theirs, old->theirs), either(p->lang, old->lang),
		either(p->state, old->state)};
	*id = old->id;
	if (text_eq(next.first, old->first) && text_eq(next.last, old->last) &&
		text_eq(next.theirs, old->theirs) && text_eq(next.lang, old->lang) &&
		text_eq(next.state, old->state))
		return OK;
	l->counts->people_changed++;
	import_line_change(l, "patient %s %s changed", next.first, next.last);
	return q_import_patient_set(l->db, NULL, .id = old->id, .first = next.first,
		.last = next.last, .theirs = next.theirs, .lang = next.lang, .state = next.state);
}
