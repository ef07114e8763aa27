/* The jobs role: what must happen by time and not by message. One thread, one pass a second. */
#ifndef RESPONDER_FLOW_JOBS_H
#define RESPONDER_FLOW_JOBS_H

#include "db/db.h"
#include "responder/flow/app.h"

struct jobs;

enum err jobs_start(struct jobs **out, const struct app *app) MUST_USE;
void jobs_stop(struct jobs *j);

/* One pass at `now`: reminders that fell due, uncertain texts that nobody has settled. */
enum err jobs_pass(struct db *db, const struct app *app, int64_t now) MUST_USE;

#endif
