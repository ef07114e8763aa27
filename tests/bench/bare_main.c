/* A bare libmicrohttpd handler: reads the body, answers 204. What HTTP alone costs on this machine.
 * Usage: bare_main PORT */
#include <microhttpd.h>
#include <stdlib.h>
#include <unistd.h>

static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
	const char *method, const char *version, const char *data, size_t *n, void **state)
{
	static int seen;
	(void)context, (void)url, (void)method, (void)version, (void)data;
	if (!*state) {
		*state = &seen;
		return MHD_YES;
	}
	if (*n) {
		*n = 0;
		return MHD_YES;
	}
	struct MHD_Response *r = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result = MHD_queue_response(c, MHD_HTTP_NO_CONTENT, r);
	MHD_destroy_response(r);
	return result;
}

int main(int argc, char **argv)
{
	struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD,
		(unsigned short)atoi(argv[argc - 1]), NULL, NULL, on_request, NULL,
		MHD_OPTION_CONNECTION_LIMIT, 1000u, MHD_OPTION_END);
	if (!d)
		return 1;
	pause();
	return 0;
}
