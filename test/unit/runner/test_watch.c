/* metadata.quiet_since: a turn has had no output for a while. */
#include "runner_fixture.h"

#include "runner/internal.h"

enum { QUIET_MS = 150 };

static int setup_quiet(void **state)
{
    int rc = make_dirs(state);
    struct fixture *f = *state;
    f->quiet_ms = QUIET_MS;
    if (!rc)
        serve(f);
    return rc;
}

/* The fact, or 0: it is not there. */
static int64_t quiet_since(struct fixture *f)
{
    struct mu_rec_session *r = row(f);
    json_t *metadata = r->metadata ? json_loads(r->metadata, 0, NULL) : NULL;
    const char *text = json_string_value(json_object_get(metadata, "quiet_since"));
    int64_t ms = 0;
    if (text)
        assert_int_equal(mu_iso_parse(text, &ms), 0);
    json_decref(metadata);
    mu_rec_free(&mu_session_desc, r);
    return ms;
}

static int64_t until_fact(struct fixture *f, bool there)
{
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    while ((quiet_since(f) != 0) != there)
        turn(f);
    mu_timer_stop(f->beat);
    mu_timer_stop(f->watchdog);
    return quiet_since(f);
}

static int64_t turn_began(struct fixture *f)
{
    struct mu_rec_session *r = row(f);
    int64_t at = r->turn_started_at;
    mu_rec_free(&mu_session_desc, r);
    return at;
}

/* Lets the command go on. */
static void open_gate(struct fixture *f, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->work, name);
    FILE *gate = fopen(path, "w");
    assert_non_null(gate);
    fputs("\n", gate);
    fclose(gate);
}

static void make_gates(struct fixture *f)
{
    static const char *const names[] = {"one", "two"};
    char path[128];
    for (size_t i = 0; i < MU_COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%s", f->work, names[i]);
        assert_int_equal(mkfifo(path, 0600), 0);
    }
}

static void let_time_pass(struct fixture *f, int64_t ms)
{
    int64_t until = mu_mono_ms() + ms;
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    while (mu_mono_ms() < until)
        turn(f);
    mu_timer_stop(f->beat);
    mu_timer_stop(f->watchdog);
}

static void says_since_when_a_turn_is_quiet(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    make_gates(f);
    prompt(f, "p", "read x < one; echo out; read x < two; exec tail -f /dev/null");
    assert_int_equal(until_fact(f, true), turn_began(f));
    assert_state(f, MU_session_state_WORKING, NULL);
    int64_t before = mu_now_ms();
    forget_pushes(f);
    open_gate(f, "one");
    until_push(f, "stream_output");
    assert_int_equal(quiet_since(f), 0); /* not only at the next look */
    int64_t output = until_fact(f, true);
    assert_in_range(output, before, mu_now_ms() - QUIET_MS);
    stop(f);
    serve(f);
    assert_int_equal(quiet_since(f), output);
    let_time_pass(f, QUIET_MS);
    assert_int_equal(quiet_since(f), output);
    cancel(f);
    until_quiet(f);
    assert_int_equal(quiet_since(f), 0);
    assert_state(f, MU_session_state_IDLE, NULL);
    until_no_runs(f);
}

/* The time of the last output outlives the server, though it said nothing about it. */
static void knows_after_a_restart(void **state)
{
    struct fixture *f = *state;
    f->quiet_ms = 0;
    make_session(f, "shell", NULL);
    int64_t before = mu_now_ms();
    prompt(f, "p", "echo out; exec tail -f /dev/null");
    until_push(f, "stream_output");
    int64_t after = mu_now_ms();
    let_time_pass(f, 2 * MU_LIMIT_TICK_MS);
    stop(f);
    f->quiet_ms = QUIET_MS;
    serve(f);
    assert_in_range(until_fact(f, true), before, after);
    cancel(f);
    until_quiet(f);
    assert_int_equal(quiet_since(f), 0);
    until_no_runs(f);
}

static void on_answer(void *state, const struct mu_agent_answer *answer, struct mu_buf *out)
{
    MU_UNUSED(state);
    MU_UNUSED(answer);
    mu_buf_str(out, "x");
}

static void does_not_count_waiting_for_a_person(void **state)
{
    struct fixture *f = *state;
    struct mu_agent agent = *mu_agent_find("shell");
    struct mu_dialect dialect = mu_dialect_shell;
    dialect.answer = on_answer;
    agent.dialect = &dialect;
    make_session(f, "shell", NULL);
    prompt(f, "p", "exec tail -f /dev/null");
    struct run *run = f->runner->runs;
    run->agent = &agent;
    output_event(run, &(struct mu_agent_event){
                          .kind = MU_AG_ASKED, .id = "a", .name = "Bash", .input = "{}"});
    let_time_pass(f, 3 * QUIET_MS);
    assert_int_equal(quiet_since(f), 0);
    int64_t answered = mu_now_ms();
    struct mu_rec_answer_permission answer = {.id = "a", .decision = MU_permission_decision_ALLOW};
    mu_runner_answer(f->runner, f->session, &answer, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    assert_true(until_fact(f, true) >= answered);
    cancel(f);
    until_quiet(f);
    until_no_runs(f);
}

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(says_since_when_a_turn_is_quiet, setup_quiet, teardown),
        cmocka_unit_test_setup_teardown(knows_after_a_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(does_not_count_waiting_for_a_person, setup_quiet, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
