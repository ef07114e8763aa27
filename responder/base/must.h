/* must(): a broken invariant ends the process, always, also in release builds.
 * Every write is a transaction, so dying here loses nothing and going on could. */
#ifndef RESPONDER_BASE_MUST_H
#define RESPONDER_BASE_MUST_H

#define must_never(why) must_failed(why, __FILE__, __LINE__, __func__)
#define must(cond) ((cond) ? (void)0 : must_failed(#cond, __FILE__, __LINE__, __func__))

#ifdef __cplusplus
extern "C" {
#endif

__attribute__((noreturn)) void must_failed(
	const char *cond, const char *file, int line, const char *func);

#ifdef __cplusplus
}
#endif

#endif
