/* The ways of writing to many sockets at once come to the same. */
#include "io/sender.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAIRS = 600 };

struct way {
    const char *name;
    struct mu_sender_opts opts;
};

static const struct way ways[] = {
    {"one by one", {0}},
    {"io_uring", {.uring = true}},
    {"threads", {.threads = 2}},
    {"threads and io_uring", {.threads = 3, .uring = true}},
};

static void open_pairs(int (*pairs)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pairs[i]), 0);
}

static void close_pairs(int (*pairs)[2], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        close(pairs[i][0]);
        if (pairs[i][1] >= 0)
            close(pairs[i][1]);
    }
}

/* Every third write has several pieces, every seventh entry is none. */
static void fill(struct mu_send *sends, int (*pairs)[2], size_t n, char (*texts)[32],
                 struct iovec (*iov)[3])
{
    for (size_t i = 0; i < n; i++) {
        snprintf(texts[i], sizeof texts[i], "message %05u", (unsigned)i % 100000);
        sends[i] = (struct mu_send){.fd = pairs[i][0], .n = i % 7 == 6 ? 0 : 1, .result = 99};
        sends[i].one = (struct iovec){texts[i], 13};
        if (i % 3 || !sends[i].n)
            continue;
        iov[i][0] = (struct iovec){texts[i], 4};
        iov[i][1] = (struct iovec){texts[i] + 4, 1};
        iov[i][2] = (struct iovec){texts[i] + 5, 8};
        sends[i].iov = iov[i];
        sends[i].n = 3;
    }
}

static void run_way(const struct way *way, size_t n)
{
    int(*pairs)[2] = calloc(n, sizeof *pairs);
    struct mu_send *sends = calloc(n, sizeof *sends);
    char(*texts)[32] = calloc(n, sizeof *texts);
    struct iovec(*iov)[3] = calloc(n, sizeof *iov);
    struct mu_sender *s = mu_sender_new(&way->opts);
    open_pairs(pairs, n);
    for (int round = 0; round < 3; round++) {
        fill(sends, pairs, n, texts, iov);
        mu_sender_run(s, sends, n);
        for (size_t i = 0; i < n; i++) {
            char got[32] = "";
            assert_int_equal(sends[i].result, sends[i].n ? 13 : 99);
            ssize_t len = recv(pairs[i][1], got, sizeof got, MSG_DONTWAIT);
            assert_int_equal(len, sends[i].n ? 13 : -1);
            assert_string_equal(got, sends[i].n ? texts[i] : "");
        }
    }
    mu_sender_free(s);
    close_pairs(pairs, n);
    free(pairs);
    free(sends);
    free(texts);
    free(iov);
}

static void every_way_writes_every_byte_once(void **state)
{
    MU_UNUSED(state);
    static const size_t counts[] = {1, 2, 255, 256, 257, PAIRS};
    for (size_t w = 0; w < MU_COUNT(ways); w++)
        for (size_t c = 0; c < MU_COUNT(counts); c++)
            run_way(&ways[w], counts[c]);
}

/* A socket that is full takes nothing or a part, one that is closed tells so; nobody waits. */
static void full_and_closed_sockets_are_told_apart(void **state)
{
    MU_UNUSED(state);
    static char much[1 << 20];
    for (size_t w = 0; w < MU_COUNT(ways); w++) {
        int pairs[3][2];
        struct mu_sender *s = mu_sender_new(&ways[w].opts);
        open_pairs(pairs, 3);
        close(pairs[1][1]);
        pairs[1][1] = -1;
        struct mu_send sends[3];
        for (int i = 0; i < 3; i++)
            sends[i] = (struct mu_send){.fd = pairs[i][0], .n = 1, .one = {much, sizeof much}};
        sends[2].one.iov_len = 5;
        mu_sender_run(s, sends, 3);
        assert_in_range(sends[0].result, 1, sizeof much - 1);
        assert_int_equal(sends[1].result, -EPIPE);
        assert_int_equal(sends[2].result, 5);
        mu_sender_run(s, sends, 1);
        assert_int_equal(sends[0].result, 0);
        mu_sender_free(s);
        close_pairs(pairs, 3);
    }
}

/* Batches that follow each other closely, while a thread may still be late for the one before. */
static void a_late_thread_takes_no_part_twice(void **state)
{
    MU_UNUSED(state);
    enum { ROUNDS = 300, N = MU_SENDER_SHARED };
    static int pairs[N][2];
    static struct mu_send sends[N];
    struct mu_sender *s = mu_sender_new(&(struct mu_sender_opts){.threads = 3});
    open_pairs(pairs, N);
    for (int round = 0; round < ROUNDS; round++) {
        char text = (char)('a' + round % 26), got[4];
        for (int i = 0; i < N; i++)
            sends[i] = (struct mu_send){.fd = pairs[i][0], .n = 1, .one = {&text, 1}};
        mu_sender_run(s, sends, N);
        for (int i = 0; i < N; i++) {
            assert_int_equal(sends[i].result, 1);
            assert_int_equal(recv(pairs[i][1], got, sizeof got, MSG_DONTWAIT), 1);
            assert_int_equal(got[0], text);
        }
    }
    mu_sender_free(s);
    close_pairs(pairs, N);
}

static void threads_follow_the_cores(void **state)
{
    MU_UNUSED(state);
    static const int want[][2] = {{1, 0}, {2, 1}, {3, 1}, {4, 2}, {8, 4}, {9, 4}, {256, 4}};
    for (size_t i = 0; i < MU_COUNT(want); i++)
        assert_int_equal(mu_sender_threads_for(want[i][0]), want[i][1]);
    struct mu_sender *s = mu_sender_new(&(struct mu_sender_opts){.threads = MU_SENDER_AUTO});
    mu_sender_free(s);
}

static void what_pays_is_told(void **state)
{
    MU_UNUSED(state);
    struct mu_sender *plain = mu_sender_new(&(struct mu_sender_opts){0});
    struct mu_sender *shared = mu_sender_new(&(struct mu_sender_opts){.threads = 1});
    struct mu_sender *rings = mu_sender_new(&(struct mu_sender_opts){.uring = true});
    assert_false(mu_sender_batches(plain));
    assert_true(mu_sender_batches(shared));
    assert_string_equal(mu_sender_way(plain), "sendmsg");
    assert_string_equal(mu_sender_way(rings), mu_sender_batches(rings)
                                                  ? "io_uring"
                                                  : "sendmsg"); /* as the kernel has it */
    mu_sender_free(plain);
    mu_sender_free(shared);
    mu_sender_free(rings);
    mu_sender_free(NULL);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_writes_every_byte_once),
        cmocka_unit_test(full_and_closed_sockets_are_told_apart),
        cmocka_unit_test(a_late_thread_takes_no_part_twice),
        cmocka_unit_test(threads_follow_the_cores),
        cmocka_unit_test(what_pays_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
