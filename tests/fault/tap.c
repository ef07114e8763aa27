/* LD_PRELOAD: writes into the file TAP when each text began to leave, and to whom: "MS NUMBER
 * KIND", the wall clock in milliseconds at the send() of its first byte, KIND is "stop" for what
 * confirms a stop. A stub's own clock is no witness: it sees a request only when it gets round to
 * accepting and reading it. A connection takes TAP_CONNECT_US longer, as TLS and distance would
 * make it, so that something can happen between a claim and its first byte. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MARK "To=%2B"
#define CONFIRMS "get%20any%20more" /* as the form encodes it */
#define DIGITS 11

static void note(const char *digits, int confirms)
{
	static FILE *file;
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	if (!file && !(file = fopen(getenv("TAP"), "ae")))
		abort();
	fprintf(file, "%.3f +%.*s %s\n", (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6, DIGITS,
		digits, confirms ? "stop" : "other");
	fflush(file);
}

ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
	static ssize_t (*real)(int, const void *, size_t, int);
	if (!real)
		real = (ssize_t(*)(int, const void *, size_t, int))dlsym(RTLD_NEXT, "send");
	const char *to = memmem(bytes, n, MARK, strlen(MARK));
	if (to)
		note(to + strlen(MARK), memmem(bytes, n, CONFIRMS, strlen(CONFIRMS)) != NULL);
	return real(fd, bytes, n, flags);
}

int connect(int fd, const struct sockaddr *to, socklen_t n)
{
	static int (*real)(int, const struct sockaddr *, socklen_t);
	const char *us = getenv("TAP_CONNECT_US");
	if (!real)
		real = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(
			RTLD_NEXT, "connect");
	usleep(us ? (useconds_t)atoi(us) : 0);
	return real(fd, to, n);
}
