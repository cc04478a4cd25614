#include "io/loop.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

struct seen {
    struct mu_loop *loop;
    int signals;
    bool worker_takes_signals, done;
    int pipe[2];
    uv_async_t alive;
    uv_poll_t watcher;
};

static void on_signal(void *ctx, int signum)
{
    struct seen *s = ctx;
    assert_int_equal(signum, SIGTERM);
    s->signals++;
    mu_loop_stop(s->loop);
}

static void a_signal_after_the_loop_does_not_kill(void **state)
{
    MU_UNUSED(state);
    struct seen s = {.loop = mu_loop_new()};
    mu_loop_on_signal(s.loop, SIGTERM, on_signal, &s);
    raise(SIGTERM);
    mu_loop_run(s.loop);
    assert_int_equal(s.signals, 1);
    mu_loop_free(s.loop);
    raise(SIGTERM);
    assert_int_equal(s.signals, 1);
    signal(SIGTERM, SIG_DFL);
}

static void work(void *ctx)
{
    struct seen *s = ctx;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    s->worker_takes_signals = !sigismember(&mask, SIGTERM) || !sigismember(&mask, SIGINT);
}

static void on_done(void *ctx)
{
    ((struct seen *)ctx)->done = true;
}

static void other_threads_take_no_signals(void **state)
{
    MU_UNUSED(state);
    struct seen s = {.loop = mu_loop_new()};
    sigset_t mask;
    mu_loop_work(s.loop, work, on_done, &s);
    mu_loop_run(s.loop);
    assert_true(s.done);
    assert_false(s.worker_takes_signals);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_false(sigismember(&mask, SIGTERM));
    mu_loop_free(s.loop);
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    MU_UNUSED(status);
    MU_UNUSED(events);
    uv_close((uv_handle_t *)handle, NULL);
}

/* What a socket's callback has libuv watch must be waited for: mu_loop_run asks libuv for its
 * timeout, and that is 0 while a watcher is not yet in the kernel's set. */
static void on_socket(void *ctx, void *what, uint32_t events)
{
    struct seen *s = ctx;
    MU_UNUSED(events);
    char byte;
    assert_int_equal(read(*(int *)what, &byte, 1), 1);
    assert_int_equal(uv_poll_init(mu_loop_uv(s->loop), &s->watcher, s->pipe[0]), 0);
    assert_int_equal(uv_poll_start(&s->watcher, UV_READABLE, on_readable), 0);
    uv_close((uv_handle_t *)&s->alive, NULL);
}

static void a_watcher_that_a_socket_began_is_waited_for(void **state)
{
    MU_UNUSED(state);
    struct seen s = {.loop = mu_loop_new()};
    int sockets[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    assert_int_equal(pipe(s.pipe), 0);
    assert_int_equal(uv_async_init(mu_loop_uv(s.loop), &s.alive, NULL), 0);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &sockets[0]};
    int set = mu_loop_sockets(s.loop, on_socket, &s);
    assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, sockets[0], &e), 0);
    assert_int_equal(write(sockets[1], "x", 1), 1);
    assert_int_equal(write(s.pipe[1], "x", 1), 1);
    mu_loop_run(s.loop);
    mu_loop_free(s.loop);
    for (int i = 0; i < 2; i++) {
        close(sockets[i]);
        close(s.pipe[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_after_the_loop_does_not_kill),
        cmocka_unit_test(other_threads_take_no_signals),
        cmocka_unit_test(a_watcher_that_a_socket_began_is_waited_for),
    };
    return cmocka_run_group_tests_name("io/loop", tests, NULL, NULL);
}
