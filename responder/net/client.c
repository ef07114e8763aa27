/* The HTTP client; see client.h. Connections are reused (a TLS handshake costs twenty requests), and
 * yet a request leaves at most once: libcurl asks `begin` on each connection just before the first
 * byte, so a second question for one call is libcurl repeating itself on a dead connection, and is
 * refused; the body comes from a callback that cannot rewind. */
#include "responder/net/client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "responder/base/buf.h"
#include "responder/base/must.h"

#define ANSWER_MOST ((size_t)256 * 1024)
#define REUSE_S 20L /* servers close idle connections: a request into a dying one is uncertain */

struct call { /* under way, or done and not yet fetched */
	struct client *client;
	CURL *easy;
	struct arena *arena; /* the call's strings and the answer */
	struct curl_slist *headers;
	const char *body;
	size_t body_n, body_at;
	bool (*may_begin)(void *context);
	void *context, *tag;
	bool begun, repeated, refused;
	struct buf answer;
	char error[CURL_ERROR_SIZE];
	struct http_result result;
	struct call *next; /* among the done, or the spare */
	struct call *other; /* among all */
};

struct client {
	CURLM *multi;
	struct client_options options;
	struct call *all, *spare, *done, **done_end;
	int active;
};

static void init_once(void)
{
	must(curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK);
}

enum err client_new(struct client **out, const struct client_options *options)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, init_once);
	struct client *c = calloc(1, sizeof *c);
	must(c);
	c->options = *options;
	c->options.parallel = options->parallel ? options->parallel : 64;
	c->options.connect_ms = options->connect_ms ? options->connect_ms : 5000;
	c->options.total_ms = options->total_ms ? options->total_ms : 15000;
	c->done_end = &c->done;
	c->multi = curl_multi_init();
	must(c->multi);
	curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)c->options.parallel);
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)c->options.parallel);
	*out = c;
	return OK;
}

/* Which addresses may be called */

static bool is_loopback(const struct in6_addr *a)
{
	return IN6_IS_ADDR_LOOPBACK(a) || (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
}

static bool is_private4(const unsigned char *a)
{
	return a[0] == 0 || a[0] == 10 || a[0] == 127 || a[0] >= 224 ||
	       (a[0] == 100 && (a[1] & 0xC0) == 64) || (a[0] == 169 && a[1] == 254) ||
	       (a[0] == 172 && (a[1] & 0xF0) == 16) || (a[0] == 192 && a[1] == 168);
}

static bool is_private(const struct in6_addr *a)
{
	static const unsigned char nat64[12] = {0, 0x64, 0xff, 0x9b};
	if (IN6_IS_ADDR_V4MAPPED(a) || memcmp(a->s6_addr, nat64, sizeof nat64) == 0)
		return is_private4(a->s6_addr + 12);
	return IN6_IS_ADDR_LOOPBACK(a) || IN6_IS_ADDR_UNSPECIFIED(a) || IN6_IS_ADDR_LINKLOCAL(a) ||
	       IN6_IS_ADDR_MULTICAST(a) || (a->s6_addr[0] & 0xFE) == 0xFC;
}

static bool allowed(const struct client_options *o, const struct sockaddr *to)
{
	struct in6_addr a = IN6ADDR_ANY_INIT;
	if (to->sa_family == AF_INET6) {
		struct sockaddr_in6 six;
		memcpy(&six, to, sizeof six);
		a = six.sin6_addr;
	} else if (to->sa_family == AF_INET) {
		struct sockaddr_in four;
		memcpy(&four, to, sizeof four);
		a.s6_addr[10] = a.s6_addr[11] = 0xFF;
		memcpy(a.s6_addr + 12, &four.sin_addr, 4);
	} else {
		return false;
	}
	if (o->loopback_only)
		return is_loopback(&a);
	return o->private_allowed || !is_private(&a);
}

/* After DNS, before the connection: a name cannot point us at our own network. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct call *call = context;
	(void)purpose;
	if (!allowed(&call->client->options, &to->addr)) {
		call->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* One call */

static int begin(void *context, char *to, char *from, int to_port, int from_port)
{
	struct call *call = context;
	(void)to;
	(void)from;
	(void)to_port;
	(void)from_port;
	if (call->begun) {
		call->repeated = true;
		return CURL_PREREQFUNC_ABORT;
	}
	if (call->may_begin && !call->may_begin(call->context))
		return CURL_PREREQFUNC_ABORT;
	call->begun = true;
	return CURL_PREREQFUNC_OK;
}

static size_t give_body(char *out, size_t size, size_t n, void *context)
{
	struct call *call = context;
	size_t room = size * n, left = call->body_n - call->body_at;
	size_t give = left < room ? left : room;
	memcpy(out, call->body + call->body_at, give);
	call->body_at += give;
	return give;
}

static int refuse_rewind(void *context, curl_off_t offset, int origin)
{
	(void)context;
	(void)offset;
	(void)origin;
	return CURL_SEEKFUNC_FAIL;
}

static size_t take_answer(char *bytes, size_t size, size_t n, void *context)
{
	struct call *call = context;
	buf_add(&call->answer, bytes, size * n);
	return call->answer.over ? 0 : size * n;
}

static void set_common(struct call *call)
{
	CURL *e = call->easy;
	const struct client_options *o = &call->client->options;
	curl_easy_setopt(e, CURLOPT_PRIVATE, call);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, call->error);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, REUSE_S);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)o->total_ms);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	if (o->ca_file)
		curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, call);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, begin);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, call);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, call);
}

static void set_body(struct call *call, const struct http_call *from)
{
	CURL *e = call->easy;
	call->body = arena_str(call->arena, from->body);
	call->body_n = strlen(call->body);
	curl_easy_setopt(e, CURLOPT_POST, 1L);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_n);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(e, CURLOPT_READDATA, call);
	curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, refuse_rewind);
	/* Waiting for "100 Continue" would cost a second with servers that do not say it. */
	call->headers = curl_slist_append(call->headers, "Expect:");
}

static void set_request(struct call *call, const struct http_call *from)
{
	CURL *e = call->easy;
	curl_easy_setopt(e, CURLOPT_URL, from->url);
	if (from->user) {
		curl_easy_setopt(e, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(e, CURLOPT_USERNAME, from->user);
		curl_easy_setopt(e, CURLOPT_PASSWORD, from->password ? from->password : "");
	}
	if (from->body)
		set_body(call, from);
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, from->method);
	for (size_t i = 0; i < from->headers.n; i++)
		call->headers = curl_slist_append(call->headers,
			arena_printf(call->arena, "%s: %s", from->headers.at[i].name,
				from->headers.at[i].value));
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, call->headers);
}

static struct call *call_new(struct client *c)
{
	struct call *call = c->spare;
	if (call) {
		c->spare = call->next;
		curl_easy_reset(call->easy);
		*call = (struct call){.client = c,
			.easy = call->easy,
			.arena = call->arena,
			.other = call->other};
	} else {
		call = calloc(1, sizeof *call);
		must(call);
		*call = (struct call){.client = c,
			.easy = curl_easy_init(),
			.arena = arena_new(0),
			.other = c->all};
		must(call->easy);
		c->all = call;
	}
	call->answer = buf_new(call->arena, ANSWER_MOST);
	return call;
}

static void call_keep(struct client *c, struct call *call)
{
	curl_slist_free_all(call->headers);
	call->headers = NULL;
	arena_reset(call->arena);
	call->next = c->spare;
	c->spare = call;
}

enum err client_start(struct client *c, const struct http_call *from, void *tag)
{
	if (c->active >= c->options.parallel)
		return ERR_LIMIT;
	struct call *call = call_new(c);
	call->may_begin = from->may_begin;
	call->context = from->context;
	call->tag = tag;
	set_common(call);
	set_request(call, from);
	must(curl_multi_add_handle(c->multi, call->easy) == CURLM_OK);
	c->active++;
	return OK;
}

int client_active(const struct client *c)
{
	return c->active;
}

/* What became of it: only a whole answer is an answer, and only an unbegun call is unsent. */
static void conclude(struct call *call, CURLcode code)
{
	struct http_result *r = &call->result;
	long status = 0;
	curl_off_t retry = 0;
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &retry);
	*r = (struct http_result){.fate = HTTP_UNKNOWN,
		.status = (int)status,
		.retry_after_s = retry,
		.body = call->answer.s,
		.body_n = call->answer.n};
	if (code == CURLE_OK && status >= 200 && call->begun)
		r->fate = HTTP_ANSWERED;
	else if (!call->begun)
		r->fate = HTTP_NOT_SENT;
	r->error = call->refused    ? "the address is not allowed"
		   : call->repeated ? "the connection died and the request is not repeated"
		   : *call->error   ? call->error
				    : curl_easy_strerror(code);
}

static void harvest(struct client *c)
{
	int left;
	for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left));) {
		struct call *call;
		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode code = m->data.result;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&call);
		conclude(call, code);
		curl_multi_remove_handle(c->multi, call->easy);
		call->next = NULL;
		*c->done_end = call;
		c->done_end = &call->next;
	}
}

void client_wait(struct client *c, const struct bell *bell, int timeout_ms)
{
	struct curl_waitfd extra = {.fd = bell ? bell->fd : -1, .events = CURL_WAIT_POLLIN};
	int running;
	curl_multi_perform(c->multi, &running);
	harvest(c);
	if (c->done)
		return;
	curl_multi_poll(c->multi, &extra, bell ? 1 : 0, timeout_ms, NULL);
	if (bell && extra.revents)
		bell_clear(bell);
	curl_multi_perform(c->multi, &running);
	harvest(c);
}

bool client_next(struct client *c, struct arena *a, struct http_result *out, void **tag)
{
	struct call *call = c->done;
	if (!call)
		return false;
	c->done = call->next;
	if (!c->done)
		c->done_end = &c->done;
	*out = call->result;
	out->body = arena_strn(a, call->result.body, call->result.body_n);
	out->error = arena_str(a, call->result.error);
	*tag = call->tag;
	c->active--;
	call_keep(c, call);
	return true;
}

void client_call(
	struct client *c, struct arena *a, const struct http_call *call, struct http_result *out)
{
	void *tag;
	must(client_start(c, call, NULL) == OK);
	while (!client_next(c, a, out, &tag))
		client_wait(c, NULL, 1000);
}

void client_free(struct client *c)
{
	if (!c)
		return;
	for (struct call *other, *call = c->all; call; call = other) {
		other = call->other;
		curl_multi_remove_handle(c->multi, call->easy);
		curl_easy_cleanup(call->easy);
		curl_slist_free_all(call->headers);
		arena_free(call->arena);
		free(call);
	}
	curl_multi_cleanup(c->multi);
	free(c);
}
