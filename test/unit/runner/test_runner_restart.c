#include "runner_fixture.h"

#include <fcntl.h>

/* The server dies in the middle of a turn and comes back. Called as `PROGRAM serve DIR ID TEXT`
 * this program is that server: it sends one prompt and runs until it is killed. */

static void serve_until_killed(const char *dir, const char *text)
{
    struct fixture *f = mu_alloc(sizeof *f);
    snprintf(f->dir, sizeof f->dir, "%s", dir);
    snprintf(f->work, sizeof f->work, "%s/work", dir);
    serve(f);
    make_session(f, "shell", NULL);
    prompt(f, "m1", text);
    char *path = mu_asprintf("%s/session", dir);
    char *tmp = mu_asprintf("%s.new", path);
    FILE *file = fopen(tmp, "w");
    fputs(f->session, file);
    fclose(file);
    rename(tmp, path);
    mu_loop_run(f->loop);
}

static pid_t start_server(const struct fixture *f, const char *text)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl(self, self, "serve", f->dir, text, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static bool there(const struct fixture *f, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return access(path, F_OK) == 0;
}

static void wait_for(const struct fixture *f, const char *name)
{
    for (int i = 0; i < WATCHDOG_MS / 5 && !there(f, name); i++)
        usleep(5000); /* another process's doing: nothing to wait on */
    assert_true(there(f, name));
}

static void read_session(struct fixture *f)
{
    char path[160];
    snprintf(path, sizeof path, "%s/session", f->dir);
    FILE *file = fopen(path, "r");
    assert_non_null(fgets(f->session, sizeof f->session, file));
    fclose(file);
}

static void kill_server(struct fixture *f, pid_t pid)
{
    int status;
    wait_for(f, "session");
    read_session(f);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static void open_gate(const struct fixture *f)
{
    char path[160];
    snprintf(path, sizeof path, "%s/work/gate", f->dir);
    int fd = open(path, O_WRONLY);
    assert_int_equal(write(fd, "go\n", 3), 3);
    close(fd);
}

static void make_gate(const struct fixture *f)
{
    char path[160];
    snprintf(path, sizeof path, "%s/work/gate", f->dir);
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void assert_numbers(struct fixture *f, const char *prompt_text, int last)
{
    struct mu_buf expected = {0};
    mu_buf_printf(&expected, "user|%s\ntext|", prompt_text);
    for (int i = 1; i <= last; i++)
        mu_buf_printf(&expected, "%d\n", i);
    mu_buf_char(&expected, '\n');
    assert_transcript(f, expected.data);
    mu_buf_release(&expected);
}

static void the_turn_goes_on_without_the_server(void **state)
{
    static const char text[] = "seq 1 1000; touch ../begun; read x < gate; seq 1001 2000";
    struct fixture *f = *state;
    make_gate(f);
    pid_t pid = start_server(f, text);
    wait_for(f, "begun");
    kill_server(f, pid);
    serve(f);
    assert_state(f, MU_session_state_WORKING, NULL);
    open_gate(f);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_numbers(f, text, 2000);
    until_no_runs(f);
    stop(f);
}

static void what_ended_meanwhile_is_read(void **state)
{
    static const char text[] = "seq 1 500; read x < gate; seq 501 1000; touch ../ended";
    struct fixture *f = *state;
    make_gate(f);
    pid_t pid = start_server(f, text);
    kill_server(f, pid);
    open_gate(f);
    wait_for(f, "ended");
    serve(f);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_numbers(f, text, 1000);
    until_no_runs(f);
    stop(f);
}

/* Killed again and again while the output comes: each line is there, once. */
static void every_line_is_there_exactly_once(void **state)
{
    static const char text[] =
        "i=1; while [ $i -le 300 ]; do echo $i; sleep 0.004; i=$((i+1)); done";
    struct fixture *f = *state;
    pid_t pid = start_server(f, text);
    kill_server(f, pid);
    for (int i = 0; i < 6; i++) {
        pid = fork();
        if (pid == 0) {
            execl(self, self, "follow", f->dir, "", (char *)NULL);
            _exit(127);
        }
        usleep(120 * 1000 + (useconds_t)i * 17000); /* anywhere in its work */
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    serve(f);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_numbers(f, text, 300);
    stop(f);
}

static void a_run_without_a_holder_is_an_error(void **state)
{
    struct fixture *f = *state;
    pid_t pid = start_server(f, "echo $PPID $$ > ../pids; touch ../begun; exec sleep 60");
    wait_for(f, "begun");
    kill_server(f, pid);
    char path[160];
    long holder = 0;
    long agent = 0;
    snprintf(path, sizeof path, "%s/pids", f->dir);
    FILE *file = fopen(path, "r");
    assert_int_equal(fscanf(file, "%ld %ld", &holder, &agent), 2);
    fclose(file);
    assert_int_equal(kill((pid_t)holder, SIGKILL), 0);
    serve(f);
    until_quiet(f);
    struct mu_rec_session *r = row(f);
    assert_int_equal(r->state, MU_session_state_ERROR);
    assert_non_null(strstr(r->error_message, "lost"));
    mu_rec_free(&mu_session_desc, r);
    assert_true(is_gone(agent));
    until_no_runs(f);
    stop(f);
}

static void a_cancel_survives_the_server(void **state)
{
    struct fixture *f = *state;
    make_gate(f);
    pid_t pid = start_server(f, "trap '' TERM; touch ../begun; while :; do sleep 1; done");
    wait_for(f, "begun");
    kill_server(f, pid);
    serve(f);
    assert_int_equal(cancel(f), MU_CODE_OK);
    stop(f);
    serve(f);
    assert_state(f, MU_session_state_WORKING, NULL);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    until_no_runs(f);
    stop(f);
}

/* The server dies between the commit of a prompt and the start of its process. */
static void die_before_the_start(struct fixture *f, const char *how, const char *text)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        execl(self, self, how, f->dir, text, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    read_session(f);
    serve(f);
}

static void what_was_cancelled_before_its_start_is_not_started(void **state)
{
    struct fixture *f = *state;
    die_before_the_start(f, "taken-back", "touch ../ran");
    until_quiet(f);
    assert_transcript(f, "user|touch ../ran\nnotice|Cancelled.\n");
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_false(there(f, "ran"));
    until_no_runs(f);
    stop(f);
}

static void a_run_that_was_never_started_is_started(void **state)
{
    struct fixture *f = *state;
    die_before_the_start(f, "half", "echo late");
    assert_state(f, MU_session_state_WORKING, NULL);
    until_quiet(f);
    assert_transcript(f, "user|echo late\ntext|late\n\n");
    until_no_runs(f);
    stop(f);
}

/* A database that knows nothing of a process that runs: it is ended. */
static void a_process_of_another_database_is_ended(void **state)
{
    struct fixture *f = *state;
    char path[160];
    long agent = 0;
    pid_t pid = start_server(f, "echo $$ > ../pids; touch ../begun; exec sleep 60");
    wait_for(f, "begun");
    kill_server(f, pid);
    snprintf(path, sizeof path, "%s/pids", f->dir);
    FILE *file = fopen(path, "r");
    assert_int_equal(fscanf(file, "%ld", &agent), 1);
    fclose(file);
    static const char *const files[] = {"muster.db", "muster.db-wal", "muster.db-shm"};
    for (size_t i = 0; i < MU_COUNT(files); i++) {
        snprintf(path, sizeof path, "%s/%s", f->dir, files[i]);
        unlink(path);
    }
    assert_false(is_gone(agent));
    serve(f);
    until_no_runs(f);
    assert_true(is_gone(agent));
    stop(f);
}

static void commit_and_die(const char *dir, const char *text, bool cancelled)
{
    struct fixture *f = mu_alloc(sizeof *f);
    snprintf(f->dir, sizeof f->dir, "%s", dir);
    snprintf(f->work, sizeof f->work, "%s/work", dir);
    serve(f);
    make_session(f, "shell", NULL);
    char path[160];
    snprintf(path, sizeof path, "%s/session", f->dir);
    FILE *file = fopen(path, "w");
    fputs(f->session, file);
    fclose(file);
    struct mu_rec_send_message m = {.id = "m1", .text = text};
    mu_runner_prompt(f->runner, f->session, &m, on_outcome, f);
    if (cancelled)
        mu_runner_cancel(f->runner, f->session, on_outcome, f);
    _exit(mu_store_commit(f->store) ? 1 : 0);
}

static void follow(const char *dir)
{
    struct fixture *f = mu_alloc(sizeof *f);
    snprintf(f->dir, sizeof f->dir, "%s", dir);
    serve(f);
    mu_loop_run(f->loop);
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
    if (argc == 4 && strcmp(argv[1], "serve") == 0)
        serve_until_killed(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "half") == 0)
        commit_and_die(argv[2], argv[3], false);
    if (argc == 4 && strcmp(argv[1], "taken-back") == 0)
        commit_and_die(argv[2], argv[3], true);
    if (argc == 4 && strcmp(argv[1], "follow") == 0)
        follow(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_turn_goes_on_without_the_server, make_dirs,
                                        remove_dirs),
        cmocka_unit_test_setup_teardown(what_ended_meanwhile_is_read, make_dirs, remove_dirs),
        cmocka_unit_test_setup_teardown(every_line_is_there_exactly_once, make_dirs, remove_dirs),
        cmocka_unit_test_setup_teardown(a_run_without_a_holder_is_an_error, make_dirs, remove_dirs),
        cmocka_unit_test_setup_teardown(a_cancel_survives_the_server, make_dirs, remove_dirs),
        cmocka_unit_test_setup_teardown(a_run_that_was_never_started_is_started, make_dirs,
                                        remove_dirs),
        cmocka_unit_test_setup_teardown(what_was_cancelled_before_its_start_is_not_started,
                                        make_dirs, remove_dirs),
        cmocka_unit_test_setup_teardown(a_process_of_another_database_is_ended, make_dirs,
                                        remove_dirs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
