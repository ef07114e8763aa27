/* One key=value line per event on standard error, with a systemd priority in front.
 * Numbers are masked here, whatever the caller passes: a run of digits that could be a phone
 * number keeps only its last two. Bodies of texts never go into a log line. */
#ifndef RESPONDER_BASE_LOG_H
#define RESPONDER_BASE_LOG_H

enum log_level { LOG_ERROR = 3, LOG_WARN = 4, LOG_INFO = 6, LOG_DEBUG = 7 };

void log_set_level(enum log_level most); /* default LOG_INFO */
void log_line(enum log_level level, const char *event, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(event, ...) log_line(LOG_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...) log_line(LOG_WARN, event, __VA_ARGS__)
#define log_info(event, ...) log_line(LOG_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) log_line(LOG_DEBUG, event, __VA_ARGS__)

#endif
