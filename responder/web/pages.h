/* The handlers that routes.c names. */
#ifndef RESPONDER_WEB_PAGES_H
#define RESPONDER_WEB_PAGES_H

#include "responder/web/page.h"

page_handler page_start, page_static;
page_handler page_phone, page_phone_send, page_phone_carrier, page_phone_clock, page_carrier;

#endif
