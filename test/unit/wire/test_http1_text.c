/* The text of HTTP/1.1: what a request's parts say, and what responses look like. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wire/http1.h"

/* ---- reading ---- */

static void test_tokens(void **state)
{
    MU_UNUSED(state);
    assert_true(mu_http_has_token("upgrade", "upgrade"));
    assert_true(mu_http_has_token("keep-alive ,\tUpgrade ", "upgrade"));
    assert_true(mu_http_has_token(",,upgrade,,", "upgrade"));
    assert_false(mu_http_has_token("upgrades, up grade, grade", "upgrade"));
    assert_false(mu_http_has_token("", "upgrade"));
    assert_false(mu_http_has_token(NULL, "upgrade"));
}

static void test_segments(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *path;
        size_t index;
        int rc;
        const char *want;
    } cases[] = {
        {"/api/sessions/a%20b", 0, 0, "api"},
        {"/api/sessions/a%20b", 2, 0, "a b"},
        {"/api/sessions/a%20b", 3, -ENOENT, NULL},
        {"/a%2Fb/c", 0, 0, "a/b"},
        {"/a+b", 0, 0, "a+b"},
        {"/", 0, 0, ""},
        {"/", 1, -ENOENT, NULL},
        {"/a//b/", 1, 0, ""},
        {"/a//b/", 3, 0, ""},
        {"/%00", 0, -EINVAL, NULL},
        {"/%e2%82%ac", 0, 0, "\xe2\x82\xac"},
        {"/1234567", 0, 0, "1234567"},
        {"/12345678", 0, MU_ETOOBIG, NULL},
        {"*", 0, -ENOENT, NULL},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        struct mu_http_req req = {.path = cases[i].path};
        char buf[8];
        int rc = mu_http_segment(&req, cases[i].index, buf, sizeof buf);
        assert_int_equal(rc, cases[i].rc);
        if (!rc)
            assert_string_equal(buf, cases[i].want);
    }
}

static void test_queries(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *query;
        int rc;
        const char *want;
    } cases[] = {
        {"vsn=2.0.0", 0, "2.0.0"},
        {"user=a%26vsn%3D1&vsn=2.0.0", 0, "2.0.0"},
        {"vsn=1.0.0&vsn=2.0.0", 0, "2.0.0"},
        {"%76sn=a+b%2B", 0, "a b+"},
        {"vsn=", 0, ""},
        {"vsn", 0, ""},
        {"", -ENOENT, NULL},
        {"&&=&x", -ENOENT, NULL},
        {"vsnx=1&xvsn=1&VSN=1", -ENOENT, NULL},
        {"vsn[]=2.0.0", -EINVAL, NULL},
        {"vsn%5B%5D=2.0.0", -EINVAL, NULL},
        {"vsn[a]=2.0.0&x=1", -EINVAL, NULL},
        {"vsn=%", -EINVAL, NULL},
        {"vsn=%0", -EINVAL, NULL},
        {"vsn=%00", -EINVAL, NULL},
        {"vsn=1234567", 0, "1234567"},
        {"vsn=12345678", MU_ETOOBIG, NULL},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        struct mu_http_req req = {.query = cases[i].query};
        char buf[8];
        int rc = mu_http_query(&req, "vsn", buf, sizeof buf);
        assert_int_equal(rc, cases[i].rc);
        if (!rc)
            assert_string_equal(buf, cases[i].want);
    }
}

static void test_cookies(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *header;
        int rc;
        const char *want;
    } cases[] = {
        {"sid=abc", 0, "abc"},
        {"a=1; sid=abc; b=2", 0, "abc"},
        {"a=1;sid=abc ;b=2", 0, "abc"},
        {"xsid=1; sidx=2; sid=3; sid=4", 0, "3"},
        {"sid=", 0, ""},
        {"sid=a=b", 0, "a=b"},
        {"sid", -ENOENT, NULL},
        {"", -ENOENT, NULL},
        {"; ;=", -ENOENT, NULL},
        {"sid=1234567", 0, "1234567"},
        {"sid=12345678", MU_ETOOBIG, NULL},
    };
    char buf[8];
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        struct mu_http_req req = {.fields = {{"cookie", cases[i].header}}, .n_fields = 1};
        int rc = mu_http_cookie(&req, "sid", buf, sizeof buf);
        assert_int_equal(rc, cases[i].rc);
        if (!rc)
            assert_string_equal(buf, cases[i].want);
    }
    struct mu_http_req none = {0};
    assert_int_equal(mu_http_cookie(&none, "sid", buf, sizeof buf), -ENOENT);
}

/* ---- writing ---- */

static void test_responses(void **state)
{
    MU_UNUSED(state);
    static const struct mu_http_field type = {"Content-Type", "text/plain"};
    static const struct mu_http_field evil = {"X\r\nA", "a\r\nSet-Cookie: b\n\x7f"};
    static const struct {
        int status;
        unsigned flags;
        const struct mu_http_field *field;
        const char *body;
        const char *want;
    } cases[] = {
        {200, 0, &type, "hello",
         "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
         "Connection: keep-alive\r\n\r\nhello"},
        {200, MU_HTTP_NO_BODY, &type, "hello",
         "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
         "Connection: keep-alive\r\n\r\n"},
        {404, MU_HTTP_LAST, NULL, "",
         "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
        {204, 0, NULL, "dropped", "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n"},
        {304, 0, NULL, "dropped", "HTTP/1.1 304 Not Modified\r\nConnection: keep-alive\r\n\r\n"},
        {426, MU_HTTP_LAST, NULL, "",
         "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n"
         "Connection: upgrade, close\r\n\r\n"},
        {200, 0, &evil, "",
         "HTTP/1.1 200 OK\r\nXA: aSet-Cookie: b\r\nContent-Length: 0\r\n"
         "Connection: keep-alive\r\n\r\n"},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        struct mu_buf b = {0};
        mu_http_response(&b, cases[i].status, cases[i].field, cases[i].field != NULL, cases[i].body,
                         strlen(cases[i].body), cases[i].flags);
        assert_string_equal(b.data, cases[i].want);
        mu_buf_release(&b);
    }
}

static void test_switch_and_continue(void **state)
{
    MU_UNUSED(state);
    struct mu_buf b = {0};
    mu_http_switch(&b, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "phoenix");
    assert_string_equal(b.data, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                                "Sec-WebSocket-Protocol: phoenix\r\n\r\n");
    mu_buf_clear(&b);
    mu_http_switch(&b, "k", NULL);
    assert_null(strstr(b.data, "Protocol:"));
    mu_buf_clear(&b);
    mu_http_continue(&b);
    assert_string_equal(b.data, "HTTP/1.1 100 Continue\r\n\r\n");
    mu_buf_release(&b);
}

static void test_status_texts(void **state)
{
    MU_UNUSED(state);
    static const int used[] = {200, 201, 202, 204, 302, 303, 304, 400, 401, 403, 404, 405,
                               408, 409, 413, 415, 422, 426, 429, 431, 500, 503, 507};
    for (size_t i = 0; i < MU_COUNT(used); i++)
        assert_string_not_equal(mu_http_status_text(used[i]), "Unknown");
    assert_string_equal(mu_http_status_text(299), "Unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),       cmocka_unit_test(test_segments),
        cmocka_unit_test(test_queries),      cmocka_unit_test(test_cookies),
        cmocka_unit_test(test_responses),    cmocka_unit_test(test_switch_and_continue),
        cmocka_unit_test(test_status_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
