/* The site map. */
#include "responder/web/pages.h"

const struct route routes[] = {
	{"GET", "/", page_start, ROUTE_ALWAYS},
	{"GET", "/static/*", page_static, ROUTE_ALWAYS},
	{"GET", "/phone", page_phone, ROUTE_DEMO},
	{"GET", "/phone/*", page_phone, ROUTE_DEMO},
	{"POST", "/phone/send", page_phone_send, ROUTE_DEMO},
	{"POST", "/phone/carrier", page_phone_carrier, ROUTE_DEMO},
	{"POST", "/phone/clock", page_phone_clock, ROUTE_DEMO},
	{"POST", "/carrier/messages", page_carrier, ROUTE_MACHINE},
};

const size_t route_n = sizeof routes / sizeof routes[0];
