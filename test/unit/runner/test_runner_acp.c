#include "runner_fixture.h"

enum { SOON_MS = 5, LATE_MS = 600 * 1000 }; /* before it is started again */

/* An agent of the ACP dialect through the whole runner, with a script in the program's place. */

static const char script[] =
    "#!/bin/sh\n"
    "cd \"$(dirname \"$0\")\"\n"
    "[ \"$1\" != --version ] || exit 0\n"
    "read -r n < locked && [ \"$n\" -gt 0 ] && { echo $((n - 1)) > locked\n"
    "  printf '\\033[91mError:\\033[0m database is locked\\n\\nparams: \\n' >&2; exit 1; }\n"
    "id() { id=${line##*'\"id\":'}; id=${id%%[,\\}]*}; }\n"
    "answer() { echo '{\"jsonrpc\":\"2.0\",\"id\":'$1',\"result\":'\"$2\"'}'; }\n"
    "say() { echo '{\"jsonrpc\":\"2.0\",\"method\":\"session/update\",\"params\":{\"sessionId\":"
    "\"s1\",\"update\":{\"sessionUpdate\":\"agent_message_chunk\",\"content\":{\"type\":\"text\","
    "\"text\":\"'\"$1\"'\"}}}}'; }\n"
    "tool() { echo '{\"jsonrpc\":\"2.0\",\"method\":\"session/update\",\"params\":{\"sessionId\":"
    "\"s1\",\"update\":{\"sessionUpdate\":\"tool_call\",\"toolCallId\":\"'\"$1\"'\",\"status\":"
    "\"in_progress\"}}}'; }\n"
    "while IFS= read -r line; do id\n"
    "  case \"$line\" in\n"
    "  *'\"initialize\"'*) answer $id '{\"protocolVersion\":1,\"agentCapabilities\":{\"session"
    "Capabilities\":{\"resume\":{}}}}';;\n"
    "  *session/resume*) answer $id '{}';;\n"
    "  *session/new*)\n"
    "    [ ! -e slow ] || { rm slow; trap '[ -n \"$told\" ] || { told=1; answer '$id' "
    "'\\''{\"sessionId\":\"s1\"}'\\''; }' TERM; touch waits; continue; }\n"
    "    answer $id '{\"sessionId\":\"s1\"}';;\n"
    "  *many*)\n"
    "    i=0; while [ $i -lt 40 ]; do tool t$i; i=$((i + 1)); done; tool $(printf '%0200d' 0)\n"
    "    answer $id '{\"stopReason\":\"end_turn\"}';;\n"
    "  *last*) say so; printf '%s' '{\"jsonrpc\":\"2.0\",\"id\":'$id',\"result\":{\"stopReason\":"
    "\"end_turn\"}}'; exit 1;;\n"
    "  *session/prompt*) [ -z \"$told\" ] || { say 'half'; exit 1; }\n"
    "    say 'hello!'; answer $id '{\"stopReason\":\"end_turn\"}';;\n"
    "  esac\n"
    "done\n";

static void touch(const struct fixture *f, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    fclose(fopen(path, "w"));
}

static void until_file(struct fixture *f, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    while (access(path, F_OK))
        turn(f);
    mu_timer_stop(f->beat);
    mu_timer_stop(f->watchdog);
}

/* The agent cannot start so many times. */
static void lock(const struct fixture *f, int times)
{
    char path[160];
    snprintf(path, sizeof path, "%s/locked", f->dir);
    FILE *file = fopen(path, "w");
    fprintf(file, "%d\n", times);
    fclose(file);
}

static int with_agent_that_waits(void **state, int64_t start_ms)
{
    int rc = make_dirs(state);
    struct fixture *f = *state;
    f->start_ms = start_ms;
    lock(f, 0);
    serve_script(f, "gemini", "MUSTER_GEMINI", script);
    return rc;
}

static int with_agent(void **state)
{
    return with_agent_that_waits(state, SOON_MS);
}

static int with_patient_agent(void **state)
{
    return with_agent_that_waits(state, LATE_MS);
}

static void a_turn_has_its_answer(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(prompt(f, "m1", "hi"), MU_CODE_OK);
    until_quiet(f);
    assert_transcript(f, "user|hi\ntext|hello!\n");
    assert_state(f, MU_session_state_IDLE, NULL);
}

/* The agent is told to end while it begins; it answers yet, and takes its time. */
static void what_is_being_ended_gets_no_prompt(void **state)
{
    struct fixture *f = *state;
    touch(f, "slow");
    assert_int_equal(prompt(f, "m1", "hi"), MU_CODE_OK);
    until_file(f, "waits");
    assert_int_equal(cancel(f), MU_CODE_OK);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_int_equal(prompt(f, "m2", "again"), MU_CODE_OK);
    until_quiet(f);
    assert_transcript(f, "user|hi\nnotice|Cancelled.\nuser|again\ntext|hello!\n");
    assert_state(f, MU_session_state_IDLE, NULL);
}

/* The answer is a line without its end: the turn ends with the process, and the next prompt in the
 * queue is for another. */
static void last_words_that_end_a_turn_take_no_prompt_along(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(prompt(f, "m1", "last"), MU_CODE_OK);
    assert_int_equal(prompt(f, "m2", "next"), MU_CODE_OK);
    until_quiet(f);
    assert_transcript(f, "user|last\ntext|so\nuser|next\ntext|hello!\n");
    assert_state(f, MU_session_state_IDLE, NULL);
}

static void count_statuses(void *ctx, const struct mu_rec_message *m)
{
    int *n = ctx;
    if (m->kind != MU_message_kind_TOOL)
        return;
    n[0]++;
    n[1] += strstr(m->metadata, "\"status\":\"running\"") != NULL;
}

/* More than are told apart, and one with an id that is too long. */
static void no_tool_runs_after_its_turn(void **state)
{
    struct fixture *f = *state;
    int n[2] = {0};
    bool older;
    assert_int_equal(prompt(f, "m1", "many"), MU_CODE_OK);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_int_equal(mu_store_page_messages(f->store, f->session, 0, 1000, INT64_MAX / 2, &older,
                                            count_statuses, n),
                     0);
    assert_int_equal(n[0], 41);
    assert_int_equal(n[1], 0);
}

/* ---- a start that fails for a cause that passes ---- */

#define LOCKED "gemini ended before it was ready (exit code 1): Error: database is locked. "

static void count_run(void *ctx, const struct mu_run *row)
{
    MU_UNUSED(row);
    ++*(int *)ctx;
}

static void assert_runs(struct fixture *f, int expected)
{
    int n = 0;
    assert_int_equal(mu_store_each_run(f->store, count_run, &n), 0);
    assert_int_equal(n, expected);
}

/* How often the badge changed. */
static int states_pushed(const struct fixture *f)
{
    int n = 0;
    for (size_t i = 0; i < f->push_count; i++)
        n += json_object_get(f->pushes[i].payload, "state") != NULL;
    return n;
}

static void it_is_started_again(void **state)
{
    struct fixture *f = *state;
    lock(f, 2);
    assert_int_equal(prompt(f, "m1", "hi"), MU_CODE_OK);
    until_quiet(f);
    assert_transcript(f, "user|hi\n"
                         "notice|" LOCKED "It is started again in 1 s (start 2 of 5).\n"
                         "notice|" LOCKED "It is started again in 1 s (start 3 of 5).\n"
                         "text|hello!\n");
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_int_equal(states_pushed(f), 2);
    assert_runs(f, 1);
}

static void it_is_not_started_for_ever(void **state)
{
    struct fixture *f = *state;
    lock(f, 5);
    assert_int_equal(prompt(f, "m1", "hi"), MU_CODE_OK);
    until_quiet(f);
    assert_state(f, MU_session_state_ERROR,
                 LOCKED "It was started 5 times. Wait a moment, then send the message again.");
    assert_runs(f, 0);
    assert_int_equal(prompt(f, "m2", "again"), MU_CODE_OK);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
}

static json_t *notice_pushed(const struct fixture *f)
{
    for (size_t i = 0; i < f->push_count; i++) {
        json_t *m = json_object_get(f->pushes[i].payload, "message");
        if (mu_str_eq(json_string_value(json_object_get(m, "kind")), "notice"))
            return m;
    }
    return NULL;
}

/* The first start has failed, the second is far away. */
static void prompt_that_waits(struct fixture *f)
{
    char id[MU_ID_SIZE];
    mu_id_new(id);
    forget_pushes(f);
    lock(f, 1);
    assert_int_equal(prompt(f, id, "hi"), MU_CODE_OK);
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    while (!notice_pushed(f))
        turn(f);
    mu_timer_stop(f->watchdog);
    mu_runner_flush(f->runner);
    assert_state(f, MU_session_state_WORKING, NULL);
    assert_runs(f, 1);
}

static void who_waits_can_be_cancelled(void **state)
{
    struct fixture *f = *state;
    prompt_that_waits(f);
    assert_int_equal(cancel(f), MU_CODE_OK);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_runs(f, 0);
    assert_int_equal(prompt(f, "m2", "again"), MU_CODE_OK);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
}

static void who_waits_can_be_deleted(void **state)
{
    struct fixture *f = *state;
    prompt_that_waits(f);
    mu_runner_delete_session(f->runner, f->session, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    assert_runs(f, 0);
    struct mu_rec_create_session s = {.agent = "gemini"};
    mu_runner_create_session(f->runner, f->project, &s, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
}

/* Whichever write of it fails, of the cancel or of the end that follows: it is cancelled yet. */
static void a_cancel_that_cannot_be_stored_leaves_it_waiting(void **state)
{
    struct fixture *f = *state;
    for (int nth = 1; nth < 8; nth++) {
        prompt_that_waits(f);
        mu_store_fail_after(f->store, nth, -EIO);
        enum mu_code code = cancel(f);
        mu_store_fail_after(f->store, 0, 0);
        if (code != MU_CODE_OK) {
            assert_state(f, MU_session_state_WORKING, NULL);
            assert_int_equal(cancel(f), MU_CODE_OK);
        }
        until_quiet(f);
        assert_state(f, MU_session_state_IDLE, NULL);
        assert_runs(f, 0);
    }
}

static void a_prompt_that_goes_first_does_not_wait_for_it(void **state)
{
    struct fixture *f = *state;
    prompt_that_waits(f);
    assert_int_equal(prompt(f, "m2", "now"), MU_CODE_OK);
    struct mu_rec_edit_queue now = {.id = "m2", .now = true};
    mu_runner_edit_queue(f->runner, f->session, &now, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_runs(f, 1);
}

static void the_next_server_starts_it(void **state)
{
    struct fixture *f = *state;
    prompt_that_waits(f);
    stop(f);
    f->start_ms = SOON_MS;
    serve(f);
    assert_state(f, MU_session_state_WORKING, NULL);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    char *t = transcript(f);
    assert_non_null(strstr(t, "text|hello!\n"));
    free(t);
}

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
#define T(name) cmocka_unit_test_setup_teardown(name, with_agent, without_agent)
#define PATIENT(name) cmocka_unit_test_setup_teardown(name, with_patient_agent, without_agent)
    const struct CMUnitTest tests[] = {
        T(a_turn_has_its_answer),
        T(what_is_being_ended_gets_no_prompt),
        T(last_words_that_end_a_turn_take_no_prompt_along),
        T(no_tool_runs_after_its_turn),
        T(it_is_started_again),
        T(it_is_not_started_for_ever),
        PATIENT(who_waits_can_be_cancelled),
        PATIENT(who_waits_can_be_deleted),
        PATIENT(a_cancel_that_cannot_be_stored_leaves_it_waiting),
        PATIENT(a_prompt_that_goes_first_does_not_wait_for_it),
        PATIENT(the_next_server_starts_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
