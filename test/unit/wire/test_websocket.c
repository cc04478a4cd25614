#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/websocket.h"

enum { FIN = 0x80, LIMIT = 300 };

struct log {
    struct mu_buf text; /* one line for each event */
    int stop_at;        /* the callback's number that asks to stop; 0 for none */
    int calls;
};

static int note(struct log *log, const char *kind, const char *data, size_t n)
{
    mu_buf_str(&log->text, kind);
    if (n > 40)
        mu_buf_printf(&log->text, "%zu bytes of %c", n, data[0]);
    else
        mu_buf_add(&log->text, data, n);
    mu_buf_char(&log->text, '\n');
    return ++log->calls == log->stop_at ? 77 : 0;
}

static int on_message(void *ctx, enum mu_ws_opcode op, char *data, size_t n)
{
    return note(ctx, op == MU_WS_TEXT ? "text " : "binary ", data, n);
}

static int on_ping(void *ctx, char *data, size_t n)
{
    return note(ctx, "ping ", data, n);
}

static int on_pong(void *ctx, char *data, size_t n)
{
    return note(ctx, "pong ", data, n);
}

static int on_close(void *ctx, uint16_t code, const char *reason, size_t n)
{
    struct log *log = ctx;
    mu_buf_printf(&log->text, "%u ", code);
    return note(log, "close ", reason, n);
}

static const struct mu_ws_cb callbacks = {on_message, on_ping, on_pong, on_close};

/* Appends a client's frame, masked. */
static void frame(struct mu_buf *b, int first, const void *data, size_t n)
{
    static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    char head[MU_WS_HEADER_MAX];
    size_t size = mu_ws_header(head, MU_WS_TEXT, n);
    head[0] = (char)first;
    head[1] = (char)(head[1] | 0x80);
    mu_buf_add(b, head, size);
    mu_buf_add(b, mask, sizeof mask);
    for (size_t i = 0; i < n; i++)
        mu_buf_char(b, (char)(((const unsigned char *)data)[i] ^ mask[i & 3]));
}

static void text_frame(struct mu_buf *b, int first, const char *s)
{
    frame(b, first, s, strlen(s));
}

/* Feeds the stream cut at the given places, each run in a block of its own size, so that the
 * sanitizer sees a step beyond it. */
static int feed_cut(const struct mu_buf *in, size_t step, size_t cut, struct log *log)
{
    struct mu_ws_parser p;
    mu_ws_init(&p, LIMIT);
    int rc = 0;
    for (size_t at = 0; at < in->len && !rc;) {
        size_t n = step ? step : at < cut ? cut - at : in->len - at;
        if (n > in->len - at)
            n = in->len - at;
        char *run = malloc(n);
        memcpy(run, in->data + at, n);
        rc = mu_ws_feed(&p, run, n, &callbacks, log);
        free(run);
        at += n;
    }
    mu_ws_release(&p);
    return rc;
}

static void expect_stream(struct mu_buf *in, int want_rc, const char *want)
{
    for (size_t cut = 0; cut <= in->len; cut++) {
        /* cut 0 is the whole stream in one run; the last round feeds byte by byte */
        struct log log = {0};
        size_t step = cut == in->len ? 1 : 0;
        int rc = feed_cut(in, step, cut, &log);
        assert_int_equal(rc, want_rc);
        assert_string_equal(log.text.data ? log.text.data : "", want);
        mu_buf_release(&log.text);
    }
    mu_buf_release(in);
}

static void test_messages_and_controls(void **state)
{
    MU_UNUSED(state);
    struct mu_buf b = {0};
    text_frame(&b, FIN | MU_WS_TEXT, "hello, world");
    text_frame(&b, FIN | MU_WS_BINARY, "\xff\xfe");
    text_frame(&b, FIN | MU_WS_TEXT, "");
    text_frame(&b, FIN | MU_WS_PING, "p1");
    text_frame(&b, FIN | MU_WS_PONG, "");
    text_frame(&b, FIN | MU_WS_CLOSE,
               "\x03\xe9"
               "bye");
    text_frame(&b, FIN | MU_WS_TEXT, "after the close");
    expect_stream(&b, 0,
                  "text hello, world\nbinary \xff\xfe\ntext \nping p1\npong \n"
                  "1001 close bye\n");
}

static void test_fragments_with_controls_between(void **state)
{
    MU_UNUSED(state);
    struct mu_buf b = {0};
    text_frame(&b, MU_WS_TEXT, "caf\xc3"); /* the character is cut in two */
    text_frame(&b, FIN | MU_WS_PING, "between");
    text_frame(&b, MU_WS_CONTINUATION, "");
    text_frame(&b, MU_WS_CONTINUATION, "\xa9 ");
    text_frame(&b, FIN | MU_WS_PONG, "x");
    text_frame(&b, FIN | MU_WS_CONTINUATION, "au lait");
    text_frame(&b, MU_WS_BINARY, "");
    text_frame(&b, FIN | MU_WS_CONTINUATION, "");
    text_frame(&b, FIN | MU_WS_TEXT, "next");
    expect_stream(&b, 0,
                  "ping between\npong x\ntext caf\xc3\xa9 au lait\nbinary \n"
                  "text next\n");
}

static void test_close_inside_a_message(void **state)
{
    MU_UNUSED(state);
    struct mu_buf b = {0};
    text_frame(&b, MU_WS_TEXT, "begun");
    text_frame(&b, FIN | MU_WS_CLOSE, "");
    expect_stream(&b, 0, "1005 close \n");
}

static void test_protocol_errors(void **state)
{
    MU_UNUSED(state);
    static const struct {
        int first;
        const char *payload;
    } bad[] = {
        {FIN | 0x40 | MU_WS_TEXT, "x"}, /* reserved bits */
        {FIN | 0x20 | MU_WS_TEXT, "x"},
        {FIN | 0x10 | MU_WS_PING, "x"},
        {FIN | 0x3, "x"}, /* reserved opcodes */
        {FIN | 0x7, "x"},
        {FIN | 0xb, "x"},
        {FIN | 0xf, "x"},
        {MU_WS_PING, "x"}, /* a control frame in pieces */
        {MU_WS_CLOSE, ""},
        {FIN | MU_WS_CONTINUATION, "x"}, /* nothing to continue */
        {MU_WS_CONTINUATION, "x"},
        {FIN | MU_WS_CLOSE, "\x03"}, /* half a code */
    };
    for (size_t i = 0; i < MU_COUNT(bad); i++) {
        struct mu_buf b = {0};
        text_frame(&b, FIN | MU_WS_TEXT, "good");
        text_frame(&b, bad[i].first, bad[i].payload);
        text_frame(&b, FIN | MU_WS_TEXT, "never seen");
        expect_stream(&b, MU_EPROTO, "text good\n");
    }
}

static void test_message_inside_a_message(void **state)
{
    MU_UNUSED(state);
    struct mu_buf b = {0};
    text_frame(&b, MU_WS_TEXT, "begun");
    text_frame(&b, FIN | MU_WS_TEXT, "again");
    expect_stream(&b, MU_EPROTO, "");
}

static void test_unmasked_is_refused(void **state)
{
    MU_UNUSED(state);
    struct mu_buf b = {0};
    mu_ws_frame(&b, MU_WS_TEXT, "hello", 5);
    expect_stream(&b, MU_EPROTO, "");
}

static void test_lengths_in_their_shortest_form(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {
        {"\x82\xfe\x00\x7d", 4},
        {"\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff", 10},
        {"\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00", 10},
        {"\x89\xfe\x00\x7e", 4}, /* a ping of 126 bytes */
        {"\x88\xff", 2},
    };
    for (size_t i = 0; i < MU_COUNT(bad); i++) {
        struct mu_buf b = {0};
        mu_buf_add(&b, bad[i].bytes, bad[i].n);
        mu_buf_str(&b, "mask and more");
        expect_stream(&b, MU_EPROTO, "");
    }
}

static void test_close_payloads(void **state)
{
    MU_UNUSED(state);
    static const struct {
        unsigned code;
        int rc;
    } codes[] = {
        {999, MU_EPROTO},  {1000, 0},         {1003, 0},         {1004, MU_EPROTO},
        {1005, MU_EPROTO}, {1006, MU_EPROTO}, {1007, 0},         {1014, 0},
        {1015, MU_EPROTO}, {1016, MU_EPROTO}, {2999, MU_EPROTO}, {3000, 0},
        {4999, 0},         {5000, MU_EPROTO}, {0, MU_EPROTO},    {65535, MU_EPROTO},
    };
    for (size_t i = 0; i < MU_COUNT(codes); i++) {
        char payload[2] = {(char)(codes[i].code >> 8), (char)(codes[i].code & 0xff)};
        char want[32] = "";
        if (!codes[i].rc)
            snprintf(want, sizeof want, "%u close \n", codes[i].code);
        struct mu_buf b = {0};
        frame(&b, FIN | MU_WS_CLOSE, payload, sizeof payload);
        expect_stream(&b, codes[i].rc, want);
    }
    struct mu_buf b = {0};
    text_frame(&b, FIN | MU_WS_CLOSE, "\x03\xe9\xc3(");
    expect_stream(&b, MU_EUTF8, "");
}

static void test_text_must_be_utf8(void **state)
{
    MU_UNUSED(state);
    static const char *const bad[] = {"\xc3", "a\xff", "\xed\xa0\x80", "\xc0\xaf", "\xf5"};
    for (size_t i = 0; i < MU_COUNT(bad); i++) {
        struct mu_buf b = {0};
        text_frame(&b, FIN | MU_WS_TEXT, bad[i]);
        expect_stream(&b, MU_EUTF8, "");
        text_frame(&b, MU_WS_TEXT, bad[i]);
        text_frame(&b, FIN | MU_WS_CONTINUATION, "tail");
        expect_stream(&b, MU_EUTF8, "");
    }
}

static void test_message_limit(void **state)
{
    MU_UNUSED(state);
    char big[LIMIT + 1];
    memset(big, 'x', sizeof big);
    struct mu_buf b = {0};
    frame(&b, FIN | MU_WS_TEXT, big, LIMIT);
    expect_stream(&b, 0, "text 300 bytes of x\n");
    frame(&b, FIN | MU_WS_TEXT, big, LIMIT + 1);
    expect_stream(&b, MU_ETOOBIG, "");
    frame(&b, MU_WS_BINARY, big, LIMIT - 1);
    frame(&b, FIN | MU_WS_CONTINUATION, big, 1);
    expect_stream(&b, 0, "binary 300 bytes of x\n");
    frame(&b, MU_WS_BINARY, big, LIMIT - 1);
    frame(&b, FIN | MU_WS_CONTINUATION, big, 2);
    expect_stream(&b, MU_ETOOBIG, "");
}

static void test_limit_is_seen_in_the_header(void **state)
{
    MU_UNUSED(state);
    struct mu_ws_parser p = {0}; /* the default limit */
    struct log log = {0};
    char exact[] = "\x82\xff\x00\x00\x00\x00\x00\x10\x00\x00mask";
    assert_int_equal(mu_ws_feed(&p, exact, 14, &callbacks, &log), 0);
    assert_true(mu_ws_held(&p) < 512); /* announced, not arrived: nothing is allocated for it */
    mu_ws_release(&p);
    char over[] = "\x82\xff\x00\x00\x00\x00\x00\x10\x00\x01mask";
    assert_int_equal(mu_ws_feed(&p, over, 14, &callbacks, &log), MU_ETOOBIG);
    assert_int_equal(mu_ws_held(&p), 0);
    char more[] = "\x81\x80mask";
    assert_int_equal(mu_ws_feed(&p, more, 6, &callbacks, &log), MU_ETOOBIG); /* it stays so */
    assert_null(log.text.data);
}

static void test_control_of_125_bytes(void **state)
{
    MU_UNUSED(state);
    char big[MU_WS_CONTROL_MAX];
    memset(big, 'p', sizeof big);
    struct mu_buf b = {0};
    frame(&b, FIN | MU_WS_PING, big, sizeof big);
    expect_stream(&b, 0, "ping 125 bytes of p\n");
}

static void test_idle_costs_nothing(void **state)
{
    MU_UNUSED(state);
    assert_true(sizeof(struct mu_ws_parser) <= 16);
    struct mu_ws_parser p = {0};
    struct log log = {0};
    struct mu_buf b = {0};
    text_frame(&b, FIN | MU_WS_TEXT, "whole");
    assert_int_equal(mu_ws_feed(&p, b.data, b.len, &callbacks, &log), 0);
    assert_int_equal(mu_ws_held(&p), 0);
    b.len = 0;
    text_frame(&b, FIN | MU_WS_TEXT, "parts");
    assert_int_equal(mu_ws_feed(&p, b.data, 3, &callbacks, &log), 0);
    assert_true(mu_ws_held(&p) > 0);
    assert_int_equal(mu_ws_feed(&p, b.data + 3, b.len - 3, &callbacks, &log), 0);
    assert_int_equal(mu_ws_held(&p), 0);
    assert_string_equal(log.text.data, "text whole\ntext parts\n");
    mu_buf_release(&log.text);
    mu_buf_release(&b);
}

static int note_address(void *ctx, enum mu_ws_opcode op, char *data, size_t n)
{
    MU_UNUSED(op);
    MU_UNUSED(n);
    *(char **)ctx = data;
    return 0;
}

static void test_whole_messages_are_not_copied(void **state)
{
    MU_UNUSED(state);
    static const struct mu_ws_cb cb = {.on_message = note_address};
    struct mu_ws_parser p = {0};
    struct mu_buf b = {0};
    char *seen = NULL;
    text_frame(&b, FIN | MU_WS_TEXT, "in place");
    assert_int_equal(mu_ws_feed(&p, b.data, b.len, &cb, &seen), 0);
    assert_ptr_equal(seen, b.data + 6);
    assert_memory_equal(seen, "in place", 8);
    mu_buf_release(&b);
}

static void test_a_callback_stops_the_feed(void **state)
{
    MU_UNUSED(state);
    struct mu_buf b = {0};
    text_frame(&b, FIN | MU_WS_TEXT, "one");
    text_frame(&b, MU_WS_TEXT, "t");
    text_frame(&b, FIN | MU_WS_CONTINUATION, "wo");
    text_frame(&b, FIN | MU_WS_TEXT, "three");
    for (size_t step = 0; step <= 1; step++) {
        struct log log = {.stop_at = 2};
        assert_int_equal(feed_cut(&b, step, 0, &log), 77);
        assert_string_equal(log.text.data, "text one\ntext two\n");
        mu_buf_release(&log.text);
    }
    mu_buf_release(&b);
}

static int release_in_callback(void *ctx, enum mu_ws_opcode op, char *data, size_t n)
{
    MU_UNUSED(op);
    mu_ws_release(ctx);
    free(ctx);
    return n == 5 && memcmp(data, "hello", 5) == 0 ? -EIO : 0;
}

static void test_a_callback_may_release_the_parser(void **state)
{
    MU_UNUSED(state);
    static const struct mu_ws_cb cb = {.on_message = release_in_callback};
    struct mu_ws_parser *p = mu_alloc(sizeof *p);
    struct mu_buf b = {0};
    text_frame(&b, MU_WS_TEXT, "hel");
    text_frame(&b, FIN | MU_WS_CONTINUATION, "lo");
    text_frame(&b, FIN | MU_WS_TEXT, "more");
    assert_int_equal(mu_ws_feed(p, b.data, b.len, &cb, p), -EIO);
    mu_buf_release(&b);
}

static void test_headers_of_the_server(void **state)
{
    MU_UNUSED(state);
    static const struct {
        size_t n;
        const char *bytes;
        size_t size;
    } cases[] = {
        {0, "\x81\x00", 2},
        {125, "\x81\x7d", 2},
        {126, "\x81\x7e\x00\x7e", 4},
        {65535, "\x81\x7e\xff\xff", 4},
        {65536, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        char head[MU_WS_HEADER_MAX];
        assert_int_equal(mu_ws_header(head, MU_WS_TEXT, cases[i].n), cases[i].size);
        assert_memory_equal(head, cases[i].bytes, cases[i].size);
    }
    struct mu_bytes *f = mu_ws_frame_bytes(MU_WS_PONG, "abc", 3);
    assert_int_equal(f->len, 5);
    assert_memory_equal(f->data,
                        "\x8a\x03"
                        "abc",
                        5);
    mu_bytes_unref(f);
}

static void test_close_frames_of_the_server(void **state)
{
    MU_UNUSED(state);
    struct mu_buf b = {0};
    mu_ws_close_frame(&b, MU_WS_RESTART, "restart");
    assert_int_equal(b.len, 11);
    assert_memory_equal(b.data, "\x88\x09\x03\xf4restart", 11);
    mu_buf_clear(&b);
    mu_ws_close_frame(&b, MU_WS_NO_STATUS, "ignored");
    assert_int_equal(b.len, 2);
    assert_memory_equal(b.data, "\x88\x00", 2);
    mu_buf_clear(&b);
    char reason[200]; /* 122 bytes, then a character of two bytes that would end at 124 */
    memset(reason, 'r', sizeof reason);
    memcpy(reason + 122, "\xc3\xa9", 3);
    mu_ws_close_frame(&b, MU_WS_TOO_BIG, reason);
    assert_int_equal(b.data[1], 124);
    assert_int_equal(b.len, 126);
    mu_buf_release(&b);
}

static void test_error_codes(void **state)
{
    MU_UNUSED(state);
    assert_int_equal(mu_ws_error_code(MU_EPROTO), 1002);
    assert_int_equal(mu_ws_error_code(MU_EUTF8), 1007);
    assert_int_equal(mu_ws_error_code(MU_ETOOBIG), 1009);
    assert_int_equal(mu_ws_error_code(-EIO), 1011);
}

static void test_accept_key(void **state)
{
    MU_UNUSED(state);
    char out[MU_WS_ACCEPT_SIZE];
    assert_int_equal(mu_ws_accept_key("dGhlIHNhbXBsZSBub25jZQ==", out), 0); /* the RFC's */
    assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    static const char *const bad[] = {
        "",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZQ== ",
        "dGhlIHNhbXBsZSBub25jZWE=",
        "dGhlIHNhbXBsZSBub25j-Q==",
        "AAAAdGhlIHNhbXBsZSBub25jZQ==",
    };
    for (size_t i = 0; i < MU_COUNT(bad); i++)
        assert_int_equal(mu_ws_accept_key(bad[i], out), -EINVAL);
    assert_int_equal(mu_ws_accept_key(NULL, out), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_and_controls),
        cmocka_unit_test(test_fragments_with_controls_between),
        cmocka_unit_test(test_close_inside_a_message),
        cmocka_unit_test(test_protocol_errors),
        cmocka_unit_test(test_message_inside_a_message),
        cmocka_unit_test(test_unmasked_is_refused),
        cmocka_unit_test(test_lengths_in_their_shortest_form),
        cmocka_unit_test(test_close_payloads),
        cmocka_unit_test(test_text_must_be_utf8),
        cmocka_unit_test(test_message_limit),
        cmocka_unit_test(test_limit_is_seen_in_the_header),
        cmocka_unit_test(test_control_of_125_bytes),
        cmocka_unit_test(test_idle_costs_nothing),
        cmocka_unit_test(test_whole_messages_are_not_copied),
        cmocka_unit_test(test_a_callback_stops_the_feed),
        cmocka_unit_test(test_a_callback_may_release_the_parser),
        cmocka_unit_test(test_headers_of_the_server),
        cmocka_unit_test(test_close_frames_of_the_server),
        cmocka_unit_test(test_error_codes),
        cmocka_unit_test(test_accept_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
