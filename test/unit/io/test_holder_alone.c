/* Who else may die: holders and servers end, come back, and find their files gone. */
#include "holder_fixture.h"

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

static void remove_file(struct run *r, const char *name)
{
    char *path = mu_asprintf("%s/%s", r->dir, name);
    unlink(path);
    free(path);
}

/* All files of a run are deleted while no server is there; its processes live on. */
static void files_deleted_while_alone(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    start_sh(&r, "echo first; setsid sleep 1000 & sleep 1000");
    WAIT(&r, r.out.len > 0);
    detach(&r);
    WAIT(&r, living(&r) >= 2);
    assert_int_equal(mu_holder_remove(r.dir), 0);
    attach(&r, r.expect);
    WAIT(&r, r.never);
    assert_int_equal(living(&r), 0);
    assert_int_equal(kill((pid_t)r.holder, SIGKILL), 0); /* it would wait a minute for a server */
    wait_gone(&r);
    run_close(&r);
}

static void specification_deleted_while_alone(void **state)
{
    struct run r;
    MU_UNUSED(state);
    run_open(&r);
    r.auto_ack = false;
    start_sh(&r, "echo first; setsid sleep 1000 & sleep 1000");
    WAIT(&r, r.out.len > 0);
    detach(&r);
    WAIT(&r, living(&r) >= 2);
    assert_int_equal(kill((pid_t)r.holder, SIGKILL), 0);
    remove_file(&r, "spec.json");
    attach(&r, 0);
    WAIT(&r, r.lost);
    assert_int_equal(living(&r), 0);
    run_close(&r);
}

/* A spool without an end, whose agent is said to be this process with this start time. */
static void forge_spool(struct run *r, pid_t pid, int64_t start_time)
{
    struct mu_buf start = {0};
    unsigned char header[MU_SPOOL_HEADER];
    mu_spool_put_start(&start, &(struct mu_spool_start){pid, pid, start_time, 1});
    mu_spool_header(header, MU_SPOOL_START, mu_now_ms(), start.len);
    assert_int_equal(mkdir(r->dir, 0700), 0);
    char *path = mu_asprintf("%s/spool", r->dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fwrite(header, 1, sizeof header, f);
    fwrite(start.data, 1, start.len, f);
    fclose(f);
    free(path);
    mu_buf_release(&start);
}

static void lose_forged(int64_t later, int expected_signal)
{
    struct run r;
    int status;
    int ready[2];
    char c;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        if (write(ready[1], "x", 1) == 1)
            pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &c, 1), 1);
    run_open(&r);
    r.auto_ack = false;
    forge_spool(&r, pid, mu_proc_start_time(pid) + later);
    attach(&r, 0);
    WAIT(&r, r.lost);
    run_close(&r);
    kill(pid, SIGTERM); /* ends it where nobody did */
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WTERMSIG(status), expected_signal);
    close(ready[0]);
    close(ready[1]);
}

/* The agent's number belongs to another process by now: that is left alone. */
static void reused_pid(void **state)
{
    MU_UNUSED(state);
    lose_forged(-1, SIGTERM);
    lose_forged(0, SIGKILL);
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
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(holder_killed),
        cmocka_unit_test(holder_killed_while_alone),
        cmocka_unit_test(server_killed),
        cmocka_unit_test(finished_while_alone),
        cmocka_unit_test(never_started),
        cmocka_unit_test(files_deleted_while_alone),
        cmocka_unit_test(specification_deleted_while_alone),
        cmocka_unit_test(reused_pid),
        cmocka_unit_test(second_holder_harmless),
        cmocka_unit_test(attach_below_the_acknowledged),
        cmocka_unit_test(holder_terminated),
    };
    return run_group(argc, argv, tests, MU_COUNT(tests));
}
