/* May this text go now? One pure function, asked in the transaction that claims it. */
#ifndef RESPONDER_FLOW_GATE_H
#define RESPONDER_FLOW_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "responder/base/config.h"

struct gate_facts {
	int64_t now, expires;
	const char *kind; /* "reminder", "reply", "hold", "stop", … */
	const char *zone; /* of the window */
	bool suppressed;  /* the number is opted out */
	bool held;	  /* staff must first decide whether the number opted out */
	bool has_visit;
	const char *visit_state; /* now */
	bool visit_moved;	 /* since the text was written */
	bool unconfirmed_only;
	const char *patient_state; /* NULL: not about a patient */
};

struct verdict {
	enum { GATE_GO, GATE_WAIT, GATE_SKIP } kind;
	const char *why;    /* WAIT, SKIP: for staff */
	int64_t until;	    /* WAIT: ask again then */
	int64_t validity_s; /* GO: the provider must give up after this */
};

struct verdict gate(const struct config *c, const struct gate_facts *f);

#endif
