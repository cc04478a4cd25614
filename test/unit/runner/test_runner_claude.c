/* The claude agent through the whole runner: its turns, and its process, which outlives them. */
#include "claude_fixture.h"

static void touch(const struct fixture *f, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    fclose(fopen(path, "w"));
}

static void on_tool(void *ctx, const struct mu_rec_message *m)
{
    if (m->kind == MU_message_kind_TOOL)
        mu_str_set(ctx, m->metadata);
}

static void a_tool_call_does_not_run_on_after_its_turn(void **state)
{
    struct fixture *f = *state;
    char *metadata = NULL;
    assert_int_equal(prompt(f, "m1", "unanswered"), MU_CODE_OK);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    bool older;
    assert_int_equal(mu_store_page_messages(f->store, f->session, 0, 100, INT64_MAX / 2, &older,
                                            on_tool, &metadata),
                     0);
    assert_non_null(metadata);
    assert_non_null(strstr(metadata, "\"status\":\"unfinished\""));
    free(metadata);
}

static void a_turn_keeps_the_process(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(prompt(f, "m1", "hi"), MU_CODE_OK);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    prompt(f, "m2", "again");
    until_quiet(f);
    assert_transcript(f, "user|hi\ntext|hello!\nuser|again\ntext|hello!\n");
    assert_int_equal(runs_left(f), 1);
    char *args = file_of(f, "args");
    assert_string_equal(args, "-p --input-format stream-json --output-format stream-json --verbose "
                              "--include-partial-messages --permission-prompt-tool stdio\n");
    free(args);
    struct mu_rec_session *r = row(f);
    assert_string_equal(r->cli_session_id, "11111111-2222-4333-8444-555555555555");
    assert_non_null(strstr(r->metadata, "\"model\":\"m-1\""));
    assert_non_null(strstr(r->metadata, "\"input_tokens\":3"));
    mu_rec_free(&mu_session_desc, r);
}

static void the_server_may_come_and_go(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "hang");
    until_push(f, "stream_output");
    stop(f);
    serve(f);
    listen_to(f);
    assert_state(f, MU_session_state_WORKING, NULL);
    char *t = transcript(f);
    assert_string_equal(t, "user|hang\ntext*|one two\n");
    free(t);
    assert_int_equal(cancel(f), MU_CODE_OK);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_transcript(f, "user|hang\ntext|one two\nnotice|Cancelled.\n");
    assert_int_equal(runs_left(f), 1); /* the process was not killed for it */
    prompt(f, "m2", "hi");
    until_quiet(f);
    char *args = file_of(f, "args");
    assert_null(strstr(args, "--resume"));
    free(args);
}

static void an_end_in_the_turn_has_the_last_words(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "die");
    until_quiet(f);
    assert_state(f, MU_session_state_ERROR,
                 "claude ended in the middle of the turn (exit code 1): boom");
    until_no_runs(f);
    prompt(f, "m2", "hi");
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    char *args = file_of(f, "args");
    assert_non_null(strstr(args, "--resume 11111111-2222-4333-8444-555555555555"));
    free(args);
}

static void an_end_between_turns_changes_nothing(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "bye");
    until_quiet(f);
    until_no_runs(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    prompt(f, "m2", "hi");
    until_quiet(f);
    assert_transcript(f, "user|bye\ntext|bye\nuser|hi\ntext|hello!\n");
}

/* It ends while the next prompt is on its way to it: the prompt goes to a new process. */
static void a_prompt_is_not_lost_to_a_dying_process(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "bye");
    prompt(f, "m2", "hi");
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_transcript(f, "user|bye\ntext|bye\nuser|hi\ntext|hello!\n");
}

static void a_forgotten_conversation_begins_anew(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "bye");
    until_quiet(f);
    until_no_runs(f);
    touch(f, "forgotten");
    prompt(f, "m2", "hi");
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    char *t = transcript(f);
    assert_non_null(strstr(t, "user|hi\nnotice|claude does not know the former conversation"));
    assert_non_null(strstr(t, "text|hello!\n"));
    free(t);
}

static void a_line_of_100_mb_is_skipped(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "long");
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    char *t = transcript(f);
    assert_non_null(strstr(t, "notice|claude printed a line of more than 16 MiB"));
    assert_non_null(strstr(t, "text|after\n"));
    free(t);
    assert_false(json_is_true(json_object_get(find_push(f, "error"), "fatal")));
}

static void an_error_of_the_model_says_what_to_do(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "fail");
    until_quiet(f);
    assert_state(f, MU_session_state_ERROR,
                 "API Error: Repeated 529 Overloaded errors. Wait a moment, then send the message "
                 "again.");
    prompt(f, "m2", "hi");
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
}

static void a_stubborn_process_is_killed(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "stubborn");
    until_push(f, "stream_output");
    cancel(f);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_true(json_is_true(json_object_get(find_push(f, "message_complete"), "cancelled")));
    until_no_runs(f);
}

static void a_missing_program_is_said(void **state)
{
    struct fixture *f = *state;
    setenv("MUSTER_CLAUDE", "/nowhere/claude", 1);
    prompt(f, "m1", "hi");
    until_quiet(f);
    struct mu_rec_session *r = row(f);
    assert_int_equal(r->state, MU_session_state_ERROR);
    assert_non_null(strstr(r->error_message, "/nowhere/claude"));
    assert_non_null(strstr(r->error_message, "npm install"));
    mu_rec_free(&mu_session_desc, r);
}

static void start_keeping(struct fixture *f, int64_t ms)
{
    stop(f);
    f->keep_ms = ms;
    serve(f);
    listen_to(f);
}

static void an_idle_process_is_closed_and_resumed(void **state)
{
    struct fixture *f = *state;
    start_keeping(f, 50);
    prompt(f, "m1", "hi");
    until_quiet(f);
    until_no_runs(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    prompt(f, "m2", "again");
    until_quiet(f);
    assert_transcript(f, "user|hi\ntext|hello!\nuser|again\ntext|hello!\n");
    char *args = file_of(f, "args");
    assert_non_null(strstr(args, "--resume 11111111-2222-4333-8444-555555555555"));
    free(args);
}

/* The prompt comes when the process was told to end and has not yet. */
static void a_prompt_waits_for_a_closing_process_to_end(void **state)
{
    struct fixture *f = *state;
    char path[160];
    start_keeping(f, 50);
    touch(f, "linger");
    prompt(f, "m1", "hi");
    until_quiet(f);
    snprintf(path, sizeof path, "%s/closed", f->dir);
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    while (access(path, F_OK) != 0)
        turn(f);
    prompt(f, "m2", "again");
    stop(f); /* and the server is started again meanwhile */
    serve(f);
    listen_to(f);
    snprintf(path, sizeof path, "%s/linger", f->dir);
    unlink(path);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_transcript(f, "user|hi\ntext|hello!\nuser|again\ntext|hello!\n");
}

/* Its answer would never arrive. */
static void what_a_closing_process_asks_is_not_shown(void **state)
{
    struct fixture *f = *state;
    char path[160];
    start_keeping(f, 50);
    touch(f, "linger");
    prompt(f, "m1", "hi");
    until_quiet(f);
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    snprintf(path, sizeof path, "%s/closed", f->dir);
    while (access(path, F_OK) != 0)
        turn(f);
    prompt(f, "m2", "again");
    touch(f, "asks");
    snprintf(path, sizeof path, "%s/asks", f->dir);
    while (access(path, F_OK) == 0)
        turn(f);
    snprintf(path, sizeof path, "%s/linger", f->dir);
    unlink(path);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_null(find_push(f, "permission_requested"));
    assert_transcript(f, "user|hi\ntext|hello!\nuser|again\ntext|hello!\n");
}

struct listed {
    bool called, claude, shell;
};

static void on_agents(void *ctx, const struct mu_rec_agent_list *list)
{
    struct listed *l = ctx;
    const struct mu_rec_agent *a = list->agents.items;
    l->called = true;
    for (size_t i = 0; i < list->agents.count; i++) {
        if (strcmp(a[i].id, "claude") == 0)
            l->claude = a[i].available && mu_str_eq(a[i].version, "9.9.9 (Claude Code)");
        if (strcmp(a[i].id, "shell") == 0)
            l->shell = a[i].available && strcmp(a[i].path, "/bin/sh") == 0;
    }
}

static void agents_are_listed(void **state)
{
    struct fixture *f = *state;
    struct listed l = {0};
    mu_runner_agents(f->runner, on_agents, &l);
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    while (!l.called)
        turn(f);
    assert_true(l.shell);
    assert_true(l.claude);
}

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
#define T(name) cmocka_unit_test_setup_teardown(name, with_claude, without_agent)
    const struct CMUnitTest tests[] = {
        T(a_turn_keeps_the_process),
        T(a_tool_call_does_not_run_on_after_its_turn),
        T(the_server_may_come_and_go),
        T(an_end_in_the_turn_has_the_last_words),
        T(an_end_between_turns_changes_nothing),
        T(a_prompt_is_not_lost_to_a_dying_process),
        T(a_forgotten_conversation_begins_anew),
        T(a_line_of_100_mb_is_skipped),
        T(an_error_of_the_model_says_what_to_do),
        T(a_stubborn_process_is_killed),
        T(a_missing_program_is_said),
        T(an_idle_process_is_closed_and_resumed),
        T(a_prompt_waits_for_a_closing_process_to_end),
        T(what_a_closing_process_asks_is_not_shown),
        T(agents_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
