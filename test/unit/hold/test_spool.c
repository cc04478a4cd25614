#include "hold/spool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void put(struct mu_buf *b, enum mu_spool_kind kind, const char *text)
{
    unsigned char header[MU_SPOOL_HEADER];
    mu_spool_header(header, kind, 1700000000123, strlen(text));
    mu_buf_add(b, header, sizeof header);
    mu_buf_str(b, text);
}

static void round_trip(void **state)
{
    struct mu_buf b = {0};
    struct mu_spool_record r;
    MU_UNUSED(state);
    put(&b, MU_SPOOL_STDOUT, "hello");
    put(&b, MU_SPOOL_EOF_ERR, "");
    assert_int_equal(mu_spool_next(b.data, b.len, &r), 0);
    assert_int_equal(r.kind, MU_SPOOL_STDOUT);
    assert_int_equal(r.time_ms, 1700000000123);
    assert_int_equal(r.size, MU_SPOOL_HEADER + 5);
    assert_memory_equal(r.data, "hello", 5);
    assert_int_equal(mu_spool_next(b.data + r.size, b.len - r.size, &r), 0);
    assert_int_equal(r.kind, MU_SPOOL_EOF_ERR);
    assert_int_equal(r.n, 0);
    mu_buf_release(&b);
}

static void torn_anywhere(void **state)
{
    struct mu_buf b = {0};
    struct mu_spool_record r;
    MU_UNUSED(state);
    put(&b, MU_SPOOL_STDERR, "some words");
    for (size_t n = 0; n < b.len; n++) {
        char *exact = mu_strndup(b.data, n); /* for the sanitizer: nothing behind it is read */
        assert_int_equal(mu_spool_next(exact, n, &r), MU_EAGAIN);
        free(exact);
    }
    assert_int_equal(mu_spool_next(b.data, b.len, &r), 0);
    mu_buf_release(&b);
}

static void corrupt(void **state)
{
    static const struct {
        size_t at;
        unsigned char byte;
    } cases[] = {{0, 0}, {3, '2'}, {6, 2}, {7, 1}, {8, 0}, {8, 9}, {9, 1}, {10, 1}, {11, 1}};
    struct mu_spool_record r;
    char zeros[64] = {0};
    MU_UNUSED(state);
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        struct mu_buf b = {0};
        put(&b, MU_SPOOL_STDOUT, "x");
        b.data[cases[i].at] = (char)cases[i].byte;
        assert_int_equal(mu_spool_next(b.data, b.len, &r), MU_ECORRUPT);
        mu_buf_release(&b);
    }
    assert_int_equal(mu_spool_next(zeros, sizeof zeros, &r), MU_ECORRUPT);
}

static void payloads(void **state)
{
    struct mu_buf b = {0};
    struct mu_spool_start s = {.pid = 7, .pgid = 7, .start_time = 123456789012, .holder = 6}, t;
    struct mu_exit how = {.kind = MU_EXIT_SIGNAL, .signal = 6, .core = true}, got;
    char text[MU_EXIT_TEXT];
    uint64_t seq;
    MU_UNUSED(state);
    mu_spool_put_start(&b, &s);
    assert_int_equal(mu_spool_get_start(b.data, b.len, &t), 0);
    assert_true(t.pid == 7 && t.pgid == 7 && t.start_time == 123456789012 && t.holder == 6);
    assert_int_equal(mu_spool_get_start("{\"pid\":1}", 9, &t), MU_ECORRUPT);
    assert_int_equal(
        mu_spool_get_start("{\"pid\":0,\"pgid\":0,\"start_time\":0,\"holder\":0}", 45, &t),
        MU_ECORRUPT);
    mu_buf_clear(&b);
    mu_spool_put_exit(&b, &how);
    assert_int_equal(mu_spool_get_exit(b.data, b.len, &got, text), 0);
    assert_true(got.kind == MU_EXIT_SIGNAL && got.signal == 6 && got.core);
    assert_string_equal(got.reason, "killed by SIGABRT (a core dump was written)");
    assert_int_equal(mu_spool_get_exit("{}", 2, &got, text), MU_ECORRUPT);
    assert_int_equal(mu_spool_get_input("\2\1\0\0\0\0\0\0", 8, &seq), 0);
    assert_int_equal(seq, 258);
    assert_int_equal(mu_spool_get_input("\2", 1, &seq), MU_ECORRUPT);
    mu_buf_release(&b);
}

static void put_record(struct mu_buf *b, enum mu_spool_kind kind, const char *data, size_t n)
{
    unsigned char head[MU_SPOOL_HEADER];
    mu_spool_header(head, kind, 5, n);
    mu_buf_add(b, head, sizeof head);
    mu_buf_add(b, data, n);
}

/* An input may come before the agent runs: START is not always the first record. */
static void start_is_found_behind_inputs(void **state)
{
    MU_UNUSED(state);
    struct mu_buf b = {0}, json = {0};
    struct mu_spool_start start = {.pid = 7, .pgid = 7, .start_time = 9, .holder = 6}, got;
    mu_spool_put_start(&json, &start);
    put_record(&b, MU_SPOOL_INPUT, "\1\0\0\0\0\0\0\0", 8);
    put_record(&b, MU_SPOOL_INPUT, "\2\0\0\0\0\0\0\0", 8);
    assert_int_equal(mu_spool_find_start(b.data, b.len, &got), MU_EAGAIN);
    put_record(&b, MU_SPOOL_START, json.data, json.len);
    put_record(&b, MU_SPOOL_STDOUT, "x", 1);
    assert_int_equal(mu_spool_find_start(b.data, b.len, &got), 0);
    assert_int_equal(got.pid, 7);
    assert_int_equal(got.start_time, 9);
    mu_buf_clear(&b);
    put_record(&b, MU_SPOOL_FAIL, "no", 2);
    assert_int_equal(mu_spool_find_start(b.data, b.len, &got), MU_ECORRUPT);
    mu_buf_release(&json);
    mu_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_is_found_behind_inputs),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(torn_anywhere),
        cmocka_unit_test(corrupt),
        cmocka_unit_test(payloads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
