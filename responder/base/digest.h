/* Digests, MACs, random tokens and constant-time comparison, all from libcrypto. */
#ifndef RESPONDER_BASE_DIGEST_H
#define RESPONDER_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_HEX_TOKEN 33 /* 128 random bits in hex, and the NUL */

void digest_sha256(const void *bytes, size_t n, unsigned char out[32]);
void digest_hmac_sha1(const char *key, const void *bytes, size_t n, unsigned char out[20]);
void digest_hmac_sha256(const char *key, const void *bytes, size_t n, unsigned char out[32]);

void digest_hex(const unsigned char *bytes, size_t n, char *out);    /* out: 2n+1, lower case */
void digest_base64(const unsigned char *bytes, size_t n, char *out); /* out: 4*((n+2)/3)+1 */

/* Constant time in the length of `secret`; NULL or another length is simply unequal. */
bool digest_same(const char *secret, const char *given);

void digest_token(char out[DIGEST_HEX_TOKEN]); /* from the kernel; never a counter */

#endif
