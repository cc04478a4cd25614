/* Slices of the list: where they end, where they go on, and that none passes a row over. */
#include "../store/store_fixture.h"

#include "server/internal.h"

/* What a reader has gathered over the slices. */
struct seen {
    json_t *rows; /* id → how often it came */
    size_t slices, largest;
};

static json_t *slice(struct mu_store *s, const char *after)
{
    struct mu_buf text = {0};
    OK(mu_slice_list(s, after, &text));
    json_t *list = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    if (!list)
        fail_msg("not JSON: %.300s", text.data);
    assert_true(text.len < MU_LIMIT_SLICE_BYTES + 2 * MU_LIMIT_OPTIONS_BYTES);
    mu_buf_release(&text);
    return list;
}

static void count(json_t *rows, const json_t *row)
{
    const char *id = json_string_value(json_object_get(row, "id"));
    json_int_t times = json_integer_value(json_object_get(rows, id));
    json_object_set_new(rows, id, json_integer(times + 1));
}

static size_t take(struct seen *seen, const json_t *list)
{
    size_t i, k, rows = 0;
    const json_t *project, *row;
    json_array_foreach(json_object_get(list, "projects"), i, project)
    {
        const json_t *sessions = json_object_get(project, "sessions");
        count(seen->rows, project);
        json_array_foreach(sessions, k, row)
        {
            const char *of = json_string_value(json_object_get(row, "project_id"));
            assert_string_equal(of, json_string_value(json_object_get(project, "id")));
            count(seen->rows, row);
        }
        rows += 1 + json_array_size(sessions);
    }
    seen->slices++;
    seen->largest = rows > seen->largest ? rows : seen->largest;
    return rows;
}

/* Reads on behind `after` to the end; between the slices, `meanwhile` may change something. */
static struct seen read_on(struct mu_store *s, const char *after,
                           void (*meanwhile)(struct mu_store *s, size_t slices))
{
    struct seen seen = {.rows = json_object()};
    char next[64] = "";
    do {
        json_t *list = slice(s, seen.slices ? next : after);
        size_t rows = take(&seen, list);
        const char *more = json_string_value(json_object_get(list, "next"));
        assert_true(rows > 0 || !more);
        bool first = seen.slices == 1 && !after;
        assert_int_equal(json_object_get(list, "total_sessions") != NULL, more && first);
        snprintf(next, sizeof next, "%s", more ? more : "");
        json_decref(list);
        if (meanwhile)
            meanwhile(s, seen.slices);
    } while (next[0]);
    return seen;
}

static json_int_t times(const struct seen *seen, const char *id)
{
    return json_integer_value(json_object_get(seen->rows, id));
}

static void fill(struct mu_store *s, int projects, int sessions_each)
{
    for (int p = 0; p < projects; p++) {
        OK(put_project(s, text("p%d", p)));
        for (int n = 0; n < sessions_each; n++)
            OK(put_session(s, text("p%d", p), text("s%d.%d", p, n)));
    }
    OK(mu_store_commit(s));
}

static void a_small_list_is_one_slice_without_a_next(void **state)
{
    struct fixture *f = *state;
    json_t *none = slice(f->s, NULL);
    assert_int_equal(json_array_size(json_object_get(none, "projects")), 0);
    assert_int_equal(json_object_size(none), 3); /* epoch, rev, projects */
    json_decref(none);
    fill(f->s, 3, (MU_LIMIT_SLICE_ROWS - 3) / 3);
    struct seen seen = read_on(f->s, NULL, NULL);
    assert_int_equal(seen.slices, 1);
    assert_int_equal(times(&seen, "s2.0"), 1);
    json_decref(seen.rows);
}

static void every_row_comes_once(void **state)
{
    struct fixture *f = *state;
    enum { PROJECTS = 30, EACH = 120 };
    fill(f->s, PROJECTS, EACH);
    struct seen seen = read_on(f->s, NULL, NULL);
    assert_int_equal(seen.largest, MU_LIMIT_SLICE_ROWS);
    assert_int_equal(seen.slices, (PROJECTS * (EACH + 1) + 4) / MU_LIMIT_SLICE_ROWS + 1);
    for (int p = 0; p < PROJECTS; p++) {
        assert_in_range(times(&seen, text("p%d", p)), 1, 2); /* again where it was cut */
        for (int n = 0; n < EACH; n++)
            assert_int_equal(times(&seen, text("s%d.%d", p, n)), 1);
    }
    json_decref(seen.rows);
}

static void a_project_may_be_longer_than_several_slices(void **state)
{
    struct fixture *f = *state;
    fill(f->s, 1, 3 * MU_LIMIT_SLICE_ROWS);
    OK(put_project(f->s, "behind"));
    struct seen seen = read_on(f->s, NULL, NULL);
    assert_int_equal(times(&seen, "p0"), 4);
    assert_int_equal(times(&seen, "behind"), 1);
    for (int n = 0; n < 3 * MU_LIMIT_SLICE_ROWS; n++)
        assert_int_equal(times(&seen, text("s0.%d", n)), 1);
    json_decref(seen.rows);
}

static void projects_without_sessions_fill_slices(void **state)
{
    struct fixture *f = *state;
    fill(f->s, 3 * MU_LIMIT_SLICE_ROWS, 0);
    struct seen seen = read_on(f->s, NULL, NULL);
    assert_int_equal(seen.slices, 3);
    for (int p = 0; p < 3 * MU_LIMIT_SLICE_ROWS; p++)
        assert_int_equal(times(&seen, text("p%d", p)), 1);
    json_decref(seen.rows);
}

static void large_rows_make_short_slices(void **state)
{
    struct fixture *f = *state;
    char *options = mu_alloc(MU_LIMIT_OPTIONS_BYTES + 1);
    memset(options, 'x', MU_LIMIT_OPTIONS_BYTES);
    memcpy(options, "{\"a\":\"", 6);
    memcpy(options + MU_LIMIT_OPTIONS_BYTES - 2, "\"}", 2);
    OK(put_project(f->s, "p1"));
    for (int n = 0; n < 40; n++) {
        struct mu_rec_session row = session(f->s, "p1", text("s%d", n));
        row.options = options;
        OK(mu_store_put_session(f->s, &row, &(struct mu_session_private){0}));
    }
    struct seen seen = read_on(f->s, NULL, NULL); /* each slice's bytes are looked at there */
    assert_in_range(seen.slices, 5, 6);
    for (int n = 0; n < 40; n++)
        assert_int_equal(times(&seen, text("s%d", n)), 1);
    json_decref(seen.rows);
    free(options);
}

/* What was read goes away, and so does what is next; numbers are given again. */
static void delete_around(struct mu_store *s, size_t slices)
{
    if (slices != 1)
        return;
    OK(mu_store_delete_project(s, "p8", mu_store_next_rev(s))); /* in which the slice ended */
    OK(mu_store_delete_project(s, "p9", mu_store_next_rev(s)));
    OK(mu_store_delete_session(s, "s10.119", mu_store_next_rev(s)));
    OK(put_session(s, "p2", "new in old"));
    OK(put_project(s, "new"));
    OK(put_session(s, "new", "new in new"));
    OK(mu_store_commit(s));
}

static void what_is_deleted_between_slices_is_left_out(void **state)
{
    struct fixture *f = *state;
    fill(f->s, 12, 120);
    struct seen seen = read_on(f->s, NULL, delete_around);
    assert_int_equal(times(&seen, "s8.0"), 1);
    assert_int_equal(times(&seen, "s8.119"), 0);
    assert_int_equal(times(&seen, "p9"), 0);
    assert_int_equal(times(&seen, "s10.118"), 1);
    assert_int_equal(times(&seen, "s10.119"), 0);
    assert_int_equal(times(&seen, "s11.119"), 1);
    assert_int_equal(times(&seen, "new in old"), 0); /* read before: a push tells of it */
    assert_int_equal(times(&seen, "new in new"), 1);
    json_decref(seen.rows);
}

static void a_place_may_be_where_nothing_is_any_more(void **state)
{
    struct fixture *f = *state;
    fill(f->s, 2, 2);
    static const struct {
        const char *after;
        size_t rows;
    } places[] = {
        {"0.0", 6}, {"1.0", 6}, {"1.1", 5}, {"1.2", 3},
        {"2.3", 2}, {"2.9", 0}, {"3.0", 0}, {"9223372036854775807.9223372036854775807", 0}};
    for (size_t i = 0; i < MU_COUNT(places); i++) {
        struct seen seen = {.rows = json_object()};
        json_t *list = slice(f->s, places[i].after);
        assert_null(json_object_get(list, "next"));
        assert_int_equal(take(&seen, list), places[i].rows); /* the project comes with the rest */
        json_decref(list);
        json_decref(seen.rows);
    }
}

static void what_is_no_place_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const wrong[] = {"",
                                        "1",
                                        "1.",
                                        ".1",
                                        "1.1 ",
                                        " 1.1",
                                        "-1.1",
                                        "1.-1",
                                        "+1.1",
                                        "1,1",
                                        "a.b",
                                        "1.1.1",
                                        "99999999999999999999.1",
                                        "0x1.1"};
    for (size_t i = 0; i < MU_COUNT(wrong); i++) {
        struct mu_buf text = {0};
        assert_int_equal(mu_slice_list(f->s, wrong[i], &text), -EINVAL);
        assert_int_equal(text.len, 0);
        mu_buf_release(&text);
    }
}

static void a_snapshot_begins_as_the_list_does(void **state)
{
    struct fixture *f = *state;
    fill(f->s, 12, 120);
    struct mu_buf text = {0};
    OK(mu_slice_snapshot(f->s, MU_snapshot_reason_TOO_OLD, &text));
    json_t *snapshot = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *list = slice(f->s, NULL);
    assert_non_null(snapshot);
    assert_string_equal(json_string_value(json_object_get(snapshot, "reason")), "too_old");
    json_object_del(snapshot, "mode");
    json_object_del(snapshot, "reason");
    assert_true(json_equal(snapshot, list));
    assert_int_equal(json_integer_value(json_object_get(list, "total_projects")), 12);
    assert_int_equal(json_integer_value(json_object_get(list, "total_sessions")), 12 * 120);
    json_decref(snapshot);
    json_decref(list);
    mu_buf_release(&text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_small_list_is_one_slice_without_a_next),
        TEST(every_row_comes_once),
        TEST(a_project_may_be_longer_than_several_slices),
        TEST(projects_without_sessions_fill_slices),
        TEST(large_rows_make_short_slices),
        TEST(what_is_deleted_between_slices_is_left_out),
        TEST(a_place_may_be_where_nothing_is_any_more),
        TEST(what_is_no_place_is_refused),
        TEST(a_snapshot_begins_as_the_list_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
