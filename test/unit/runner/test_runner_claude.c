#include "runner_fixture.h"

/* The claude agent through the whole runner, with a script in the program's place that answers as
 * the words of a prompt say. */

static const char script[] =
    "#!/bin/sh\n"
    "cd \"$(dirname \"$0\")\"\n"
    "[ \"$1\" != --version ] || { echo '9.9.9 (Claude Code)'; exit; }\n"
    "echo \"$@\" >> args\n"
    "sid=11111111-2222-4333-8444-555555555555\n"
    "case \"$*\" in *'--resume'*)\n"
    "  if [ -e forgotten ]; then rm forgotten\n"
    "  echo 'No conversation found with session ID: x' >&2\n"
    "  echo '{\"type\":\"result\",\"is_error\":true,\"session_id\":\"x\",\"errors\":[\"No "
    "conversation found with session ID: x\"]}'; exit 1; fi;;\n"
    "esac\n"
    "say() { echo '{\"type\":\"assistant\",\"message\":{\"id\":\"a\",\"content\":[{\"type\":"
    "\"text\",\"text\":\"'\"$1\"'\"}]},\"parent_tool_use_id\":null}'; }\n"
    "delta() { echo '{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\","
    "\"delta\":{\"type\":\"text_delta\",\"text\":\"'\"$1\"'\"}},\"parent_tool_use_id\":null}'; }\n"
    "result() { echo '{\"is_error\":'\"$1\"',\"result\":\"'\"$2\"'\",\"terminal_reason\":\"'\"$3\""
    "'\",\"usage\":{\"input_tokens\":3},\"session_id\":\"'$sid'\",\"type\":\"result\"}'; }\n"
    "ask() { [ -n \"$1\" ] && tool=',\"tool_use_id\":\"t1\"' || tool=; echo '{\"type\":"
    "\"control_request\",\"request_id\":\"q'\"${1:-$asked}\"'\",\"request\":{\"subtype\":"
    "\"can_use_tool\",\"tool_name\":\"Bash\",\"input\":{\"command\":\"touch x\"},"
    "\"permission_suggestions\":[{\"type\":\"setMode\"}]'\"$tool\"'}}'; }\n"
    "question() { echo '{\"type\":\"control_request\",\"request_id\":\"q2\",\"request\":{"
    "\"subtype\":\"can_use_tool\",\"tool_name\":\"AskUserQuestion\",\"input\":{\"questions\":[{"
    "\"question\":\"Which?\"}]}}}'; }\n"
    "while IFS= read -r line; do\n"
    "  case \"$line\" in *'\"subtype\":\"initialize\"'*) continue;; esac\n"
    "  [ -n \"$begun\" ] || echo '{\"type\":\"system\",\"subtype\":\"init\",\"model\":\"m-1\","
    "\"session_id\":\"'$sid'\"}'\n"
    "  begun=1\n"
    "  case \"$line\" in\n"
    "  *'\"interrupt\"'*) echo '{\"type\":\"control_response\"}'; result true '' "
    "aborted_streaming;;\n"
    "  *control_response*) echo \"$line\" >> answer; answers=$((answers + 1))\n"
    "    case \"$line\" in *'\"interrupt\":true'*) result true '' aborted_tools; continue;; esac\n"
    "    [ \"$answers\" -lt \"$asked\" ] || { say 'so be it'; result false '' completed; };;\n"
    "  *die*) delta 'par'; echo boom >&2; exit 1;;\n"
    "  *bye*) say bye; result false bye completed; exit 0;;\n"
    "  *hang*) delta 'one '; delta 'two';;\n"
    "  *stubborn*) trap '' TERM; delta 'no'; while :; do sleep 1; done;;\n"
    "  *many*) answers=0; asked=0; while [ $asked -lt 33 ]; do asked=$((asked + 1)); ask; done;;\n"
    "  *may*both*) answers=0; asked=2; ask 1; question;;\n"
    "  *huge*|*giant*) case \"$line\" in *huge*) size=3000000;; *) size=5000000;; esac\n"
    "    printf '%s' '{\"type\":\"control_request\",\"request_id\":\"q1\",\"request\":{"
    "\"subtype\":\"can_use_tool\",\"tool_name\":\"Write\",\"input\":{\"content\":\"'\n"
    "    head -c $size /dev/zero | tr '\\0' x\n"
    "    printf '\"}}}\\n'; answers=0; asked=1;;\n"
    "  *may*) answers=0; asked=1; ask 1;;\n"
    "  *back*) ask 1; echo '{\"type\":\"control_cancel_request\",\"request_id\":\"q1\"}'; say "
    "on;;\n"
    "  *late*) result false '' completed; answers=0; asked=9; ask 1;;\n"
    "  *long*) head -c 100000000 /dev/zero | tr '\\0' x; echo; say after; result false after "
    "completed;;\n"
    "  *unanswered*) echo "
    "'{\"type\":\"assistant\",\"message\":{\"id\":\"a\",\"content\":[{\"type\":"
    "\"tool_use\",\"id\":\"t9\",\"name\":\"Bash\",\"input\":{\"command\":\"x\"}}]}}'; result false "
    "'' "
    "completed;;\n"
    "  *fail*) result true 'API Error: Repeated 529 Overloaded errors.' api_error;;\n"
    "  *) delta hel; delta lo; say 'hello!'; result false 'hello!' completed;;\n"
    "  esac\n"
    "done\n"
    "touch closed; while [ -e linger ]; do\n"
    "  [ ! -e asks ] || { ask 1; rm asks; }; sleep 0.02; done\n";

static char *file_of(const struct fixture *f, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    FILE *file = fopen(path, "r");
    struct mu_buf text = {0};
    char piece[4096];
    for (size_t n; file && (n = fread(piece, 1, sizeof piece, file)) > 0;)
        mu_buf_add(&text, piece, n);
    if (file)
        fclose(file);
    return mu_buf_take(&text);
}

static void touch(const struct fixture *f, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    fclose(fopen(path, "w"));
}

static int with_claude(void **state)
{
    int rc = make_dirs(state);
    struct fixture *f = *state;
    char path[160];
    snprintf(path, sizeof path, "%s/claude", f->dir);
    FILE *file = fopen(path, "w");
    fputs(script, file);
    fclose(file);
    chmod(path, 0700);
    setenv("MUSTER_CLAUDE", path, 1);
    serve(f);
    make_session(f, "claude", NULL);
    return rc;
}

/* Agents outlive a server: this one's are ended with the session. */
static int without_claude(void **state)
{
    struct fixture *f = *state;
    mu_runner_delete_session(f->runner, f->session, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    until_no_runs(f);
    return teardown(state);
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

/* ---- what it asks for ---- */

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

static void too_many_requests_are_denied(void **state)
{
    struct fixture *f = *state;
    prompt(f, "m1", "many"); /* 33: the last is denied at once, and the limit of 32 is open */
    until_asked(f, 32);
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    char *given = file_of(f, "answer");
    for (; !given || !strchr(given, '\n'); given = file_of(f, "answer")) {
        free(given);
        turn(f);
    }
    mu_timer_stop(f->beat);
    mu_timer_stop(f->watchdog);
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
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    char *given = file_of(f, "answer");
    for (; !given || !strchr(given, '\n'); given = file_of(f, "answer")) {
        free(given);
        turn(f);
    }
    mu_timer_stop(f->beat);
    mu_timer_stop(f->watchdog);
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
#define T(name) cmocka_unit_test_setup_teardown(name, with_claude, without_claude)
    const struct CMUnitTest tests[] = {
        T(a_turn_keeps_the_process),
        T(a_tool_call_does_not_run_on_after_its_turn),
        T(the_server_may_come_and_go),
        T(an_end_in_the_turn_has_the_last_words),
        T(an_end_between_turns_changes_nothing),
        T(a_prompt_is_not_lost_to_a_dying_process),
        T(a_forgotten_conversation_begins_anew),
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
