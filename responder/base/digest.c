/* libcrypto's only room: everything that hashes, signs or draws random numbers comes through here.
 */
#include "responder/base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>

#include "responder/base/must.h"

void digest_sha256(const void *bytes, size_t n, unsigned char out[32])
{
	must(EVP_Digest(bytes, n, out, NULL, EVP_sha256(), NULL) == 1);
}

void digest_hmac_sha1(const char *key, const void *bytes, size_t n, unsigned char out[20])
{
	must(HMAC(EVP_sha1(), key, (int)strlen(key), bytes, n, out, NULL));
}

void digest_hmac_sha256(const char *key, const void *bytes, size_t n, unsigned char out[32])
{
	must(HMAC(EVP_sha256(), key, (int)strlen(key), bytes, n, out, NULL));
}

void digest_hex(const unsigned char *bytes, size_t n, char *out)
{
	static const char hex[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = hex[bytes[i] >> 4];
		out[2 * i + 1] = hex[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

void digest_base64(const unsigned char *bytes, size_t n, char *out)
{
	EVP_EncodeBlock((unsigned char *)out, bytes, (int)n);
}

bool digest_same(const char *secret, const char *given)
{
	if (!secret || !given || strlen(secret) != strlen(given))
		return false;
	return CRYPTO_memcmp(secret, given, strlen(secret)) == 0;
}

void digest_token(char out[DIGEST_HEX_TOKEN])
{
	unsigned char bytes[16];
	must(getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes);
	digest_hex(bytes, sizeof bytes, out);
}
