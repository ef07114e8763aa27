/* The sub-commands. Each takes its own arguments (argv[0] is its name), prints what it has to say,
 * and returns the exit status: 0 fine, 1 it did not work, 2 it was called wrongly. */
#ifndef RESPONDER_COMMAND_H
#define RESPONDER_COMMAND_H

#include "keywords/keywords.h"
#include "responder/base/config.h"

#define COMMAND_CONFIG "responder.yaml"

int command_serve(int argc, char **argv);
int command_demo(int argc, char **argv);
int command_init(int argc, char **argv);
int command_check(int argc, char **argv);
int command_import(int argc, char **argv);
int command_show(int argc, char **argv);
int command_keywords(int argc, char **argv);
int command_rehearse(int argc, char **argv); /* keywords rehearse */
int command_backup(int argc, char **argv);
int command_migrate(int argc, char **argv);

/* For their use: load a file and say on standard error what is wrong with it. */
enum err command_load_config(struct config **out, const char *path) MUST_USE;
enum err command_load_keywords(struct keywords **out, const char *folder) MUST_USE;

/* The value of "--config FILE" in the arguments, else COMMAND_CONFIG. Stops at an unknown option
 * with a message and NULL. `rest` (may be NULL) gets the index of the first other argument. */
const char *command_config_option(int argc, char **argv, const char *usage, int *rest);

/* For lists: "2026-03-10T14:20:00Z"; and a text in one line, whatever is in it (NULL: nothing). */
const char *command_utc(struct arena *a, int64_t at);
const char *command_flat(struct arena *a, const char *s);

#endif
