/* Migrations: a database of a former schema is brought to the present one with all of its rows, or
 * left as it was. */
#include "open_fixture.h"

MU_EMBEDDED_DECLARE(mu_store_schema);

enum { STEPS_MAX = 16 };

static struct mu_embedded file(const char *name, const char *sql)
{
    return (struct mu_embedded){
        .name = name, .data = (const unsigned char *)sql, .len = strlen(sql)};
}

static void open_with(struct fixture *f, const struct mu_embedded *steps, size_t count)
{
    struct mu_store_why why;
    OK(mu_sq_open_with(f->dir, steps, count, &f->s, &why));
    if (!f->s)
        abort();
}

/* The schema as it is, in steps of its own, with room for more behind it. Returns their number. */
static size_t present_schema(struct mu_embedded steps[STEPS_MAX])
{
    assert_true(mu_store_schema_count + 2 <= STEPS_MAX);
    memcpy(steps, mu_store_schema, mu_store_schema_count * sizeof *steps);
    return mu_store_schema_count;
}

static void a_newer_schema_is_reached_step_by_step(void **state)
{
    struct fixture *f = *state;
    struct mu_store_why why;
    struct mu_embedded steps[STEPS_MAX];
    size_t n = present_schema(steps);
    steps[n] = file("x-2.sql", "CREATE TABLE extra (a TEXT) STRICT; "
                               "INSERT INTO extra VALUES ('two')");
    steps[n + 1] = file("x-3.sql", "UPDATE extra SET a = 'three'");
    open_with(f, steps, n);
    OK(put_project(f->s, "p1"));
    OK(mu_store_commit(f->s));
    char *epoch = mu_strdup(mu_store_epoch(f->s));
    close_store(f);
    for (int i = 0; i < 2; i++) { /* the second time there is nothing to do */
        open_with(f, steps, n + 2);
        char *all = dump(f->s->db);
        assert_non_null(strstr(all, "extra|a=three\n"));
        assert_non_null(strstr(all, "project|n=1|id=p1"));
        assert_string_equal(mu_store_epoch(f->s), epoch);
        free(all);
        close_store(f);
    }
    assert_int_equal(mu_sq_open_with(f->dir, steps, n + 1, &f->s, &why), MU_ENEWER);
    free(epoch);
}

/* Makes a database as an earlier muster left it: of a former schema, with rows. */
static void make_old(struct fixture *f, size_t version, const char *rows)
{
    run_sql(db_path(f), "PRAGMA application_id = 0x4d755374; PRAGMA journal_mode = WAL");
    for (size_t i = 0; i < version; i++) {
        char *step = mu_strndup((const char *)mu_store_schema[i].data, mu_store_schema[i].len);
        run_sql(db_path(f), step);
        free(step);
    }
    run_sql(db_path(f), text("PRAGMA user_version = %zu", version));
    run_sql(db_path(f), "INSERT INTO meta VALUES (1, 'e', 1000, 0, '', 1, '')");
    run_sql(db_path(f), rows);
}

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void on_old_sign_in(void *ctx, const struct mu_store_access *a)
{
    assert_true(mu_id_valid(a->id));
    assert_string_equal(a->name, "A browser");
    ++*(int *)ctx;
}

/* Its rows are there in the present schema. */
static void every_former_schema_is_brought_to_the_present_one(void **state)
{
    struct fixture *f = *state;
    make_old(f, 1,
             "INSERT INTO project VALUES (1, 'p1', 'n', '/p', 1, 1, 1);"
             "INSERT INTO session VALUES (1, 's1', 'p1', 'old', 'claude', 'idle', NULL, NULL, 0, "
             "0, 0, 0, 0, NULL, NULL, NULL, 0, 1, 1, 1, NULL, NULL, NULL, 0, 0);"
             "INSERT INTO secret VALUES ('owner', '" A64 "', 1, 0), ('login', '" A64 "', 1, 9), "
             "('login', '" B64 "', 1, 9);");
    open_store(f);
    assert_true(mu_store_has_secret(f->s, "owner", A64, 5));
    int browsers = 0;
    OK(mu_store_find_access(f->s, MU_access_kind_BROWSER, B64, 5, on_old_sign_in, &browsers));
    OK(mu_store_each_access(f->s, 5, on_old_sign_in, &browsers));
    assert_int_equal(browsers, 3);
    char *all = dump(f->s->db);
    assert_non_null(strstr(all, "|name=old|"));
    assert_non_null(strstr(all, "|now_id="));
    free(all);
}

static char *dump_messages(const char *path)
{
    struct mu_buf out = {0};
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    dump_rows(db, "message", &out);
    dump_rows(db, "message_piece", &out);
    sqlite3_close(db);
    return mu_buf_take(&out);
}

/* Schema 3 makes the table of messages anew: nothing of a long transcript may be lost by it. */
static void messages_and_their_pieces_survive_a_new_table(void **state)
{
    struct fixture *f = *state;
    make_old(f, 2,
             "INSERT INTO project VALUES (1, 'p1', 'n', '/p', 1, 1, 1);"
             "INSERT INTO session (id, project_id, name, agent, state, turn_started_at, last_seq, "
             "read_seq, queue_length, waiting_since, archived_at, created_at, updated_at, rev, "
             "run_id, turn_id, cancelling, user_named) VALUES ('s1', 'p1', 'old', 'claude', "
             "'working', 5, 500, 0, 1, 0, 0, 1, 1, 1, 'r1', 'm1', 0, 0);"
             "INSERT INTO run VALUES (1, 'r1', 's1', 'claude', '{}', 0, 0, 1, NULL, 1);"
             "INSERT INTO run_input VALUES ('r1', 1, x'61');"
             "INSERT INTO queued_prompt VALUES (1, 'q1', 's1', 'waits', 1);"
             "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 500) "
             "INSERT INTO message SELECT 2 * i, 'm' || i, 's1', i, i, 'text', i = 500, 7, 3, "
             "CASE WHEN i % 2 THEN '{\"a\":1}' END, 'one' FROM c;"
             "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 500) "
             "INSERT INTO message_piece SELECT 1000, i, 1, 'x' FROM c;");
    char *before = dump_messages(db_path(f));
    open_store(f);
    char *after = dump_messages(db_path(f));
    assert_string_equal(before, after);
    char whole[504] = "one";
    memset(whole + 3, 'x', 500);
    check_text(f->s, "m500", whole);
    char *all = dump(f->s->db);
    assert_non_null(strstr(all, "run_input|run_id=r1|seq=1|data=a|includes=0"));
    assert_non_null(strstr(all, "|text=waits|"));
    OK(mu_store_append_text(f->s, "m500", "y", 1)); /* and they still belong together */
    OK(mu_store_delete_session(f->s, "s1", mu_store_next_rev(f->s)));
    OK(mu_store_commit(f->s));
    char *none = dump_messages(db_path(f));
    assert_string_equal(none, "");
    free(all);
    free(none);
    free(before);
    free(after);
}

/* Schema 4: the order in which rows were made, without two that are equal. */
static void former_rows_get_places(void **state)
{
    struct fixture *f = *state;
    struct mu_buf list = {0};
    make_old(f, 3,
             "INSERT INTO project VALUES (1, 'p1', 'n', '/1', 5, 1, 1), (2, 'p2', 'n', '/2', 5, 1, "
             "2), (3, 'p3', 'n', '/3', 5, 1, 3), (4, 'p4', 'n', '/4', 4, 1, 4);"
             "CREATE TABLE old (id TEXT, project_id TEXT, made INTEGER);"
             "INSERT INTO old VALUES ('s1', 'p1', 7), ('s2', 'p1', 7), ('s3', 'p2', 7), "
             "('s4', 'p1', 6);"
             "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000) "
             "INSERT INTO old SELECT 'm' || i, 'p3', 9 + i / 2000 FROM c;"
             "INSERT INTO session (id, project_id, name, agent, state, turn_started_at, last_seq, "
             "read_seq, queue_length, waiting_since, archived_at, created_at, updated_at, rev, "
             "cancelling, user_named) SELECT id, project_id, 'n', 'claude', 'idle', 0, 0, 0, 0, 0, "
             "0, made, 1, 1, 0, 0 FROM old ORDER BY rowid;"
             "DROP TABLE old;");
    open_store(f);
    OK(mu_store_each_place(f->s, NULL, add_place, &list));
    OK(mu_store_each_place(f->s, "p1", add_place, &list));
    OK(mu_store_each_place(f->s, "p2", add_place, &list));
    assert_string_equal(list.data, "p4=4096 p1=5120 p2=5121 p3=5122 s4=6144 s1=7168 s2=7169 "
                                   "s3=7168 ");
    mu_buf_clear(&list); /* more of one millisecond than it has numbers */
    OK(mu_store_each_place(f->s, "p3", add_place, &list));
    long long last = 0;
    const char *at = list.data;
    for (int i = 1; i <= 3000; i++, at = strchr(at, ' ') + 1) {
        char id[16];
        long long position = 0;
        assert_int_equal(sscanf(at, "%15[^=]=%lld", id, &position), 2);
        assert_string_equal(id, text("m%d", i));
        assert_true(position > last);
        last = position;
    }
    mu_buf_release(&list);
}

static void a_migration_that_fails_leaves_the_old_state(void **state)
{
    struct fixture *f = *state;
    struct mu_store_why why;
    struct mu_embedded steps[STEPS_MAX];
    size_t n = present_schema(steps);
    steps[n] = file("x-2.sql", "DELETE FROM session; CREATE TABLE extra (a TEXT); NONSENSE;");
    fill(f);
    reopen_store(f);
    char *before = dump(f->s->db);
    close_store(f);
    assert_int_not_equal(mu_sq_open_with(f->dir, steps, n + 1, &f->s, &why), 0);
    assert_non_null(strstr(why.text, "x-2.sql"));
    assert_non_null(strstr(why.text, text("left at schema %zu", n)));
    steps[n] = file("x-2.sql", "DELETE FROM project"); /* leaves sessions without theirs */
    assert_int_not_equal(mu_sq_open_with(f->dir, steps, n + 1, &f->s, &why), 0);
    open_store(f);
    char *after = dump(f->s->db);
    assert_string_equal(before, after);
    free(before);
    free(after);
    assert_int_equal(access(text("%s.new", db_path(f)), F_OK), -1);
}

static void a_migration_that_fails_makes_no_new_database(void **state)
{
    struct fixture *f = *state;
    struct mu_store_why why;
    struct mu_embedded step = file("001-x.sql", "CREATE TABLE meta (a TEXT); NONSENSE;");
    assert_int_not_equal(mu_sq_open_with(f->dir, &step, 1, &f->s, &why), 0);
    assert_int_equal(access(db_path(f), F_OK), -1);
    assert_int_equal(access(text("%s.new", db_path(f)), F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_newer_schema_is_reached_step_by_step),
        TEST(every_former_schema_is_brought_to_the_present_one),
        TEST(messages_and_their_pieces_survive_a_new_table),
        TEST(former_rows_get_places),
        TEST(a_migration_that_fails_leaves_the_old_state),
        TEST(a_migration_that_fails_makes_no_new_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
