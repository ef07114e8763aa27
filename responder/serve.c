/* Roles are threads: web, sender, jobs. This thread only waits for a signal. */
#include "responder/serve.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "responder/base/clock.h"
#include "responder/base/log.h"
#include "responder/base/must.h"
#include "responder/flow/jobs.h"
#include "responder/flow/reminder.h"
#include "responder/flow/sender.h"
#include "responder/flow/settings.h"
#include "responder/web/web.h"

#define HEAP_SLACK (4 << 20) /* bytes */

struct roles {
	struct web *web;
	struct sender *sender;
	struct jobs *jobs;
};

/* systemd's readiness protocol: one datagram to the socket it names. */
static void notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	if (!path || strlen(path) >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, path, strlen(path));
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (fd < 0 || sendto(fd, state, strlen(state), 0, (struct sockaddr *)&to, n) < 0)
		log_warn("notify_failed", "errno=%d", errno);
	if (fd >= 0)
		close(fd);
}

/* Signals come only through the descriptor; every thread inherits the mask. */
static int block_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	must(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	signal(SIGPIPE, SIG_IGN);
	int fd = signalfd(-1, &set, SFD_CLOEXEC);
	must(fd >= 0);
	return fd;
}

static int watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	return usec ? (int)(strtoll(usec, NULL, 10) / 2000) : -1;
}

static void wait_for_signal(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	while (poll(&p, 1, watchdog_ms()) <= 0)
		notify("WATCHDOG=1");
	struct signalfd_siginfo info;
	ssize_t n = read(fd, &info, sizeof info);
	log_info("stopping", "signal=%u", n == sizeof info ? info.ssi_signo : 0);
}

static enum err prepare(const struct app *app)
{
	struct db *db;
	enum err e = db_open(&db, app->config->store);
	if (e)
		return e;
	struct arena *a = arena_new(0);
	e = settings_apply(a, db, app->config, clock_now());
	if (!e)
		e = reminder_replan(a, db, app, clock_now());
	arena_free(a);
	db_close(db);
	return e;
}

static enum err start(struct roles *r, const struct app *app)
{
	enum err e = prepare(app);
	if (!e)
		e = web_start(&r->web, app);
	if (!e)
		e = sender_start(&r->sender, app);
	if (!e)
		e = jobs_start(&r->jobs, app);
	return e;
}

static void stop(struct roles *r)
{
	if (r->jobs)
		jobs_stop(r->jobs);
	if (r->sender)
		sender_stop(r->sender);
	if (r->web)
		web_stop(r->web);
}

/* Threads that free and allocate at the top of their heaps would give pages back to the kernel and
 * fault them in again with every request. */
static void tune_memory(void)
{
	must(mallopt(M_TRIM_THRESHOLD, HEAP_SLACK) && mallopt(M_TOP_PAD, HEAP_SLACK / 8) &&
		mallopt(M_ARENA_MAX, 2));
}

int serve_run(struct app *app, const struct serve_hooks *hooks)
{
	struct roles roles = {0};
	tune_memory();
	int signals = block_signals();
	app->node = "one";
	app->sender_bell = bell_new();
	app->jobs_bell = bell_new();
	app->pages_bell = bell_new();
	enum err e = start(&roles, app);
	if (!e && hooks && hooks->started)
		e = hooks->started(hooks->context, web_port(roles.web));
	malloc_trim(0); /* what only the start needed */
	if (!e) {
		log_info("ready", "port=%d", web_port(roles.web));
		notify("READY=1");
		wait_for_signal(signals);
		notify("STOPPING=1");
	}
	if (hooks && hooks->stopping)
		hooks->stopping(hooks->context);
	stop(&roles);
	bell_free(&app->sender_bell);
	bell_free(&app->jobs_bell);
	bell_free(&app->pages_bell);
	close(signals);
	if (e)
		log_error("cannot_start", "why=\"%s\"", err_text(e));
	return e ? 1 : 0;
}
