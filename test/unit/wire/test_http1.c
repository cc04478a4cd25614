/* HTTP/1.1 requests as bytes: what is understood, refused and bounded, however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/http1.h"

enum { BODY_LIMIT = 20 };

#define HOST "Host: h\r\n"

static void describe(struct mu_buf *log, const struct mu_http_req *req)
{
    mu_buf_printf(log, "%s 1.%d path=%s query=%s", mu_http_method_name(req->method), req->minor,
                  req->path, req->query);
    for (size_t i = 0; i < req->n_fields; i++)
        mu_buf_printf(log, " %s=[%s]", req->fields[i].name, req->fields[i].value);
    if (req->body.len) {
        mu_buf_str(log, " body=");
        mu_buf_add(log, req->body.data, req->body.len);
    }
    mu_buf_printf(log, "%s%s\n", req->keep_alive ? "" : " close", req->upgrade ? " upgrade" : "");
}

/* Feeds one run; what a complete request leaves goes to the next. Returns 0 or the error. */
static int feed_run(struct mu_http_parser *p, const char *data, size_t n, struct mu_buf *log)
{
    char *run = malloc(n ? n : 1); /* its own size, so that the sanitizer sees a step beyond it */
    memcpy(run, data, n);
    int rc = 0;
    for (size_t at = 0; at < n && rc >= 0;) {
        size_t used;
        rc = mu_http_feed(p, run + at, n - at, &used);
        at += used;
        if (rc == 0)
            assert_int_equal(at, n);
        if (rc == 1) {
            describe(log, mu_http_request(p));
            mu_http_next(p);
        }
    }
    free(run);
    if (rc >= 0)
        return 0;
    mu_buf_printf(log, "error %d\n", mu_http_error_status(p));
    assert_true(strlen(mu_http_error_text(p)) > 10);
    assert_int_equal(rc, mu_http_error_status(p) == 400 ? MU_EPROTO : MU_ETOOBIG);
    return rc;
}

static void expect_cut(const char *in, size_t n, size_t step, size_t cut, const char *want)
{
    struct mu_http_parser *p = mu_http_parser_new(BODY_LIMIT);
    struct mu_buf log = {0};
    mu_buf_str(&log, "");
    for (size_t at = 0; at < n;) {
        size_t run = step ? step : at < cut ? cut - at : n - at;
        if (feed_run(p, in + at, run, &log))
            break;
        at += run;
    }
    assert_string_equal(log.data, want);
    mu_buf_release(&log);
    mu_http_parser_free(p);
}

/* The stream whole, cut in two at every place, and byte by byte. */
static void expect_bytes(const char *in, size_t n, const char *want)
{
    for (size_t cut = 0; cut < n; cut++)
        expect_cut(in, n, 0, cut, want);
    expect_cut(in, n, 1, 0, want);
}

static void expect(const char *in, const char *want)
{
    expect_bytes(in, strlen(in), want);
}

static void test_requests(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *in, *want;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET 1.1 path=/ query= host=[a]\n"},
        {"GET /a%20b/c?x=1&y=?2 HTTP/1.1\r\nHoSt:a:80 \t\r\nX-Empty:\r\nY: v  w \r\n\r\n",
         "GET 1.1 path=/a%20b/c query=x=1&y=?2 host=[a:80] x-empty=[] y=[v  w]\n"},
        {"GET / HTTP/1.1\r\nX-Empty: \r\nHost: a\r\nX-Last:\r\n\r\n",
         "GET 1.1 path=/ query= x-empty=[] host=[a] x-last=[]\n"},
        {"HEAD / HTTP/1.0\r\n\r\n", "HEAD 1.0 path=/ query= close\n"},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
         "GET 1.0 path=/ query= connection=[keep-alive]\n"},
        {"PUT / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
         "PUT 1.1 path=/ query= host=[h] connection=[close] close\n"},
        {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "OPTIONS 1.1 path=* query= host=[h]\n"},
        {"TRACE / HTTP/1.1\r\n" HOST "\r\n", "OTHER 1.1 path=/ query= host=[h]\n"},
        {"DELETE /x HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",
         "DELETE 1.1 path=/x query= host=[h] content-length=[0]\n"},
        {"PATCH /x HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
         "PATCH 1.1 path=/x query= host=[h] content-length=[5] body=hello\n"},
        {"GET / HTTP/1.1\r\n" HOST "A: 1\r\nB: 2\r\na: 3\r\nCookie: x=1\r\nb: 4\r\nA: 5\r\n"
         "Cookie: y=2\r\n\r\n",
         "GET 1.1 path=/ query= host=[h] a=[1, 3, 5] b=[2, 4] cookie=[x=1; y=2]\n"},
        {"GET / HTTP/1.1\r\n" HOST "Upgrade: h2c\r\nConnection: upgrade\r\n\r\n"
         "GET /2 HTTP/1.1\r\n" HOST "\r\n",
         "GET 1.1 path=/ query= host=[h] upgrade=[h2c] connection=[upgrade]\n"
         "GET 1.1 path=/2 query= host=[h]\n"},
        {"GET / HTTP/1.1\r\n" HOST "X: caf\xc3\xa9\r\n\r\n",
         "GET 1.1 path=/ query= host=[h] x=[caf\xc3\xa9]\n"},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++)
        expect(cases[i].in, cases[i].want);
}

static void test_pipelined(void **state)
{
    MU_UNUSED(state);
    expect("POST /1 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
           "GET /2 HTTP/1.1\r\n" HOST "\r\n"
           "POST /3 HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"
           "3;x=\"y\"\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n"
           "GET /4 HTTP/1.1\r\n" HOST "\r\n",
           "POST 1.1 path=/1 query= host=[h] content-length=[3] body=abc\n"
           "GET 1.1 path=/2 query= host=[h]\n"
           "POST 1.1 path=/3 query= host=[h] transfer-encoding=[Chunked] body=abc0123456789\n"
           "GET 1.1 path=/4 query= host=[h]\n");
}

static void test_refused_heads(void **state)
{
    MU_UNUSED(state);
    static const char *const bad[] = {
        "\r\nGET / HTTP/1.1\r\n" HOST "\r\n",
        "\nGET / HTTP/1.1\r\n" HOST "\r\n",
        " GET / HTTP/1.1\r\n" HOST "\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/0.9\r\n\r\n",
        "GET / HTTP/1.2\r\n" HOST "\r\n",
        "GET / HTTP/2.0\r\n" HOST "\r\n",
        "GET / http/1.1\r\n" HOST "\r\n",
        "GET / HTTP/1.1 \r\n" HOST "\r\n",
        "GET  / HTTP/1.1\r\n" HOST "\r\n",
        "GET /  HTTP/1.1\r\n" HOST "\r\n",
        "GET /a b HTTP/1.1\r\n" HOST "\r\n",
        "GET\t/ HTTP/1.1\r\n" HOST "\r\n",
        "GET /\tHTTP/1.1\r\n" HOST "\r\n",
        "BREW / HTTP/1.1\r\n" HOST "\r\n",
        "get / HTTP/1.1\r\n" HOST "\r\n",
        "GET http://h/ HTTP/1.1\r\n" HOST "\r\n",
        "GET h:80 HTTP/1.1\r\n" HOST "\r\n",
        "CONNECT h:80 HTTP/1.1\r\n" HOST "\r\n",
        "GET * HTTP/1.1\r\n" HOST "\r\n",
        "OPTIONS *x HTTP/1.1\r\n" HOST "\r\n",
        "GET /#f HTTP/1.1\r\n" HOST "\r\n",
        "GET /caf\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n",
        "GET /% HTTP/1.1\r\n" HOST "\r\n",
        "GET /%4 HTTP/1.1\r\n" HOST "\r\n",
        "GET /%4g HTTP/1.1\r\n" HOST "\r\n",
        "GET / HTTP/1.1\n" HOST "\r\n",
        "GET / HTTP/1.1\r\nHost: h\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "\n",
        "GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X: a\r\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X: a\r\n\tfolded\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X : a\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X\t: a\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X Y: a\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "nocolon\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X(Y): a\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X\xc3\xa9: a\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST HOST "\r\n",
        "GET / HTTP/1.0\r\n" HOST HOST "\r\n",
        "GET / HTTP/1.1\r\n" HOST "Origin: a\r\nOrigin: b\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Authorization: a\r\nAuthorization: b\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Sec-WebSocket-Key: a\r\nSec-WebSocket-Key: b\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Expect: the best\r\n\r\n",
    };
    for (size_t i = 0; i < MU_COUNT(bad); i++)
        expect(bad[i], "error 400\n");
    expect_bytes("GET / HTTP/1.1\r\nHost: h\0\r\n\r\n", 27, "error 400\n");
}

static void test_refused_framing(void **state)
{
    MU_UNUSED(state);
    static const char *const bad[] = {
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n\r\n",
        "Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
        "Content-Length: 3, 3\r\n\r\n",
        "Content-Length: +3\r\n\r\n",
        "Content-Length: -3\r\n\r\n",
        "Content-Length: 0x3\r\n\r\n",
        "Content-Length: 3 3\r\n\r\n",
        "Content-Length:\r\n\r\n",
        "Content-Length: 9999999999999999999999999\r\n\r\n",
        "Transfer-Encoding: gzip\r\n\r\n",
        "Transfer-Encoding: identity\r\n\r\n",
        "Transfer-Encoding: gzip, chunked\r\n\r\n",
        "Transfer-Encoding: chunked, chunked\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n",
        "Transfer-Encoding:\r\n\r\n",
        "Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 1\r\n\r\n",
        "Upgrade: websocket\r\nConnection: upgrade\r\nTransfer-Encoding: chunked\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n;x\r\n",
        "Transfer-Encoding: chunked\r\n\r\ng\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        "Transfer-Encoding: chunked\r\n\r\n 1\r\n",
        "Transfer-Encoding: chunked\r\n\r\n1 \r\n",
        "Transfer-Encoding: chunked\r\n\r\n0x1\r\n",
        "Transfer-Encoding: chunked\r\n\r\n1\n",
        "Transfer-Encoding: chunked\r\n\r\n1\rx",
        "Transfer-Encoding: chunked\r\n\r\n1;\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n1\r\nab",
        "Transfer-Encoding: chunked\r\n\r\n1\r\na\n",
        "Transfer-Encoding: chunked\r\n\r\n1\r\na\rx",
        "Transfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\rx",
    };
    for (size_t i = 0; i < MU_COUNT(bad); i++) {
        char in[256];
        snprintf(in, sizeof in, "POST / HTTP/1.1\r\n" HOST "%s", bad[i]);
        expect(in, "error 400\n");
    }
    expect("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "error 400\n");
}

static void test_body_limit(void **state)
{
    MU_UNUSED(state);
    expect("POST / HTTP/1.1\r\n" HOST "Content-Length: 20\r\n\r\n01234567890123456789",
           "POST 1.1 path=/ query= host=[h] content-length=[20] body=01234567890123456789\n");
    expect("POST / HTTP/1.1\r\n" HOST "Content-Length: 21\r\n\r\n", "error 413\n");
    expect("POST / HTTP/1.1\r\n" HOST "Content-Length: 999999999999999999\r\n\r\n", "error 413\n");
    expect("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n",
           "POST 1.1 path=/ query= host=[h] transfer-encoding=[chunked] "
           "body=01234567890123456789\n");
    expect("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "a\r\n0123456789\r\nB\r\n",
           "error 413\n");
    expect("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "fffffffffffffffffffff\r\n",
           "error 413\n");
}

static size_t by_path(void *ctx, const struct mu_http_req *req)
{
    ++*(int *)ctx;
    bool large = req->method == MU_HTTP_POST && strcmp(req->path, "/large") == 0;
    return large && mu_http_header(req, "authorization") ? 30 : 5;
}

/* The limit may be another for each request, also on one connection. */
static void test_limit_by_request(void **state)
{
    MU_UNUSED(state);
    static const char in[] =
        "POST /large HTTP/1.1\r\n" HOST "Authorization: x\r\nContent-Length: 10\r\n\r\n0123456789"
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n01234"
        "POST /large HTTP/1.1\r\n" HOST "Authorization: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "8\r\n01234567\r\n0\r\n\r\n"
        "POST /large HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\n";
    static const char want[] = "POST 1.1 path=/large query= host=[h] authorization=[x] "
                               "content-length=[10] body=0123456789\n"
                               "POST 1.1 path=/ query= host=[h] content-length=[5] body=01234\n"
                               "POST 1.1 path=/large query= host=[h] authorization=[x] "
                               "transfer-encoding=[chunked] body=01234567\n"
                               "error 413\n";
    for (size_t step = 1; step < sizeof in; step += 7) {
        int asked = 0;
        struct mu_buf log = {0};
        struct mu_http_parser *p = mu_http_parser_new(1);
        mu_http_parser_limit(p, by_path, &asked);
        for (size_t at = 0; at < sizeof in - 1; at += step)
            if (feed_run(p, in + at, sizeof in - 1 - at < step ? sizeof in - 1 - at : step, &log))
                break;
        assert_string_equal(log.data, want);
        assert_int_equal(asked, 4);
        mu_buf_release(&log);
        mu_http_parser_free(p);
    }
}

/* A head of exactly n bytes. */
static struct mu_buf head_of(size_t n)
{
    struct mu_buf b = {0};
    mu_buf_str(&b, "GET / HTTP/1.1\r\n" HOST "X: ");
    while (b.len < n - 4)
        mu_buf_char(&b, 'x');
    mu_buf_str(&b, "\r\n\r\n");
    return b;
}

static int feed_all(const struct mu_buf *in, int *status)
{
    struct mu_http_parser *p = mu_http_parser_new(0);
    size_t used;
    int rc = mu_http_feed(p, in->data, in->len, &used);
    *status = mu_http_error_status(p);
    if (rc < 0)
        assert_int_equal(mu_http_feed(p, "x", 1, &used), rc); /* it stays so */
    mu_http_parser_free(p);
    return rc;
}

static void test_head_limit(void **state)
{
    MU_UNUSED(state);
    int status;
    struct mu_buf b = head_of(MU_HTTP_HEAD_MAX);
    assert_int_equal(feed_all(&b, &status), 1);
    mu_buf_release(&b);
    b = head_of(MU_HTTP_HEAD_MAX + 1);
    assert_int_equal(feed_all(&b, &status), MU_ETOOBIG);
    assert_int_equal(status, 431);
    mu_buf_release(&b);
    mu_buf_str(&b, "GET /");
    while (b.len < MU_HTTP_HEAD_MAX)
        mu_buf_char(&b, 'x');
    assert_int_equal(feed_all(&b, &status), 0);
    mu_buf_char(&b, 'x');
    assert_int_equal(feed_all(&b, &status), MU_ETOOBIG);
    assert_int_equal(status, 431);
    mu_buf_release(&b);
}

static int feed_fields(int n, bool same, int *status)
{
    struct mu_buf b = {0};
    mu_buf_str(&b, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 1; i < n; i++)
        mu_buf_printf(&b, "X%d: %d\r\n", same ? 0 : i, i);
    mu_buf_str(&b, "\r\n");
    int rc = feed_all(&b, status);
    mu_buf_release(&b);
    return rc;
}

static void test_field_limit(void **state)
{
    MU_UNUSED(state);
    int status;
    assert_int_equal(feed_fields(MU_HTTP_FIELDS_MAX, false, &status), 1);
    assert_int_equal(feed_fields(MU_HTTP_FIELDS_MAX + 1, false, &status), MU_ETOOBIG);
    assert_int_equal(status, 431);
    assert_int_equal(feed_fields(MU_HTTP_FIELDS_MAX, true, &status), 1);
    assert_int_equal(feed_fields(MU_HTTP_FIELDS_MAX + 1, true, &status), MU_ETOOBIG);
}

static void test_chunk_line_limit(void **state)
{
    MU_UNUSED(state);
    for (int over = 0; over <= 1; over++) {
        struct mu_buf b = {0};
        int status;
        mu_buf_str(&b, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
        mu_buf_printf(&b, "%0*d\r\n\r\n", MU_HTTP_CHUNK_LINE_MAX - 1 + over, 0);
        assert_int_equal(feed_all(&b, &status), over ? MU_EPROTO : 1);
        mu_buf_release(&b);
    }
}

static void test_upgrade(void **state)
{
    MU_UNUSED(state);
    static const char in[] = "GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\n" HOST
                             "Connection: keep-alive, UPGRADE\r\nUpgrade: WebSocket\r\n"
                             "Sec-WebSocket-Protocol: phoenix\r\n"
                             "Sec-WebSocket-Protocol: base64url.bearer.phx.YQ\r\n\r\n\x81\x80rest";
    struct mu_http_parser *p = mu_http_parser_new(0);
    size_t used;
    assert_int_equal(mu_http_feed(p, in, sizeof in - 1, &used), 1);
    assert_int_equal(used, sizeof in - 1 - 6);
    assert_memory_equal(in + used, "\x81\x80rest", 6);
    const struct mu_http_req *req = mu_http_request(p);
    assert_true(req->upgrade);
    assert_string_equal(req->target, "/socket/websocket?vsn=2.0.0");
    assert_string_equal(mu_http_header(req, "sec-websocket-protocol"),
                        "phoenix, base64url.bearer.phx.YQ");
    assert_null(mu_http_header(req, "sec-websocket-key"));
    assert_int_equal(mu_http_feed(p, "x", 1, &used), 1); /* the rest is not HTTP's */
    assert_int_equal(used, 0);
    mu_http_parser_free(p);
}

static void test_stages(void **state)
{
    MU_UNUSED(state);
    static const char head[] = "POST / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n"
                               "Content-Length: 2\r\n\r\n";
    struct mu_http_parser *p = mu_http_parser_new(0);
    size_t used;
    assert_true(mu_http_idle(p) && mu_http_in_head(p));
    assert_int_equal(mu_http_feed(p, head, 10, &used), 0);
    assert_true(!mu_http_idle(p) && mu_http_in_head(p));
    assert_false(mu_http_wants_continue(p));
    assert_int_equal(mu_http_feed(p, head + 10, sizeof head - 11, &used), 0);
    assert_true(!mu_http_idle(p) && !mu_http_in_head(p));
    assert_true(mu_http_wants_continue(p));
    assert_false(mu_http_wants_continue(p));
    assert_int_equal(mu_http_feed(p, "ab", 2, &used), 1);
    mu_http_next(p);
    assert_true(mu_http_idle(p));
    struct mu_buf b = {0}; /* the body came along unasked */
    mu_buf_str(&b, head);
    mu_buf_str(&b, "a");
    assert_int_equal(mu_http_feed(p, b.data, b.len, &used), 0);
    assert_false(mu_http_wants_continue(p));
    mu_buf_release(&b);
    mu_http_parser_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),         cmocka_unit_test(test_pipelined),
        cmocka_unit_test(test_refused_heads),    cmocka_unit_test(test_refused_framing),
        cmocka_unit_test(test_body_limit),       cmocka_unit_test(test_head_limit),
        cmocka_unit_test(test_field_limit),      cmocka_unit_test(test_chunk_line_limit),
        cmocka_unit_test(test_upgrade),          cmocka_unit_test(test_stages),
        cmocka_unit_test(test_limit_by_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
