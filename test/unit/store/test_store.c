/* Projects and sessions as they were put, what a delta tells of them; who is let in; the log. */
#include "seen_fixture.h"

static void project_is(void *ctx, const struct mu_rec_project *row)
{
    const struct mu_rec_project *expected = ctx;
    assert_int_equal(mu_rec_diff(&mu_project_desc, expected, row), 0);
}

static void session_is(void *ctx, const struct mu_rec_session *row,
                       const struct mu_session_private *priv)
{
    const struct mu_rec_session *expected = ctx;
    assert_int_equal(mu_rec_diff(&mu_session_desc, expected, row), 0);
    assert_string_equal(row->options, "{\"model\":\"x\"}");
    assert_string_equal(priv->run_id, "run-1");
    assert_null(priv->turn_id);
    assert_true(priv->cancelling);
    assert_false(priv->user_named);
}

static void nobody(void *ctx, const struct mu_rec_project *row)
{
    MU_UNUSED(ctx);
    MU_UNUSED(row);
    fail_msg("a callback for nothing");
}

static void rows_come_back_as_they_were_put(void **state)
{
    struct fixture *f = *state;
    struct mu_rec_project p = project(f->s, "p1");
    p.position = -11;
    p.pinned_at = 12;
    p.archived_at = 13;
    OK(mu_store_put_project(f->s, &p));
    struct mu_rec_session r = session(f->s, "p1", "s1");
    r.position = INT64_C(1) << 52;
    r.pinned_at = 11;
    r.state = MU_session_state_ERROR;
    r.error_message = "exit 127: \"nonsense\"\nnot found";
    r.waiting_for = MU_waiting_for_QUESTION;
    r.waiting_since = 5;
    r.turn_started_at = 6;
    r.last_seq = 7;
    r.read_seq = 8;
    r.queue_length = 9;
    r.cli_session_id = "cli";
    r.node = "n";
    r.metadata = "{}";
    r.options = "{\"model\":\"x\"}";
    r.archived_at = 10;
    struct mu_session_private priv = {.run_id = "run-1", .cancelling = true};
    OK(mu_store_put_session(f->s, &r, &priv));
    OK(mu_store_get_session(f->s, "s1", session_is, &r));
    OK(mu_store_commit(f->s));
    reopen_store(f);
    OK(mu_store_get_project(f->s, "p1", project_is, &p));
    OK(mu_store_get_project_by_path(f->s, "/srv/p1", project_is, &p));
    OK(mu_store_get_session(f->s, "s1", session_is, &r));
    p.name = "another";
    p.position = 1;
    p.pinned_at = p.archived_at = 0;
    p.rev = mu_store_next_rev(f->s);
    OK(mu_store_put_project(f->s, &p));
    OK(mu_store_get_project(f->s, "p1", project_is, &p));
    assert_int_equal(mu_store_count_sessions(f->s), 1); /* a project put again keeps its sessions */
    assert_int_equal(mu_store_get_project(f->s, "p2", nobody, NULL), -ENOENT);
}

static void state_is(void *ctx, const struct mu_rec_session *row,
                     const struct mu_session_private *priv)
{
    MU_UNUSED(priv);
    assert_int_equal(((int *)ctx)[0], row->state);
    assert_int_equal(((int *)ctx)[1], row->waiting_for);
}

static void kind_is(void *ctx, const struct mu_rec_message *m)
{
    assert_int_equal(*(int *)ctx, m->kind);
}

static void asked_kind_is(void *ctx, const struct mu_rec_permission *p, const char *tool_id)
{
    MU_UNUSED(tool_id);
    assert_int_equal(*(int *)ctx, p->kind);
}

/* A word that the protocol gains needs a migration: this fails until there is one. */
static void every_word_of_an_enum_is_stored(void **state)
{
    struct fixture *f = *state;
    OK(put_project(f->s, "p1"));
    struct mu_rec_session r = session(f->s, "p1", "s1");
    struct mu_session_private priv = {0};
    for (int st = MU_session_state_NONE + 1; st < MU_session_state_END; st++) {
        for (int w = MU_waiting_for_NONE; w < MU_waiting_for_END; w++) {
            r.state = (enum mu_session_state)st;
            r.waiting_for = (enum mu_waiting_for)w;
            OK(mu_store_put_session(f->s, &r, &priv));
            OK(mu_store_get_session(f->s, "s1", state_is, (int[]){st, w}));
        }
    }
    for (int k = MU_message_kind_NONE + 1; k < MU_message_kind_END; k++) {
        struct mu_rec_message m = message(f->s, "s1", "m1", 1, "");
        m.kind = (enum mu_message_kind)k;
        OK(mu_store_put_message(f->s, &m));
        OK(mu_store_get_message(f->s, "m1", kind_is, &k));
    }
    for (int w = MU_waiting_for_NONE + 1; w < MU_waiting_for_END; w++) {
        struct mu_rec_permission p = {.id = "r1",
                                      .session_id = "s1",
                                      .kind = (enum mu_waiting_for)w,
                                      .tool = "t",
                                      .title = "t"};
        OK(mu_store_put_permission(f->s, &p, NULL));
        OK(mu_store_each_permission(f->s, "s1", 0, asked_kind_is, &w));
    }
    r.state = MU_session_state_NONE;
    assert_int_equal(mu_store_put_session(f->s, &r, &priv), -EINVAL);
    mu_store_rollback(f->s);
}

static void places_are_told_in_their_order(void **state)
{
    struct fixture *f = *state;
    struct mu_buf list = {0};
    struct mu_session_private priv = {0};
    assert_int_equal(mu_store_last_place(f->s, NULL), 0);
    for (int i = 0; i < 3; i++) {
        struct mu_rec_project p = project(f->s, text("p%d", i));
        p.position = 100 - i;
        OK(mu_store_put_project(f->s, &p));
    }
    for (int i = 0; i < 3; i++) {
        struct mu_rec_session r = session(f->s, i ? "p1" : "p0", text("s%d", i));
        r.position = 50 - i;
        OK(mu_store_put_session(f->s, &r, &priv));
    }
    OK(mu_store_each_place(f->s, NULL, add_place, &list));
    OK(mu_store_each_place(f->s, "p1", add_place, &list));
    OK(mu_store_each_place(f->s, "p2", add_place, &list));
    assert_string_equal(list.data, "p2=98 p1=99 p0=100 s2=48 s1=49 ");
    assert_int_equal(mu_store_last_place(f->s, NULL), 100);
    assert_int_equal(mu_store_last_place(f->s, "p1"), 49);
    mu_buf_release(&list);
}

static void see_project(void *ctx, const struct mu_rec_project *row)
{
    see(ctx, row->id);
}

static void see_session(void *ctx, const struct mu_rec_session *row,
                        const struct mu_session_private *priv)
{
    MU_UNUSED(priv);
    see(ctx, row->id);
}

static void see_tombstone(void *ctx, bool is_project, const char *id, int64_t rev)
{
    see(ctx, text("%s%s@%d", is_project ? "P:" : "S:", id, (int)rev));
}

static void deltas_tell_what_changed(void **state)
{
    struct fixture *f = *state;
    OK(put_project(f->s, "p1"));       /* rev 1 */
    OK(put_project(f->s, "p2"));       /* rev 2 */
    OK(put_session(f->s, "p1", "s1")); /* rev 3 */
    OK(put_session(f->s, "p2", "s2")); /* rev 4 */
    OK(put_session(f->s, "p2", "s3")); /* rev 5 */
    OK(put_session(f->s, "p1", "s1")); /* rev 6 */
    OK(mu_store_commit(f->s));
    assert_int_equal(mu_store_rev(f->s), 6);
    SEES(mu_store_each_project(f->s, 0, see_project, &seen), "p1 p2 ");
    SEES(mu_store_each_project(f->s, 1, see_project, &seen), "p2 ");
    SEES(mu_store_each_session(f->s, NULL, 0, see_session, &seen), "s1 s2 s3 ");
    SEES(mu_store_each_session(f->s, NULL, 4, see_session, &seen), "s1 s3 ");
    SEES(mu_store_each_session(f->s, "p2", 0, see_session, &seen), "s2 s3 ");
    SEES(mu_store_each_session(f->s, "p2", 4, see_session, &seen), "s3 ");
    assert_int_equal(mu_store_count_since(f->s, 0, 100), 5);
    assert_int_equal(mu_store_count_since(f->s, 4, 100), 2);
    assert_int_equal(mu_store_count_since(f->s, 6, 100), 0);
    OK(mu_store_delete_session(f->s, "s1", mu_store_next_rev(f->s)));
    OK(mu_store_delete_project(f->s, "p2", mu_store_next_rev(f->s)));
    OK(mu_store_delete_project(f->s, "nobody", mu_store_next_rev(f->s)));
    OK(mu_store_commit(f->s));
    SEES(mu_store_each_tombstone(f->s, 6, see_tombstone, &seen), "S:s1@7 P:p2@8 S:s2@8 S:s3@8 ");
    SEES(mu_store_each_tombstone(f->s, 7, see_tombstone, &seen), "P:p2@8 S:s2@8 S:s3@8 ");
    assert_int_equal(mu_store_count_since(f->s, 6, 100), 4);
    assert_int_equal(mu_store_count_sessions(f->s), 0);
    assert_int_equal(mu_store_count_projects(f->s), 1);
}

static void forgotten_tombstones_raise_the_oldest_since(void **state)
{
    struct fixture *f = *state;
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s1"));
    OK(mu_store_delete_session(f->s, "s1", mu_store_next_rev(f->s)));
    OK(mu_store_commit(f->s));
    OK(mu_store_prune_tombstones(f->s, 1000));
    assert_int_equal(mu_store_oldest_since(f->s), 0);
    OK(mu_store_prune_tombstones(f->s, INT64_MAX));
    assert_int_equal(mu_store_oldest_since(f->s), 3);
    mu_store_rollback(f->s);
    assert_int_equal(mu_store_oldest_since(f->s), 0);
    assert_int_equal(mu_store_count_since(f->s, 2, 100), 1);
    OK(mu_store_prune_tombstones(f->s, INT64_MAX));
    OK(mu_store_commit(f->s));
    reopen_store(f);
    assert_int_equal(mu_store_oldest_since(f->s), 3);
    assert_int_equal(mu_store_count_since(f->s, 2, 100), 0);
}

static void numbers_are_given_once_and_taken_back_by_a_rollback(void **state)
{
    struct fixture *f = *state;
    assert_false(mu_store_dirty(f->s));
    assert_int_equal(mu_store_rev(f->s), 0);
    OK(put_project(f->s, "p1"));
    assert_true(mu_store_dirty(f->s));
    assert_int_equal(mu_store_rev(f->s), 1);
    mu_store_rollback(f->s);
    assert_false(mu_store_dirty(f->s));
    assert_int_equal(mu_store_rev(f->s), 0);
    assert_int_equal(mu_store_count_projects(f->s), 0);
    assert_int_equal(mu_store_next_rev(f->s), 1);
    OK(mu_store_commit(f->s)); /* a number alone is kept as well */
    reopen_store(f);
    assert_int_equal(mu_store_rev(f->s), 1);
    assert_int_equal(mu_store_next_rev(f->s), 2);
}

static void secrets_expire(void **state)
{
    struct fixture *f = *state;
    static const char a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static const char b[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    OK(mu_store_put_secret(f->s, "owner", a, 1, 0));
    OK(mu_store_put_secret(f->s, "login", b, 1, 100));
    assert_true(mu_store_has_secret(f->s, "owner", a, INT64_MAX));
    assert_false(mu_store_has_secret(f->s, "login", a, 1));
    assert_false(mu_store_has_secret(f->s, "owner", b, 1));
    assert_true(mu_store_has_secret(f->s, "login", b, 99));
    assert_false(mu_store_has_secret(f->s, "login", b, 100));
    OK(mu_store_prune_secrets(f->s, 99));
    assert_true(mu_store_has_secret(f->s, "login", b, 99));
    OK(mu_store_prune_secrets(f->s, 100));
    assert_false(mu_store_has_secret(f->s, "login", b, 99));
    OK(mu_store_delete_secrets(f->s, "owner"));
    assert_false(mu_store_has_secret(f->s, "owner", a, 1));
    OK(mu_store_commit(f->s));
    assert_int_equal(mu_store_put_secret(f->s, "owner", "in clear", 1, 0), -EINVAL);
    mu_store_rollback(f->s);
}

struct nested {
    struct mu_store *s;
    int depth, calls;
};

static void read_again(void *ctx, const struct mu_rec_session *row,
                       const struct mu_session_private *priv)
{
    MU_UNUSED(priv);
    struct nested *n = ctx;
    char *id = mu_strdup(row->id);
    n->calls++;
    if (n->depth-- > 0)
        OK(mu_store_each_session(n->s, NULL, 0, read_again, n));
    n->depth++;
    assert_string_equal(row->id, id);
    free(id);
}

struct seen_access {
    char ids[256];
    struct mu_store_access last;
};

static void on_access(void *ctx, const struct mu_store_access *a)
{
    struct seen_access *seen = ctx;
    snprintf(seen->ids + strlen(seen->ids), sizeof seen->ids - strlen(seen->ids), "%s ", a->id);
    seen->last = *a;
}

static int put_access(struct mu_store *s, const char *id, enum mu_access_kind kind, char digit,
                      int64_t at, int64_t expires)
{
    char hash[65];
    memset(hash, digit, 64);
    hash[64] = '\0';
    return mu_store_put_access(s, &(struct mu_store_access){.id = id,
                                                            .kind = kind,
                                                            .hash = hash,
                                                            .name = "Firefox on Linux",
                                                            .created_at = at,
                                                            .expires_at = expires});
}

static void what_lets_somebody_in_is_listed_and_taken_away(void **state)
{
    struct fixture *f = *state;
    static const char b[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    struct seen_access seen = {0};
    char id[MU_ID_SIZE];
    OK(mu_store_put_secret(f->s, "owner", b, 1, 0));
    OK(put_access(f->s, "t1", MU_access_kind_TOKEN, 'a', 9, 0));
    OK(put_access(f->s, "b1", MU_access_kind_BROWSER, 'b', 5, 100));
    OK(put_access(f->s, "b2", MU_access_kind_BROWSER, 'c', 6, 50));
    OK(mu_store_commit(f->s));
    OK(mu_store_each_access(f->s, 10, on_access, &seen));
    assert_string_equal(seen.ids, "b2 b1 t1 ");
    OK(mu_store_use_access(f->s, "b1", 40));
    seen = (struct seen_access){0};
    OK(mu_store_each_access(f->s, 60, on_access, &seen)); /* b2 has expired */
    assert_string_equal(seen.ids, "b1 t1 ");
    assert_int_equal(mu_store_count_access(f->s, MU_access_kind_BROWSER), 2);
    OK(mu_store_oldest_access(f->s, MU_access_kind_BROWSER, 1, id));
    assert_string_equal(id, "b2");
    assert_int_equal(mu_store_oldest_access(f->s, MU_access_kind_BROWSER, 2, id), -ENOENT);

    seen = (struct seen_access){0};
    OK(mu_store_find_access(f->s, MU_access_kind_BROWSER, b, 60, on_access, &seen));
    assert_int_equal(seen.last.last_used_at, 40);
    assert_int_equal(seen.last.expires_at, 100);
    assert_int_equal(mu_store_find_access(f->s, MU_access_kind_BROWSER, b, 100, on_access, &seen),
                     -ENOENT);
    assert_int_equal(mu_store_find_access(f->s, MU_access_kind_TOKEN, b, 1, on_access, &seen),
                     -ENOENT);
    OK(mu_store_delete_access(f->s, "b1"));
    assert_int_equal(mu_store_delete_access(f->s, "b1"), -ENOENT);
    assert_int_equal(mu_store_find_access(f->s, MU_access_kind_BROWSER, b, 60, on_access, &seen),
                     -ENOENT);
    OK(mu_store_commit(f->s));
    assert_true(mu_store_has_secret(f->s, "owner", b, 1));
    assert_int_equal(put_access(f->s, "t1", MU_access_kind_TOKEN, 'd', 1, 0), -EEXIST);
}

static void a_callback_may_read(void **state)
{
    struct fixture *f = *state;
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s1"));
    OK(put_session(f->s, "p1", "s2"));
    struct nested n = {.s = f->s, .depth = 2};
    OK(mu_store_each_session(f->s, NULL, 0, read_again, &n));
    assert_int_equal(n.calls, 2 + 4 + 8);
    OK(mu_store_commit(f->s));
}

/* The log grows with commits, and a checkpoint beside the open store lets it begin anew. */
static void a_checkpoint_empties_the_log(void **state)
{
    struct fixture *f = *state;
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s1"));
    OK(mu_store_commit(f->s));
    int before = mu_store_wal_pages(f->s);
    for (int i = 1; i <= 50; i++) {
        OK(put_message(f->s, "s1", text("m%d", i), i, "words"));
        OK(mu_store_commit(f->s));
    }
    assert_true(mu_store_wal_pages(f->s) >= before + 50);
    OK(put_message(f->s, "s1", "pending", 51, "not committed"));
    OK(mu_store_checkpoint(f->dir)); /* while a transaction is open: as much as possible */
    OK(mu_store_commit(f->s));
    OK(mu_store_checkpoint(f->dir));
    struct stat st;
    OK(stat(text("%s/muster.db-wal", f->dir), &st));
    assert_int_equal(st.st_size, 0);
    OK(put_message(f->s, "s1", "after", 52, "words"));
    OK(mu_store_commit(f->s));
    assert_in_range(mu_store_wal_pages(f->s), 1, 30);
    int count = 0;
    bool older;
    OK(mu_store_page_messages(f->s, "s1", 0, 100, 100000, &older, count_message, &count));
    assert_int_equal(count, 52);
    assert_int_not_equal(mu_store_checkpoint("/nonexistent"), 0);
}

/* Nobody runs a checkpoint: the commit that passes the bound empties the log itself. */
static void the_log_is_bounded(void **state)
{
    struct fixture *f = *state;
    static char words[1000 * 1000];
    int emptied = 0, most = 0;
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s1"));
    for (int i = 1; i <= 150 && !emptied; i++) {
        memset(words, 'a' + i % 26, sizeof words - 1); /* every page of it changes */
        OK(put_message(f->s, "s1", "m1", 1, words));
        OK(mu_store_commit(f->s));
        int pages = mu_store_wal_pages(f->s);
        emptied += pages < most;
        most = pages > most ? pages : most;
    }
    assert_true(emptied);
    assert_in_range(most, MU_STORE_LOG_PAGES_MAX / 2, MU_STORE_LOG_PAGES_MAX);
    struct stat st;
    OK(stat(text("%s/muster.db-wal", f->dir), &st));
    assert_int_equal(st.st_size, 0);
    check_text(f->s, "m1", words);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_come_back_as_they_were_put),
        TEST(places_are_told_in_their_order),
        TEST(every_word_of_an_enum_is_stored),
        TEST(deltas_tell_what_changed),
        TEST(forgotten_tombstones_raise_the_oldest_since),
        TEST(numbers_are_given_once_and_taken_back_by_a_rollback),
        TEST(secrets_expire),
        TEST(what_lets_somebody_in_is_listed_and_taken_away),
        TEST(a_callback_may_read),
        TEST(a_checkpoint_empties_the_log),
        TEST(the_log_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
