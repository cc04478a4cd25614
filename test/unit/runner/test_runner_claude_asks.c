/* What the claude agent asks for: leave to use a tool, answers to its questions. */
#include "claude_fixture.h"

static void count_one(void *ctx, const struct mu_rec_permission *p, const char *tool_id)
{
    MU_UNUSED(p);
    MU_UNUSED(tool_id);
    ++*(int *)ctx;
}

static int open_requests(struct fixture *f)
{
    int n = 0;
    assert_int_equal(mu_store_each_permission(f->store, f->session, 0, count_one, &n), 0);
    return n;
}

static void until_asked(struct fixture *f, int count)
{
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    while (open_requests(f) != count)
        turn(f);
    mu_timer_stop(f->watchdog);
    mu_runner_flush(f->runner);
}

static void assert_waits_for(struct fixture *f, enum mu_waiting_for what)
{
    struct mu_rec_session *r = row(f);
    assert_int_equal(r->waiting_for, what);
    assert_int_equal(r->waiting_since != 0, what != MU_waiting_for_NONE);
    mu_rec_free(&mu_session_desc, r);
}

static enum mu_code answer(struct fixture *f, const char *id, enum mu_permission_decision decision,
                           const char *message, const char *answers)
{
    struct mu_rec_answer_permission req = {
        .id = id, .decision = decision, .message = message, .answers = answers};
    mu_runner_answer(f->runner, f->session, &req, on_outcome, f);
    return settle(f);
}

static const char *resolved_as(struct fixture *f)
{
    json_t *push = find_push(f, "permission_resolved");
    assert_non_null(push);
    const char *word = json_string_value(json_object_get(push, "decision"));
    return word ? word : "null";
}

static void a_permission_is_asked_for_and_given(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "may I");
    until_asked(f, 1);
    assert_state(f, MU_session_state_WORKING, NULL);
    assert_waits_for(f, MU_waiting_for_PERMISSION);
    json_t *shown = json_object_get(find_push(f, "permission_requested"), "permission");
    assert_string_equal(json_string_value(json_object_get(shown, "title")), "Bash: touch x");
    assert_int_equal(answer(f, "q9", MU_permission_decision_ALLOW, NULL, NULL),
                     MU_CODE_ALREADY_ANSWERED);
    assert_int_equal(answer(f, "q1", MU_permission_decision_ALLOW, NULL, "{}"),
                     MU_CODE_INVALID_FIELD);
    assert_int_equal(answer(f, "q1", MU_permission_decision_ALLOW_ALWAYS, NULL, NULL), MU_CODE_OK);
    assert_waits_for(f, MU_waiting_for_NONE);
    assert_string_equal(resolved_as(f), "allow_always");
    assert_int_equal(answer(f, "q1", MU_permission_decision_DENY, NULL, NULL),
                     MU_CODE_ALREADY_ANSWERED);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    char *given = file_of(f, "answer");
    assert_string_equal(
        given, "{\"type\":\"control_response\",\"response\":{\"subtype\":\"success\","
               "\"request_id\":\"q1\",\"response\":{\"behavior\":\"allow\",\"updatedInput\":{"
               "\"command\":\"touch x\"},\"updatedPermissions\":[{\"type\":\"setMode\"}]}}}\n");
    free(given);
    assert_transcript(f, "user|may I\nnotice|Allowed from now on: Bash: touch x\n"
                         "text|so be it\n");
}

static void several_are_open_at_once(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "may I do both");
    until_asked(f, 2);
    assert_waits_for(f, MU_waiting_for_PERMISSION); /* the oldest */
    assert_int_equal(answer(f, "q1", MU_permission_decision_DENY, "not that", NULL), MU_CODE_OK);
    assert_waits_for(f, MU_waiting_for_QUESTION);
    assert_int_equal(answer(f, "q2", MU_permission_decision_ALLOW, NULL, NULL),
                     MU_CODE_INVALID_FIELD);
    assert_int_equal(answer(f, "q2", MU_permission_decision_ALLOW_ALWAYS, NULL, NULL),
                     MU_CODE_INVALID_FIELD);
    char *long_answer = mu_alloc(65538);
    memset(long_answer, 'x', 65537);
    assert_int_equal(answer(f, "q2", MU_permission_decision_DENY, long_answer, NULL),
                     MU_CODE_TOO_LARGE);
    free(long_answer);
    assert_int_equal(answer(f, "q2", MU_permission_decision_ALLOW, NULL, "{\"Which?\":\"this\"}"),
                     MU_CODE_OK);
    until_quiet(f);
    assert_waits_for(f, MU_waiting_for_NONE);
    char *given = file_of(f, "answer");
    assert_non_null(strstr(given, "\"behavior\":\"deny\",\"message\":\"not that\"}"));
    assert_non_null(strstr(given, "\"answers\":{\"Which?\":\"this\"}"));
    free(given);
}

/* The line that the agent was answered with, once it has come; the caller's. */
static char *await_answer(struct fixture *f)
{
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    char *given = file_of(f, "answer");
    for (; !given || !strchr(given, '\n'); given = file_of(f, "answer")) {
        free(given);
        turn(f);
    }
    mu_timer_stop(f->beat);
    mu_timer_stop(f->watchdog);
    return given;
}

static void too_many_requests_are_denied(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "many"); /* 33: the last is denied at once, and the limit of 32 is open */
    until_asked(f, 32);
    char *given = await_answer(f);
    assert_non_null(strstr(given, "\"request_id\":\"q33\""));
    assert_non_null(strstr(given, "Too many requests are open."));
    free(given);
    assert_int_equal(open_requests(f), 32);
    cancel(f);
    assert_int_equal(open_requests(f), 0);
    until_quiet(f);
}

/* Past 256 KiB an input is not shown, past 4 MiB it is not asked for; what is allowed is whole. */
static void a_large_request_is_given_whole_or_denied(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "huge");
    until_asked(f, 1);
    json_t *shown = json_object_get(find_push(f, "permission_requested"), "permission");
    assert_true(json_is_null(json_object_get(shown, "input")));
    assert_int_equal(answer(f, "q1", MU_permission_decision_ALLOW, NULL, NULL), MU_CODE_OK);
    until_quiet(f);
    char *given = file_of(f, "answer");
    assert_true(strlen(given) > 3000000);
    free(given);
    forget_pushes(f);
    prompt(f, "m2", "giant");
    until_quiet(f);
    assert_null(find_push(f, "permission_requested"));
    given = file_of(f, "answer");
    assert_non_null(strstr(given, "This is too large to be asked for"));
    free(given);
    assert_state(f, MU_session_state_IDLE, NULL);
}

static void a_denial_can_end_the_turn(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "may I");
    until_asked(f, 1);
    assert_int_equal(answer(f, "q1", MU_permission_decision_DENY_INTERRUPT, NULL, NULL),
                     MU_CODE_OK);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_transcript(
        f, "user|may I\nnotice|Denied, and the turn ended: Bash: touch x\nnotice|Cancelled.\n");
}

static void what_is_open_outlives_the_server(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "may I do both");
    until_asked(f, 2);
    stop(f);
    serve(f);
    listen_to(f);
    assert_waits_for(f, MU_waiting_for_PERMISSION);
    assert_int_equal(open_requests(f), 2);
    assert_int_equal(answer(f, "q1", MU_permission_decision_ALLOW, NULL, NULL), MU_CODE_OK);
    assert_int_equal(answer(f, "q2", MU_permission_decision_DENY, NULL, NULL), MU_CODE_OK);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    char *given = file_of(f, "answer");
    assert_non_null(strstr(given, "\"updatedInput\":{\"command\":\"touch x\"}}}}\n"));
    assert_non_null(strstr(given, "\"message\":\"The user denied this.\""));
    free(given);
}

static void the_end_of_a_turn_closes_what_is_open(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "may I do both");
    until_asked(f, 2);
    assert_int_equal(cancel(f), MU_CODE_OK);
    assert_waits_for(f, MU_waiting_for_NONE);
    assert_int_equal(open_requests(f), 0);
    assert_string_equal(resolved_as(f), "null");
    assert_int_equal(answer(f, "q1", MU_permission_decision_ALLOW, NULL, NULL),
                     MU_CODE_ALREADY_ANSWERED);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
}

static void the_agent_takes_a_request_back(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "take it back");
    until_push(f, "permission_resolved");
    assert_string_equal(resolved_as(f), "null");
    assert_int_equal(open_requests(f), 0);
    assert_state(f, MU_session_state_WORKING, NULL);
    assert_waits_for(f, MU_waiting_for_NONE);
    cancel(f);
    until_quiet(f);
}

static void what_is_asked_after_the_turn_is_denied(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "late");
    char *given = await_answer(f);
    assert_non_null(strstr(given, "\"message\":\"The turn is over"));
    free(given);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_null(find_push(f, "permission_requested"));
}

static void a_commit_that_fails_takes_an_answer_back(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "may I");
    until_asked(f, 1);
    mu_store_fail_after(f->store, 1, -ENOSPC);
    assert_int_equal(answer(f, "q1", MU_permission_decision_ALLOW, NULL, NULL), MU_CODE_STORE_FULL);
    mu_store_fail_after(f->store, 0, 0);
    assert_int_equal(open_requests(f), 1);
    assert_waits_for(f, MU_waiting_for_PERMISSION);
    assert_null(find_push(f, "permission_resolved"));
    assert_int_equal(answer(f, "q1", MU_permission_decision_ALLOW, NULL, NULL), MU_CODE_OK);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    char *given = file_of(f, "answer");
    assert_ptr_equal(strchr(given, '\n') + 1, given + strlen(given)); /* one answer */
    free(given);
}

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
#define T(name) cmocka_unit_test_setup_teardown(name, with_claude, without_agent)
    const struct CMUnitTest tests[] = {
        T(a_permission_is_asked_for_and_given),
        T(several_are_open_at_once),
        T(too_many_requests_are_denied),
        T(a_large_request_is_given_whole_or_denied),
        T(a_denial_can_end_the_turn),
        T(what_is_open_outlives_the_server),
        T(the_end_of_a_turn_closes_what_is_open),
        T(the_agent_takes_a_request_back),
        T(what_is_asked_after_the_turn_is_denied),
        T(a_commit_that_fails_takes_an_answer_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
