/* An eventfd. */
#include "responder/base/bell.h"

#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "responder/base/must.h"

struct bell bell_new(void)
{
	struct bell b = {.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	must(b.fd >= 0);
	return b;
}

void bell_free(struct bell *b)
{
	close(b->fd);
	b->fd = -1;
}

void bell_ring(const struct bell *b)
{
	uint64_t one = 1;
	ssize_t ignored = write(b->fd, &one, sizeof one);
	(void)ignored; /* fails only when the counter is full, and then the bell is ringing */
}

void bell_clear(const struct bell *b)
{
	uint64_t count;
	ssize_t ignored = read(b->fd, &count, sizeof count);
	(void)ignored;
}

bool bell_wait(const struct bell *b, int timeout_ms)
{
	struct pollfd p = {.fd = b->fd, .events = POLLIN};
	if (poll(&p, 1, timeout_ms) <= 0)
		return false;
	bell_clear(b);
	return true;
}
