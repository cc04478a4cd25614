/* Terminals: the commands that agents run through their host, also while the server restarts. */
#include "serve_fixture.h"

static char *create(struct fixture *f, const char *id, const char *params)
{
    ask(f, id, "terminal/create", params);
    return mu_strdup(text_of(until_answer(f, id), "terminalId"));
}

static void ask_terminal(struct fixture *f, const char *id, const char *method,
                         const char *terminal)
{
    char params[128];
    snprintf(params, sizeof params, "{\"sessionId\":\"s\",\"terminalId\":\"%s\"}", terminal);
    ask(f, id, method, params);
}

static const struct answer *output(struct fixture *f, const char *id, const char *terminal)
{
    ask_terminal(f, id, "terminal/output", terminal);
    return until_answer(f, id);
}

static const struct answer *wait_for(struct fixture *f, const char *id, const char *terminal)
{
    ask_terminal(f, id, "terminal/wait_for_exit", terminal);
    return until_answer(f, id);
}

static void release(struct fixture *f, const char *id, const char *terminal)
{
    ask_terminal(f, id, "terminal/release", terminal);
    assert_non_null(until_answer(f, id)->result);
}

static void assert_exit(const struct answer *a, int code, const char *signal)
{
    assert_non_null(a->result);
    const json_t *number = json_object_get(a->result, "exitCode");
    assert_int_equal(signal ? json_is_null(number) : json_integer_value(number) == code, true);
    if (!mu_str_eq(text_of(a, "signal"), signal))
        fail_msg("signal %s", text_of(a, "signal"));
}

/* Waits until the output has this in it. */
static void until_output(struct fixture *f, const char *terminal, const char *part)
{
    for (int i = 0;; i++) {
        char id[32];
        snprintf(id, sizeof id, "poll-%d-%zu", i, answer_count);
        if (strstr(text_of(output(f, id, terminal), "output"), part))
            return;
        forget_answers();
        mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
        mu_timer_start(f->beat, 5, 0);
        turn(f);
    }
}

static size_t lines_in(struct fixture *f, const char *name)
{
    char path[128];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/%s", f->work, name);
    FILE *file = fopen(path, "r");
    for (int c; file && (c = getc(file)) != EOF;)
        n += c == '\n';
    if (file)
        fclose(file);
    return n;
}

static long pid_in(const char *text)
{
    const char *at = strstr(text, "pid=");
    assert_non_null(at);
    return strtol(at + 4, NULL, 10);
}

static void until_gone(struct fixture *f, long pid)
{
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    while (!is_gone(pid))
        turn(f);
    mu_timer_stop(f->beat);
    mu_timer_stop(f->watchdog);
}

static void restart(struct fixture *f)
{
    stop(f);
    serve(f);
    the_run(f);
    listen_to(f);
}

/* ---- tests: terminals ---- */

static void runs_a_command(void **state)
{
    struct fixture *f;
    begin(state, &f);
    char *t = create(f, "c",
                     "{\"command\":\"for i in 1 2 3; do printf \\\"out$i \\\"; printf \\\"err$i "
                     "\\\" >&2; done; pwd; echo $NAME; cat; exit 3\",\"args\":[],"
                     "\"env\":[{\"name\":\"NAME\",\"value\":\"a value\"}]}");
    assert_exit(wait_for(f, "w", t), 3, NULL);
    const struct answer *a = output(f, "o", t);
    char expected[256];
    snprintf(expected, sizeof expected, "out1 err1 out2 err2 out3 err3 %s\na value\n", f->work);
    assert_string_equal(text_of(a, "output"), expected);
    assert_true(json_is_false(json_object_get(a->result, "truncated")));
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(a->result, "exitStatus"), "exitCode")),
        3);
    ask_terminal(f, "k", "terminal/kill", t);
    assert_non_null(until_answer(f, "k")->result); /* it has ended: nothing to do */
    release(f, "r", t);
    ask_terminal(f, "o2", "terminal/output", t);
    assert_part(error_of(f, "o2"), "no such terminal");
    free(t);
    assert_null(f->runner->terminals);
    finish(f);
}

static void gives_arguments_as_they_are(void **state)
{
    struct fixture *f;
    begin(state, &f);
    char params[256];
    snprintf(params, sizeof params,
             "{\"command\":\"printf\",\"args\":[\"%%s|\",\"a b; $x\",\"\"],\"cwd\":\"%s\"}",
             f->work);
    char *t = create(f, "c", params);
    assert_exit(wait_for(f, "w", t), 0, NULL);
    assert_string_equal(text_of(output(f, "o", t), "output"), "a b; $x||");
    free(t);
    finish(f);
}

static void refuses_what_cannot_be_run(void **state)
{
    struct fixture *f;
    static const char *const cases[][2] = {
        {"{}", "no command"},
        {"{\"command\":\"\"}", "no command"},
        {"{\"command\":\"a\\u0000b\"}", "no command"},
        {"{\"command\":\"ls\",\"args\":\"-l\"}", "must be lists"},
        {"{\"command\":\"ls\",\"args\":[1]}", "must be text"},
        {"{\"command\":\"ls\",\"env\":[{\"name\":\"A=B\",\"value\":\"\"}]}", "must have a name"},
        {"{\"command\":\"ls\",\"cwd\":\"/\"}", "leads out of the project's directory"},
        {"{\"command\":\"ls\",\"cwd\":\"sub\"}", "must be absolute"},
        {"{\"command\":\"ls\",\"cwd\":7}", "not a path"},
        {"{\"command\":\"no-such-program\",\"args\":[\"x\"]}", "not found in PATH"},
    };
    begin(state, &f);
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        char id[16];
        snprintf(id, sizeof id, "%zu", i);
        ask(f, id, "terminal/create", cases[i][0]);
        assert_part(error_of(f, id), cases[i][1]);
    }
    assert_null(f->runner->terminals);
    finish(f);
}

static void keeps_the_end_of_the_output(void **state)
{
    struct fixture *f;
    begin(state, &f);
    char *t = create(f, "c", "{\"command\":\"printf xééééé\",\"outputByteLimit\":5}");
    wait_for(f, "w", t);
    const struct answer *a = output(f, "o", t);
    assert_string_equal(text_of(a, "output"), "éé");
    assert_true(json_is_true(json_object_get(a->result, "truncated")));
    free(t);
    t = create(f, "c2", "{\"command\":\"printf 'a\\\\303'; tail -f /dev/null\"}");
    until_output(f, t, "a");
    assert_string_equal(text_of(output(f, "o2", t), "output"), "a");
    free(t);
    t = create(f, "c3", "{\"command\":\"printf 'a\\\\377'\"}");
    wait_for(f, "w3", t);
    assert_string_equal(text_of(output(f, "o3", t), "output"), "a\xef\xbf\xbd");
    free(t);
    t = create(f, "c4", "{\"command\":\"echo a\",\"outputByteLimit\":0}");
    wait_for(f, "w4", t);
    assert_string_equal(text_of(output(f, "o4", t), "output"), "");
    free(t);
    finish(f);
}

static const char leaves_its_group[] =
    "{\"command\":\"setsid sh -c 'echo pid=$$; exec tail -f /dev/null' & exec tail -f /dev/null\"}";

static void kills_all_of_a_command(void **state)
{
    struct fixture *f;
    begin(state, &f);
    char *t = create(f, "c", leaves_its_group);
    until_output(f, t, "\n");
    long pid = pid_in(text_of(output(f, "o", t), "output"));
    assert_false(is_gone(pid));
    ask_terminal(f, "w", "terminal/wait_for_exit", t);
    ask_terminal(f, "w2", "terminal/wait_for_exit", t);
    ask_terminal(f, "k", "terminal/kill", t);
    assert_exit(until_answer(f, "w"), 0, "SIGKILL");
    assert_exit(until_answer(f, "w2"), 0, "SIGKILL");
    until_answer(f, "k");
    until_gone(f, pid);
    assert_part(text_of(output(f, "o3", t), "output"), "pid=");
    free(t);

    t = create(f, "c2", leaves_its_group);
    until_output(f, t, "\n");
    pid = pid_in(text_of(output(f, "o2", t), "output"));
    ask_terminal(f, "w3", "terminal/wait_for_exit", t);
    release(f, "r", t);
    assert_part(error_of(f, "w3"), "released");
    until_gone(f, pid);
    free(t);
    finish(f);
}

static void tells_that_its_holder_was_killed(void **state)
{
    struct fixture *f;
    begin(state, &f);
    char *t = create(f, "c", "{\"command\":\"echo pid=$PPID; exec tail -f /dev/null\"}");
    until_output(f, t, "\n");
    long holder = pid_in(text_of(output(f, "o", t), "output"));
    assert_int_equal(kill((pid_t)holder, SIGKILL), 0);
    assert_exit(wait_for(f, "w", t), 0, "SIGKILL");
    assert_part(text_of(output(f, "o2", t), "output"), "The command was lost: ");
    assert_state(f, MU_session_state_WORKING, NULL);
    free(t);
    finish(f);
}

static void ends_with_the_agent(void **state)
{
    struct fixture *f;
    begin(state, &f);
    char *t = create(f, "c", leaves_its_group);
    until_output(f, t, "\n");
    long pid = pid_in(text_of(output(f, "o", t), "output"));
    finish(f);
    until_gone(f, pid);
    free(t);
}

static void ends_with_the_session(void **state)
{
    struct fixture *f;
    begin(state, &f);
    char *t = create(f, "c", leaves_its_group);
    until_output(f, t, "\n");
    long pid = pid_in(text_of(output(f, "o", t), "output"));
    mu_runner_delete_session(f->runner, f->session, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    until_gone(f, pid);
    until_no_runs(f);
    free(t);
}

static void limits_their_number(void **state)
{
    struct fixture *f;
    char id[16];
    begin(state, &f);
    char *first = NULL;
    for (int i = 0; i < RUNNER_TERMINALS_MAX; i++) {
        snprintf(id, sizeof id, "c%d", i);
        char *t = create(f, id, "{\"command\":\"true\"}");
        if (!first)
            first = mu_strdup(t);
        free(t);
    }
    ask(f, "more", "terminal/create", "{\"command\":\"true\"}");
    assert_part(error_of(f, "more"), "at most 32 terminals");
    wait_for(f, "w", first);
    release(f, "r", first);
    free(first);
    free(create(f, "again", "{\"command\":\"true\"}"));
    finish(f);
}

/* ---- tests: restarts and a store that fails ---- */

static void outlives_the_server(void **state)
{
    struct fixture *f;
    char params[512];
    begin(state, &f);
    snprintf(params, sizeof params, "%s/go", f->work);
    assert_int_equal(mkfifo(params, 0600), 0);
    char *t = create(f, "c", "{\"command\":\"echo before; echo x >> count; cat go; echo after\"}");
    until_output(f, t, "before\n");
    ask_terminal(f, "w", "terminal/wait_for_exit", t);
    restart(f);
    assert_string_equal(text_of(output(f, "o", t), "output"), "before\n");
    stop(f);
    FILE *go = fopen(params, "w"); /* waits until the command opens it */
    fputs("now\n", go);
    fclose(go);
    serve(f);
    ask_terminal(f, "w", "terminal/wait_for_exit", t); /* as resumed does */
    assert_exit(until_answer(f, "w"), 0, NULL);
    restart(f); /* what has ended is in its row */
    assert_int_equal(runs_left(f), 1);
    assert_exit(wait_for(f, "w2", t), 0, NULL);
    assert_string_equal(text_of(output(f, "o2", t), "output"), "before\nnow\nafter\n");
    release(f, "r", t);
    assert_int_equal(lines_in(f, "count"), 1);
    free(t);
    finish(f);
}

static void does_not_start_a_command_twice(void **state)
{
    struct fixture *f;
    static const char params[] = "{\"command\":\"echo x >> count\"}";
    begin(state, &f);
    ask(f, "c", "terminal/create", params);
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    while (!f->runner->terminals || !f->runner->terminals->stored)
        turn(f);
    stop(f); /* it is stored and being started, and nobody was told */
    serve(f);
    char *t = create(f, "c", params);
    assert_non_null(f->runner->terminals);
    assert_null(f->runner->terminals->hh.next);
    assert_exit(wait_for(f, "w", t), 0, NULL);
    assert_int_equal(lines_in(f, "count"), 1);
    free(t);
    forget_answers();
    t = create(f, "c", params); /* the number of a request that was answered */
    assert_exit(wait_for(f, "w2", t), 0, NULL);
    assert_int_equal(lines_in(f, "count"), 2);
    free(t);
    finish(f);
}

static void keeps_only_what_it_needs_of_a_flood(void **state)
{
    struct fixture *f;
    begin(state, &f);
    char *t = create(f, "c",
                     "{\"command\":\"seq 1 1000000; echo half; tail -f /dev/null\","
                     "\"outputByteLimit\":100}");
    until_output(f, t, "half\n");
    struct terminal *terminal = terminal_find(f->runner, t);
    assert_true(terminal->consumed > 4 << 20);
    assert_true(terminal->tail.len <= 100 + RUNNER_TERMINAL_SLACK);
    restart(f);
    until_output(f, t, "half\n");
    const struct answer *a = output(f, "o", t);
    assert_int_equal(strlen(text_of(a, "output")), 100);
    assert_part(text_of(a, "output"), "999999\n1000000\nhalf\n");
    assert_true(json_is_true(json_object_get(a->result, "truncated")));
    terminal = terminal_find(f->runner, t);
    assert_true(terminal->total < 4 << 20); /* the rest was not read again */
    free(t);
    finish(f);
}

static void survives_a_store_that_fails(void **state)
{
    struct fixture *f;
    static const char params[] = "{\"command\":\"echo x >> count; echo out\"}";
    begin(state, &f);
    mu_store_fail_after(f->store, 1, -ENOSPC);
    ask(f, "c", "terminal/create", params);
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    while (f->runner->stats.commit_failures == 0)
        turn(f);
    assert_null(f->runner->terminals);
    mu_store_fail_after(f->store, 0, 0);
    char *t = create(f, "c", params);
    mu_store_fail_after(f->store, 1, -ENOSPC);
    int64_t failures = f->runner->stats.commit_failures;
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    while (f->runner->stats.commit_failures == failures) /* at its end, if not before */
        turn(f);
    mu_store_fail_after(f->store, 0, 0);
    assert_exit(wait_for(f, "w", t), 0, NULL);
    assert_string_equal(text_of(output(f, "o", t), "output"), "out\n");
    mu_store_fail_after(f->store, 1, -ENOSPC);
    failures = f->runner->stats.commit_failures;
    ask_terminal(f, "r", "terminal/release", t);
    mu_runner_flush(f->runner);
    assert_int_equal(f->runner->stats.commit_failures, failures + 1);
    mu_store_fail_after(f->store, 0, 0);
    forget_answers();
    release(f, "r", t); /* asked again: it is still there */
    assert_int_equal(lines_in(f, "count"), 1);
    free(t);
    finish(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        TEST(runs_a_command),
        TEST(gives_arguments_as_they_are),
        TEST(refuses_what_cannot_be_run),
        TEST(keeps_the_end_of_the_output),
        TEST(kills_all_of_a_command),
        TEST(tells_that_its_holder_was_killed),
        TEST(ends_with_the_agent),
        TEST(ends_with_the_session),
        TEST(limits_their_number),
        TEST(outlives_the_server),
        TEST(does_not_start_a_command_twice),
        TEST(keeps_only_what_it_needs_of_a_flood),
        TEST(survives_a_store_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
