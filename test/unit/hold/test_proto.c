#include "hold/proto.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void round_trip(void **state)
{
    struct mu_buf b = {0};
    struct mu_hold_frame f;
    struct mu_hold_hello hello = {9, 10, 3, 1ull << 40, 77, true}, got;
    uint64_t v;
    const char *bytes;
    size_t n, at = 0;
    int sig;
    MU_UNUSED(state);

    mu_hold_put_hello(&b, &hello);
    mu_hold_put_u64(&b, MU_HOLD_INPUT, 5, "abc", 3);
    mu_hold_put_signal(&b, SIGINT);
    mu_hold_put_u64(&b, MU_HOLD_INPUT_INCLUDES, 6, "\1/a\1", 4);
    mu_hold_put_empty(&b, MU_HOLD_KILL);

    assert_int_equal(mu_hold_frame_next(b.data, b.len, &f), 0);
    assert_int_equal(mu_hold_get_hello(&f, &got), 0);
    assert_true(got.pid == 9 && got.agent == 10 && got.last_input == 3 && got.exited);
    assert_true(got.size == 1ull << 40 && got.acked == 77);
    at += f.size;
    assert_int_equal(mu_hold_frame_next(b.data + at, b.len - at, &f), 0);
    assert_int_equal(f.type, MU_HOLD_INPUT);
    assert_int_equal(mu_hold_get_u64(&f, &v, &bytes, &n), 0);
    assert_true(v == 5 && n == 3 && memcmp(bytes, "abc", 3) == 0);
    assert_int_equal(mu_hold_get_u64(&f, &v, NULL, NULL), MU_EPROTO);
    at += f.size;
    assert_int_equal(mu_hold_frame_next(b.data + at, b.len - at, &f), 0);
    assert_int_equal(mu_hold_get_signal(&f, &sig), 0);
    assert_int_equal(sig, SIGINT);
    at += f.size;
    assert_int_equal(mu_hold_frame_next(b.data + at, b.len - at, &f), 0);
    assert_int_equal(f.type, MU_HOLD_INPUT_INCLUDES);
    assert_int_equal(mu_hold_get_u64(&f, &v, &bytes, &n), 0);
    assert_true(v == 6 && n == 4 && memcmp(bytes, "\1/a\1", 4) == 0);
    at += f.size;
    assert_int_equal(mu_hold_frame_next(b.data + at, b.len - at, &f), 0);
    assert_int_equal(f.type, MU_HOLD_KILL);
    assert_int_equal(at + f.size, b.len);
    mu_buf_release(&b);
}

static void truncated(void **state)
{
    struct mu_buf b = {0};
    struct mu_hold_frame f;
    MU_UNUSED(state);
    mu_hold_put_u64(&b, MU_HOLD_DATA, 5, "abc", 3);
    for (size_t n = 0; n < b.len; n++) {
        char *exact = mu_strndup(b.data, n);
        assert_int_equal(mu_hold_frame_next(exact, n, &f), MU_EAGAIN);
        free(exact);
    }
    mu_buf_release(&b);
}

static void refused(void **state)
{
    struct mu_hold_frame f;
    int sig;
    struct mu_hold_hello hello;
    MU_UNUSED(state);
    assert_int_equal(mu_hold_frame_next("\0\0\0\0", 4, &f), MU_EPROTO);
    assert_int_equal(mu_hold_frame_next("\xff\xff\xff\xff", 4, &f), MU_ETOOBIG);
    assert_int_equal(mu_hold_frame_next("\1\0\0\0\10", 5, &f), MU_EPROTO);
    assert_int_equal(mu_hold_frame_next("\1\0\0\0\0", 5, &f), MU_EPROTO);
    f = (struct mu_hold_frame){MU_HOLD_SIGNAL, "\0\0\0\0", 4, 9};
    assert_int_equal(mu_hold_get_signal(&f, &sig), MU_EPROTO);
    f.data = "\377\377\377\377";
    assert_int_equal(mu_hold_get_signal(&f, &sig), MU_EPROTO);
    f = (struct mu_hold_frame){MU_HOLD_HELLO, "{\"pid\":1}", 9, 14};
    assert_int_equal(mu_hold_get_hello(&f, &hello), MU_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(truncated),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
