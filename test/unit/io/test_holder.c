/* An agent under its holder: how it ends, what it is told, what it says, and what is left of it. */
#include "holder_fixture.h"

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

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
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
    };
    return run_group(argc, argv, tests, MU_COUNT(tests));
}
