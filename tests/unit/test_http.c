/* The look-ups, the strict decoders and the framing check of net/http.c, and net/address.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "responder/net/address.h"
#include "responder/net/http.h"

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new(0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* "name=value|name=value", so that a test reads at a glance. */
static const char *show(const char *form, size_t n)
{
	struct http_fields f;
	if (http_form(arena, form, n, &f) != OK)
		return "refused";
	const char *out = "";
	for (size_t i = 0; i < f.n; i++)
		out = arena_printf(
			arena, "%s%s%s=%s", out, i ? "|" : "", f.at[i].name, f.at[i].value);
	return out;
}

static void check_form(const char *form, const char *expected)
{
	assert_string_equal(show(form, strlen(form)), expected);
}

static void forms_are_decoded(void **state)
{
	(void)state;
	check_form("", "");
	check_form("Body=yes+pls&From=%2B13125550123", "Body=yes pls|From=+13125550123");
	check_form("b=2&a=1&b=3", "b=2|a=1|b=3");
	check_form("empty=&bare&=nameless", "empty=|bare=|=nameless");
	check_form("a=b=c", "a=b=c");
	check_form("a&&b&", "a=|b=");
	check_form("&", "");
	check_form("s%C3%AD=%f0%9F%98%80", "sí=😀");
	check_form("%26=%3D%25", "&==%");
}

static void bad_forms_are_refused(void **state)
{
	static const char *const bad[] = {"a=%", "a=%4", "a=%4g", "a=%g4", "%=a", "a=%00", "a=%C3",
		"a=%C0%80", "a=%ED%A0%80", "a=\xFF", "a=%4&b=1", "a=%+1"};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check_form(bad[i], "refused");
	assert_string_equal(show("a=b\0c", 5), "refused");
	assert_string_equal(show("a=%4142", 4), "refused"); /* the escape goes on behind the end */
	assert_string_equal(show("a=b%", 3), "a=b");
}

static void two_hundred_fields_are_enough(void **state)
{
	char form[402];
	struct http_fields f;
	(void)state;
	for (size_t i = 0; i < 201; i++)
		memcpy(form + 2 * i, "a&", 2);
	assert_int_equal(http_form(arena, form, 399, &f), OK);
	assert_int_equal(f.n, 200);
	assert_int_equal(http_form(arena, form, 401, &f), ERR_INPUT);
}

static void look_ups_take_the_first(void **state)
{
	struct http_field at[] = {{"Host", "a"}, {"host", "b"}, {"Empty", ""}};
	struct http_fields f = {at, 3};
	(void)state;
	assert_string_equal(http_header(&f, "HOST"), "a");
	assert_string_equal(http_field(&f, "host"), "b");
	assert_string_equal(http_field(&f, "Empty"), "");
	assert_null(http_field(&f, "HOST"));
	assert_null(http_header(&f, "Hos"));
	assert_null(http_header(&(struct http_fields){0}, "Host"));
}

static void check_path(const char *target, const char *expected)
{
	const char *path;
	enum err e = http_path(arena, target, &path);
	assert_int_equal(e, expected ? OK : ERR_INPUT);
	if (expected)
		assert_string_equal(path, expected);
}

static void paths_are_decoded(void **state)
{
	(void)state;
	check_path("/in/main?x=%zz", "/in/main");
	check_path("/a%20b+c%2Fd%C3%AD", "/a b+c/dí");
	check_path("/?", "/");
	check_path("/%", NULL);
	check_path("/%0", NULL);
	check_path("/%0?1", NULL);
	check_path("/a%00b", NULL);
	check_path("/%ff", NULL);
	check_path("http://host/a", NULL);
	check_path("*", NULL);
	check_path("", NULL);
	check_path("%2Fa", NULL);
}

/* The length of a request with these headers ("Name: value" pairs), -2 when refused. */
static int64_t framing(const char *version, size_t n, const struct http_field *at)
{
	struct http_field copy[4];
	int64_t length;
	memcpy(copy, at, n * sizeof *at);
	return http_framing(&(struct http_fields){copy, n}, version, &length) == OK ? length : -2;
}

#define FRAMING(version, ...)                                                                      \
	framing(version, sizeof((struct http_field[]){__VA_ARGS__}) / sizeof(struct http_field),   \
		(struct http_field[]){__VA_ARGS__})

static void framing_is_unambiguous(void **state)
{
	(void)state;
	assert_int_equal(FRAMING("HTTP/1.1", {"Host", "a"}), 0);
	assert_int_equal(FRAMING("HTTP/1.1", {"content-length", "12"}), 12);
	assert_int_equal(FRAMING("HTTP/1.0", {"Content-Length", "0012"}), 12);
	assert_int_equal(FRAMING("HTTP/1.1", {"Transfer-Encoding", "Chunked"}), -1);
	assert_int_equal(FRAMING("HTTP/1.1", {"X", "tab\tis fine, \xC3\xAD too"}), 0);
}

static void ambiguous_framing_is_refused(void **state)
{
	static const char *const lengths[] = {"", " 5", "5 ", "+5", "-5", "0x5", "5,5", "5, 5",
		"5;", "99999999999999999999", "five"};
	static const char *const encodings[] = {
		"", "identity", "gzip, chunked", "chunked, chunked", "xchunked", "chunked;q=1"};
	static const char *const names[] = {"", "Content-Length ", "Content Length",
		"Content-Length\t", "Transfer-Encoding\v", "a\xFF"};
	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		assert_int_equal(FRAMING("HTTP/1.1", {"Content-Length", lengths[i]}), -2);
	for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
		assert_int_equal(FRAMING("HTTP/1.1", {"Transfer-Encoding", encodings[i]}), -2);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(FRAMING("HTTP/1.1", {names[i], "5"}), -2);
	assert_int_equal(FRAMING("HTTP/1.1", {"Content-Length", "5"}, {"content-length", "5"}), -2);
	assert_int_equal(
		FRAMING("HTTP/1.1", {"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}), -2);
	assert_int_equal(
		FRAMING("HTTP/1.1", {"Transfer-Encoding", "chunked"}, {"Content-Length", "5"}), -2);
	assert_int_equal(FRAMING("HTTP/1.1", {"Transfer-Encoding", "chunked"},
				 {"Transfer-Encoding", "chunked"}),
		-2);
	assert_int_equal(FRAMING("HTTP/1.0", {"Transfer-Encoding", "chunked"}), -2);
	assert_int_equal(FRAMING("HTTP/1.1", {"X", "a\rContent-Length: 5"}), -2);
}

static struct in6_addr address(const char *name)
{
	struct sockaddr_storage s;
	assert_true(address_parse(name, 80, &s));
	return address_of((struct sockaddr *)&s);
}

static void private_addresses_are_known(void **state)
{
	static const char *const private[] = {"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255",
		"100.64.0.1", "100.127.255.255", "127.0.0.1", "127.9.9.9", "169.254.169.254",
		"172.16.0.1", "172.31.255.255", "192.168.0.1", "192.0.0.8", "198.18.0.1",
		"198.19.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "febf::1",
		"fc00::1", "fdff::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
		"::ffff:169.254.169.254", "64:ff9b::a00:1",
		"2002:a00:1::", "2002:7f00:1::", "::10.0.0.1", "fec0::1"};
	static const char *const public[] = {"1.1.1.1", "9.255.255.255", "11.0.0.0",
		"100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "169.253.0.1",
		"172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "192.0.1.0",
		"198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8",
		"64:ff9b::808:808", "2606:4700::1111", "2002:808:808::"};
	(void)state;
	for (size_t i = 0; i < sizeof private / sizeof *private; i++) {
		struct in6_addr a = address(private[i]);
		if (!address_is_private(&a))
			fail_msg("%s is private", private[i]);
	}
	for (size_t i = 0; i < sizeof public / sizeof *public; i++) {
		struct in6_addr a = address(public[i]);
		if (address_is_private(&a))
			fail_msg("%s is public", public[i]);
	}
}

static void check_same(const char *one, const char *other, bool same)
{
	struct in6_addr a = address(one), b = address(other);
	assert_int_equal(address_same_site(&a, &b), same);
	assert_int_equal(address_same_site(&b, &a), same);
}

static void addresses_are_compared_and_named(void **state)
{
	char name[ADDRESS_NAME];
	struct in6_addr mapped = address("::ffff:203.0.113.7"), six = address("2001:db8::1");
	struct in6_addr loop = address("::ffff:127.1.2.3");
	struct sockaddr_storage s;
	(void)state;
	check_same("203.0.113.7", "203.0.113.7", true);
	check_same("203.0.113.7", "::ffff:203.0.113.7", true);
	check_same("203.0.113.7", "203.0.113.8", false);
	check_same("2001:db8::1", "2001:db8::2:3:4:5", true);
	check_same("2001:db8::1", "2001:db8:0:1::1", false);
	check_same("2001:db8::1", "203.0.113.7", false);
	address_name(&mapped, name);
	assert_string_equal(name, "203.0.113.7");
	address_name(&six, name);
	assert_string_equal(name, "2001:db8::1");
	assert_true(address_is_loopback(&loop));
	assert_false(address_is_loopback(&mapped));
	assert_false(address_parse("localhost", 80, &s));
	assert_false(address_parse("", 80, &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(forms_are_decoded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_forms_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(two_hundred_fields_are_enough, set_up, tear_down),
		cmocka_unit_test_setup_teardown(paths_are_decoded, set_up, tear_down),
		cmocka_unit_test(look_ups_take_the_first),
		cmocka_unit_test(framing_is_unambiguous),
		cmocka_unit_test(ambiguous_framing_is_refused),
		cmocka_unit_test(private_addresses_are_known),
		cmocka_unit_test(addresses_are_compared_and_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
