/* The rules of a session one by one: prompts, the queue, waiting, reading, changes and moves. */
#include "session_fixture.h"

static void a_prompt_begins_a_turn(void **state)
{
    MU_UNUSED(state);
    struct mu_session s = session_in(ERROR, 0);
    struct mu_event e = event_for(T_PROMPT);
    struct mu_update u;
    s.run_id = NULL;
    s.row.archived_at = 9;
    s.row.name = MU_NAMING_DEFAULT;
    e.text = "# Fix the *bug*";
    mu_session_step(&s, &e, &u);
    assert_null(u.next.row.error_message);
    assert_int_equal(u.next.row.turn_started_at, 100);
    assert_int_equal(u.next.row.updated_at, 100);
    assert_string_equal(u.next.row.name, "Fix the *bug*");
    assert_string_equal(u.next.run_id, "run2");
    assert_string_equal(u.next.turn_id, "new");
    assert_int_equal(u.next.row.archived_at, 0);
    assert_int_equal(u.actions, MU_DO_START_RUN);
    assert_string_equal(u.messages[0].id, "new");
    assert_int_equal(u.messages[0].kind, MU_message_kind_USER);
    assert_int_equal(u.messages[0].seq, 6);
    assert_int_equal(u.next.row.read_seq, 6);
    uint32_t changed = MU_HAS(session, state) | MU_HAS(session, error_message) |
                       MU_HAS(session, turn_started_at) | MU_HAS(session, name) |
                       MU_HAS(session, archived_at) | MU_HAS(session, last_seq) |
                       MU_HAS(session, read_seq) | MU_HAS(session, updated_at);
    assert_int_equal(u.changed, changed);
}

static void a_given_name_stays(void **state)
{
    MU_UNUSED(state);
    struct mu_session s = session_in(IDLE, 0);
    struct mu_event e = event_for(T_PROMPT);
    struct mu_update u;
    s.row.name = MU_NAMING_DEFAULT;
    s.user_named = true;
    mu_session_step(&s, &e, &u);
    assert_string_equal(u.next.row.name, MU_NAMING_DEFAULT);
    e = event_for(T_TITLE);
    mu_session_step(&s, &e, &u);
    assert_true(is_empty(&u));
}

/* What a prompt brings along is its message's, not the row's; and the row's stays. */
static void a_prompt_brings_metadata_for_its_message(void **state)
{
    MU_UNUSED(state);
    static const enum try tries[] = {T_PROMPT, T_NEXT, T_NOW};
    for (size_t i = 0; i < MU_COUNT(tries); i++) {
        struct mu_session s = session_in(IDLE, 1);
        struct mu_event e = event_for(tries[i]);
        struct mu_update u;
        s.row.metadata = "{\"row\":1}";
        mu_session_step(&s, &e, &u);
        assert_true(
            mu_str_eq(u.messages[0].metadata, tries[i] == T_PROMPT ? NULL : "{\"queued\":true}"));
        e.metadata = "{\"images\":[]}";
        mu_session_step(&s, &e, &u);
        assert_int_equal(u.messages[0].kind, MU_message_kind_USER);
        assert_string_equal(u.messages[0].metadata, "{\"images\":[]}");
        assert_string_equal(u.next.row.metadata, "{\"row\":1}");
    }
}

static void the_queue_is_bounded(void **state)
{
    MU_UNUSED(state);
    struct mu_session s = session_in(WORKING, MU_LIMIT_QUEUE_LENGTH - 1);
    struct mu_event e = event_for(T_PROMPT);
    struct mu_update u;
    mu_session_step(&s, &e, &u);
    assert_true(u.queued);
    assert_int_equal(u.queue, MU_QUEUE_PUT);
    assert_int_equal(u.next.row.queue_length, MU_LIMIT_QUEUE_LENGTH);
    s.row.queue_length = MU_LIMIT_QUEUE_LENGTH;
    mu_session_step(&s, &e, &u);
    assert_int_equal(u.refused, MU_CODE_QUEUE_FULL);
    assert_int_equal(u.changed, 0);
}

static void the_queue_goes_on_only_after_a_good_turn(void **state)
{
    MU_UNUSED(state);
    static const struct {
        enum try what;
        bool goes_on;
    } cases[] = {{T_DONE_OK, true},
                 {T_ENDED_OK, true},
                 {T_DONE_ERROR, false},
                 {T_DONE_CANCELLED, false},
                 {T_ENDED_ERROR, false}};
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        struct mu_session s = session_in(WORKING, 2);
        struct mu_event e = event_for(cases[i].what);
        struct mu_update u;
        mu_session_step(&s, &e, &u);
        assert_int_equal((u.actions & MU_DO_NEXT) != 0, cases[i].goes_on);
        assert_int_equal(u.next.row.queue_length, 2);
        if (!cases[i].goes_on) {
            const struct mu_rec_message *last = &u.messages[u.message_count - 1];
            assert_int_equal(last->kind, MU_message_kind_NOTICE);
            assert_non_null(strstr(last->text, "2 prompts wait in the queue."));
        }
    }
    struct mu_session s = session_in(ERROR, 2);
    struct mu_event e = event_for(T_NEXT);
    struct mu_update u;
    mu_session_step(&s, &e, &u);
    assert_int_equal(u.queue, MU_QUEUE_DELETE);
    assert_int_equal(u.next.row.queue_length, 1);
    assert_int_equal(u.next.row.state, MU_session_state_WORKING);
    e = event_for(T_PROMPT); /* a prompt of a person goes before those that wait */
    mu_session_step(&s, &e, &u);
    assert_false(u.queued);
    assert_int_equal(u.next.row.queue_length, 2);
}

static void a_prompt_goes_now(void **state)
{
    MU_UNUSED(state);
    struct mu_session s = session_in(WAITING, 2);
    struct mu_event e = event_for(T_NOW);
    struct mu_update u;
    mu_session_step(&s, &e, &u);
    assert_int_equal(u.actions, MU_DO_INTERRUPT);
    assert_string_equal(u.next.now_id, "new");
    assert_true(u.next.cancelling && u.closed && u.private_changed);
    s = session_in(CANCELLING, 2); /* a turn that is told to end already: it is remembered */
    mu_session_step(&s, &e, &u);
    assert_int_equal(u.actions, 0);
    assert_string_equal(u.next.now_id, "new");
    for (int what = T_DONE_OK; what <= T_ENDED_FORGET; what++) { /* however the turn ends */
        struct mu_event end = event_for((enum try)what);
        s = session_in(CANCELLING, 2);
        s.now_id = "q2";
        mu_session_step(&s, &end, &u);
        assert_int_equal(u.actions, MU_DO_NEXT);
        assert_string_equal(u.start_id, "q2");
        assert_null(u.next.now_id);
        assert_true(u.cancelled);
        assert_int_equal(u.message_count, 1); /* and no notice of prompts that wait */
        assert_null(mu_session_check(&u.next));
    }
    s = session_in(ERROR, 2); /* nothing runs: it begins at once */
    mu_session_step(&s, &e, &u);
    assert_int_equal(u.queue, MU_QUEUE_DELETE);
    assert_int_equal(u.actions, MU_DO_FEED);
    assert_int_equal(u.next.row.queue_length, 1);
    s = session_in(CANCELLING, 2); /* who says "stop" has the last word */
    s.now_id = "q2";
    e = event_for(T_CANCEL);
    mu_session_step(&s, &e, &u);
    assert_null(u.next.now_id);
    assert_int_equal(u.actions, 0);
    e = event_for(T_REMOVED); /* and what is taken back is not started */
    e.id = "q1";
    mu_session_step(&s, &e, &u);
    assert_string_equal(u.next.now_id, "q2");
    e.id = "q2";
    mu_session_step(&s, &e, &u);
    assert_null(u.next.now_id);
}

static void it_waits_for_the_oldest_request(void **state)
{
    MU_UNUSED(state);
    struct mu_session s = session_in(WAITING, 0);
    struct mu_event e = event_for(T_ASKED);
    struct mu_update u;
    e.waiting_for = MU_waiting_for_QUESTION;
    mu_session_step(&s, &e, &u);
    assert_true(is_empty(&u)); /* it waits already */
    e = event_for(T_ANSWERED_ONE);
    mu_session_step(&s, &e, &u);
    assert_int_equal(u.next.row.waiting_for, MU_waiting_for_QUESTION);
    assert_int_equal(u.next.row.waiting_since, 60);
    assert_false(u.closed);
    e = event_for(T_ANSWERED);
    mu_session_step(&s, &e, &u);
    assert_int_equal(u.next.row.waiting_since, 0);
    assert_false(u.closed);
    for (int what = T_DONE_OK; what <= T_CANCEL; what++) {
        e = event_for((enum try)what);
        mu_session_step(&s, &e, &u);
        assert_true(u.closed);
    }
}

static void a_long_reason_is_cut(void **state)
{
    MU_UNUSED(state);
    struct mu_session s = session_in(WORKING, 0);
    struct mu_event e = event_for(T_DONE_ERROR);
    struct mu_update u;
    char *text = mu_alloc(5001);
    for (int i = 0; i < 5000; i += 2)
        memcpy(text + i, "é", 2);
    e.text = text;
    mu_session_step(&s, &e, &u);
    size_t n = strlen(u.next.row.error_message);
    assert_true(n <= MU_LIMIT_ERROR_BYTES && n > MU_LIMIT_ERROR_BYTES - 8);
    assert_true(mu_utf8_valid(u.next.row.error_message, n));
    assert_true(u.fatal);
    e.text = NULL;
    mu_session_step(&s, &e, &u);
    assert_null(mu_session_check(&u.next));
    free(text);
}

static void reading_never_goes_back(void **state)
{
    MU_UNUSED(state);
    static const struct {
        int64_t seq, then;
    } cases[] = {{0, 5}, {99, 5}, {4, 4}, {3, 3}, {1, 3}, {-1, 5}};
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        struct mu_session s = session_in(IDLE, 0);
        struct mu_event e = event_for(T_READ);
        struct mu_update u;
        e.seq = cases[i].seq;
        mu_session_step(&s, &e, &u);
        assert_int_equal(u.next.row.read_seq, cases[i].then);
    }
}

static void a_change_is_one_update(void **state)
{
    MU_UNUSED(state);
    struct mu_session s = session_in(WORKING, 0);
    struct mu_update u;
    struct mu_session_change c = {.set = MU_HAS(session, name) | MU_HAS(session, options) |
                                         MU_HAS(session, archived_at) | MU_HAS(session, pinned_at) |
                                         MU_HAS(session, project_id),
                                  .name = "Mine",
                                  .options = NULL,
                                  .pinned = true,
                                  .project_id = "p"};
    struct mu_event e = {.kind = MU_EV_CHANGE, .now = 100, .change = &c};
    s.row.options = "{}";
    s.row.archived_at = 9;
    mu_session_step(&s, &e, &u);
    assert_string_equal(u.next.row.name, "Mine");
    assert_true(u.next.user_named);
    assert_null(u.next.row.options);
    assert_int_equal(u.next.row.archived_at, 0);
    assert_int_equal(u.next.row.pinned_at, 100);
    assert_int_equal(u.changed, MU_HAS(session, name) | MU_HAS(session, options) |
                                    MU_HAS(session, archived_at) | MU_HAS(session, pinned_at) |
                                    MU_HAS(session, updated_at));
    s.row.pinned_at = 7; /* what is pinned stays so since then */
    c = (struct mu_session_change){.set = MU_HAS(session, pinned_at), .pinned = true};
    mu_session_step(&s, &e, &u);
    assert_true(is_empty(&u));
    c = (struct mu_session_change){.set = MU_HAS(session, position), .position = 5};
    mu_session_step(&s, &e, &u);
    assert_int_equal(u.changed, MU_HAS(session, position)); /* no time of change */
}

static void a_move_leaves_the_conversation_behind(void **state)
{
    MU_UNUSED(state);
    struct mu_session s = session_in(ERROR, 0);
    struct mu_event e = event_for(T_MOVE);
    struct mu_update u;
    s.row.cli_session_id = "conversation";
    s.row.metadata = "{\"context\":{}}";
    e.metadata = "{\"model\":\"m\"}";
    mu_session_step(&s, &e, &u);
    assert_string_equal(u.next.row.project_id, "another");
    assert_int_equal(u.next.row.position, 12);
    assert_null(u.next.row.cli_session_id);
    assert_null(u.next.run_id);
    assert_string_equal(u.next.row.metadata, e.metadata);
    assert_string_equal(u.messages[0].text, "words");
    assert_int_equal(u.next.row.read_seq, 3); /* what was not read still is not */
    s.row.read_seq = s.row.last_seq;
    s.run_id = NULL;
    mu_session_step(&s, &e, &u);
    assert_int_equal(u.next.row.read_seq, u.next.row.last_seq);
    assert_int_equal(u.actions, 0);
    e.text = NULL;
    mu_session_step(&s, &e, &u);
    assert_int_equal(u.message_count, 0);
    s.row.queue_length = 1;
    mu_session_step(&s, &e, &u);
    assert_int_equal(u.refused, MU_CODE_SESSION_BUSY);
    assert_non_null(strstr(u.why_not, "queue"));
    s = session_in(WORKING, 0);
    mu_session_step(&s, &e, &u);
    assert_int_equal(u.refused, MU_CODE_SESSION_BUSY);
    assert_non_null(strstr(u.why_not, "works"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prompt_begins_a_turn),
        cmocka_unit_test(a_given_name_stays),
        cmocka_unit_test(a_prompt_brings_metadata_for_its_message),
        cmocka_unit_test(the_queue_is_bounded),
        cmocka_unit_test(the_queue_goes_on_only_after_a_good_turn),
        cmocka_unit_test(a_prompt_goes_now),
        cmocka_unit_test(it_waits_for_the_oldest_request),
        cmocka_unit_test(a_long_reason_is_cut),
        cmocka_unit_test(reading_never_goes_back),
        cmocka_unit_test(a_change_is_one_update),
        cmocka_unit_test(a_move_leaves_the_conversation_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
