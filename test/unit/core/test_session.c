/* A session as a whole: what every event does in every situation, and that no sequence of them
 * breaks a rule. */
#include "session_fixture.h"

static const char *const situations[] = {"idle", "error", "working", "waiting", "cancelling"};

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
        cmocka_unit_test(no_sequence_breaks_a_rule),
        cmocka_unit_test(the_checker_sees_what_is_forbidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
