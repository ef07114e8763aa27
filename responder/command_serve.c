/* responder serve, migrate, backup: the commands that are little more than a call. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db/db.h"
#include "responder/base/log.h"
#include "responder/base/text.h"
#include "responder/command.h"
#include "responder/serve.h"

/* A new practice starts with an empty store; an older store is never upgraded by surprise. */
static enum err create_if_missing(const char *store)
{
	int applied;
	if (text_starts(store, "postgres") || access(store, F_OK) == 0)
		return OK;
	return db_migrate(store, &applied);
}

int command_serve(int argc, char **argv)
{
	const char *path = command_config_option(argc, argv, "serve [--config FILE]", NULL);
	struct config *config;
	struct keywords *keywords;
	if (!path)
		return 2;
	if (command_load_config(&config, path))
		return 1;
	if (command_load_keywords(&keywords, NULL)) {
		config_free(config);
		return 1;
	}
	struct app app = {.config = config, .keywords = keywords};
	enum err e = create_if_missing(config->store);
	int status = e ? 1 : serve_run(&app, NULL);
	keywords_free(keywords);
	config_free(config);
	return status;
}

int command_migrate(int argc, char **argv)
{
	const char *path = command_config_option(argc, argv, "migrate [--config FILE]", NULL);
	struct config *config;
	if (!path)
		return 2;
	if (command_load_config(&config, path))
		return 1;
	int applied;
	enum err e = db_migrate(config->store, &applied);
	if (e)
		fprintf(stderr, "responder: %s was not migrated: %s.\n", config->store,
			err_text(e));
	else if (applied)
		printf("%s: %d migration%s applied.\n", config->store, applied,
			applied == 1 ? "" : "s");
	else
		printf("%s is up to date.\n", config->store);
	config_free(config);
	return e ? 1 : 0;
}

static enum err backup(const char *store, const char *to)
{
	struct db *db;
	enum err e = db_open(&db, store);
	if (e)
		return e;
	e = db_backup(db, to);
	db_close(db);
	return e;
}

int command_backup(int argc, char **argv)
{
	static const char usage[] = "backup [--config FILE] TO_FILE";
	int rest;
	const char *path = command_config_option(argc, argv, usage, &rest);
	struct config *config;
	if (!path || rest != argc - 1) {
		if (path)
			fprintf(stderr, "usage: responder %s\n", usage);
		return 2;
	}
	if (command_load_config(&config, path))
		return 1;
	enum err e = backup(config->store, argv[rest]);
	if (e == ERR_CONFLICT)
		fprintf(stderr, "responder: %s exists already; give a new name.\n", argv[rest]);
	else if (e)
		fprintf(stderr, "responder: no backup was made: %s.\n", err_text(e));
	else
		printf("%s copied to %s.\n", config->store, argv[rest]);
	config_free(config);
	return e ? 1 : 0;
}
