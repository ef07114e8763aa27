/* Closed-loop load on an inbound webhook: so many kept-alive connections, each posts a text signed
 * as Twilio signs it, waits for the whole answer, and posts the next. Every text has an id of its
 * own and comes from the next contact. Prints one JSON object. Usage: load_main PORT CONNECTIONS
 * SECONDS SECRET CONTACTS */
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

#include "responder/base/arena.h"
#include "responder/base/buf.h"
#include "responder/base/digest.h"
#include "responder/base/must.h"

#define BUCKETS 200000 /* of 10 microseconds */
#define EVENTS 64

struct connection {
	int fd;
	char in[2048];
	size_t in_n;
	int64_t begun_ns;
};

static int port, contacts;
static const char *secret;
static uint32_t buckets[BUCKETS];
static long answers, failures;

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static const char *const texts[] = {"yes pls", "C", "Yes! see you then", "what are your hours",
	"help", "N", "ok", "can't make it", "my insurance changed", "confirm"};

/* The fields as Twilio sends them, in the order of the signature (NULL: filled in). */
static const char *const fields[][2] = {
	{"AccountSid", "ACbench"},
	{"ApiVersion", "2010-04-01"},
	{"Body", NULL},
	{"From", NULL},
	{"FromCity", "CHICAGO"},
	{"FromCountry", "US"},
	{"FromState", "IL"},
	{"FromZip", "60601"},
	{"MessageSid", NULL},
	{"NumMedia", "0"},
	{"NumSegments", "1"},
	{"SmsMessageSid", NULL},
	{"SmsSid", NULL},
	{"SmsStatus", "received"},
	{"To", "+13125550100"},
	{"ToCity", "CHICAGO"},
	{"ToCountry", "US"},
	{"ToState", "IL"},
	{"ToZip", "60602"},
};

static const char *value_of(
	const char *const field[2], const char *text, const char *from, const char *id)
{
	if (field[1])
		return field[1];
	if (field[0][0] == 'B')
		return text;
	return field[0][0] == 'F' ? from : id;
}

static void compose(struct arena *a, struct connection *c)
{
	static long serial;
	char token[DIGEST_HEX_TOKEN], signature[64];
	unsigned char mac[20];
	struct buf sign = buf_new(a, 2048), body = buf_new(a, 2048), all = buf_new(a, 4096);
	digest_token(token);
	const char *id = arena_printf(a, "SM%s", token), *text = texts[serial % 10];
	const char *from = arena_printf(a, "+1%010ld", 2000000000 + serial++ % contacts);
	buf_printf(&sign, "http://127.0.0.1:%d/in/main", port);
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		const char *value = value_of(fields[i], text, from, id);
		buf_printf(&sign, "%s%s", fields[i][0], value);
		buf_printf(&body, "%s%s=", i ? "&" : "", fields[i][0]);
		buf_url(&body, value);
	}
	digest_hmac_sha1(secret, sign.s, sign.n, mac);
	digest_base64(mac, sizeof mac, signature);
	buf_printf(&all,
		"POST /in/main HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
		"Content-Type: application/x-www-form-urlencoded\r\n"
		"X-Twilio-Signature: %s\r\nContent-Length: %zu\r\n\r\n%s",
		port, signature, body.n, body.s);
	must(!all.over && !body.over && !sign.over);
	c->in_n = 0;
	c->begun_ns = now_ns();
	must(send(c->fd, all.s, all.n, MSG_NOSIGNAL) == (ssize_t)all.n);
	arena_reset(a);
}

/* Whether the whole answer is there; counts it. */
static int answered(struct connection *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_n, sizeof c->in - c->in_n - 1, 0);
	must(n > 0);
	c->in_n += (size_t)n;
	c->in[c->in_n] = '\0';
	char *end = strstr(c->in, "\r\n\r\n"), *length = strcasestr(c->in, "Content-Length: ");
	size_t body = length ? strtoul(length + strlen("Content-Length: "), NULL, 10) : 0;
	if (!end || c->in_n < (size_t)(end + 4 - c->in) + body)
		return 0;
	int64_t took = (now_ns() - c->begun_ns) / 10000;
	buckets[took < BUCKETS ? took : BUCKETS - 1]++;
	answers++;
	failures += c->in[strlen("HTTP/1.1 ")] != '2';
	return 1;
}

static double percentile(double p)
{
	long want = (long)((double)answers * p), seen = 0;
	for (int i = 0; i < BUCKETS; i++)
		if ((seen += buckets[i]) >= want)
			return i / 100.0;
	return BUCKETS / 100.0;
}

static int connect_one(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	must(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
	must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0);
	return fd;
}

int main(int argc, char **argv)
{
	must(argc == 6);
	port = atoi(argv[1]);
	int n = atoi(argv[2]), poll = epoll_create1(0);
	double seconds = atof(argv[3]);
	secret = argv[4];
	contacts = atoi(argv[5]);
	struct arena *a = arena_new(0);
	struct connection *all = calloc((size_t)n, sizeof *all);
	must(all && poll >= 0);
	for (int i = 0; i < n; i++) {
		all[i].fd = connect_one();
		must(epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd,
			     &(struct epoll_event){.events = EPOLLIN, .data.ptr = &all[i]}) == 0);
		compose(a, &all[i]);
	}
	int64_t begun = now_ns(), until = begun + (int64_t)(seconds * 1e9);
	while (now_ns() < until) {
		struct epoll_event events[EVENTS];
		int got = epoll_wait(poll, events, EVENTS, 100);
		for (int i = 0; i < got; i++)
			if (answered(events[i].data.ptr))
				compose(a, events[i].data.ptr);
	}
	printf("{\"answers\": %ld, \"rate\": %.1f, \"p50\": %.2f, \"p99\": %.2f, \"failures\": "
	       "%ld}\n",
		answers, (double)answers / ((double)(now_ns() - begun) / 1e9), percentile(0.5),
		percentile(0.99), failures);
	free(all);
	arena_free(a);
	return 0;
}
