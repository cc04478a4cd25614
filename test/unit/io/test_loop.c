#include "io/loop.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct seen {
    struct mu_loop *loop;
    int signals;
    bool worker_takes_signals, done;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_after_the_loop_does_not_kill),
        cmocka_unit_test(other_threads_take_no_signals),
    };
    return cmocka_run_group_tests_name("io/loop", tests, NULL, NULL);
}
