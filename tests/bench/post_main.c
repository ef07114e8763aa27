/* What sending costs with nothing around it: one curl multi loop that posts the same form again and
 * again, so many at a time, over connections it keeps. Prints one JSON object.
 * Usage: post_main PORT PARALLEL MESSAGES */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "responder/base/must.h"

#define PARALLEL_MOST 64

static const char form[] =
	"To=%2B13125550123&From=%2B13125550100&Body=Ada%2C+see+you+Tue+Mar+10+at+2%3A20+PM%3F"
	"&StatusCallback=http%3A%2F%2F127.0.0.1%3A1%2Fdlr%2Fmain%2F0123456789abcdef0123456789abcdef"
	"&ValidityPeriod=3600";

static size_t swallow(char *at, size_t size, size_t n, void *context)
{
	(void)at, (void)context;
	return size * n;
}

static CURL *easy_new(const char *url)
{
	CURL *easy = curl_easy_init();
	must(easy);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, form);
	curl_easy_setopt(easy, CURLOPT_USERPWD, "ACbench:secret");
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
	return easy;
}

int main(int argc, char **argv)
{
	must(argc == 4);
	int parallel = atoi(argv[2]), wanted = atoi(argv[3]), begun = 0, done = 0, running;
	char url[128];
	must(parallel > 0 && parallel <= PARALLEL_MOST);
	snprintf(url, sizeof url, "http://127.0.0.1:%s/2010-04-01/Accounts/ACbench/Messages.json",
		argv[1]);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	CURLM *multi = curl_multi_init();
	struct timespec from, to;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (; begun < parallel; begun++)
		curl_multi_add_handle(multi, easy_new(url));
	while (done < wanted) {
		int left;
		curl_multi_perform(multi, &running);
		for (CURLMsg *m; (m = curl_multi_info_read(multi, &left));) {
			CURL *easy = m->easy_handle;
			must(m->data.result == CURLE_OK);
			curl_multi_remove_handle(multi, easy);
			if (++done + parallel <= wanted)
				curl_multi_add_handle(multi, easy);
			else
				curl_easy_cleanup(easy);
		}
		curl_multi_poll(multi, NULL, 0, 100, NULL);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	curl_multi_cleanup(multi);
	printf("{\"rate\": %.1f}\n", wanted / ((double)(to.tv_sec - from.tv_sec) +
						      (double)(to.tv_nsec - from.tv_nsec) / 1e9));
	return 0;
}
