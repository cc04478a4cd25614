/* The holder and its client together: real processes, one loop. This program is its own holder:
 * called as `test_holder hold RUNDIR` it is `muster hold RUNDIR`. */
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

static void halt(struct run *r)
{
    uv_stop(&r->loop);
}

static void on_record(struct run *r, uint64_t offset, uint64_t next)
{
    assert_int_equal(offset, r->expect);
    assert_true(next > offset);
    assert_false(r->exited);
    r->expect = next;
    r->records++;
    if (r->auto_ack)
        mu_holder_ack(r->h, next);
}

static void on_ready(void *ctx, uint64_t last_input)
{
    struct run *r = ctx;
    r->ready++;
    r->last_input = last_input;
    halt(r);
}

static void on_start(void *ctx, const struct mu_spool_start *s, uint64_t offset, uint64_t next,
                     int64_t time_ms)
{
    struct run *r = ctx;
    assert_true(time_ms > 0);
    r->agent = s->pid;
    r->holder = s->holder;
    on_record(r, offset, next);
    halt(r);
}

static void on_output(void *ctx, enum mu_stream stream, const char *data, size_t n, uint64_t offset,
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

static void on_input_done(void *ctx, uint64_t seq, uint64_t offset, uint64_t next, int64_t time_ms)
{
    struct run *r = ctx;
    MU_UNUSED(time_ms);
    assert_true(seq > r->done_input);
    r->done_input = seq;
    r->inputs_done++;
    on_record(r, offset, next);
    halt(r);
}

static void on_eof(void *ctx, enum mu_stream stream, uint64_t offset, uint64_t next,
                   int64_t time_ms)
{
    struct run *r = ctx;
    MU_UNUSED(stream);
    MU_UNUSED(time_ms);
    r->eofs++;
    on_record(r, offset, next);
    halt(r);
}

static void on_exit_(void *ctx, const struct mu_exit *how, uint64_t offset, uint64_t next,
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

static void on_lost(void *ctx, const char *reason)
{
    struct run *r = ctx;
    r->lost = true;
    mu_str_set(&r->reason, reason);
    halt(r);
}

static void on_never_started(void *ctx)
{
    struct run *r = ctx;
    r->never = true;
    halt(r);
}

static const struct mu_holder_cb callbacks = {on_ready, on_start, on_output, on_input_done,
                                              on_eof,   on_exit_, on_lost,   on_never_started};

static void on_watchdog(uv_timer_t *timer)
{
    MU_UNUSED(timer);
    fprintf(stderr, "# a test waited for more than a minute\n");
    abort();
}

static void on_tick(uv_timer_t *timer)
{
    MU_UNUSED(timer);
}

static void run_open(struct run *r)
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

static void on_closed(void *ctx)
{
    struct run *r = ctx;
    r->closed = true;
}

static void detach(struct run *r)
{
    r->closed = false;
    mu_holder_close(r->h, on_closed, r);
    WAIT(r, r->closed);
    r->h = NULL;
}

static void start_argv(struct run *r, const char *const *argv, const char *cwd, bool in)
{
    static const struct mu_hold_env env[] = {{"MU_TEST", "yes"}, {"HOME", NULL}};
    struct mu_holder_start how = {
        .exe = self, .rundir = r->dir, .spec = {r->id, argv, env, MU_COUNT(env), cwd, in}};
    r->h = mu_holder_start(&r->loop, &how, &callbacks, r);
}

static void start_sh(struct run *r, const char *script)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    start_argv(r, argv, "/tmp", true);
}

static void attach(struct run *r, uint64_t from)
{
    r->expect = from;
    r->ready = 0;
    r->h = mu_holder_attach(&r->loop, r->dir, from, &callbacks, r);
}

static size_t living(struct run *r)
{
    return mu_proc_signal_run(r->id, 0, 0);
}

static void wait_gone(struct run *r)
{
    WAIT(r, mu_proc_start_time((pid_t)r->holder) == -1);
}

static void run_close(struct run *r)
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

static void normal_exit(void **state)
{
    struct run r;
    struct stat st;
    MU_UNUSED(state);
    run_open(&r);
    start_sh(&r, "echo out; echo err >&2; echo $MU_TEST$HOME; echo $MUSTER_RUN; pwd");
    WAIT(&r, r.exited);
    char *want = mu_asprintf("out\nyes\n%s\n/tmp\n", r.id);
    assert_string_equal(r.out.data, want);
    assert_string_equal(r.err.data, "err\n");
    assert_int_equal(r.how.kind, MU_EXIT_CODE);
    assert_int_equal(r.how.code, 0);
    assert_int_equal(r.eofs, 2);
    assert_int_equal(stat(r.dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    wait_gone(&r); /* everything is acknowledged: the holder ends */
    free(want);
    run_close(&r);
}

static void exit_code(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    start_sh(&r, "nonsense-that-is-not-there; exit 127");
    WAIT(&r, r.exited);
    assert_int_equal(r.how.code, 127);
    assert_string_equal(r.reason, "exit 127");
    assert_non_null(strstr(r.err.data, "not found"));
    run_close(&r);
}

static void signal_death(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    start_sh(&r, "ulimit -c 0; kill -SEGV $$");
    WAIT(&r, r.exited);
    assert_int_equal(r.how.kind, MU_EXIT_SIGNAL);
    assert_int_equal(r.how.signal, SIGSEGV);
    assert_string_equal(r.reason, "killed by SIGSEGV");
    run_close(&r);
}

static char *make_file(const char *name, const char *text, mode_t mode)
{
    char *path = mu_asprintf("%s/%s", base, name);
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
    chmod(path, mode);
    return path;
}

static void expect_failure(const char *program, const char *cwd, const char *sentence)
{
    struct run r;
    const char *argv[] = {program, "-x", NULL};
    run_open(&r);
    start_argv(&r, argv, cwd, false);
    WAIT(&r, r.exited);
    assert_int_equal(r.how.kind, MU_EXIT_FAILED);
    assert_string_equal(r.reason, sentence);
    assert_int_equal(r.agent, 0);
    run_close(&r);
}

static void cannot_start(void **state)
{
    MU_UNUSED(state);
    char *text = make_file("text", "hello\n", 0644);
    char *script = make_file("script", "#!/no/such/shell -e\n", 0755);
    char *not_exec = mu_asprintf("%s is not executable", text);
    char *not_dir = mu_asprintf("%s is not a directory", text);
    char *no_shell =
        mu_asprintf("%s cannot be started: its interpreter /no/such/shell does not exist", script);
    expect_failure("no-such-agent", "/tmp", "no-such-agent: not found in PATH");
    expect_failure("/no/such/agent", "/tmp", "/no/such/agent: no such program");
    expect_failure(text, "/tmp", not_exec);
    expect_failure("/tmp", "/tmp", "/tmp is a directory, not a program");
    expect_failure(script, "/tmp", no_shell);
    expect_failure("sh", "/no/such/dir", "the directory /no/such/dir does not exist");
    expect_failure("sh", text, not_dir);
    free(no_shell);
    free(not_dir);
    free(not_exec);
    free(script);
    free(text);
}

static void too_many_arguments(void **state)
{
    struct run r;
    MU_UNUSED(state);
    char *big = mu_alloc(300 * 1024);
    memset(big, 'x', 300 * 1024 - 1);
    const char *argv[] = {"echo", big, NULL};
    run_open(&r);
    start_argv(&r, argv, "/tmp", false);
    WAIT(&r, r.exited);
    assert_int_equal(r.how.kind, MU_EXIT_FAILED);
    assert_non_null(strstr(r.reason, "larger than the system allows"));
    run_close(&r);
    free(big);
}

static void no_directory(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    free(r.dir);
    r.dir = mu_strdup("/no/such/parent/run");
    start_sh(&r, "echo");
    WAIT(&r, r.exited);
    assert_int_equal(r.how.kind, MU_EXIT_FAILED);
    assert_non_null(strstr(r.reason, "/no/such/parent/run"));
    run_close(&r);
}

static void long_path(void **state)
{
    struct run r;
    char part[201];
    MU_UNUSED(state);
    memset(part, 'd', 200);
    part[200] = '\0';
    run_open(&r);
    char *parent = mu_asprintf("%s/%s", base, part);
    assert_int_equal(mkdir(parent, 0700), 0);
    free(r.dir);
    r.dir = mu_asprintf("%s/%s", parent, r.id);
    start_sh(&r, "echo deep");
    WAIT(&r, r.exited);
    assert_string_equal(r.out.data, "deep\n");
    run_close(&r);
    rmdir(parent);
    free(parent);
}

static void inputs(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    start_sh(&r, "cat");
    assert_int_equal(mu_holder_input(r.h, 1, "one\n", 4, false), 0); /* before it is connected */
    WAIT(&r, r.done_input == 1);
    assert_int_equal(mu_holder_input(r.h, 1, "one\n", 4, false), -EALREADY);
    assert_int_equal(mu_holder_input(r.h, 2, "two\n", 4, false), 0);
    WAIT(&r, r.out.len == 8);
    detach(&r);

    /* A server that crashed before it stored the answer gives both again, and a new one. */
    attach(&r, r.expect);
    assert_int_equal(mu_holder_input(r.h, 1, "one\n", 4, false), 0);
    assert_int_equal(mu_holder_input(r.h, 2, "two\n", 4, false), 0);
    assert_int_equal(mu_holder_input(r.h, 3, "three\n", 6, false), 0);
    WAIT(&r, r.done_input == 3);
    mu_holder_close_stdin(r.h);
    WAIT(&r, r.exited);
    assert_int_equal(r.last_input, 2);
    assert_int_equal(r.inputs_done, 3);
    assert_string_equal(r.out.data, "one\ntwo\nthree\n");
    assert_int_equal(r.how.code, 0);
    run_close(&r);
}

static void input_limits(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    char *big = mu_alloc(MU_HOLDER_INPUT_MAX + 1);
    start_sh(&r, "wc -c");
    assert_int_equal(mu_holder_input(r.h, 1, big, MU_HOLDER_INPUT_MAX + 1, false), MU_ETOOBIG);
    assert_int_equal(mu_holder_input(r.h, 1, big, MU_HOLDER_INPUT_MAX, false), 0);
    assert_int_equal(mu_holder_input(r.h, 2, big, MU_HOLDER_INPUT_MAX, false), 0);
    assert_int_equal(mu_holder_input(r.h, 3, big, 1, false), -ENOBUFS);
    mu_holder_close_stdin(r.h);
    WAIT(&r, r.exited);
    assert_string_equal(r.out.data, "16777216\n");
    run_close(&r);
    free(big);
}

/* An agent that does not read: the holder's queue and the socket fill up, and yet kill arrives. */
static void kill_passes_full_stdin(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    char *big = mu_alloc(MU_HOLDER_INPUT_MAX);
    start_sh(&r, "sleep 1000");
    for (uint64_t seq = 1; seq <= 3; seq++) {
        assert_int_equal(mu_holder_input(r.h, seq, big, MU_HOLDER_INPUT_MAX, false), 0);
        if (seq < 3)
            WAIT(&r, r.done_input == seq);
    }
    assert_int_equal(mu_holder_input(r.h, 4, big, MU_HOLDER_INPUT_MAX, false), 0);
    mu_holder_kill(r.h);
    WAIT(&r, r.exited);
    assert_int_equal(r.how.signal, SIGKILL);
    wait_gone(&r);
    run_close(&r);
    free(big);
}

static void stdin_broken(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    start_sh(&r, "exec 0<&-; echo closed; read x < /dev/null; sleep 0.2; exit 4");
    WAIT(&r, r.out.len > 0);
    assert_int_equal(mu_holder_input(r.h, 1, "lost\n", 5, false), 0);
    WAIT(&r, r.exited);
    assert_int_equal(r.done_input, 1);
    assert_int_equal(r.how.code, 4);
    run_close(&r);
}

enum { FLOOD = 50 * 1000 * 1000 };
#define FLOOD_SCRIPT "yes 'a line of a flood' | head -c 50000000"

static uint64_t flood_sum(void)
{
    static const char line[] = "a line of a flood\n";
    uint64_t sum = 0;
    for (size_t i = 0; i < FLOOD; i++)
        sum = sum * 31 + (unsigned char)line[i % (sizeof line - 1)];
    return sum;
}

static void on_slow_timer(uv_timer_t *timer)
{
    struct run *r = timer->data;
    if (r->h)
        mu_holder_resume(r->h);
}

static void pause_again(struct run *r)
{
    mu_holder_pause(r->h);
}

/* 50 MB through a spool of 2 MiB with a reader that takes a record now and then. */
static void flood_slow_reader(void **state)
{
    struct run r;
    uv_timer_t timer;
    MU_UNUSED(state);
    setenv("MUSTER_HOLD_SPOOL_MAX", "2097152", 1);
    run_open(&r);
    r.keep = false;
    uv_timer_init(&r.loop, &timer);
    timer.data = &r;
    uv_timer_start(&timer, on_slow_timer, 1, 1);
    start_sh(&r, FLOOD_SCRIPT);
    r.on_bytes = pause_again;
    WAIT(&r, r.out_bytes > 4 * 1000 * 1000);
    char *spool = mu_asprintf("%s/spool", r.dir);
    struct stat st;
    assert_int_equal(stat(spool, &st), 0);
    /* Bounded on the disk: what is not acknowledged, and less than a step that is. */
    assert_true(st.st_blocks * 512 < 5 * 1024 * 1024);
    assert_true((uint64_t)st.st_size - r.expect < 3 * 1024 * 1024);
    r.on_bytes = NULL;
    WAIT(&r, r.exited);
    unsetenv("MUSTER_HOLD_SPOOL_MAX");
    assert_int_equal(r.out_bytes, FLOOD);
    assert_true(r.sum == flood_sum());
    uv_close((uv_handle_t *)&timer, NULL);
    free(spool);
    run_close(&r);
}

/* Detached and attached again and again in the middle: every byte exactly once. */
static void attach_from_offset(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    r.keep = r.auto_ack = false;
    start_sh(&r, FLOOD_SCRIPT);
    for (int i = 1; i <= 8; i++) {
        WAIT(&r, r.out_bytes > (uint64_t)i * 5 * 1000 * 1000);
        detach(&r);
        attach(&r, r.expect);
    }
    WAIT(&r, r.exited);
    assert_int_equal(r.out_bytes, FLOOD);
    assert_true(r.sum == flood_sum());
    run_close(&r);
}

static bool rewound;

static void rewind_once(struct run *r)
{
    if (rewound || r->out_bytes < 2 * 1000 * 1000)
        return;
    rewound = true;
    assert_int_equal(mu_holder_rewind(r->h, 0), 0);
    r->expect = r->out_bytes = r->sum = 0;
}

static void rewind_in_a_callback(void **state)
{
    struct run r;
    MU_UNUSED(state);
    rewound = false;
    run_open(&r);
    r.keep = r.auto_ack = false;
    r.on_bytes = rewind_once;
    start_sh(&r, FLOOD_SCRIPT);
    WAIT(&r, r.exited);
    assert_true(rewound);
    assert_int_equal(r.out_bytes, FLOOD);
    assert_true(r.sum == flood_sum());

    /* Also after the end: the last record comes once more. */
    uint64_t end = r.expect;
    r.exited = false;
    r.out_bytes = r.sum = r.expect = 0;
    mu_holder_ack(r.h, 0);
    assert_int_equal(mu_holder_rewind(r.h, 0), 0);
    WAIT(&r, r.exited);
    assert_int_equal(r.expect, end);
    assert_true(r.sum == flood_sum());
    mu_holder_ack(r.h, end);
    assert_int_equal(mu_holder_rewind(r.h, 0), -EINVAL);
    run_close(&r);
}

static void pause_holds_back(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    start_sh(&r, "echo a; read x; echo b; read x");
    WAIT(&r, r.out.len == 2);
    mu_holder_pause(r.h);
    unsigned before = r.records;
    assert_int_equal(mu_holder_input(r.h, 1, "\n", 1, false), 0);
    char *spool = mu_asprintf("%s/spool", r.dir);
    struct stat st = {0};
    while ((uint64_t)st.st_size < r.expect + 2 * MU_SPOOL_HEADER + 10) {
        uv_run(&r.loop, UV_RUN_NOWAIT);
        assert_int_equal(stat(spool, &st), 0);
    }
    assert_int_equal(r.records, before);
    mu_holder_resume(r.h);
    WAIT(&r, r.out.len == 4);
    mu_holder_signal(r.h, SIGTERM);
    WAIT(&r, r.exited);
    assert_int_equal(r.how.signal, SIGTERM);
    free(spool);
    run_close(&r);
}

static void grandchild_holds_pipe(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    int64_t begin = mu_mono_ms();
    start_sh(&r, "sleep 1000 & setsid sleep 1000 & echo last words");
    WAIT(&r, r.exited);
    int64_t took = mu_mono_ms() - begin;
    assert_true(took >= 1900 && took < 15000);
    assert_string_equal(r.out.data, "last words\n");
    assert_int_equal(r.how.code, 0);
    WAIT(&r, living(&r) == 0);
    wait_gone(&r);
    run_close(&r);
}

static void closes_pipes_and_lives(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    start_sh(&r, "echo bye; exec >&- 2>&-; read x; exit 9");
    WAIT(&r, r.eofs == 2);
    assert_false(r.exited);
    assert_int_equal(kill((pid_t)r.agent, 0), 0);
    assert_int_equal(mu_holder_input(r.h, 1, "go\n", 3, false), 0);
    WAIT(&r, r.exited);
    assert_int_equal(r.how.code, 9);
    run_close(&r);
}

static void kill_leaves_nothing(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    start_sh(&r, "trap '' TERM HUP INT; setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' & "
                 "env -i setsid sleep 1000 & echo $!; sleep 1000 & wait; sleep 1000");
    WAIT(&r, r.out.len > 0);
    pid_t unmarked = (pid_t)atol(r.out.data);
    assert_true(mu_proc_start_time(unmarked) >= 0);
    WAIT(&r, living(&r) >= 3);
    mu_holder_kill(r.h);
    WAIT(&r, r.exited);
    assert_int_equal(r.how.signal, SIGKILL);
    WAIT(&r, living(&r) == 0);
    wait_gone(&r);
    assert_int_equal(mu_proc_start_time(unmarked), -1); /* found by descent */
    run_close(&r);
}

static void leftovers_get_killed(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    start_sh(&r, "(trap '' TERM; exec >&- 2>&- <&-; echo x; sleep 1000; sleep 1000) & "
                 "sleep 0.2; echo up");
    WAIT(&r, r.exited);
    WAIT(&r, living(&r) == 0);
    run_close(&r);
}

static void holder_killed(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    start_sh(&r, "echo before; sleep 1000 & setsid sleep 1000 & sleep 1000");
    WAIT(&r, r.out.len > 0);
    WAIT(&r, living(&r) >= 3);
    assert_int_equal(kill((pid_t)r.holder, SIGKILL), 0);
    WAIT(&r, r.lost);
    assert_non_null(strstr(r.reason, "was killed"));
    assert_false(r.exited);
    assert_int_equal(living(&r), 0);
    assert_string_equal(r.out.data, "before\n");
    run_close(&r);
}

/* Killed while no server was there, with a torn record at the end of the spool. */
static void holder_killed_while_alone(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    r.auto_ack = false;
    start_sh(&r, "echo first; setsid sleep 1000 & sleep 1000");
    WAIT(&r, r.out.len > 0);
    detach(&r);
    assert_int_equal(kill((pid_t)r.holder, SIGKILL), 0);
    char *path = mu_asprintf("%s/spool", r.dir);
    FILE *f = fopen(path, "a");
    fwrite("MUS1\x40\0\0\0\2\0\0\0", 1, 12, f);
    fclose(f);
    mu_buf_clear(&r.out);
    attach(&r, 0);
    WAIT(&r, r.lost);
    assert_string_equal(r.out.data, "first\n");
    assert_int_equal(living(&r), 0);
    free(path);
    run_close(&r);
}

/* kill -9 of a server in the middle: the agent does not notice, the next server has everything. */
static void server_killed(void **state)
{
    struct run r;
    int status;
    MU_UNUSED(state);
    run_open(&r);
    r.auto_ack = false;
    pid_t server = fork();
    if (server == 0) {
        struct run first = r;
        uv_loop_init(&first.loop);
        start_sh(&first, "echo one; read x; echo $x; read x; echo $x");
        while (first.out.len < 4)
            uv_run(&first.loop, UV_RUN_ONCE);
        if (mu_holder_input(first.h, 1, "two\n", 4, false))
            _exit(1);
        while (first.out.len < 8)
            uv_run(&first.loop, UV_RUN_ONCE);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(server, &status, 0), server);
    assert_true(WIFSIGNALED(status));
    attach(&r, 0);
    assert_int_equal(mu_holder_input(r.h, 1, "two\n", 4, false), 0);
    assert_int_equal(mu_holder_input(r.h, 2, "three\n", 6, false), 0);
    WAIT(&r, r.exited);
    assert_string_equal(r.out.data, "one\ntwo\nthree\n");
    assert_int_equal(r.last_input, 1);
    assert_int_equal(r.inputs_done, 2);
    run_close(&r);
}

static void finished_while_alone(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    r.auto_ack = false;
    start_sh(&r, "read x; echo done; exit 5");
    assert_int_equal(mu_holder_input(r.h, 1, "\n", 1, false), 0);
    WAIT(&r, r.done_input == 1);
    detach(&r);
    attach(&r, r.expect);
    WAIT(&r, r.exited);
    assert_int_equal(r.how.code, 5);
    detach(&r);
    /* The holder goes (here: is made to go); the spool on the disk tells it all again. */
    kill((pid_t)r.holder, SIGKILL);
    r.exited = false;
    r.done_input = 0;
    mu_buf_clear(&r.out);
    attach(&r, 0);
    WAIT(&r, r.exited);
    assert_int_equal(r.how.code, 5);
    assert_string_equal(r.out.data, "done\n");
    run_close(&r);
}

static void never_started(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    attach(&r, 0);
    WAIT(&r, r.never);
    run_close(&r);
}

static void second_holder_harmless(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    r.auto_ack = false;
    start_sh(&r, "echo once; read x; echo $x");
    WAIT(&r, r.out.len > 0);
    detach(&r);
    r.expect = r.ready = 0;
    mu_buf_clear(&r.out);
    start_sh(&r, "echo twice"); /* the directory is taken: its run is followed */
    assert_int_equal(mu_holder_input(r.h, 1, "in\n", 3, false), 0);
    WAIT(&r, r.exited);
    assert_string_equal(r.out.data, "once\nin\n");
    run_close(&r);
}

/* An older database was put back: what was acknowledged since is gone, and that shows. */
static void attach_below_the_acknowledged(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    start_sh(&r, "echo gone; read x; echo $x");
    WAIT(&r, r.out.len > 0);
    uint64_t acked = r.expect;
    detach(&r);
    mu_buf_clear(&r.out);
    attach(&r, 0);
    r.expect = acked;
    assert_int_equal(mu_holder_input(r.h, 1, "in\n", 3, false), 0);
    WAIT(&r, r.exited);
    assert_string_equal(r.out.data, "in\n");
    run_close(&r);
}

static void holder_terminated(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    start_sh(&r, "trap '' TERM; echo up; while :; do sleep 0.1; done");
    WAIT(&r, r.out.len > 0);
    assert_int_equal(kill((pid_t)r.holder, SIGTERM), 0);
    WAIT(&r, r.exited);
    assert_int_equal(r.how.signal, SIGKILL);
    run_close(&r);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "hold") == 0)
        return mu_hold_main(argv[2]);
    self = realpath("/proc/self/exe", NULL);
    if (!mkdtemp(base))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_exit),
        cmocka_unit_test(exit_code),
        cmocka_unit_test(signal_death),
        cmocka_unit_test(cannot_start),
        cmocka_unit_test(too_many_arguments),
        cmocka_unit_test(no_directory),
        cmocka_unit_test(long_path),
        cmocka_unit_test(inputs),
        cmocka_unit_test(input_limits),
        cmocka_unit_test(kill_passes_full_stdin),
        cmocka_unit_test(stdin_broken),
        cmocka_unit_test(flood_slow_reader),
        cmocka_unit_test(attach_from_offset),
        cmocka_unit_test(rewind_in_a_callback),
        cmocka_unit_test(pause_holds_back),
        cmocka_unit_test(grandchild_holds_pipe),
        cmocka_unit_test(closes_pipes_and_lives),
        cmocka_unit_test(kill_leaves_nothing),
        cmocka_unit_test(leftovers_get_killed),
        cmocka_unit_test(holder_killed),
        cmocka_unit_test(holder_killed_while_alone),
        cmocka_unit_test(server_killed),
        cmocka_unit_test(finished_while_alone),
        cmocka_unit_test(never_started),
        cmocka_unit_test(second_holder_harmless),
        cmocka_unit_test(attach_below_the_acknowledged),
        cmocka_unit_test(holder_terminated),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    char *command = mu_asprintf("rm -rf '%s'", base);
    if (system(command) != 0)
        rc = 1;
    free(command);
    free(self);
    return rc;
}
