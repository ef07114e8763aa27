/* The server over real sockets: framing, limits, deadlines, answers from other threads, streams and
 * the end. Clients are plain sockets, since no decent client sends what is tried here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>

#include "responder/net/server.c"

#define HELD_MOST 600

/* The handler: what it does with a request depends on its path. */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct exchange *held[HELD_MOST];
	int n;
	_Atomic(struct stream *) stream;
	atomic_int calls;
} desk = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

static void say(struct exchange *x, int status, const char *text)
{
	exchange_reply(
		x, &(struct http_response){.status = status, .type = "text/plain", .body = text});
}

static void describe(struct exchange *x)
{
	const struct http_request *r = exchange_request(x);
	const char *host = http_header(&r->headers, "host");
	say(x, 200,
		arena_printf(exchange_arena(x), "%s %s %s %s %s [%s]", r->method, r->target,
			r->path, r->peer, host ? host : "-", r->body));
}

static void echo(struct exchange *x)
{
	const struct http_request *r = exchange_request(x);
	assert_int_equal(r->body[r->body_n], '\0');
	exchange_reply(x,
		&(struct http_response){
			.status = 200, .type = "text/plain", .body = r->body, .body_n = r->body_n});
}

/* Keeps the server's thread from its work, so that requests gather. */
static void nap(struct exchange *x)
{
	usleep(100000);
	exchange_reply(x, &(struct http_response){.status = 204});
}

static void hold(struct exchange *x)
{
	pthread_mutex_lock(&desk.lock);
	must(desk.n < HELD_MOST);
	desk.held[desk.n++] = x;
	pthread_cond_broadcast(&desk.more);
	pthread_mutex_unlock(&desk.lock);
}

static void handle(void *context, struct exchange *x)
{
	const char *path = exchange_request(x)->path;
	(void)context;
	desk.calls++;
	if (text_eq(path, "/empty"))
		exchange_reply(x, &(struct http_response){.status = 204});
	else if (text_eq(path, "/echo"))
		echo(x);
	else if (text_eq(path, "/nap"))
		nap(x);
	else if (text_eq(path, "/hold"))
		hold(x);
	else if (text_eq(path, "/stream"))
		desk.stream = exchange_stream(x);
	else if (text_eq(path, "/bad-header"))
		exchange_reply(x,
			&(struct http_response){.status = 303,
				.headers = {(struct http_field[]){{"Location", "/a\r\nX: b"}}, 1}});
	else
		describe(x);
}

static void wait_held(int n)
{
	struct timespec end;
	int failed = 0;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 10;
	pthread_mutex_lock(&desk.lock);
	while (desk.n < n && !failed)
		failed = pthread_cond_timedwait(&desk.more, &desk.lock, &end);
	pthread_mutex_unlock(&desk.lock);
	assert_int_equal(failed, 0);
}

static struct exchange *take_held(void)
{
	pthread_mutex_lock(&desk.lock);
	struct exchange *x = desk.n ? desk.held[--desk.n] : NULL;
	pthread_mutex_unlock(&desk.lock);
	return x;
}

static struct server *start(struct server_options o)
{
	struct server *s;
	o.address = o.address ? o.address : "127.0.0.1";
	o.handler = handle;
	assert_int_equal(server_start(&s, &o), OK);
	assert_true(server_port(s) > 0);
	desk.calls = 0;
	return s;
}

/* The clients */

static int dial_at(const char *address, int port)
{
	struct sockaddr_storage to;
	assert_true(address_parse(address, port, &to));
	int fd = socket(to.ss_family, SOCK_STREAM, 0);
	struct timeval patience = {.tv_sec = 10};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	close(fd);
	return -1;
}

static int dial(const struct server *s)
{
	int fd = dial_at("127.0.0.1", server_port(s));
	assert_true(fd >= 0);
	return fd;
}

static bool put(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		text += sent;
		n -= (size_t)sent;
	}
	return true;
}

static bool put_str(int fd, const char *text)
{
	return put(fd, text, strlen(text));
}

/* One answer: head and, by its Content-Length, body. "" when the connection ended instead. */
static const char *get_answer(int fd)
{
	static _Thread_local char in[8192];
	size_t n = 0, need = 0;
	memset(in, 0, sizeof in);
	while (!need || n < need) {
		ssize_t got = recv(fd, in + n, need ? need - n : 1, 0);
		if (got <= 0)
			return "";
		n += (size_t)got;
		if (need || n < 4 || memcmp(in + n - 4, "\r\n\r\n", 4) != 0)
			continue;
		const char *length = strcasestr(in, "\r\nContent-Length: ");
		need = n + (length ? strtoul(length + 18, NULL, 10) : 0);
	}
	return in;
}

static int status_of(const char *answer)
{
	return *answer ? atoi(answer + 9) : 0;
}

static int get_status(int fd)
{
	return status_of(get_answer(fd));
}

/* All that comes until the connection ends. */
static const char *get_rest(int fd)
{
	static char in[200000];
	size_t n = 0;
	for (ssize_t got; (got = recv(fd, in + n, sizeof in - 1 - n, 0)) > 0;)
		n += (size_t)got;
	in[n] = '\0';
	return in;
}

static bool get_until(int fd, const char *what)
{
	char in[8192];
	for (size_t n = 0; n < sizeof in - 1; n++) {
		if (recv(fd, in + n, 1, 0) != 1)
			return false;
		in[n + 1] = '\0';
		if (n + 1 >= strlen(what) && text_eq(in + n + 1 - strlen(what), what))
			return true;
	}
	return false;
}

static bool has_ended(int fd, int within_ms)
{
	char c;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, within_ms) == 1 && recv(fd, &c, 1, MSG_DONTWAIT) <= 0;
}

static const char *ask(int fd, const char *request)
{
	assert_true(put_str(fd, request));
	return get_answer(fd);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

/* Requests and answers */

static void requests_arrive_whole(void **state)
{
	struct server *s = start((struct server_options){0});
	int fd = dial(s);
	(void)state;
	assert_non_null(strstr(ask(fd, GET("/a%20b?x=%41&x=+%zz")),
		"\r\n\r\nGET /a%20b?x=%41&x=+%zz /a b 127.0.0.1 h []"));
	assert_non_null(strstr(
		ask(fd, "POST /p HTTP/1.1\r\nhOsT: h\r\nContent-Length: 3\r\n\r\nabc"), "h [abc]"));
	assert_non_null(
		strstr(ask(fd, "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
			       "2\r\nab\r\n1;x=y\r\nc\r\n0\r\nTrailer: t\r\n\r\n"),
			"h [abc]"));
	assert_int_equal(status_of(ask(fd, GET("/empty"))), 204);
	assert_true(put_str(fd, "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" GET("/empty")));
	assert_true(get_until(fd, "Content-Length: 25\r\n")); /* and not one byte of the body */
	assert_true(get_until(fd, "\r\nHTTP/1.1 204"));
	assert_true(get_until(fd, "\r\n\r\n"));
	assert_true(put_str(fd, GET("/1") GET("/2"))); /* two at once are answered in turn */
	assert_non_null(strstr(get_answer(fd), "GET /1"));
	assert_non_null(strstr(get_answer(fd), "GET /2"));
	close(fd);
	server_stop(s);
}

static void bodies_may_fill_the_limit(void **state)
{
	struct server *s = start((struct server_options){.body_most = 5000});
	char body[5001], request[6000];
	(void)state;
	for (int i = 0; i < 5000; i++)
		body[i] = (char)('a' + i % 26);
	body[5000] = '\0';
	int fd = dial(s);
	snprintf(request, sizeof request,
		"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n%s", body);
	assert_non_null(strstr(ask(fd, request), body));
	snprintf(request, sizeof request,
		"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
		"7d0\r\n%.2000s\r\nbb8\r\n%s\r\n0\r\n\r\n",
		body, body + 2000);
	assert_non_null(strstr(ask(fd, request), body));
	close(fd);
	server_stop(s);
}

/* Each of these gets one answer of that status, or none, and the connection is closed. */
static void check_refused(const struct server *s, const char *request, size_t n, int status)
{
	int fd = dial(s), calls = desk.calls;
	put(fd, request, n);
	put_str(fd, GET("/smuggled"));
	const char *answer = get_rest(fd);
	if (status_of(answer) != status)
		fail_msg("%s\nanswered %s", request, answer);
	/* The library writes the head of its own refusals twice; no other answer may follow. */
	for (const char *next = answer; *next && (next = strstr(next + 1, "HTTP/1."));)
		if (status_of(next) != status)
			fail_msg("%s\nanswered twice: %s", request, answer);
	if (desk.calls != calls)
		fail_msg("%s\nreached the handler", request);
	close(fd);
}

#define POST_WITH(headers) "POST /p HTTP/1.1\r\nHost: h\r\n" headers "\r\n\r\n"

static void smuggling_is_refused(void **state)
{
	static const char *const bad[] = {
		POST_WITH("Content-Length: 5\r\nTransfer-Encoding: chunked") "0\r\n\r\n",
		POST_WITH("Transfer-Encoding: chunked\r\nContent-Length: 5") "0\r\n\r\n",
		POST_WITH("Content-Length: 5\r\nContent-Length: 5") "abcde",
		POST_WITH("Content-Length: 5\r\nContent-Length: 6") "abcde",
		POST_WITH("Content-Length: 5, 5") "abcde",
		POST_WITH("Content-Length: +5") "abcde",
		POST_WITH("Content-Length: -5") "abcde",
		POST_WITH("Content-Length: 5 5") "abcde",
		POST_WITH("Content-Length: 0x5") "abcde",
		POST_WITH("Content-Length:") "abcde",
		POST_WITH("Content-Length : 5") "abcde",
		POST_WITH("Transfer-Encoding : chunked") "0\r\n\r\n",
		POST_WITH("Transfer-Encoding: xchunked") "0\r\n\r\n",
		POST_WITH("Transfer-Encoding: chunked, identity") "0\r\n\r\n",
		POST_WITH("Transfer-Encoding: identity") "abcde",
		POST_WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked") "0\r\n\r\n",
		POST_WITH("X: a\rContent-Length: 5") "abcde",
		POST_WITH("(x): y"),
		"POST /p HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET /p HTTP/1.1\r\n\r\n",
		GET("/%zz"),
		GET("/a%00b"),
		GET("http://h/p"),
	};
	struct server *s = start((struct server_options){0});
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check_refused(s, bad[i], strlen(bad[i]), 400);
	server_stop(s);
}

static void other_methods_are_refused(void **state)
{
	static const char *const methods[] = {"PUT", "DELETE", "OPTIONS", "TRACE", "get", "PATCH"};
	struct server *s = start((struct server_options){0});
	(void)state;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		char request[100];
		int n = snprintf(
			request, sizeof request, "%s /p HTTP/1.1\r\nHost: h\r\n\r\n", methods[i]);
		check_refused(s, request, (size_t)n, 405);
		int fd = dial(s);
		assert_non_null(strstr(ask(fd, request), "\r\nAllow: GET, HEAD, POST\r\n"));
		close(fd);
	}
	server_stop(s);
}

static void too_much_is_refused(void **state)
{
	static char big[300000], headers[40000];
	struct server *s = start((struct server_options){.request_ms = 3000});
	(void)state;
	/* By length: swallowed so that the answer is seen, at once when it is huge or asked for. */
	int n = snprintf(big, sizeof big, POST_WITH("Content-Length: 65537"));
	memset(big + n, 'x', 65537);
	check_refused(s, big, (size_t)n + 65537, 413);
	int64_t before = clock_mono_ms();
	const char *huge = POST_WITH("Content-Length: 999999999999");
	check_refused(s, huge, strlen(huge), 413);
	const char *asks = POST_WITH("Content-Length: 65537\r\nExpect: 100-continue");
	check_refused(s, asks, strlen(asks), 413);
	assert_true(clock_mono_ms() - before < 1000);
	/* Chunked. */
	n = snprintf(big, sizeof big, POST_WITH("Transfer-Encoding: chunked"));
	for (int i = 0; i < 4; i++) {
		n += snprintf(big + n, sizeof big - (size_t)n, "4000\r\n");
		memset(big + n, 'x', 0x4000);
		n += 0x4000;
		n += snprintf(big + n, sizeof big - (size_t)n, "\r\n");
	}
	n += snprintf(big + n, sizeof big - (size_t)n, "1\r\nx\r\n0\r\n\r\n");
	check_refused(s, big, (size_t)n, 413);
	memset(headers, 'x', sizeof headers);
	memcpy(headers, "GET /p HTTP/1.1\r\nHost: h\r\nX: ", 29);
	memcpy(headers + sizeof headers - 4, "\r\n\r\n", 4);
	check_refused(s, headers, sizeof headers, 431);
	server_stop(s);
}

static void endless_bodies_are_cut(void **state)
{
	struct server *s = start((struct server_options){.request_ms = 5000});
	static char chunk[0x4000 + 8];
	(void)state;
	memset(chunk, 'x', sizeof chunk);
	memcpy(chunk, "4000\r\n", 6);
	memcpy(chunk + sizeof chunk - 2, "\r\n", 2);
	int fd = dial(s);
	int64_t before = clock_mono_ms();
	put_str(fd, POST_WITH("Transfer-Encoding: chunked"));
	size_t sent = 0;
	while (put(fd, chunk, sizeof chunk))
		sent += sizeof chunk;
	assert_true(clock_mono_ms() - before < 3000); /* by its size, not by its time */
	assert_true(sent > EXCHANGE_SWALLOW);
	close(fd);
	server_stop(s);
}

static void many_headers_are_refused(void **state)
{
	struct server *s = start((struct server_options){0});
	char request[2000];
	(void)state;
	int n = snprintf(request, sizeof request, "GET /p HTTP/1.1\r\nHost: h\r\n");
	for (int i = 0; i < 100; i++)
		n += snprintf(request + n, sizeof request - (size_t)n, "X: %d\r\n", i);
	n += snprintf(request + n, sizeof request - (size_t)n, "\r\n");
	check_refused(s, request, (size_t)n, 400);
	server_stop(s);
}

static void a_header_that_cannot_be_sent_is_not_left_out(void **state)
{
	struct server *s = start((struct server_options){0});
	int fd = dial(s);
	(void)state;
	assert_string_equal(ask(fd, GET("/bad-header")), "");
	close(fd);
	server_stop(s);
}

/* Deadlines */

/* Sends byte by byte, one per 50 ms, and returns after how many ms the server hung up. */
static int64_t dribble(int fd, const char *text)
{
	int64_t before = clock_mono_ms();
	for (; *text; text++) {
		if (!put(fd, text, 1) || has_ended(fd, 50))
			break;
	}
	if (!*text && !has_ended(fd, 5000))
		return -1;
	return clock_mono_ms() - before;
}

static void check_between(int64_t ms, int64_t low, int64_t high)
{
	if (ms < low || ms > high)
		fail_msg("%ld ms is not between %ld and %ld", (long)ms, (long)low, (long)high);
}

#define SLOW_NAME "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SLOW "POST /p HTTP/1.1\r\nHost: h\r\nX-Long: " SLOW_NAME

static void a_request_has_a_deadline(void **state)
{
	struct server *s = start((struct server_options){.request_ms = 600});
	(void)state;
	int fd = dial(s);
	check_between(dribble(fd, SLOW), 550, 1600); /* headers */
	close(fd);
	fd = dial(s);
	assert_true(put_str(fd, POST_WITH("Content-Length: 5000")));
	check_between(dribble(fd, SLOW SLOW), 550, 1600); /* body */
	close(fd);
	fd = dial(s);
	check_between(dribble(fd, ""), 550, 1600); /* nothing at all */
	close(fd);
	fd = dial(s);
	assert_int_equal(status_of(ask(fd, GET("/empty"))), 204);
	assert_true(put_str(fd, "POST /p HTTP/1.1\r\nHost: "));
	check_between(dribble(fd, SLOW_NAME), 550, 1600); /* the second request of a connection */
	close(fd);
	server_stop(s);
}

/* Saying a little just before the deadline buys no second one. */
static void the_first_request_counts_from_the_start(void **state)
{
	struct server *s = start((struct server_options){.request_ms = 1000});
	int fd = dial(s);
	(void)state;
	int64_t before = clock_mono_ms();
	usleep(800000);
	assert_true(put_str(fd, "POST /p HTTP/1.1\r\nHost: "));
	dribble(fd, SLOW_NAME);
	check_between(clock_mono_ms() - before, 950, 1700);
	close(fd);
	server_stop(s);
}

static void our_own_time_is_not_the_clients(void **state)
{
	struct server *s = start((struct server_options){.request_ms = 300, .idle_ms = 300});
	int fd = dial(s);
	(void)state;
	assert_true(put_str(fd, GET("/hold")));
	wait_held(1);
	assert_false(has_ended(fd, 1200));
	say(take_held(), 200, "late");
	assert_non_null(strstr(get_answer(fd), "late"));
	close(fd);
	server_stop(s);
}

static void idle_connections_are_closed(void **state)
{
	struct server *s = start((struct server_options){.request_ms = 200, .idle_ms = 1000});
	int fd = dial(s);
	(void)state;
	assert_int_equal(status_of(ask(fd, GET("/empty"))), 204);
	int64_t before = clock_mono_ms();
	assert_true(has_ended(fd, 5000));
	check_between(clock_mono_ms() - before, 900, 2000);
	close(fd);
	server_stop(s);
}

/* How many are let in */

static void per_address_counts(void **state)
{
	struct limits l;
	struct limits_visitor *v[3];
	struct sockaddr_storage s;
	static const char *const from[] = {"203.0.113.7", "::ffff:203.0.113.7", "2001:db8::1"};
	(void)state;
	limits_init(&l, 2, 1000, 1000);
	for (int i = 0; i < 3; i++) {
		assert_true(address_parse(from[i], 1, &s));
		struct in6_addr a = address_of((struct sockaddr *)&s);
		assert_true(limits_welcome(&l, &a));
		v[i] = limits_enter(&l, -1, &a);
	}
	struct in6_addr a = v[0]->peer, six = v[2]->peer, loop = IN6ADDR_LOOPBACK_INIT;
	six.s6_addr[15] = 99;
	assert_false(limits_welcome(&l, &a));
	assert_true(limits_welcome(&l, &six));
	struct limits_visitor *more = limits_enter(&l, -1, &six);
	assert_false(limits_welcome(&l, &six));
	assert_true(limits_welcome(&l, &loop));
	a.s6_addr[15] = 8;
	assert_true(limits_welcome(&l, &a));
	limits_leave(&l, v[1]);
	assert_true(limits_welcome(&l, &v[0]->peer));
	limits_leave(&l, more);
	limits_leave(&l, v[0]);
	limits_leave(&l, v[2]);
	limits_end(&l);
}

/* Any address of this machine but loopback; false when it has none. */
static bool own_address(char out[ADDRESS_NAME])
{
	struct ifaddrs *all;
	bool found = false;
	assert_int_equal(getifaddrs(&all), 0);
	for (struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET)
			continue;
		struct in6_addr a = address_of(i->ifa_addr);
		found = !address_is_loopback(&a);
		address_name(&a, out);
	}
	freeifaddrs(all);
	return found;
}

static void check_per_address(const char *listen, const char *from)
{
	struct server *s = start((struct server_options){.address = listen, .per_address = 2});
	int fd[3];
	for (int i = 0; i < 3; i++) {
		fd[i] = dial_at(from, server_port(s));
		assert_true(fd[i] >= 0);
		put_str(fd[i], GET("/who"));
		const char *answer = get_answer(fd[i]);
		assert_int_equal(status_of(answer), i < 2 ? 200 : 0);
		if (i < 2)
			assert_non_null(strstr(answer, from));
	}
	close(fd[0]);
	usleep(100000);
	close(fd[2]);
	fd[2] = dial_at(from, server_port(s));
	assert_int_equal(status_of(ask(fd[2], GET("/who"))), 200);
	close(fd[1]);
	close(fd[2]);
	server_stop(s);
}

static void per_address_holds(void **state)
{
	char from[ADDRESS_NAME];
	(void)state;
	if (!own_address(from))
		skip();
	check_per_address("0.0.0.0", from);
	check_per_address("::", from); /* seen there as ::ffff:a.b.c.d */
}

static void connections_are_counted(void **state)
{
	struct server *s = start((struct server_options){.connections = 2});
	int a = dial(s), b = dial(s);
	(void)state;
	assert_int_equal(status_of(ask(a, GET("/empty"))), 204);
	assert_int_equal(status_of(ask(b, GET("/empty"))), 204);
	int c = dial(s); /* in the kernel's queue, not yet ours */
	assert_true(put_str(c, GET("/empty")));
	struct pollfd p = {.fd = c, .events = POLLIN};
	assert_int_equal(poll(&p, 1, 300), 0);
	close(a);
	assert_int_equal(get_status(c), 204);
	close(b);
	close(c);
	server_stop(s);
}

/* Libraries have stalled when exactly 128 connections were ready at once, as they are after a nap.
 */
static void check_crowd(int n)
{
	struct server *s = start((struct server_options){0});
	int fd[HELD_MOST], napper = dial(s);
	for (int i = 0; i < n; i++)
		fd[i] = dial(s);
	for (int round = 0; round < 4; round++) {
		bool held = round % 2;
		assert_true(put_str(napper, GET("/nap")));
		usleep(20000);
		for (int i = 0; i < n; i++)
			assert_true(put_str(fd[i], held ? GET("/hold") : GET("/empty")));
		if (held) {
			wait_held(n);
			for (int i = 0; i < n; i++)
				exchange_reply(take_held(), &(struct http_response){.status = 204});
		}
		for (int i = 0; i < n; i++)
			assert_int_equal(get_status(fd[i]), 204);
		assert_int_equal(get_status(napper), 204);
	}
	for (int i = 0; i < n; i++)
		close(fd[i]);
	close(napper);
	server_stop(s);
}

static void crowds_all_progress(void **state)
{
	(void)state;
	check_crowd(127);
	check_crowd(128);
	check_crowd(129);
	check_crowd(256);
	check_crowd(500);
}

/* Other threads */

static void *reply_to_all(void *context)
{
	atomic_bool *stop = context;
	while (!atomic_load(stop)) {
		struct exchange *x = take_held();
		if (x)
			describe(x);
		else
			usleep(200);
	}
	return NULL;
}

static void *ask_often(void *context)
{
	const struct server *s = context;
	for (int i = 0; i < 60; i++) {
		int fd = dial(s);
		for (int k = 0; k < 5; k++) {
			put_str(fd, k % 2 ? GET("/empty") : GET("/hold"));
			if (i % 3 == 2)
				break; /* leaves without waiting for the answer */
			must(get_status(fd) == (k % 2 ? 204 : 200));
		}
		close(fd);
	}
	return NULL;
}

static void answers_come_from_any_thread(void **state)
{
	struct server *s = start((struct server_options){0});
	pthread_t workers[2], clients[6];
	atomic_bool stop = false;
	(void)state;
	for (int i = 0; i < 2; i++)
		pthread_create(&workers[i], NULL, reply_to_all, &stop);
	for (int i = 0; i < 6; i++)
		pthread_create(&clients[i], NULL, ask_often, s);
	for (int i = 0; i < 6; i++)
		pthread_join(clients[i], NULL);
	server_quiesce(s);
	usleep(50000);
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(workers[i], NULL);
	assert_null(take_held());
	server_stop(s);
}

static void an_answer_may_be_too_late(void **state)
{
	struct server *s = start((struct server_options){0});
	(void)state;
	for (int i = 0; i < 3; i++) {
		int fd = dial(s);
		assert_true(put_str(fd, GET("/hold")));
		wait_held(1);
		struct linger reset = {1, 0};
		if (i)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		close(fd);
		usleep(20000);
		say(take_held(), 200, "nobody is there");
	}
	server_stop(s);
}

/* The end */

static void quiescence_refuses_the_new_and_answers_the_old(void **state)
{
	struct server *s = start((struct server_options){0});
	int old = dial(s), idle = dial(s);
	(void)state;
	assert_int_equal(status_of(ask(idle, GET("/empty"))), 204);
	assert_true(put_str(old, GET("/hold")));
	wait_held(1);
	server_quiesce(s);
	server_quiesce(s);
	assert_int_equal(dial_at("127.0.0.1", server_port(s)), -1);
	int calls = desk.calls;
	assert_int_equal(status_of(ask(idle, GET("/empty"))), 503);
	assert_int_equal(desk.calls, calls);
	say(take_held(), 200, "as promised");
	assert_non_null(strstr(get_answer(old), "as promised"));
	close(old);
	close(idle);
	server_stop(s);
}

static void stopping_answers_who_waits(void **state)
{
	struct server *s = start((struct server_options){0});
	int fd[20], half = dial(s), silent = dial(s), stream = dial(s);
	(void)state;
	for (int i = 0; i < 20; i++) {
		fd[i] = dial(s);
		assert_true(put_str(fd[i], GET("/hold")));
	}
	wait_held(20);
	assert_true(put_str(half, "GET /half HTTP"));
	assert_true(put_str(stream, GET("/stream")));
	assert_true(get_until(stream, "\r\n\r\n"));
	assert_true(stream_send(desk.stream, "last", "word"));
	int64_t before = clock_mono_ms();
	server_stop(s);
	assert_true(clock_mono_ms() - before < 1500);
	desk.n = 0;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(get_status(fd[i]), 503);
		close(fd[i]);
	}
	const char *rest = get_rest(stream);
	assert_non_null(strstr(rest, "event: last\ndata: word\n\n"));
	assert_non_null(strstr(rest, "\r\n0\r\n\r\n"));
	assert_false(
		stream_send(desk.stream, "too", "late")); /* the owner may outlive the server */
	stream_close(desk.stream);
	close(half);
	close(silent);
	close(stream);
}

static void *read_slowly(void *context)
{
	static char in[64 * 1024];
	int fd = (int)(intptr_t)context;
	size_t n = 0;
	for (ssize_t got; (got = recv(fd, in, sizeof in, 0)) > 0; n += (size_t)got)
		usleep(2000);
	close(fd);
	return (void *)n;
}

static void an_answer_under_way_gets_out(void **state)
{
	struct server *s = start((struct server_options){0});
	size_t size = (size_t)8 * 1024 * 1024;
	char *big = calloc(1, size);
	pthread_t reader;
	void *got;
	(void)state;
	int fd = dial(s);
	assert_true(put_str(fd, GET("/hold")));
	wait_held(1);
	pthread_create(&reader, NULL, read_slowly, (void *)(intptr_t)fd);
	exchange_reply(take_held(),
		&(struct http_response){
			.status = 200, .type = "text/plain", .body = big, .body_n = size});
	free(big);
	server_stop(s);
	pthread_join(reader, &got);
	assert_true((size_t)got > size);
}

static void a_port_is_not_shared(void **state)
{
	struct server *s = start((struct server_options){0}), *other = NULL;
	struct server_options o = {
		.address = "127.0.0.1", .port = server_port(s), .handler = handle};
	(void)state;
	assert_int_equal(server_start(&other, &o), ERR_NET);
	o.address = "nonsense";
	assert_int_equal(server_start(&other, &o), ERR_CONFIG);
	server_stop(s);
}

/* Streams */

static int open_stream(const struct server *s)
{
	int fd = dial(s);
	assert_true(put_str(fd, GET("/stream")));
	assert_true(get_until(fd, "Content-Type: text/event-stream\r\n"));
	assert_true(get_until(fd, "\r\n\r\n")); /* at once, without a first event */
	return fd;
}

static void streams_carry_events(void **state)
{
	struct server *s = start((struct server_options){.request_ms = 300, .idle_ms = 300});
	int fd = open_stream(s);
	(void)state;
	assert_true(stream_send(desk.stream, "text", "one"));
	assert_true(get_until(fd, "event: text\ndata: one\n\n"));
	usleep(1000000); /* no limit applies to a stream */
	assert_true(stream_send(desk.stream, NULL, "<p>\nsí\r\n</p>\r"));
	assert_true(get_until(fd, "\r\ndata: <p>\ndata: sí\ndata: </p>\ndata: \n\n"));
	stream_close(desk.stream);
	assert_true(get_until(fd, "\r\n0\r\n\r\n"));
	close(fd);
	fd = open_stream(s);
	stream_close(desk.stream);
	close(fd);
	server_stop(s);
}

static int count_open(struct server *s)
{
	pthread_mutex_lock(&s->pool.lock);
	int n = s->pool.open;
	pthread_mutex_unlock(&s->pool.lock);
	return n;
}

static void a_departed_client_is_noticed(void **state)
{
	beat_ms = 100;
	struct server *s = start((struct server_options){0});
	int fd = open_stream(s);
	(void)state;
	assert_true(get_until(fd, ":\n\n"));
	close(fd);
	for (int i = 0; i < 50 && count_open(s); i++)
		usleep(100000);
	assert_int_equal(count_open(s), 0);
	assert_false(stream_send(desk.stream, "any", "body"));
	stream_close(desk.stream);
	server_stop(s);
	beat_ms = 15000;
}

static int cuts;

static void count_cut(struct exchange *x)
{
	(void)x;
	cuts++;
}

static void a_full_stream_is_cut(void **state)
{
	const struct exchange_line counting = {.cut = count_cut};
	struct exchange x = {0};
	struct stream *stream = stream_new(&counting, &x);
	static char most[STREAM_MOST - 7]; /* as much as fits into one event */
	(void)state;
	memset(most, 'x', sizeof most - 1);
	assert_true(stream_send(stream, NULL, most));
	assert_int_equal(cuts, 0);
	assert_false(stream_send(stream, NULL, ""));
	assert_false(stream_send(stream, NULL, ""));
	assert_int_equal(cuts, 1);
	stream_leave(stream);
	stream_close(stream);
}

static void a_slow_client_is_let_go(void **state)
{
	struct server *s = start((struct server_options){0});
	static char big[20001];
	(void)state;
	int fd = open_stream(s), sent = 0;
	memset(big, 'x', sizeof big - 1);
	while (stream_send(desk.stream, "big", big) && sent < 100000) {
		sent++;
		usleep(1000); /* time enough to fill what the kernel holds for it */
	}
	assert_true(sent < 100000);
	assert_false(stream_send(desk.stream, "big", big));
	stream_close(desk.stream);
	exchange_wait_idle(&s->pool, 2000);
	assert_int_equal(count_open(s), 0); /* although it has not read a byte */
	close(fd);
	fd = open_stream(s);
	static char huge[70000];
	memset(huge, 'x', sizeof huge - 1);
	assert_false(stream_send(desk.stream, "huge", huge));
	stream_close(desk.stream);
	assert_null(strstr(get_rest(fd), "huge"));
	close(fd);
	server_stop(s);
}

static void *send_often(void *context)
{
	struct stream *stream = context;
	for (int i = 0; i < 200 && stream_send(stream, "n", "1"); i++)
		usleep(i % 7 * 100);
	stream_close(stream);
	return NULL;
}

static void streams_end_from_both_sides(void **state)
{
	beat_ms = 1;
	struct server *s = start((struct server_options){0});
	pthread_t owners[20];
	(void)state;
	for (int i = 0; i < 20; i++) {
		int fd = open_stream(s);
		pthread_create(&owners[i], NULL, send_often, desk.stream);
		if (i % 2)
			get_until(fd, "data: 1\n\n");
		if (i % 4)
			close(fd); /* the others end with the server */
	}
	server_stop(s);
	for (int i = 0; i < 20; i++)
		pthread_join(owners[i], NULL);
	beat_ms = 15000;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_arrive_whole),
		cmocka_unit_test(bodies_may_fill_the_limit),
		cmocka_unit_test(smuggling_is_refused),
		cmocka_unit_test(other_methods_are_refused),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(endless_bodies_are_cut),
		cmocka_unit_test(many_headers_are_refused),
		cmocka_unit_test(a_header_that_cannot_be_sent_is_not_left_out),
		cmocka_unit_test(a_request_has_a_deadline),
		cmocka_unit_test(the_first_request_counts_from_the_start),
		cmocka_unit_test(our_own_time_is_not_the_clients),
		cmocka_unit_test(idle_connections_are_closed),
		cmocka_unit_test(per_address_counts),
		cmocka_unit_test(per_address_holds),
		cmocka_unit_test(connections_are_counted),
		cmocka_unit_test(crowds_all_progress),
		cmocka_unit_test(answers_come_from_any_thread),
		cmocka_unit_test(an_answer_may_be_too_late),
		cmocka_unit_test(quiescence_refuses_the_new_and_answers_the_old),
		cmocka_unit_test(stopping_answers_who_waits),
		cmocka_unit_test(an_answer_under_way_gets_out),
		cmocka_unit_test(a_port_is_not_shared),
		cmocka_unit_test(streams_carry_events),
		cmocka_unit_test(a_departed_client_is_noticed),
		cmocka_unit_test(a_full_stream_is_cut),
		cmocka_unit_test(a_slow_client_is_let_go),
		cmocka_unit_test(streams_end_from_both_sides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
