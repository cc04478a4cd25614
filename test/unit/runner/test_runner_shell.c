#include "runner_fixture.h"

/* The shell agent through the whole runner: a prompt becomes a process, its output a transcript. */

static void a_turn_goes_well(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    assert_int_equal(prompt(f, "m1", "echo hello; echo world"), MU_CODE_OK);
    assert_state(f, MU_session_state_WORKING, NULL);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_transcript(f, "user|echo hello; echo world\ntext|hello\nworld\n\n");
    until_no_runs(f);
    struct mu_rec_session *r = row(f);
    assert_string_equal(r->name, "echo hello; echo world");
    assert_int_equal(r->last_seq, 2);
    assert_int_equal(r->turn_started_at, 0);
    mu_rec_free(&mu_session_desc, r);
}

static void pushes_come_in_order_without_gaps(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    prompt(f, "m1", "echo hello");
    until_quiet(f);
    static const char *const expected[] = {
        "message_added", "session_updated", "message_added",   "session_updated", "stream_output",
        "message_added", "message_added",   "session_updated", "message_complete"};
    assert_int_equal(f->push_count, MU_COUNT(expected));
    json_int_t known = 0;
    for (size_t i = 0; i < MU_COUNT(expected); i++) {
        const json_t *p = f->pushes[i].payload;
        assert_string_equal(f->pushes[i].event, expected[i]);
        assert_string_equal(json_string_value(json_object_get(p, "sessionId")), f->session);
        if (strcmp(expected[i], "session_updated") != 0)
            continue;
        json_int_t prev = json_integer_value(json_object_get(p, "prev"));
        assert_true(known == 0 || prev == known);
        known = json_integer_value(json_object_get(p, "rev"));
        assert_true(known > prev);
        assert_non_null(json_object_get(p, "updated_at"));
        assert_null(json_object_get(p, "agent"));
    }
    const json_t *done = find_push(f, "message_complete");
    assert_int_equal(json_integer_value(json_object_get(done, "rev")), known);
    assert_true(json_is_false(json_object_get(done, "cancelled")));
    const json_t *idle = find_push(f, "session_updated");
    assert_string_equal(json_string_value(json_object_get(idle, "state")), "idle");
    const json_t *out = find_push(f, "stream_output");
    assert_string_equal(json_string_value(json_object_get(out, "text")), "hello\n");
    assert_int_equal(json_integer_value(json_object_get(out, "at")), 0);
}

static void an_error_has_the_last_words(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    prompt(f, "m1", "nonsense-that-is-no-program");
    until_quiet(f);
    assert_state(f, MU_session_state_ERROR, "exit 127: nonsense-that-is-no-program: not found");
    const json_t *e = find_push(f, "error");
    assert_true(json_is_true(json_object_get(e, "fatal")));
    prompt(f, "m2", "exit 3");
    assert_state(f, MU_session_state_WORKING, NULL);
    until_quiet(f);
    assert_state(f, MU_session_state_ERROR, "exit 3");
    prompt(f, "m3", "true");
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
}

static void a_signal_is_named(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    prompt(f, "m1", "kill -9 $$");
    until_quiet(f);
    assert_state(f, MU_session_state_ERROR, "killed by signal 9 (Killed)");
}

/* Its group is ended with it. */
static void a_killed_process_leaves_nothing_behind(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    prompt(f, "m1", "sleep 60 & echo $!; kill -9 $$");
    until_quiet(f);
    assert_state(f, MU_session_state_ERROR, "killed by signal 9 (Killed)");
    char *t = transcript(f);
    long child = strtol(strstr(t, "text|") + 5, NULL, 10);
    assert_true(child > 1);
    until_no_runs(f);
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    while (!is_gone(child))
        turn(f);
    mu_timer_stop(f->beat);
    free(t);
}

static void a_child_in_the_background_does_not_hold_the_turn(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    int64_t start = mu_mono_ms();
    prompt(f, "m1", "sleep 50 & echo hi");
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_true(mu_mono_ms() - start < 20000);
}

static void a_process_without_pipes_is_still_working(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    prompt(f, "m1", "echo $$; exec >/dev/null 2>&1 sleep 60");
    until_push(f, "stream_output");
    mu_timer_start(f->beat, 50, 50);
    for (int i = 0; i < 6; i++)
        turn(f);
    mu_timer_stop(f->beat);
    assert_state(f, MU_session_state_WORKING, NULL);
    const char *pid = json_string_value(json_object_get(find_push(f, "stream_output"), "text"));
    kill((pid_t)strtol(pid, NULL, 10), SIGTERM);
    until_quiet(f);
    assert_state(f, MU_session_state_ERROR, "killed by signal 15 (Terminated)");
}

static void a_cancel_ends_idle(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    assert_int_equal(cancel(f), MU_CODE_OK);
    assert_state(f, MU_session_state_IDLE, NULL);
    prompt(f, "m1", "echo begun; exec sleep 60");
    until_push(f, "stream_output");
    assert_int_equal(cancel(f), MU_CODE_OK);
    assert_int_equal(cancel(f), MU_CODE_OK);
    assert_state(f, MU_session_state_WORKING, NULL);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_true(json_is_true(json_object_get(find_push(f, "message_complete"), "cancelled")));
    assert_null(find_push(f, "error"));
    assert_transcript(f, "user|echo begun; exec sleep 60\ntext|begun\n\nnotice|Cancelled.\n");
    until_no_runs(f);
}

/* SIGTERM is ignored: the second rung of the ladder is climbed. */
static void a_stubborn_process_is_killed(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    prompt(f, "m1", "trap '' TERM; echo ready; while :; do sleep 1; done");
    until_push(f, "stream_output");
    cancel(f);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    until_no_runs(f);
}

static void the_queue_goes_on(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    char gate[128];
    snprintf(gate, sizeof gate, "%s/gate", f->work);
    assert_int_equal(mkfifo(gate, 0600), 0);
    prompt(f, "m2", "read x < gate; echo two");
    assert_int_equal(prompt(f, "m3", "echo three"), MU_CODE_OK);
    assert_true(f->queued);
    assert_int_equal(prompt(f, "m3", "echo three"), MU_CODE_OK);
    assert_true(f->queued);
    struct mu_rec_session *r = row(f);
    assert_int_equal(r->queue_length, 1);
    mu_rec_free(&mu_session_desc, r);
    FILE *g = fopen(gate, "w");
    fputs("go\n", g);
    fclose(g);
    until_quiet(f);
    char *t = transcript(f);
    assert_non_null(strstr(t, "text|two\n\nuser|echo three\ntext|three\n\n"));
    free(t);
    assert_int_equal(prompt(f, "m3", "echo three"), MU_CODE_OK);
    assert_true(f->queued);
    assert_int_equal(prompt(f, "m2", "whatever"), MU_CODE_OK);
    assert_false(f->queued);
    assert_state(f, MU_session_state_IDLE, NULL);
}

static void the_queue_waits_after_an_error(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    prompt(f, "m1", "sleep 0.2; exit 1");
    prompt(f, "m2", "echo queued");
    until_quiet(f);
    assert_state(f, MU_session_state_ERROR, "exit 1");
    struct mu_rec_session *r = row(f);
    assert_int_equal(r->queue_length, 1);
    mu_rec_free(&mu_session_desc, r);
    stop(f);
    serve(f);
    listen_to(f);
    prompt(f, "m3", "echo good");
    assert_false(f->queued);
    until_quiet(f);
    char *t = transcript(f);
    assert_non_null(strstr(t, "user|echo good\ntext|good\n\nuser|echo queued\ntext|queued\n\n"));
    free(t);
}

static enum mu_code edit(struct fixture *f, struct mu_rec_edit_queue req)
{
    mu_runner_edit_queue(f->runner, f->session, &req, on_outcome, f);
    return settle(f);
}

static void a_waiting_prompt_can_be_edited(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    char gate[128];
    snprintf(gate, sizeof gate, "%s/gate", f->work);
    assert_int_equal(mkfifo(gate, 0600), 0);
    prompt(f, "m1", "read x < gate");
    prompt(f, "q1", "echo one");
    prompt(f, "q2", "echo two");
    prompt(f, "q3", "echo three");
    assert_int_equal(edit(f, (struct mu_rec_edit_queue){.has = MU_HAS(edit_queue, text),
                                                        .id = "q1",
                                                        .text = "echo first"}),
                     MU_CODE_OK);
    forget_pushes(f);
    assert_int_equal(edit(f, (struct mu_rec_edit_queue){.has = MU_HAS(edit_queue, position),
                                                        .id = "q3",
                                                        .position = 1}),
                     MU_CODE_OK);
    json_t *queue = json_object_get(find_push(f, "queue_updated"), "queue");
    assert_string_equal(json_string_value(json_object_get(json_array_get(queue, 0), "id")), "q3");
    assert_int_equal(edit(f, (struct mu_rec_edit_queue){.id = "q2", .remove = true}), MU_CODE_OK);
    assert_int_equal(edit(f, (struct mu_rec_edit_queue){.id = "q2", .remove = true}),
                     MU_CODE_PROMPT_NOT_QUEUED);
    assert_int_equal(edit(f, (struct mu_rec_edit_queue){.id = "m1", .now = true}),
                     MU_CODE_PROMPT_NOT_QUEUED); /* it runs already */
    assert_int_equal(edit(f, (struct mu_rec_edit_queue){.id = "q1"}), MU_CODE_INVALID_FIELD);
    char *big = mu_alloc(MU_LIMIT_SHELL_PROMPT_BYTES + 2);
    memset(big, 'x', MU_LIMIT_SHELL_PROMPT_BYTES + 1);
    assert_int_equal(
        edit(f,
             (struct mu_rec_edit_queue){.has = MU_HAS(edit_queue, text), .id = "q1", .text = big}),
        MU_CODE_TOO_LARGE);
    free(big);
    struct mu_rec_session *r = row(f);
    assert_int_equal(r->queue_length, 2);
    mu_rec_free(&mu_session_desc, r);
    cancel(f); /* they wait: nobody said "now" */
    until_quiet(f);
    prompt(f, "m2", "true");
    until_quiet(f);
    char *t = transcript(f);
    assert_non_null(
        strstr(t, "user|true\nuser|echo three\ntext|three\n\nuser|echo first\ntext|first\n"));
    free(t);
}

static void a_prompt_goes_now_over_a_restart(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    prompt(f, "m1", "echo begun; trap 'sleep 0.2; exit' TERM; while :; do sleep 0.05; done");
    prompt(f, "q1", "echo one");
    prompt(f, "q2", "echo two");
    until_push(f, "stream_output");
    assert_int_equal(edit(f, (struct mu_rec_edit_queue){.id = "q2", .now = true}), MU_CODE_OK);
    assert_state(f, MU_session_state_WORKING, NULL);
    stop(f);
    serve(f);
    listen_to(f);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    char *t = transcript(f);
    assert_non_null(strstr(t, "notice|Interrupted for the prompt that follows.\n"
                              "user|echo two\ntext|two\n\nuser|echo one\ntext|one\n"));
    free(t);
    prompt(f, "m2", "exit 3"); /* and where nothing runs, it begins at once */
    prompt(f, "q3", "echo three");
    until_quiet(f);
    assert_int_equal(state_of(f), MU_session_state_ERROR);
    assert_int_equal(edit(f, (struct mu_rec_edit_queue){.id = "q3", .now = true}), MU_CODE_OK);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    t = transcript(f);
    assert_non_null(strstr(t, "user|echo three\ntext|three\n"));
    free(t);
}

static void a_flood_stays_within_bounds(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    prompt(f, "m1", "yes | head -c 50000000; printf the-end");
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    char *t = transcript(f);
    size_t n = strlen(t);
    assert_true(n > MU_LIMIT_TURN_BYTES && n < MU_LIMIT_TURN_BYTES + 10000);
    char notice[128];
    snprintf(notice, sizeof notice, "notice|… %d bytes of output were not kept",
             50000007 - MU_LIMIT_TURN_BYTES - 4096);
    assert_non_null(strstr(t, notice));
    assert_string_equal(t + n - 8, "the-end\n");
    free(t);
}

static void binary_output_becomes_text(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    prompt(f, "m1", "printf 'a\\000b\\377c\\303'; sleep 0.1; printf '\\251d\\303'");
    until_quiet(f);
    char *t = transcript(f);
    assert_non_null(strstr(t, "text|a\xEF\xBF\xBD"
                              "b\xEF\xBF\xBD"
                              "c\xC3\xA9"
                              "d\xEF\xBF\xBD\n"));
    free(t);
    prompt(f, "m2", "head -c 300000 /dev/urandom");
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
}

static void a_missing_directory_is_said(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    assert_int_equal(rmdir(f->work), 0);
    prompt(f, "m1", "echo hello");
    until_quiet(f);
    struct mu_rec_session *r = row(f);
    assert_int_equal(r->state, MU_session_state_ERROR);
    assert_non_null(strstr(r->error_message, "could not be started"));
    assert_non_null(strstr(r->error_message, f->work));
    mu_rec_free(&mu_session_desc, r);
    until_no_runs(f);
}

static void a_deleted_session_takes_its_process_with_it(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    prompt(f, "m1", "echo $$; exec sleep 60");
    until_push(f, "stream_output");
    long pid =
        strtol(json_string_value(json_object_get(find_push(f, "stream_output"), "text")), NULL, 10);
    mu_runner_delete_session(f->runner, f->session, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    assert_null(f->sub); /* the topic was closed */
    until_no_runs(f);
    assert_true(is_gone(pid));
    assert_int_equal(prompt(f, "m2", "echo"), MU_CODE_SESSION_NOT_FOUND);
}

static void limits_are_kept(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    char *big = mu_alloc(MU_LIMIT_SHELL_PROMPT_BYTES + 2);
    memset(big, ' ', MU_LIMIT_SHELL_PROMPT_BYTES + 1);
    big[0] = ':';
    assert_int_equal(prompt(f, "m1", big), MU_CODE_TOO_LARGE);
    big[MU_LIMIT_SHELL_PROMPT_BYTES] = '\0';
    assert_int_equal(prompt(f, "m1", big), MU_CODE_OK);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    free(big);
    assert_int_equal(prompt(f, "bad id", "x"), MU_CODE_INVALID_FIELD);
    assert_int_equal(prompt(f, "m2", " \n"), MU_CODE_INVALID_FIELD);
    prompt(f, "m3", "sleep 60");
    for (int i = 0; i < MU_LIMIT_QUEUE_LENGTH; i++) {
        char id[16];
        snprintf(id, sizeof id, "q%d", i);
        assert_int_equal(prompt(f, id, "true"), MU_CODE_OK);
    }
    assert_int_equal(prompt(f, "q100", "true"), MU_CODE_QUEUE_FULL);
    cancel(f);
    until_quiet(f);
}

static void a_full_disk_changes_nothing(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    mu_store_fail_after(f->store, 1, -ENOSPC);
    assert_int_equal(prompt(f, "m1", "echo hello"), MU_CODE_STORE_FULL);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_int_equal(f->push_count, 0);
    mu_store_fail_after(f->store, 0, 0);
    assert_int_equal(prompt(f, "m1", "echo hello"), MU_CODE_OK);
    until_quiet(f);
    assert_transcript(f, "user|echo hello\ntext|hello\n\n");
}

/* The disk is full while the agent prints: its output waits in the spool and comes once. */
static void output_waits_for_the_disk(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    char gate[128];
    snprintf(gate, sizeof gate, "%s/gate", f->work);
    assert_int_equal(mkfifo(gate, 0600), 0);
    prompt(f, "m1", "echo line 0; read x < gate; seq -f 'line %g' 1 1999");
    until_push(f, "stream_output");
    mu_store_fail_after(f->store, 1, -ENOSPC);
    FILE *g = fopen(gate, "w");
    fputs("go\n", g);
    fclose(g);
    struct mu_runner_stats stats;
    do {
        turn(f);
        mu_runner_stats(f->runner, &stats);
    } while (stats.commit_failures < 2);
    assert_state(f, MU_session_state_WORKING, NULL);
    mu_store_fail_after(f->store, 0, 0);
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    struct mu_buf expected = {0};
    mu_buf_str(&expected, "user|echo line 0; read x < gate; seq -f 'line %g' 1 1999\n"
                          "text|");
    for (int i = 0; i < 2000; i++)
        mu_buf_printf(&expected, "line %d\n", i);
    mu_buf_char(&expected, '\n');
    assert_transcript(f, expected.data);
    mu_buf_release(&expected);
    until_no_runs(f);
}

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_turn_goes_well, setup, teardown),
        cmocka_unit_test_setup_teardown(pushes_come_in_order_without_gaps, setup, teardown),
        cmocka_unit_test_setup_teardown(an_error_has_the_last_words, setup, teardown),
        cmocka_unit_test_setup_teardown(a_signal_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(a_killed_process_leaves_nothing_behind, setup, teardown),
        cmocka_unit_test_setup_teardown(a_child_in_the_background_does_not_hold_the_turn, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_process_without_pipes_is_still_working, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancel_ends_idle, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stubborn_process_is_killed, setup, teardown),
        cmocka_unit_test_setup_teardown(the_queue_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(the_queue_waits_after_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(a_waiting_prompt_can_be_edited, setup, teardown),
        cmocka_unit_test_setup_teardown(a_prompt_goes_now_over_a_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(a_flood_stays_within_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(binary_output_becomes_text, setup, teardown),
        cmocka_unit_test_setup_teardown(a_missing_directory_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(a_deleted_session_takes_its_process_with_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(limits_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(output_waits_for_the_disk, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
