#include "runner_fixture.h"

/* An agent of the ACP dialect through the whole runner, with a script in the program's place. */

static const char script[] =
    "#!/bin/sh\n"
    "cd \"$(dirname \"$0\")\"\n"
    "id() { id=${line##*'\"id\":'}; id=${id%%[,\\}]*}; }\n"
    "answer() { echo '{\"jsonrpc\":\"2.0\",\"id\":'$1',\"result\":'\"$2\"'}'; }\n"
    "say() { echo '{\"jsonrpc\":\"2.0\",\"method\":\"session/update\",\"params\":{\"sessionId\":"
    "\"s1\",\"update\":{\"sessionUpdate\":\"agent_message_chunk\",\"content\":{\"type\":\"text\","
    "\"text\":\"'\"$1\"'\"}}}}'; }\n"
    "while IFS= read -r line; do id\n"
    "  case \"$line\" in\n"
    "  *'\"initialize\"'*) answer $id '{\"protocolVersion\":1,\"agentCapabilities\":{\"session"
    "Capabilities\":{\"resume\":{}}}}';;\n"
    "  *session/resume*) answer $id '{}';;\n"
    "  *session/new*)\n"
    "    [ ! -e slow ] || { rm slow; trap '[ -n \"$told\" ] || { told=1; answer '$id' "
    "'\\''{\"sessionId\":\"s1\"}'\\''; }' TERM; touch waits; continue; }\n"
    "    answer $id '{\"sessionId\":\"s1\"}';;\n"
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

static int with_agent(void **state)
{
    int rc = make_dirs(state);
    struct fixture *f = *state;
    char path[160];
    snprintf(path, sizeof path, "%s/gemini", f->dir);
    FILE *file = fopen(path, "w");
    fputs(script, file);
    fclose(file);
    chmod(path, 0700);
    setenv("MUSTER_GEMINI", path, 1);
    serve(f);
    make_session(f, "gemini", NULL);
    return rc;
}

static int without_agent(void **state)
{
    struct fixture *f = *state;
    mu_runner_delete_session(f->runner, f->session, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    until_no_runs(f);
    return teardown(state);
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

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
#define T(name) cmocka_unit_test_setup_teardown(name, with_agent, without_agent)
    const struct CMUnitTest tests[] = {
        T(a_turn_has_its_answer),
        T(what_is_being_ended_gets_no_prompt),
        T(last_words_that_end_a_turn_take_no_prompt_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
