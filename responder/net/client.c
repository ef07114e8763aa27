/* The HTTP client; see client.h. Connections are reused (a TLS handshake costs as much as twenty
 * requests), and yet a request leaves at most once. libcurl asks `begin` each time it has a
 * connection and is about to write: that is the commit point. A second question for one call is
 * libcurl repeating itself after a reused connection died, and is refused. */
#include "responder/net/client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "responder/base/buf.h"
#include "responder/base/clock.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/net/address.h"

#define ANSWER_MOST ((size_t)256 * 1024)
#define RETRY_AFTER_MOST 86400

struct call { /* under way, or done and not yet fetched, or spare */
	struct client *client;
	CURL *easy;
	struct arena *arena; /* the call's strings and the answer */
	struct curl_slist *headers;
	bool (*may_begin)(void *context);
	void *context, *tag;
	bool added;		 /* the multi handle has it */
	bool begun, repeated;	 /* see begin() */
	bool held_back, refused; /* by may_begin; by the address policy */
	bool head_whole;	 /* of the last answer: there may be interim ones before */
	struct buf answer;
	char error[CURL_ERROR_SIZE];
	struct http_result result;
	struct call *next; /* among the done or the spare */
	struct call *all;  /* the next of all */
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
	signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to connections that may have died */
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

/* What libcurl asks while a call is under way */

/* After DNS, before the connection: a name cannot point us at our own network. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct call *call = context;
	const struct client_options *o = &call->client->options;
	struct in6_addr a = address_of(&to->addr);
	(void)purpose;
	bool may = o->loopback_only ? address_is_loopback(&a)
				    : o->private_allowed || !address_is_private(&a);
	if (!may) {
		call->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

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
	call->held_back = call->may_begin && !call->may_begin(call->context);
	if (call->held_back)
		return CURL_PREREQFUNC_ABORT;
	call->begun = true;
	return CURL_PREREQFUNC_OK;
}

/* libcurl is content with an answer that ends amidst its headers; we want the empty line. */
static size_t take_header(char *bytes, size_t size, size_t n, void *context)
{
	struct call *call = context;
	call->head_whole = size * n == 2 && memcmp(bytes, "\r\n", 2) == 0;
	return size * n;
}

static size_t take_answer(char *bytes, size_t size, size_t n, void *context)
{
	struct call *call = context;
	buf_add(&call->answer, bytes, size * n);
	return call->answer.over ? 0 : size * n; /* 0 ends the call with an error */
}

/* Starting a call */

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
	curl_easy_setopt(e, CURLOPT_PROXY, ""); /* whatever the environment says */
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)o->total_ms);
	/* A look-up that timed out is left to its thread; else we would wait here for its end. */
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	if (o->ca_file)
		curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, call);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, begin);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, call);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, call);
}

static void add_header(struct call *call, const char *header)
{
	must(!strpbrk(header, "\r\n")); /* one header, not a second one inside */
	struct curl_slist *longer = curl_slist_append(call->headers, header);
	must(longer);
	call->headers = longer;
}

static void set_body(struct call *call, const char *text)
{
	CURL *e = call->easy;
	const char *body = arena_str(call->arena, text);
	curl_easy_setopt(e, CURLOPT_POST, 1L);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, body); /* leaves with the head, in one write */
	/* Waiting for "100 Continue" would cost a second with servers that do not say it. */
	add_header(call, "Expect:");
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
	if (from->body || text_eq(from->method, "POST"))
		set_body(call, from->body ? from->body : "");
	if (text_eq(from->method, "HEAD"))
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, from->method);
	for (size_t i = 0; i < from->headers.n; i++)
		add_header(call, arena_printf(call->arena, "%s: %s", from->headers.at[i].name,
					 from->headers.at[i].value));
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, call->headers);
}

static struct call *call_new(struct client *c)
{
	struct call *call = c->spare;
	if (call) {
		c->spare = call->next;
		curl_easy_reset(call->easy);
		*call = (struct call){.easy = call->easy, .arena = call->arena, .all = call->all};
	} else {
		call = calloc(1, sizeof *call);
		must(call);
		call->easy = curl_easy_init();
		must(call->easy);
		call->arena = arena_new(0);
		call->all = c->all;
		c->all = call;
	}
	call->client = c;
	call->answer = buf_new(call->arena, ANSWER_MOST);
	return call;
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
	call->added = true;
	c->active++;
	return OK;
}

int client_active(const struct client *c)
{
	return c->active;
}

/* Ending a call */

static const char *reason(const struct call *call, CURLcode code)
{
	if (call->held_back)
		return "held back at the last moment";
	if (call->repeated)
		return "the connection died after the request; it is not repeated";
	if (call->refused && !call->begun)
		return "that address must not be called";
	if (call->answer.over)
		return "the answer is too long";
	if (code == CURLE_OK)
		return "the answer broke off";
	return *call->error ? call->error : curl_easy_strerror(code);
}

/* Only a whole answer is an answer, and only a call that was never begun is unsent. */
static void conclude(struct call *call, CURLcode code)
{
	struct http_result *r = &call->result;
	long status = 0;
	curl_off_t wait = 0;
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &wait);
	*r = (struct http_result){.fate = call->begun ? HTTP_UNKNOWN : HTTP_NOT_SENT, .body = ""};
	if (!call->begun || code != CURLE_OK || status < 200 || !call->head_whole) {
		r->error = reason(call, code);
		return;
	}
	r->fate = HTTP_ANSWERED;
	r->status = (int)status;
	r->retry_after_s = wait < 0 ? 0 : wait < RETRY_AFTER_MOST ? wait : RETRY_AFTER_MOST;
	r->body = call->answer.s;
	r->body_n = call->answer.n;
}

static void harvest(struct client *c)
{
	int left;
	for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left));) {
		struct call *call;
		CURLcode code = m->data.result; /* the message is gone once the handle is removed */
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&call);
		conclude(call, code);
		curl_multi_remove_handle(c->multi, call->easy);
		call->added = false;
		*c->done_end = call;
		c->done_end = &call->next;
	}
}

static void work(struct client *c)
{
	int running;
	must(curl_multi_perform(c->multi, &running) == CURLM_OK);
	harvest(c);
}

void client_wait(struct client *c, const struct bell *bell, int timeout_ms)
{
	struct curl_waitfd ring = {.fd = bell ? bell->fd : -1, .events = CURL_WAIT_POLLIN};
	int64_t left, end = clock_mono_ms() + timeout_ms;
	work(c);
	while (!c->done && (left = end - clock_mono_ms()) > 0) {
		must(curl_multi_poll(c->multi, &ring, bell ? 1 : 0, (int)left, NULL) == CURLM_OK);
		work(c);
		if (!ring.revents)
			continue;
		bell_clear(bell);
		return;
	}
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
	curl_slist_free_all(call->headers);
	call->headers = NULL;
	arena_reset(call->arena);
	call->next = c->spare;
	c->spare = call;
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
	for (struct call *next, *call = c->all; call; call = next) {
		next = call->all;
		if (call->added)
			curl_multi_remove_handle(c->multi, call->easy);
		curl_easy_cleanup(call->easy);
		curl_slist_free_all(call->headers);
		arena_free(call->arena);
		free(call);
	}
	curl_multi_cleanup(c->multi);
	free(c);
}
