/* What the holder's tests share: a holder and its client together, real processes, one loop. The
 * test's program is its own holder: called as `TEST hold RUNDIR` it is `muster hold RUNDIR`. */
#ifndef MU_TEST_HOLDER_FIXTURE_H
#define MU_TEST_HOLDER_FIXTURE_H

#include "hold/hold.h"
#include "hold/proc.h"
#include "io/holder.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#define SHARED static __attribute__((unused))

enum { WATCHDOG_MS = 60 * 1000, TICK_MS = 5 };

static char *self;
static char base[] = "/tmp/muster-holder-XXXXXX";

struct run {
    uv_loop_t loop;
    uv_timer_t watchdog;
    uv_timer_t tick; /* for conditions outside of the loop: another process's end */
    struct mu_holder *h;
    char id[MU_ID_SIZE];
    char *dir;
    bool auto_ack;
    bool keep; /* keep the output, not only its length and checksum */

    struct mu_buf out, err;
    uint64_t out_bytes;
    uint64_t sum;
    unsigned records;
    uint64_t expect; /* offset of the next record */
    uint64_t last_input, done_input, ready;
    unsigned inputs_done, eofs;
    int64_t agent, holder;
    bool exited, lost, never, closed;
    struct mu_exit how;
    char *reason;
    uint64_t stop_at; /* uv_stop when so many bytes came */
    void (*on_bytes)(struct run *r);
};

SHARED void halt(struct run *r)
{
    uv_stop(&r->loop);
}

SHARED void on_record(struct run *r, uint64_t offset, uint64_t next)
{
    assert_int_equal(offset, r->expect);
    assert_true(next > offset);
    assert_false(r->exited);
    r->expect = next;
    r->records++;
    if (r->auto_ack)
        mu_holder_ack(r->h, next);
}

SHARED void on_ready(void *ctx, uint64_t last_input)
{
    struct run *r = ctx;
    r->ready++;
    r->last_input = last_input;
    halt(r);
}

SHARED void on_start(void *ctx, const struct mu_spool_start *s, uint64_t offset, uint64_t next,
                     int64_t time_ms)
{
    struct run *r = ctx;
    assert_true(time_ms > 0);
    r->agent = s->pid;
    r->holder = s->holder;
    on_record(r, offset, next);
    halt(r);
}

SHARED void on_output(void *ctx, enum mu_stream stream, const char *data, size_t n, uint64_t offset,
                      uint64_t next, int64_t time_ms)
{
    struct run *r = ctx;
    assert_true(n > 0 && n <= MU_SPOOL_PAYLOAD_MAX && time_ms > 0);
    r->out_bytes += n;
    for (size_t i = 0; i < n; i++)
        r->sum = r->sum * 31 + (unsigned char)data[i];
    if (r->keep)
        mu_buf_add(stream == MU_STREAM_OUT ? &r->out : &r->err, data, n);
    on_record(r, offset, next);
    if (r->on_bytes)
        r->on_bytes(r);
    if (r->stop_at && r->out_bytes >= r->stop_at)
        halt(r);
}

SHARED void on_input_done(void *ctx, uint64_t seq, uint64_t offset, uint64_t next, int64_t time_ms)
{
    struct run *r = ctx;
    MU_UNUSED(time_ms);
    assert_true(seq > r->done_input);
    r->done_input = seq;
    r->inputs_done++;
    on_record(r, offset, next);
    halt(r);
}

SHARED void on_eof(void *ctx, enum mu_stream stream, uint64_t offset, uint64_t next,
                   int64_t time_ms)
{
    struct run *r = ctx;
    MU_UNUSED(stream);
    MU_UNUSED(time_ms);
    r->eofs++;
    on_record(r, offset, next);
    halt(r);
}

SHARED void on_exit_(void *ctx, const struct mu_exit *how, uint64_t offset, uint64_t next,
                     int64_t time_ms)
{
    struct run *r = ctx;
    MU_UNUSED(time_ms);
    if (next)
        on_record(r, offset, next);
    r->exited = true;
    r->how = *how;
    mu_str_set(&r->reason, how->reason);
    halt(r);
}

SHARED void on_lost(void *ctx, const char *reason)
{
    struct run *r = ctx;
    r->lost = true;
    mu_str_set(&r->reason, reason);
    halt(r);
}

SHARED void on_never_started(void *ctx)
{
    struct run *r = ctx;
    r->never = true;
    halt(r);
}

static const struct mu_holder_cb callbacks = {on_ready, on_start, on_output, on_input_done,
                                              on_eof,   on_exit_, on_lost,   on_never_started};

SHARED void on_watchdog(uv_timer_t *timer)
{
    MU_UNUSED(timer);
    fprintf(stderr, "# a test waited for more than a minute\n");
    abort();
}

SHARED void on_tick(uv_timer_t *timer)
{
    MU_UNUSED(timer);
}

SHARED void run_open(struct run *r)
{
    memset(r, 0, sizeof *r);
    uv_loop_init(&r->loop);
    uv_timer_init(&r->loop, &r->watchdog);
    uv_timer_start(&r->watchdog, on_watchdog, WATCHDOG_MS, 0);
    uv_timer_init(&r->loop, &r->tick);
    uv_timer_start(&r->tick, on_tick, TICK_MS, TICK_MS);
    mu_id_new(r->id);
    r->dir = mu_asprintf("%s/%s", base, r->id);
    r->auto_ack = r->keep = true;
}

#define WAIT(r, condition)                                                                         \
    do {                                                                                           \
        while (!(condition))                                                                       \
            uv_run(&(r)->loop, UV_RUN_ONCE);                                                       \
    } while (0)

SHARED void on_closed(void *ctx)
{
    struct run *r = ctx;
    r->closed = true;
}

SHARED void detach(struct run *r)
{
    r->closed = false;
    mu_holder_close(r->h, on_closed, r);
    WAIT(r, r->closed);
    r->h = NULL;
}

SHARED void start_argv(struct run *r, const char *const *argv, const char *cwd, bool in)
{
    static const struct mu_hold_env env[] = {{"MU_TEST", "yes"}, {"HOME", NULL}};
    struct mu_holder_start how = {
        .exe = self, .rundir = r->dir, .spec = {r->id, argv, env, MU_COUNT(env), cwd, in}};
    r->h = mu_holder_start(&r->loop, &how, &callbacks, r);
}

SHARED void start_sh(struct run *r, const char *script)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    start_argv(r, argv, "/tmp", true);
}

SHARED void attach(struct run *r, uint64_t from)
{
    r->expect = from;
    r->ready = 0;
    r->h = mu_holder_attach(&r->loop, r->dir, from, &callbacks, r);
}

SHARED size_t living(struct run *r)
{
    return mu_proc_signal_run(r->id, 0, NULL, 0);
}

SHARED void wait_gone(struct run *r)
{
    WAIT(r, mu_proc_start_time((pid_t)r->holder) == -1);
}

SHARED void run_close(struct run *r)
{
    if (r->h) {
        mu_holder_ack(r->h, r->expect); /* lets the holder go */
        detach(r);
    }
    uv_close((uv_handle_t *)&r->watchdog, NULL);
    uv_close((uv_handle_t *)&r->tick, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    assert_int_equal(mu_holder_remove(r->dir), 0);
    mu_buf_release(&r->out);
    mu_buf_release(&r->err);
    free(r->reason);
    free(r->dir);
}

SHARED int run_group(int argc, char **argv, const struct CMUnitTest *tests, size_t n)
{
    if (argc == 3 && strcmp(argv[1], "hold") == 0)
        return mu_hold_main(argv[2]);
    self = realpath("/proc/self/exe", NULL);
    if (!mkdtemp(base))
        return 1;
    int rc = _cmocka_run_group_tests("holder", tests, n, NULL, NULL);
    char *command = mu_asprintf("rm -rf '%s'", base);
    if (system(command) != 0)
        rc = 1;
    free(command);
    free(self);
    return rc;
}

#endif
