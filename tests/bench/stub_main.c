/* A provider that takes every text at once: answers each POST with 201 and a new id, and on GET
 * says how many it took, and the milliseconds between the first and the last. One thread, epoll.
 * Usage: stub_main PORT */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "responder/base/must.h"

#define EVENTS 64

struct visitor {
	int fd;
	char in[8192];
	size_t n;
};

static long taken;
static int64_t first_us, last_us;

static int64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int answer(const struct visitor *v, char *out, size_t room)
{
	char body[128];
	int status = 200;
	if (strncmp(v->in, "POST ", 5) == 0) {
		last_us = now_us();
		first_us = taken ? first_us : last_us;
		status = 201;
		snprintf(body, sizeof body, "{\"sid\": \"SM%032lx\", \"status\": \"queued\"}",
			++taken);
	} else {
		snprintf(body, sizeof body, "{\"taken\": %ld, \"ms\": %.3f}", taken,
			(double)(last_us - first_us) / 1000);
	}
	return snprintf(out, room,
		"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		status, strlen(body), body);
}

/* Whether one whole request is there; answers it. False: the visitor is gone. */
static int serve(struct visitor *v)
{
	char out[512];
	ssize_t got = recv(v->fd, v->in + v->n, sizeof v->in - v->n - 1, 0);
	if (got <= 0)
		return 0;
	v->n += (size_t)got;
	v->in[v->n] = '\0';
	char *end = strstr(v->in, "\r\n\r\n"), *length = strcasestr(v->in, "Content-Length: ");
	size_t body = length && end && length < end ? strtoul(length + 16, NULL, 10) : 0;
	if (!end || v->n < (size_t)(end + 4 - v->in) + body)
		return 1;
	int n = answer(v, out, sizeof out);
	v->n = 0;
	return send(v->fd, out, (size_t)n, MSG_NOSIGNAL) == n;
}

static void greet(int poll, int listener)
{
	int one = 1, fd = accept(listener, NULL, NULL);
	struct visitor *v = calloc(1, sizeof *v);
	must(fd >= 0 && v);
	v->fd = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	must(epoll_ctl(poll, EPOLL_CTL_ADD, fd,
		     &(struct epoll_event){.events = EPOLLIN, .data.ptr = v}) == 0);
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(argv[argc - 1])),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1, poll = epoll_create1(0), listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	must(bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 128) == 0);
	must(epoll_ctl(poll, EPOLL_CTL_ADD, listener,
		     &(struct epoll_event){.events = EPOLLIN, .data.ptr = NULL}) == 0);
	for (;;) {
		struct epoll_event events[EVENTS];
		int n = epoll_wait(poll, events, EVENTS, -1);
		for (int i = 0; i < n; i++) {
			struct visitor *v = events[i].data.ptr;
			if (!v) {
				greet(poll, listener);
			} else if (!serve(v)) {
				close(v->fd);
				free(v);
			}
		}
	}
}
