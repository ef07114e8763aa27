/* What a row of each kind of file does. An error of the store ends the import; what is wrong with
 * the row is a finding, and then nothing of it is in the store. */
#ifndef RESPONDER_FLOW_IMPORT_ROWS_H
#define RESPONDER_FLOW_IMPORT_ROWS_H

#include "responder/flow/import_line.h"

enum err import_rows_patient(struct import_line *l) MUST_USE;
enum err import_rows_visit(struct import_line *l) MUST_USE; /* and its patient and clinician */
enum err import_rows_slot(struct import_line *l) MUST_USE;

#endif
