#include "io/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/records.h"

enum { PEERS = 1100 };

/* A server that answers nothing, and the peers in the same process: blocking sockets that are only
 * read when bytes are known to be there. */
struct fixture {
    struct mu_loop *loop;
    struct mu_net *net;
    struct mu_timer *tick;
    int port;
    struct mu_conn *conns[PEERS];
    size_t opened, closed, drained;
    enum mu_conn_end end;
    struct mu_buf got;
    void (*step)(struct fixture *f);
    int stage, ticks;
    uint32_t swept[8], sweep_pause; /* seconds in which on_sweep was called */
    size_t sweeps;
};

static void *on_open(void *ctx, struct mu_conn *conn)
{
    struct fixture *f = ctx;
    f->conns[f->opened++] = conn;
    return f;
}

static void on_data(void *user, char *data, size_t n)
{
    mu_buf_add(&((struct fixture *)user)->got, data, n);
}

static void on_drained(void *user)
{
    ((struct fixture *)user)->drained++;
}

static void on_closed(void *user, enum mu_conn_end end)
{
    struct fixture *f = user;
    f->closed++;
    f->end = end;
}

static uint32_t on_sweep(void *user, uint32_t now)
{
    struct fixture *f = user;
    f->swept[f->sweeps++ % MU_COUNT(f->swept)] = now;
    return f->sweep_pause ? now + f->sweep_pause : 0;
}

static const struct mu_net_cb callbacks = {.on_open = on_open,
                                           .on_data = on_data,
                                           .on_drained = on_drained,
                                           .on_closed = on_closed,
                                           .on_sweep = on_sweep};

static void on_tick(void *ctx)
{
    struct fixture *f = ctx;
    assert_true(f->ticks++ < 30000);
    f->step(f);
}

static void finish(struct fixture *f)
{
    mu_timer_free(f->tick);
    mu_net_close(f->net);
}

/* How the writes of a turn go out: by themselves, or together. */
static struct mu_sender_opts sending;

static int send_together(void **state)
{
    MU_UNUSED(state);
    sending = (struct mu_sender_opts){.uring = true, .threads = 1};
    return 0;
}

static int send_alone(void **state)
{
    MU_UNUSED(state);
    sending = (struct mu_sender_opts){0};
    return 0;
}

static void run(struct fixture *f, void (*step)(struct fixture *f), size_t max_conns)
{
    f->step = step;
    f->loop = mu_loop_new();
    f->net = mu_net_new(f->loop, &callbacks, f, max_conns, &sending);
    assert_int_equal(mu_net_listen(f->net, "127.0.0.1:0", &f->port), 0);
    f->tick = mu_timer_new(f->loop, on_tick, f);
    mu_timer_start(f->tick, 0, 1);
    mu_loop_run(f->loop);
    mu_loop_free(f->loop);
    mu_net_free(f->net);
    mu_buf_release(&f->got);
}

static int peer(struct fixture *f, int receive_buffer)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)f->port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (receive_buffer)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    return fd;
}

static struct mu_bytes *block(size_t n, char fill)
{
    char *data = mu_alloc(n + 1);
    memset(data, fill, n);
    struct mu_bytes *bytes = mu_bytes_new(data, n);
    free(data);
    return bytes;
}

static int fds[PEERS];

static void many_step(struct fixture *f)
{
    if (f->stage == 0) {
        for (int i = 0; i < PEERS; i++)
            fds[i] = peer(f, 0);
        f->stage = 1;
    } else if (f->stage == 1 && f->opened == PEERS) {
        for (int i = 0; i < PEERS; i++)
            close(fds[i]);
        f->stage = 2;
    } else if (f->stage == 2 && f->closed == PEERS) {
        struct mu_net_stats stats;
        mu_net_stats(f->net, &stats);
        assert_int_equal(stats.open, 0);
        assert_int_equal(stats.accepted, PEERS);
        assert_int_equal(f->end, MU_END_PEER);
        finish(f);
    }
}

static void more_than_a_turn_accepts_come_and_go(void **state)
{
    MU_UNUSED(state);
    struct fixture f = {0};
    assert_true(PEERS > 2 * MU_NET_ACCEPTS);
    run(&f, many_step, PEERS);
}

static void order_step(struct fixture *f)
{
    if (f->stage == 0) {
        fds[0] = peer(f, 0);
        f->stage = 1;
    } else if (f->stage == 1 && f->opened) {
        /* Two in the turn's queue, and one that would be written at once: order is kept. */
        for (char c = 'a'; c <= 'f'; c++) {
            struct mu_bytes *bytes = block(3, c);
            assert_true(c == 'c' ? mu_conn_send_now(f->conns[0], 2, bytes)
                                 : mu_conn_send(f->conns[0], 1, bytes));
            mu_bytes_unref(bytes);
        }
        mu_conn_finish(f->conns[0]);
        assert_int_equal(mu_conn_unsent(f->conns[0]), 0);
        struct mu_bytes *late = block(3, 'z');
        assert_false(mu_conn_send(f->conns[0], 1, late));
        mu_bytes_unref(late);
        char text[64] = "";
        size_t n = 0;
        for (ssize_t got; (got = recv(fds[0], text + n, sizeof text - n, 0)) > 0;)
            n += (size_t)got;
        assert_int_equal(n, 18);
        assert_memory_equal(text, "aaabbbcccdddeeefff", 18);
        assert_int_equal(send(fds[0], "unread", 6, MSG_NOSIGNAL), 6);
        close(fds[0]);
        f->stage = 2;
    } else if (f->stage == 2 && f->closed) {
        assert_int_equal(f->end, MU_END_LOCAL);
        assert_int_equal(f->got.len, 0);
        finish(f);
    }
}

static void frames_keep_their_order_and_the_end_lingers(void **state)
{
    MU_UNUSED(state);
    struct fixture f = {0};
    run(&f, order_step, PEERS);
}

static void slow_step(struct fixture *f)
{
    static size_t sent, received;
    static char buffer[65536];
    if (f->stage == 0) {
        sent = received = 0;
        fds[0] = peer(f, 4096);
        f->stage = 1;
    } else if (f->stage == 1 && f->opened) {
        struct mu_bytes *bytes = block(10000, 'x');
        while (mu_conn_send_now(f->conns[0], 2, bytes))
            sent += bytes->len;
        assert_true(mu_conn_unsent(f->conns[0]) <= MU_LIMIT_STATE_LANE_BYTES + bytes->len);
        assert_true(mu_conn_send(f->conns[0], 1, bytes)); /* a reply is always taken */
        sent += bytes->len;
        mu_bytes_unref(bytes);
        assert_int_equal(f->drained, 0);
        f->stage = 2;
    } else if (f->stage == 2) {
        ssize_t n = recv(fds[0], buffer, sizeof buffer, MSG_DONTWAIT);
        received += n > 0 ? (size_t)n : 0;
        if (received < sent)
            return;
        assert_int_equal(received, sent);
        assert_int_equal(f->drained, 1);
        close(fds[0]);
        finish(f);
    }
}

static void a_reader_that_stands_still_is_refused_pushes_and_told_of_again(void **state)
{
    MU_UNUSED(state);
    struct fixture f = {0};
    run(&f, slow_step, PEERS);
}

static void pause_step(struct fixture *f)
{
    if (f->stage == 0) {
        fds[0] = peer(f, 0);
        f->stage = 1;
    } else if (f->stage == 1 && f->opened) {
        mu_conn_pause(f->conns[0], true);
        assert_int_equal(send(fds[0], "later", 5, MSG_NOSIGNAL), 5);
        f->stage = 2;
        f->ticks = 0;
    } else if (f->stage == 2 && f->ticks > 20) {
        assert_int_equal(f->got.len, 0);
        mu_conn_pause(f->conns[0], false);
        f->stage = 3;
    } else if (f->stage == 3 && f->got.len) {
        assert_string_equal(f->got.data, "later");
        mu_conn_pause(f->conns[0], true);
        struct linger abort_it = {.l_onoff = 1};
        setsockopt(fds[0], SOL_SOCKET, SO_LINGER, &abort_it, sizeof abort_it);
        close(fds[0]); /* a reset is noticed by a connection that is not read, too */
        f->stage = 4;
    } else if (f->stage == 4 && f->closed) {
        assert_int_equal(f->end, MU_END_PEER);
        finish(f);
    }
}

static void what_comes_during_a_pause_is_read_after_it(void **state)
{
    MU_UNUSED(state);
    struct fixture f = {0};
    run(&f, pause_step, PEERS);
}

static void hang_up_step(struct fixture *f)
{
    if (f->stage == 0) {
        fds[0] = peer(f, 0);
        f->stage = 1;
    } else if (f->stage == 1 && f->opened) {
        struct mu_bytes *bytes = block(4, 'b');
        assert_true(mu_conn_send(f->conns[0], 1, bytes));
        mu_bytes_unref(bytes);
        mu_conn_hang_up(f->conns[0]);
        f->stage = 2;
    } else if (f->stage == 2 && f->closed) {
        char text[8];
        assert_int_equal(f->end, MU_END_LOCAL);
        assert_int_equal(recv(fds[0], text, sizeof text, 0), 4);
        assert_int_equal(recv(fds[0], text, sizeof text, 0), 0);
        close(fds[0]);
        finish(f);
    }
}

static void a_hang_up_says_its_last_word(void **state)
{
    MU_UNUSED(state);
    struct fixture f = {0};
    run(&f, hang_up_step, PEERS);
}

static void full_step(struct fixture *f)
{
    static struct rlimit before;
    if (f->stage == 0) {
        for (int i = 0; i < 4; i++)
            fds[i] = peer(f, 0);
        getrlimit(RLIMIT_NOFILE, &before);
        int next = dup(0);
        close(next);
        struct rlimit none = {.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
        f->stage = 1;
        f->ticks = 0;
    } else if (f->stage == 1 && f->ticks > 20) {
        assert_int_equal(f->opened, 0);
        setrlimit(RLIMIT_NOFILE, &before);
        f->stage = 2;
    } else if (f->stage == 2 && f->opened == 4) {
        for (int i = 0; i < 4; i++)
            close(fds[i]);
        finish(f);
    }
}

static void without_descriptors_peers_wait_and_are_taken_later(void **state)
{
    MU_UNUSED(state);
    struct fixture f = {0};
    run(&f, full_step, PEERS);
}

static void crowd_step(struct fixture *f)
{
    if (f->stage == 0) {
        for (int i = 0; i < 3; i++)
            fds[i] = peer(f, 0);
        f->stage = 1;
    } else if (f->stage == 1) {
        struct mu_net_stats stats;
        mu_net_stats(f->net, &stats);
        if (stats.accepted < 3 || stats.open > 2)
            return;
        assert_int_equal(stats.refused, 1);
        assert_int_equal(f->opened, 2);
        for (int i = 0; i < 3; i++)
            close(fds[i]);
        finish(f);
    }
}

static void past_the_limit_a_connection_is_closed_at_once(void **state)
{
    MU_UNUSED(state);
    struct fixture f = {0};
    run(&f, crowd_step, 2);
}

enum { LISTENERS = PEERS, FRAMES = 3 };

/* Three frames for each of many, one of whom has gone; each gets all of them, once and in order. */
static void listeners_step(struct fixture *f)
{
    struct mu_net_stats stats;
    char got[16];
    mu_net_stats(f->net, &stats);
    if (f->stage == 0) {
        f->stage = 1;
        for (int i = 0; i < LISTENERS; i++)
            fds[i] = peer(f, 0);
    } else if (stats.open == LISTENERS && stats.bytes_out == 0) {
        close(fds[7]);
        for (int i = 0; i < FRAMES; i++) {
            struct mu_bytes *frame = mu_bytes_new(i == 0 ? "one," : i == 1 ? "two," : "end.", 4);
            for (size_t c = 0; c < f->opened; c++)
                assert_true(mu_conn_send(f->conns[c], 2, frame));
            mu_bytes_unref(frame);
        }
    } else if (stats.bytes_out > 0) {
        for (int i = 0; i < LISTENERS; i++) {
            if (i == 7)
                continue;
            assert_int_equal(recv(fds[i], got, sizeof got, MSG_DONTWAIT), 12);
            assert_memory_equal(got, "one,two,end.", 12);
            close(fds[i]);
        }
        finish(f);
    }
}

static void a_turn_writes_to_all_who_listen(void **state)
{
    MU_UNUSED(state);
    struct fixture f = {0};
    run(&f, listeners_step, LISTENERS);
}

/* Swept when it asked for it, and in the next second once it has a write that stands still. */
static void sweep_step(struct fixture *f)
{
    if (f->stage == 0) {
        fds[0] = peer(f, 4096);
        f->sweep_pause = 3;
        f->stage = 1;
    } else if (f->stage == 1 && f->sweeps == 2) {
        assert_in_range(f->swept[1] - f->swept[0], 3, 4);
        struct mu_bytes *bytes = block(4096, 'x');
        while (mu_conn_send_now(f->conns[0], 2, bytes))
            mu_net_flush(f->net);
        mu_bytes_unref(bytes);
        f->stage = 2;
    } else if (f->stage == 2 && f->sweeps == 3) {
        assert_in_range(f->swept[2] - f->swept[1], 1, 2);
        close(fds[0]);
        finish(f);
    }
}

static void limits_are_kept_to_the_second(void **state)
{
    MU_UNUSED(state);
    struct fixture f = {0};
    run(&f, sweep_step, PEERS);
}

static void addresses_are_numbers(void **state)
{
    MU_UNUSED(state);
    assert_int_equal(mu_net_is_loopback("127.0.0.1:1"), 1);
    assert_int_equal(mu_net_is_loopback("localhost:4747"), 1);
    assert_int_equal(mu_net_is_loopback("[::1]:0"), 1);
    assert_int_equal(mu_net_is_loopback("0.0.0.0:80"), 0);
    assert_int_equal(mu_net_is_loopback("[::]:80"), 0);
    assert_int_equal(mu_net_is_loopback("example.com:80"), -EINVAL);
    assert_int_equal(mu_net_is_loopback("127.0.0.1"), -EINVAL);
    assert_int_equal(mu_net_is_loopback("127.0.0.1:65536"), -EINVAL);
    assert_int_equal(mu_net_is_loopback("[::1:80"), -EINVAL);
}

#define EACH_WAY(test)                                                                             \
    {#test, test, send_alone, NULL, NULL},                                                         \
    {                                                                                              \
#test ", written together", test, send_together, NULL, NULL                                \
    }

/* Both ends of a connection are descriptors of this process. */
static int allow_descriptors(void **state)
{
    MU_UNUSED(state);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH_WAY(more_than_a_turn_accepts_come_and_go),
        EACH_WAY(frames_keep_their_order_and_the_end_lingers),
        EACH_WAY(a_reader_that_stands_still_is_refused_pushes_and_told_of_again),
        EACH_WAY(what_comes_during_a_pause_is_read_after_it),
        EACH_WAY(a_hang_up_says_its_last_word),
        EACH_WAY(without_descriptors_peers_wait_and_are_taken_later),
        EACH_WAY(past_the_limit_a_connection_is_closed_at_once),
        EACH_WAY(a_turn_writes_to_all_who_listen),
        EACH_WAY(limits_are_kept_to_the_second),
        cmocka_unit_test(addresses_are_numbers),
    };
    return cmocka_run_group_tests_name("io/conn", tests, allow_descriptors, NULL);
}
