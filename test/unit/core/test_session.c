#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/session.h"

/* ---- sessions and events to try ---- */

enum situation { IDLE, ERROR, WORKING, WAITING, CANCELLING, SITUATIONS };
static const char *const situations[] = {"idle", "error", "working", "waiting", "cancelling"};

static struct mu_session session_in(enum situation what, int64_t queued)
{
    struct mu_session s = {.row = {.id = "s",
                                   .project_id = "p",
                                   .name = "A name",
                                   .agent = "claude",
                                   .state = MU_session_state_IDLE,
                                   .last_seq = 5,
                                   .read_seq = 3,
                                   .queue_length = queued,
                                   .created_at = 1,
                                   .updated_at = 1,
                                   .rev = 7},
                           .run_id = "run"};
    if (what == ERROR) {
        s.row.state = MU_session_state_ERROR;
        s.row.error_message = "It broke.";
    } else if (what != IDLE) {
        s.row.state = MU_session_state_WORKING;
        s.row.turn_started_at = 50;
        s.turn_id = "turn";
    }
    if (what == WAITING) {
        s.row.waiting_for = MU_waiting_for_PERMISSION;
        s.row.waiting_since = 60;
    }
    s.cancelling = what == CANCELLING;
    return s;
}

enum try {
    T_PROMPT,
    T_NEXT,
    T_MESSAGE,
    T_DONE_OK,
    T_DONE_ERROR,
    T_DONE_CANCELLED,
    T_ENDED_OK,
    T_ENDED_ERROR,
    T_ENDED_RESTART,
    T_ENDED_FORGET,
    T_CANCEL,
    T_NOTICE,
    T_CLI,
    T_TITLE,
    T_RENAME,
    T_READ,
    T_ARCHIVE,
    T_REMOVED,
    T_NOW,
    T_ASKED,
    T_ANSWERED,
    T_ANSWERED_ONE,
    T_FACTS,
    T_OPTIONS,
    T_BEGAN,
    T_PIN,
    T_PLACE,
    T_MOVE,
    TRIES,
};

static const struct mu_rec_message a_message = {
    .id = "m", .kind = MU_message_kind_TEXT, .text = "", .streaming = true};

static const struct mu_session_change changes[TRIES] = {
    [T_RENAME] = {.set = MU_HAS(session, name), .name = "words"},
    [T_ARCHIVE] = {.set = MU_HAS(session, archived_at), .archived = true},
    [T_OPTIONS] = {.set = MU_HAS(session, options), .options = "{}"},
    [T_PIN] = {.set = MU_HAS(session, pinned_at), .pinned = true},
    [T_PLACE] = {.set = MU_HAS(session, position), .position = 12},
    [T_MOVE] = {.set = MU_HAS(session, project_id) | MU_HAS(session, position),
                .project_id = "another",
                .position = 12},
};

static struct mu_event event_for(enum try what)
{
    struct mu_event e = {.now = 100, .id = "new", .text = "words", .run_id = "run2"};
    static const enum mu_event_kind kinds[TRIES] = {
        MU_EV_PROMPT,    MU_EV_NEXT,      MU_EV_MESSAGE,       MU_EV_TURN_DONE, MU_EV_TURN_DONE,
        MU_EV_TURN_DONE, MU_EV_RUN_ENDED, MU_EV_RUN_ENDED,     MU_EV_RUN_ENDED, MU_EV_RUN_ENDED,
        MU_EV_CANCEL,    MU_EV_NOTICE,    MU_EV_CLI_SESSION,   MU_EV_TITLE,     MU_EV_CHANGE,
        MU_EV_READ,      MU_EV_CHANGE,    MU_EV_QUEUE_REMOVED, MU_EV_QUEUE_NOW, MU_EV_ASKED,
        MU_EV_ANSWERED,  MU_EV_ANSWERED,  MU_EV_FACTS,         MU_EV_CHANGE,    MU_EV_TURN_BEGAN,
        MU_EV_CHANGE,    MU_EV_CHANGE,    MU_EV_CHANGE};
    e.kind = kinds[what];
    e.outcome = what == T_DONE_ERROR || what == T_ENDED_ERROR ? MU_TURN_ERROR
                : what == T_DONE_CANCELLED                    ? MU_TURN_CANCELLED
                : what == T_ENDED_RESTART                     ? MU_TURN_RESTART
                : what == T_ENDED_FORGET                      ? MU_TURN_FORGET
                                                              : MU_TURN_OK;
    e.waiting_for = what == T_ANSWERED       ? MU_waiting_for_NONE
                    : what == T_ANSWERED_ONE ? MU_waiting_for_QUESTION
                                             : MU_waiting_for_PERMISSION;
    e.message = &a_message;
    e.change = &changes[what];
    if (what == T_FACTS)
        e.metadata = "{\"model\":\"m\"}";
    e.on = true;
    return e;
}

/* ---- the table: every situation × every event ---- */

enum { NOTHING = -1, REFUSED = -2 };

struct cell {
    int to;           /* the situation after it; NOTHING: the update is empty; REFUSED */
    unsigned actions; /* MU_DO_… */
    int messages;
    int completed; /* 0 no, 1 well, 2 cancelled, 3 error */
};

#define NO                                                                                         \
    {                                                                                              \
        REFUSED, 0, 0, 0                                                                           \
    }
#define SAME                                                                                       \
    {                                                                                              \
        NOTHING, 0, 0, 0                                                                           \
    }
static const struct cell table[TRIES][SITUATIONS] = {
    /* idle, error, working, waiting, cancelling; the queue is empty */
    [T_PROMPT] = {{WORKING, MU_DO_FEED, 1, 0},
                  {WORKING, MU_DO_FEED, 1, 0},
                  {WORKING, 0, 0, 0},
                  {WAITING, 0, 0, 0},
                  {CANCELLING, 0, 0, 0}},
    [T_FACTS] = {{IDLE, 0, 0, 0},
                 {ERROR, 0, 0, 0},
                 {WORKING, 0, 0, 0},
                 {WAITING, 0, 0, 0},
                 {CANCELLING, 0, 0, 0}},
    [T_BEGAN] = {{WORKING, 0, 1, 0}, {WORKING, 0, 1, 0}, SAME, SAME, SAME},
    [T_OPTIONS] = {{IDLE, 0, 0, 0},
                   {ERROR, 0, 0, 0},
                   {WORKING, 0, 0, 0},
                   {WAITING, 0, 0, 0},
                   {CANCELLING, 0, 0, 0}},
    [T_NEXT] = {SAME, SAME, SAME, SAME, SAME},
    [T_MESSAGE] = {{IDLE, 0, 1, 0},
                   {ERROR, 0, 1, 0},
                   {WORKING, 0, 1, 0},
                   {WAITING, 0, 1, 0},
                   {CANCELLING, 0, 1, 0}},
    [T_DONE_OK] = {SAME, SAME, {IDLE, 0, 0, 1}, {IDLE, 0, 0, 1}, {IDLE, 0, 1, 2}},
    [T_DONE_ERROR] = {SAME, SAME, {ERROR, 0, 1, 3}, {ERROR, 0, 1, 3}, {IDLE, 0, 1, 2}},
    [T_DONE_CANCELLED] = {SAME, SAME, {IDLE, 0, 1, 2}, {IDLE, 0, 1, 2}, {IDLE, 0, 1, 2}},
    [T_ENDED_OK] =
        {{IDLE, 0, 0, 0}, {ERROR, 0, 0, 0}, {IDLE, 0, 0, 1}, {IDLE, 0, 0, 1}, {IDLE, 0, 1, 2}},
    [T_ENDED_ERROR] =
        {{IDLE, 0, 0, 0}, {ERROR, 0, 0, 0}, {ERROR, 0, 1, 3}, {ERROR, 0, 1, 3}, {IDLE, 0, 1, 2}},
    [T_ENDED_RESTART] = {{IDLE, 0, 0, 0},
                         {ERROR, 0, 0, 0},
                         {WORKING, MU_DO_START_RUN, 1, 0},
                         {WORKING, MU_DO_START_RUN, 1, 0},
                         {IDLE, 0, 1, 2}},
    [T_ENDED_FORGET] = {{IDLE, 0, 0, 0},
                        {ERROR, 0, 0, 0},
                        {WORKING, MU_DO_START_RUN, 1, 0},
                        {WORKING, MU_DO_START_RUN, 1, 0},
                        {IDLE, 0, 1, 2}},
    [T_CANCEL] = {SAME,
                  SAME,
                  {CANCELLING, MU_DO_INTERRUPT, 0, 0},
                  {CANCELLING, MU_DO_INTERRUPT, 0, 0},
                  SAME},
    [T_NOTICE] = {SAME, SAME, {WORKING, 0, 1, 0}, {WAITING, 0, 1, 0}, {CANCELLING, 0, 1, 0}},
    [T_CLI] = {{IDLE, 0, 0, 0},
               {ERROR, 0, 0, 0},
               {WORKING, 0, 0, 0},
               {WAITING, 0, 0, 0},
               {CANCELLING, 0, 0, 0}},
    [T_TITLE] = {{IDLE, 0, 0, 0},
                 {ERROR, 0, 0, 0},
                 {WORKING, 0, 0, 0},
                 {WAITING, 0, 0, 0},
                 {CANCELLING, 0, 0, 0}},
    [T_RENAME] = {{IDLE, 0, 0, 0},
                  {ERROR, 0, 0, 0},
                  {WORKING, 0, 0, 0},
                  {WAITING, 0, 0, 0},
                  {CANCELLING, 0, 0, 0}},
    [T_READ] = {{IDLE, 0, 0, 0},
                {ERROR, 0, 0, 0},
                {WORKING, 0, 0, 0},
                {WAITING, 0, 0, 0},
                {CANCELLING, 0, 0, 0}},
    [T_ARCHIVE] = {{IDLE, 0, 0, 0},
                   {ERROR, 0, 0, 0},
                   {WORKING, 0, 0, 0},
                   {WAITING, 0, 0, 0},
                   {CANCELLING, 0, 0, 0}},
    [T_PIN] = {{IDLE, 0, 0, 0},
               {ERROR, 0, 0, 0},
               {WORKING, 0, 0, 0},
               {WAITING, 0, 0, 0},
               {CANCELLING, 0, 0, 0}},
    [T_PLACE] = {{IDLE, 0, 0, 0},
                 {ERROR, 0, 0, 0},
                 {WORKING, 0, 0, 0},
                 {WAITING, 0, 0, 0},
                 {CANCELLING, 0, 0, 0}},
    [T_MOVE] = {{IDLE, MU_DO_LET_GO, 1, 0}, {ERROR, MU_DO_LET_GO, 1, 0}, NO, NO, NO},
    [T_REMOVED] = {SAME, SAME, SAME, SAME, SAME},
    [T_NOW] = {SAME, SAME, SAME, SAME, SAME},
    [T_ASKED] = {SAME, SAME, {WAITING, 0, 0, 0}, SAME, SAME},
    [T_ANSWERED] = {SAME, SAME, SAME, {WORKING, 0, 0, 0}, SAME},
    [T_ANSWERED_ONE] = {SAME, SAME, SAME, {WAITING, 0, 0, 0}, SAME},
};

static enum situation situation_of(const struct mu_session *s)
{
    if (s->cancelling)
        return CANCELLING;
    if (s->row.waiting_for)
        return WAITING;
    return s->row.state == MU_session_state_WORKING ? WORKING
           : s->row.state == MU_session_state_ERROR ? ERROR
                                                    : IDLE;
}

static bool is_empty(const struct mu_update *u)
{
    return !u->changed && !u->private_changed && !u->message_count && !u->actions &&
           !u->completed && u->queue == MU_QUEUE_SAME && !u->error && !u->refused;
}

static void check_cell(enum try what, enum situation from)
{
    const struct cell *want = &table[what][from];
    struct mu_session s = session_in(from, 0);
    struct mu_event e = event_for(what);
    struct mu_update u;
    mu_session_step(&s, &e, &u);
    int completed = !u.completed ? 0 : u.cancelled ? 2 : u.next.row.error_message ? 3 : 1;
    bool good = want->to == REFUSED ? u.refused && !u.changed && !u.private_changed
                : want->to == NOTHING
                    ? is_empty(&u)
                    : !is_empty(&u) && situation_of(&u.next) == (enum situation)want->to &&
                          u.actions == want->actions && u.message_count == (size_t)want->messages &&
                          completed == want->completed;
    const char *broken = mu_session_check(&u.next);
    if (!good || broken)
        fail_msg("event %d when %s: now %s, actions %u, messages %zu, completed %d; %s", what,
                 situations[from], situations[situation_of(&u.next)], u.actions, u.message_count,
                 completed, broken ? broken : "within the rules");
}

static void every_event_in_every_state(void **state)
{
    MU_UNUSED(state);
    for (int what = 0; what < TRIES; what++)
        for (int from = 0; from < SITUATIONS; from++)
            check_cell((enum try)what, (enum situation)from);
}

/* ---- rules one by one ---- */

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

/* ---- random sequences ---- */

struct kept {
    struct mu_rec_session *row;
    char *run_id, *turn_id, *now_id;
    struct mu_session s;
};

static void keep(struct kept *k, const struct mu_session *s)
{
    struct kept old = *k;
    k->row = mu_rec_clone(&mu_session_desc, &s->row);
    k->run_id = mu_strdup(s->run_id);
    k->turn_id = mu_strdup(s->turn_id);
    k->now_id = mu_strdup(s->now_id);
    k->s = (struct mu_session){.row = *k->row,
                               .run_id = k->run_id,
                               .turn_id = k->turn_id,
                               .now_id = k->now_id,
                               .cancelling = s->cancelling,
                               .user_named = s->user_named};
    mu_rec_free(&mu_session_desc, old.row);
    free(old.run_id);
    free(old.turn_id);
    free(old.now_id);
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

/* What an update says beside the next value fits to it. */
static void check_update(const struct mu_session *s, const struct mu_update *u)
{
    const struct mu_rec_session *next = &u->next.row;
    bool was = s->row.state == MU_session_state_WORKING;
    bool is = next->state == MU_session_state_WORKING;
    if (u->refused) {
        assert_true(u->changed == 0 && !u->private_changed && u->message_count == 0);
        return;
    }
    assert_int_equal(u->completed, was && !is);
    assert_int_equal(next->last_seq - s->row.last_seq, u->message_count);
    assert_int_equal(next->queue_length - s->row.queue_length, u->queue == MU_QUEUE_PUT      ? 1
                                                               : u->queue == MU_QUEUE_DELETE ? -1
                                                                                             : 0);
    assert_true(u->message_count <= MU_UPDATE_MESSAGES);
    if (u->actions & (MU_DO_START_RUN | MU_DO_FEED))
        assert_true(is && u->next.run_id && u->next.turn_id);
    if (u->actions & MU_DO_NEXT)
        assert_true(!is && next->queue_length > 0 && !next->error_message);
    if (s->row.waiting_for && !next->waiting_for && is && !u->next.cancelling)
        assert_true(!u->closed || u->actions & MU_DO_START_RUN);
    if (s->row.waiting_for && (!is || u->next.cancelling))
        assert_true(u->closed);
    if (u->message_count || u->queue)
        assert_true(u->changed != 0);
}

static uint32_t random_number(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void no_sequence_breaks_a_rule(void **state)
{
    MU_UNUSED(state);
    uint64_t seed = 20260131;
    unsigned seen[SITUATIONS] = {0};
    struct kept k = {0};
    struct mu_session first = session_in(IDLE, 0);
    first.run_id = NULL;
    keep(&k, &first);
    for (int i = 0; i < 100000; i++) {
        enum try what = (enum try)(random_number(&seed) % TRIES);
        struct mu_event e = event_for(what);
        struct mu_update u;
        char id[32];
        snprintf(id, sizeof id, "id%d", i);
        e.id = e.run_id = id;
        e.now = 1000 + i;
        e.seq = random_number(&seed) % 8;
        e.on = random_number(&seed) % 2;
        struct mu_session_change change = changes[what];
        change.archived = change.pinned = e.on;
        change.position = i;
        if (change.project_id)
            change.project_id = id;
        e.change = &change;
        mu_session_step(&k.s, &e, &u);
        const char *broken = mu_session_check(&u.next);
        if (broken)
            fail_msg("step %d, event %d: %s", i, what, broken);
        check_update(&k.s, &u);
        keep(&k, &u.next);
        seen[situation_of(&k.s)]++;
    }
    for (int i = 0; i < SITUATIONS; i++)
        assert_true(seen[i] > 100);
    mu_rec_free(&mu_session_desc, k.row);
    free(k.run_id);
    free(k.turn_id);
    free(k.now_id);
}

static void the_checker_sees_what_is_forbidden(void **state)
{
    MU_UNUSED(state);
    struct mu_session s = session_in(WORKING, 0);
    s.turn_id = NULL;
    assert_non_null(mu_session_check(&s));
    s = session_in(WORKING, 0);
    s.run_id = NULL;
    assert_non_null(mu_session_check(&s));
    s = session_in(IDLE, 0);
    s.row.turn_started_at = 1;
    assert_non_null(mu_session_check(&s));
    s = session_in(ERROR, 0);
    s.row.error_message = NULL;
    assert_non_null(mu_session_check(&s));
    s = session_in(IDLE, 0);
    s.row.error_message = "x";
    assert_non_null(mu_session_check(&s));
    s = session_in(IDLE, 0);
    s.row.waiting_for = MU_waiting_for_QUESTION;
    s.row.waiting_since = 1;
    assert_non_null(mu_session_check(&s));
    s = session_in(WORKING, 1);
    s.now_id = "q";
    assert_non_null(mu_session_check(&s));
    s = session_in(IDLE, 0);
    s.cancelling = true;
    assert_non_null(mu_session_check(&s));
    s = session_in(IDLE, 0);
    s.row.read_seq = 6;
    assert_non_null(mu_session_check(&s));
    s = session_in(IDLE, MU_LIMIT_QUEUE_LENGTH + 1);
    assert_non_null(mu_session_check(&s));
    s = session_in(IDLE, 0);
    s.row.name = "";
    assert_non_null(mu_session_check(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_state),
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
        cmocka_unit_test(no_sequence_breaks_a_rule),
        cmocka_unit_test(the_checker_sees_what_is_forbidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
