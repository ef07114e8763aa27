/* LD_PRELOAD: each fsync and fdatasync takes SLOWSYNC_US longer, as on a disk in a cloud. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static int slow(const char *name, int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
	const char *us = getenv("SLOWSYNC_US");
	usleep(us ? (useconds_t)atoi(us) : 0);
	return real(fd);
}

int fsync(int fd)
{
	return slow("fsync", fd);
}

int fdatasync(int fd)
{
	return slow("fdatasync", fd);
}
