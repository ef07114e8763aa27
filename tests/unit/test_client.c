/* The client against a stub that counts: what is sent, how often, and what the client says about
 * it. The promise under test: a request leaves at most once, whatever the connection does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "responder/base/clock.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/net/address.h"
#include "responder/net/client.h"

#define IDS 3000

/* The stub: a thread per connection, which does what the path says. */

static struct stub {
	int listener, port;
	pthread_t thread;
	atomic_int connections, requests, open;
	atomic_int seen[IDS]; /* requests for /id/N... */
	pthread_mutex_t lock;
	char last[4096]; /* the last request's head */
} stub = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void put(int fd, const char *text)
{
	ssize_t ignored = send(fd, text, strlen(text), MSG_NOSIGNAL);
	(void)ignored;
}

/* One request, head and body; false when the client has gone. */
static bool take_request(int fd, char *head, size_t room)
{
	size_t n = 0;
	do {
		if (n == room - 1 || recv(fd, head + n, 1, 0) != 1)
			return false;
		head[++n] = '\0';
	} while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0);
	const char *length = strcasestr(head, "\r\nContent-Length: ");
	size_t left = length ? strtoul(length + 18, NULL, 10) : 0;
	for (char sink[4096]; left;) {
		ssize_t got = recv(fd, sink, left < sizeof sink ? left : sizeof sink, 0);
		if (got <= 0)
			return false;
		left -= (size_t)got;
	}
	return true;
}

static void reset(int fd)
{
	struct linger now = {1, 0};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void put_big(int fd)
{
	char block[1001];
	memset(block, 'x', 1000);
	block[1000] = '\0';
	put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n");
	for (int i = 0; i < 300; i++)
		put(fd, block);
}

static const struct {
	const char *path, *answer;
	bool stays; /* the connection goes on afterwards */
} scripts[] = {
	{"/ok", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine", true},
	{"/chunked",
		"HTTP/1.1 201 OK\r\nTransfer-Encoding: "
		"chunked\r\n\r\n2\r\nfi\r\n2\r\nne\r\n0\r\n\r\n",
		true},
	{"/interim",
		"HTTP/1.1 103 Early\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
		"4\r\n\r\nfine",
		true},
	{"/none", "HTTP/1.1 204 No\r\n\r\n", true},
	{"/close", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine", false},
	{"/until-close", "HTTP/1.0 200 OK\r\n\r\nfine", false},
	{"/redirect", "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", true},
	{"/denied",
		"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=a\r\nContent-Length: 0\r\n\r\n",
		true},
	{"/busy", "HTTP/1.1 503 Busy\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n", true},
	{"/past",
		"HTTP/1.1 429 No\r\nRetry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n"
		"Content-Length: 0\r\n\r\n",
		true},
	{"/for-ever",
		"HTTP/1.1 429 No\r\nRetry-After: 9223372036854775807\r\n"
		"Content-Length: 0\r\n\r\n",
		true},
	{"/die", "", false},
	{"/garbage", "what do you mean?\r\n\r\n", false},
	{"/nul", "HTTP/1.1", false},
	{"/half-head", "HTTP/1.1 200 OK\r\nContent-Le", false},
	{"/half-body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfine", false},
	{"/half-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n",
		false},
	{"/interim-die", "HTTP/1.1 100 Continue\r\n\r\n", false},
	{"/upgrade", "HTTP/1.1 101 Other\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", false},
};

static bool play(int fd, const char *path)
{
	if (text_eq(path, "/slow"))
		usleep(1500000);
	if (text_eq(path, "/reset"))
		reset(fd);
	if (text_eq(path, "/big"))
		put_big(fd);
	if (text_starts(path, "/id/")) {
		/* Closes sooner or later after the answer, so that it meets the next request. */
		put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
		int n = atoi(path + 4);
		usleep((useconds_t)(n % 41 * 25));
		return n % 3 == 0;
	}
	if (text_eq(path, "/date")) {
		char answer[200];
		time_t then = time(NULL) + 100;
		struct tm tm;
		strftime(answer, sizeof answer,
			"HTTP/1.1 429 No\r\nContent-Length: 0\r\n"
			"Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n\r\n",
			gmtime_r(&then, &tm));
		put(fd, answer);
		return true;
	}
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
		if (text_eq(scripts[i].path, path)) {
			put(fd, scripts[i].answer);
			return scripts[i].stays;
		}
	return false;
}

static void *serve_connection(void *context)
{
	int fd = (int)(intptr_t)context;
	char head[4096], path[256];
	for (bool goes_on = true; goes_on;) {
		*head = '\0';
		bool whole = take_request(fd, head, sizeof head);
		if (sscanf(head, "%*s %255s", path) != 1 || (!whole && !strstr(head, "\r\n\r\n")))
			break;
		stub.requests++;
		if (text_starts(path, "/id/"))
			stub.seen[atoi(path + 4)]++;
		pthread_mutex_lock(&stub.lock);
		memcpy(stub.last, head, sizeof head);
		pthread_mutex_unlock(&stub.lock);
		goes_on = whole && play(fd, path);
	}
	close(fd);
	stub.open--;
	return NULL;
}

static void *serve(void *context)
{
	(void)context;
	for (int fd; (fd = accept(stub.listener, NULL, NULL)) >= 0;) {
		pthread_t t;
		stub.connections++;
		stub.open++;
		must(pthread_create(&t, NULL, serve_connection, (void *)(intptr_t)fd) == 0);
		pthread_detach(t);
	}
	return NULL;
}

static int listen_somewhere(int *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	must(bind(fd, (struct sockaddr *)&at, n) == 0 && listen(fd, 200) == 0);
	getsockname(fd, (struct sockaddr *)&at, &n);
	*port = ntohs(at.sin_port);
	return fd;
}

/* The resolver, in the place of the system's: one name takes long, one leads to our own network. */
int getaddrinfo(const char *restrict name, const char *restrict service,
	const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *found = dlsym(RTLD_NEXT, "getaddrinfo");
	memcpy(&real, &found, sizeof real);
	if (text_eq(name, "slow.example")) {
		usleep(2000000);
		return EAI_AGAIN;
	}
	return real(text_eq(name, "inside.example") ? "10.1.2.3" : name, service, hints, out);
}

static struct client *client;
static struct arena *arena;

static struct client *client_with(struct client_options o)
{
	struct client *c;
	assert_int_equal(client_new(&c, &o), OK);
	return c;
}

static int set_up(void **state)
{
	(void)state;
	stub.connections = stub.requests = 0;
	client = client_with((struct client_options){.loopback_only = true, .total_ms = 700});
	arena = arena_new(0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	client_free(client);
	arena_free(arena);
	while (stub.open)
		usleep(1000);
	return 0;
}

static struct http_call call_to(const char *method, const char *path, const char *body)
{
	return (struct http_call){.method = method,
		.url = arena_printf(arena, "http://127.0.0.1:%d%s", stub.port, path),
		.body = body};
}

static struct http_result run(struct http_call call)
{
	struct http_result r;
	client_call(client, arena, &call, &r);
	return r;
}

static struct http_result post(const char *path)
{
	return run(call_to("POST", path, "Body=hello"));
}

static void check(const char *path, enum http_fate fate, int status, const char *body)
{
	struct http_result r = post(path);
	if (r.fate != fate || r.status != status || r.body_n != strlen(r.body))
		fail_msg("%s: fate %d, status %d, %s", path, r.fate, r.status, r.error);
	assert_string_equal(r.body, body);
	assert_int_equal(r.error != NULL, fate != HTTP_ANSWERED);
}

/* What is sent */

static const char *last(void)
{
	pthread_mutex_lock(&stub.lock);
	const char *head = arena_str(arena, stub.last);
	pthread_mutex_unlock(&stub.lock);
	return head;
}

static bool sent(const char *what)
{
	return strcasestr(last(), what) != NULL;
}

static void requests_are_plain(void **state)
{
	struct http_field headers[] = {{"X-A", "b"}, {"Content-Type", "text/x"}};
	struct http_call call = call_to("POST", "/ok?a=%20b", "Body=hello");
	(void)state;
	call.user = "AC1";
	call.password = "secret";
	call.headers = (struct http_fields){headers, 2};
	assert_int_equal(run(call).fate, HTTP_UNKNOWN); /* the stub knows no such path */
	assert_true(text_starts(last(), "POST /ok?a=%20b HTTP/1.1\r\n"));
	assert_true(sent("\r\nAuthorization: Basic QUMxOnNlY3JldA==\r\n"));
	assert_true(sent("\r\nX-A: b\r\n"));
	assert_true(sent("\r\nContent-Type: text/x\r\n"));
	assert_true(sent("\r\nContent-Length: 10\r\n"));
	assert_false(sent("urlencoded"));
	assert_false(sent("\r\nExpect"));
	assert_int_equal(run(call_to("GET", "/ok", NULL)).status, 200);
	assert_true(text_starts(last(), "GET /ok HTTP/1.1\r\n"));
	assert_false(sent("\r\nContent-"));
	assert_false(sent("\r\nAuthorization")); /* nothing is left of the call before */
	assert_int_equal(run(call_to("POST", "/ok", NULL)).status, 200);
	assert_true(sent("\r\nContent-Length: 0\r\n"));
	assert_int_equal(run(call_to("HEAD", "/ok", NULL)).status, 200);
	assert_true(text_starts(last(), "HEAD /ok"));
	assert_int_equal(run(call_to("DELETE", "/none", NULL)).status, 204);
	assert_true(text_starts(last(), "DELETE /none"));
	char *big = arena_alloc(arena, 2000001);
	memset(big, 'x', 2000000);
	assert_int_equal(run(call_to("POST", "/ok", big)).status, 200);
	assert_false(sent("\r\nExpect"));
}

static void the_environment_has_no_say(void **state)
{
	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	check("/ok", HTTP_ANSWERED, 200, "fine");
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

/* What comes back */

static void whole_answers_are_answers(void **state)
{
	(void)state;
	check("/ok", HTTP_ANSWERED, 200, "fine");
	check("/chunked", HTTP_ANSWERED, 201, "fine");
	check("/interim", HTTP_ANSWERED, 200, "fine");
	check("/none", HTTP_ANSWERED, 204, "");
	check("/busy", HTTP_ANSWERED, 503, "");
	check("/redirect", HTTP_ANSWERED, 302, "");
	check("/denied", HTTP_ANSWERED, 401, "");
	assert_int_equal(stub.connections, 1); /* reused */
	check("/until-close", HTTP_ANSWERED, 200, "fine");
	assert_int_equal(stub.requests, 8); /* nothing followed, nothing repeated */
	struct http_call call = call_to("POST", "/denied", "a");
	call.user = "u";
	assert_int_equal(run(call).status, 401);
	assert_int_equal(stub.requests, 9);
}

static void anything_else_is_unknown(void **state)
{
	static const char *const paths[] = {"/die", "/reset", "/garbage", "/nul", "/half-head",
		"/half-body", "/half-chunk", "/interim-die", "/upgrade", "/big", "/slow"};
	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		check(paths[i], HTTP_UNKNOWN, 0, "");
		assert_int_equal(stub.requests, i + 1);
	}
	assert_non_null(strstr(post("/big").error, "too long"));
}

static void retry_after_is_read(void **state)
{
	(void)state;
	assert_int_equal(post("/busy").retry_after_s, 17);
	assert_int_equal(post("/ok").retry_after_s, 0);
	assert_int_equal(post("/past").retry_after_s, 0);
	assert_int_equal(post("/for-ever").retry_after_s, 86400);
	int64_t date = post("/date").retry_after_s;
	assert_true(date >= 98 && date <= 100);
}

/* At most once */

/* The connection is good for one request, then the stub reads the next one and goes. */
static void check_not_repeated(const char *method, const char *path, const char *body)
{
	stub.connections = stub.requests = 0;
	client_free(client);
	client = client_with((struct client_options){.loopback_only = true, .total_ms = 700});
	assert_int_equal(post("/ok").fate, HTTP_ANSWERED);
	struct http_result r = run(call_to(method, path, body));
	assert_int_equal(r.fate, HTTP_UNKNOWN);
	assert_int_equal(stub.requests, 2);
	assert_in_range(stub.connections, 1, 2); /* libcurl dials for its repetition, no more */
	usleep(20000);
	assert_int_equal(stub.requests, 2);
}

static void a_request_is_not_repeated(void **state)
{
	static const char *const methods[] = {"POST", "GET", "HEAD", "PUT"};
	(void)state;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		const char *body = i % 3 ? NULL : "Body=hello";
		check_not_repeated(methods[i], "/die", body);
		check_not_repeated(methods[i], "/reset", body);
	}
	check_not_repeated("POST", "/die", "");
	char *big = arena_alloc(arena, 100001);
	memset(big, 'x', 100000);
	check_not_repeated("POST", "/die", big);
}

static void a_dead_idle_connection_is_replaced(void **state)
{
	(void)state;
	for (int i = 1; i <= 5; i++) {
		check("/close", HTTP_ANSWERED, 200, "fine");
		usleep(30000); /* the end has arrived before the next request */
		assert_int_equal(stub.requests, i);
		assert_int_equal(stub.connections, i);
	}
}

/* Connections that end at any moment around the next request: each is seen at most once, and what
 * the client says fits. */
static void dying_connections_never_double(void **state)
{
	int fates[3] = {0};
	(void)state;
	for (int i = 0; i < IDS; i++) {
		char path[20];
		snprintf(path, sizeof path, "/id/%d", i);
		struct http_result r =
			run(call_to(i % 5 ? "POST" : "GET", path, i % 5 ? "a" : NULL));
		fates[r.fate]++;
		if (i % 2)
			usleep((useconds_t)(i % 37 * 30));
		int seen = stub.seen[i];
		if (seen > 1 || (r.fate == HTTP_ANSWERED && !seen) ||
			(r.fate == HTTP_NOT_SENT && seen))
			fail_msg("request %d: seen %d times, fate %d", i, seen, r.fate);
	}
	while (stub.open > 1)
		usleep(1000);
	for (int i = 0; i < IDS; i++)
		assert_in_range(stub.seen[i], 0, 1);
	assert_true(fates[HTTP_ANSWERED] > IDS / 2);
}

/* What is provably not sent */

static bool count_and_refuse(void *context)
{
	(*(int *)context)++;
	return false;
}

static bool count_and_allow(void *context)
{
	(*(int *)context)++;
	return true;
}

static void the_last_moment_can_say_no(void **state)
{
	int asked = 0;
	struct http_call call = call_to("POST", "/ok", "a");
	(void)state;
	call.may_begin = count_and_refuse;
	call.context = &asked;
	for (int i = 1; i <= 3; i++) {
		struct http_result r = run(call);
		assert_int_equal(r.fate, HTTP_NOT_SENT);
		assert_non_null(strstr(r.error, "held back"));
		assert_int_equal(asked, i);
	}
	assert_int_equal(stub.requests, 0);
	call.may_begin = count_and_allow;
	assert_int_equal(run(call).fate, HTTP_ANSWERED);
	assert_int_equal(asked, 4);
	assert_int_equal(run(call).fate, HTTP_ANSWERED); /* asked on a reused connection, too */
	assert_int_equal(asked, 5);
	call.url = call_to("POST", "/die", "a").url;
	assert_int_equal(run(call).fate, HTTP_UNKNOWN);
	assert_int_equal(asked, 6); /* not for the repetition */
}

static void check_not_sent(const char *url, const char *why)
{
	struct http_result r = run((struct http_call){.method = "POST", .url = url, .body = "a"});
	if (r.fate != HTTP_NOT_SENT || r.status || !strcasestr(r.error, why))
		fail_msg("%s: fate %d, status %d, %s", url, r.fate, r.status, r.error);
}

static void what_never_connects_is_not_sent(void **state)
{
	int port;
	(void)state;
	close(listen_somewhere(&port));
	check_not_sent(arena_printf(arena, "http://127.0.0.1:%d/", port), "connect");
	check_not_sent("http://no-such-host.invalid/", "");
	check_not_sent("ftp://127.0.0.1/", "protocol");
	check_not_sent("file:///etc/hostname", "protocol");
	check_not_sent("nonsense://", "");
	check_not_sent("http://127.0.0.1:99999/", "");
	check_not_sent("http://127.0.0.1/\r\nX: y", "");
	check_not_sent("", "");
	/* A peer that does not speak TLS, and one that says nothing. */
	check_not_sent(arena_printf(arena, "https://127.0.0.1:%d/", stub.port), "");
	int silent = listen_somewhere(&port);
	check_not_sent(arena_printf(arena, "https://127.0.0.1:%d/", port), "time");
	close(silent);
	int64_t before = clock_mono_ms();
	check_not_sent("http://slow.example/", "time");
	assert_true(clock_mono_ms() - before < 1500); /* a look-up does not hold up the others */
	assert_int_equal(stub.requests, 0);
}

static void some_addresses_are_not_called(void **state)
{
	static const char *const outside[] = {"http://192.0.2.1/", "http://10.0.0.1/",
		"http://[2001:db8::1]/", "http://169.254.169.254/"};
	static const char *const inside[] = {"http://127.0.0.1:%d/ok", "http://localhost:%d/ok",
		"http://[::ffff:127.0.0.1]:%d/ok", "http://0.0.0.0:%d/ok", "http://127.1:%d/ok",
		"http://0x7f000001:%d/ok", "http://[::1]:%d/ok", "http://inside.example:%d/ok"};
	const char *why = "must not be called";
	(void)state;
	for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
		check_not_sent(outside[i], why);
	check("/ok", HTTP_ANSWERED, 200, "fine");
	client_free(client);
	client = client_with((struct client_options){.total_ms = 2000}); /* the Internet only */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
		check_not_sent(arena_printf(arena, inside[i], stub.port), why);
#pragma GCC diagnostic pop
	assert_int_equal(stub.requests, 1);
	client_free(client);
	client = client_with((struct client_options){.private_allowed = true});
	check("/ok", HTTP_ANSWERED, 200, "fine");
}

/* TLS */

static bool shell(const char *command)
{
	int status = system(command);
	return status == 0;
}

/* `openssl s_server` with a certificate of its own for "localhost"; its process and port. */
static pid_t start_tls(const char *dir, int *port)
{
	char key[64], cert[64], at[32], command[400];
	snprintf(key, sizeof key, "%s/key.pem", dir);
	snprintf(cert, sizeof cert, "%s/cert.pem", dir);
	snprintf(command, sizeof command,
		"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "
		"subjectAltName=DNS:localhost -keyout %s -out %s >/dev/null 2>&1",
		key, cert);
	if (!shell(command))
		return -1;
	close(listen_somewhere(port));
	snprintf(at, sizeof at, "127.0.0.1:%d", *port);
	pid_t pid = fork();
	if (pid == 0) {
		execlp("openssl", "openssl", "s_server", "-quiet", "-www", "-accept", at, "-key",
			key, "-cert", cert, (char *)NULL);
		_exit(127);
	}
	usleep(300000);
	return pid;
}

static struct http_result tls_call(const char *host, int port, const char *ca)
{
	client_free(client);
	client = client_with(
		(struct client_options){.loopback_only = true, .total_ms = 3000, .ca_file = ca});
	return run((struct http_call){
		.method = "GET", .url = arena_printf(arena, "https://%s:%d/", host, port)});
}

static void certificates_are_checked(void **state)
{
	char dir[] = "/tmp/test_client.XXXXXX", ca[64], command[64];
	int port = 0;
	(void)state;
	assert_non_null(mkdtemp(dir));
	pid_t pid = start_tls(dir, &port);
	assert_true(pid > 0);
	snprintf(ca, sizeof ca, "%s/cert.pem", dir);
	struct http_result known = tls_call("localhost", port, ca);
	struct http_result stranger = tls_call("localhost", port, NULL);
	struct http_result misnamed = tls_call("127.0.0.1", port, ca);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	snprintf(command, sizeof command, "rm -r %s", dir);
	assert_true(shell(command));
	assert_int_equal(known.fate, HTTP_ANSWERED);
	assert_int_equal(known.status, 200);
	assert_int_equal(stranger.fate, HTTP_NOT_SENT);
	assert_int_equal(misnamed.fate, HTTP_NOT_SENT);
}

/* Many at once, waiting, ending */

static void a_hundred_go_at_once(void **state)
{
	struct client *c =
		client_with((struct client_options){.parallel = 100, .loopback_only = true});
	struct http_call call = call_to("POST", "/ok", "a");
	struct http_result r;
	bool back[100] = {0};
	void *tag;
	(void)state;
	for (int round = 0; round < 3; round++) {
		for (intptr_t i = 0; i < 100; i++)
			assert_int_equal(client_start(c, &call, (void *)i), OK);
		assert_int_equal(client_start(c, &call, NULL), ERR_LIMIT);
		assert_int_equal(client_active(c), 100);
		memset(back, 0, sizeof back);
		for (int n = 0; n < 100;) {
			client_wait(c, NULL, 5000);
			for (; client_next(c, arena, &r, &tag); n++) {
				assert_int_equal(r.fate, HTTP_ANSWERED);
				assert_string_equal(r.body, "fine");
				assert_false(back[(intptr_t)tag]);
				back[(intptr_t)tag] = true;
			}
		}
		assert_int_equal(client_active(c), 0);
	}
	assert_int_equal(stub.requests, 300);
	assert_in_range(stub.connections, 1, 100);
	client_free(c);
}

static void waiting_ends_for_three_reasons(void **state)
{
	struct bell bell = bell_new();
	struct http_call call = call_to("POST", "/slow", "a");
	struct http_result r;
	void *tag;
	(void)state;
	assert_int_equal(client_start(client, &call, NULL), OK);
	int64_t before = clock_mono_ms();
	client_wait(client, &bell, 200);
	assert_in_range(clock_mono_ms() - before, 195, 400);
	bell_ring(&bell);
	before = clock_mono_ms();
	client_wait(client, &bell, 400);
	assert_true(clock_mono_ms() - before < 100);
	assert_false(bell_wait(&bell, 0)); /* it was taken notice of */
	assert_false(client_next(client, arena, &r, &tag));
	client_wait(client, &bell, 5000); /* until total_ms have passed */
	assert_true(client_next(client, arena, &r, &tag));
	assert_int_equal(r.fate, HTTP_UNKNOWN);
	before = clock_mono_ms();
	client_wait(client, &bell, 100); /* nothing under way */
	assert_in_range(clock_mono_ms() - before, 95, 300);
	bell_free(&bell);
}

static void calls_under_way_are_dropped(void **state)
{
	struct client *c = client_with((struct client_options){.loopback_only = true});
	struct http_call slow = call_to("POST", "/slow", "a"), ok = call_to("POST", "/ok", "a");
	(void)state;
	assert_int_equal(client_start(c, &slow, NULL), OK);
	assert_int_equal(client_start(c, &ok, NULL), OK);
	client_wait(c, NULL, 1000);
	assert_int_equal(client_start(c, &ok, NULL), OK);
	client_free(c); /* one done, one on its way, one not yet begun */
	client_free(NULL);
}

#define STUBBED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STUBBED(requests_are_plain),
		STUBBED(the_environment_has_no_say),
		STUBBED(whole_answers_are_answers),
		STUBBED(anything_else_is_unknown),
		STUBBED(retry_after_is_read),
		STUBBED(a_request_is_not_repeated),
		STUBBED(a_dead_idle_connection_is_replaced),
		STUBBED(dying_connections_never_double),
		STUBBED(the_last_moment_can_say_no),
		STUBBED(what_never_connects_is_not_sent),
		STUBBED(some_addresses_are_not_called),
		STUBBED(certificates_are_checked),
		STUBBED(a_hundred_go_at_once),
		STUBBED(waiting_ends_for_three_reasons),
		STUBBED(calls_under_way_are_dropped),
	};
	stub.listener = listen_somewhere(&stub.port);
	must(pthread_create(&stub.thread, NULL, serve, NULL) == 0);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	shutdown(stub.listener, SHUT_RDWR);
	pthread_join(stub.thread, NULL);
	close(stub.listener);
	return failed;
}
