/* The person that a row is about: read into plain values, found in the store, brought up to date.
 */
#ifndef RESPONDER_FLOW_IMPORT_PERSON_H
#define RESPONDER_FLOW_IMPORT_PERSON_H

#include "responder/flow/import_line.h"

struct import_person {
	const char *ext, *first, *last, *theirs, *lang, *state; /* NULL: the file does not say */
};

struct q_import_patient_by_ext; /* as the store knows them */

/* With findings for what cannot be read. */
void import_person_read(struct import_line *l, struct import_person *p);

/* By id, or else by name and number; NULL: new. */
enum err import_person_find(struct import_line *l, const struct import_person *p,
	struct q_import_patient_by_ext **old) MUST_USE;

/* Adds the person, or brings them up to date; what the file does not say stays. A new one without a
 * name is a finding. */
enum err import_person_put(struct import_line *l, const struct import_person *p,
	const struct q_import_patient_by_ext *old, int64_t *id) MUST_USE;

#endif
