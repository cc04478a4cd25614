#include "runner_fixture.h"

#include "core/order.h"

/* The order of rows: where a new one stands, where a moved one goes, and who hears of it. */

enum { ROWS = 12, MOVES = 400 };

static uint32_t random_number(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void listen_to_projects(struct fixture *f)
{
    struct mu_phx_ref ref;
    memset(&ref, 0, sizeof ref);
    mu_runner_flush(f->runner);
    f->sub = mu_hub_subscribe(f->hub, "projects", (void *)f, &listener, MU_PHX_V2, &ref,
                              mu_store_rev(f->store));
}

static void make_project(struct fixture *f, int i)
{
    char dir[128];
    snprintf(dir, sizeof dir, "%s/%d", f->work, i);
    assert_int_equal(mkdir(dir, 0700), 0);
    mu_runner_create_project(f->runner, &(struct mu_rec_create_project){.path = dir}, on_outcome,
                             f);
    assert_int_equal(settle(f), MU_CODE_OK);
}

static void add_session(struct fixture *f)
{
    mu_runner_create_session(f->runner, f->project,
                             &(struct mu_rec_create_session){.agent = "shell"}, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
}

static enum mu_code move_session(struct fixture *f, const char *id, const char *after)
{
    struct mu_rec_update_session u = {.has = MU_HAS(update_session, after), .after = after};
    mu_runner_update_session(f->runner, id, &u, on_outcome, f);
    return settle(f);
}

static enum mu_code move_project(struct fixture *f, const char *id, const char *after)
{
    struct mu_rec_update_project u = {.has = MU_HAS(update_project, after), .after = after};
    mu_runner_update_project(f->runner, id, &u, on_outcome, f);
    return settle(f);
}

/* A list as a person sees it, from the top. */
struct list {
    char ids[ROWS][65];
    int64_t positions[ROWS];
    int count;
};

static void on_place(void *ctx, const char *id, int64_t position)
{
    struct list *l = ctx;
    assert_true(l->count < ROWS);
    snprintf(l->ids[l->count], sizeof l->ids[0], "%s", id);
    l->positions[l->count++] = position;
}

static struct list read_list(struct fixture *f, const char *project_id)
{
    struct list up = {0}, l = {0};
    assert_int_equal(mu_store_each_place(f->store, project_id, on_place, &up), 0);
    for (int i = 1; i < up.count; i++)
        assert_true(up.positions[i - 1] < up.positions[i]);
    for (int i = 0; i < up.count; i++) {
        int from = project_id ? up.count - 1 - i : i;
        on_place(&l, up.ids[from], up.positions[from]);
    }
    return l;
}

/* What the list is when one of it has been moved below another (NULL: to the top). */
static void move_in(struct list *l, const char *id, const char *after)
{
    struct list old = *l;
    l->count = 0;
    if (!after)
        on_place(l, id, 0);
    for (int i = 0; i < old.count; i++) {
        if (strcmp(old.ids[i], id) != 0)
            on_place(l, old.ids[i], 0);
        if (after && strcmp(old.ids[i], after) == 0)
            on_place(l, id, 0);
    }
}

/* Every row whose position is another one was pushed, once, and with nothing but that. */
static void check_pushes(struct fixture *f, const struct list *before, const struct list *after,
                         const char *key)
{
    size_t changed = 0;
    for (int i = 0; i < after->count; i++)
        for (int k = 0; k < before->count; k++)
            changed += strcmp(after->ids[i], before->ids[k]) == 0 &&
                       after->positions[i] != before->positions[k];
    assert_int_equal(f->push_count, changed);
    for (size_t i = 0; i < f->push_count; i++) {
        const json_t *p = f->pushes[i].payload;
        const char *id = json_string_value(json_object_get(p, key));
        assert_int_equal(json_object_size(p), 4); /* rev, prev, the id, position */
        int at = 0;
        while (at < after->count && strcmp(after->ids[at], id) != 0)
            at++;
        assert_int_equal(json_integer_value(json_object_get(p, "position")), after->positions[at]);
    }
}

static void check_moves(struct fixture *f, bool projects)
{
    uint64_t seed = 7;
    size_t renumbered = 0;
    const char *project_id = projects ? NULL : f->project;
    listen_to_projects(f);
    for (int i = 0; i < MOVES; i++) {
        struct list before = read_list(f, project_id), expected = before;
        const char *id = before.ids[random_number(&seed) % ROWS];
        uint32_t to = i % 4 ? ROWS / 2 : random_number(&seed) % (ROWS + 1);
        const char *below = to == ROWS ? NULL : before.ids[to];
        if (below == id)
            continue;
        forget_pushes(f);
        assert_int_equal(projects ? move_project(f, id, below) : move_session(f, id, below),
                         MU_CODE_OK);
        move_in(&expected, id, below);
        struct list after = read_list(f, project_id);
        assert_int_equal(after.count, ROWS);
        for (int k = 0; k < ROWS; k++)
            assert_string_equal(after.ids[k], expected.ids[k]);
        check_pushes(f, &before, &after, projects ? "projectId" : "sessionId");
        renumbered += f->push_count > 1;
    }
    assert_true(renumbered > 0);
}

static void sessions_stand_where_they_are_put(void **state)
{
    struct fixture *f = *state;
    make_project(f, 0);
    for (int i = 0; i < ROWS; i++) {
        add_session(f);
        struct list l = read_list(f, f->project);
        assert_string_equal(l.ids[0], f->session); /* the new one is first */
    }
    check_moves(f, false);
    struct list l = read_list(f, f->project); /* one at the top is not above the next new one */
    assert_int_equal(move_session(f, l.ids[5], NULL), MU_CODE_OK);
    mu_runner_delete_session(f->runner, l.ids[0], on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    add_session(f);
    l = read_list(f, f->project);
    assert_string_equal(l.ids[0], f->session);
}

static void projects_stand_where_they_are_put(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < ROWS; i++) {
        make_project(f, i);
        struct list l = read_list(f, NULL);
        assert_string_equal(l.ids[i], f->project); /* the new one is last */
    }
    check_moves(f, true);
}

static void a_wrong_place_is_a_sentence(void **state)
{
    struct fixture *f = *state;
    char other[65], mine[65];
    make_project(f, 0);
    add_session(f);
    memcpy(other, f->session, sizeof other);
    assert_int_equal(move_project(f, f->project, f->project), MU_CODE_INVALID_FIELD);
    assert_non_null(strstr(f->message, "itself"));
    assert_int_equal(move_project(f, f->project, "nothing"), MU_CODE_INVALID_FIELD);
    assert_non_null(strstr(f->message, "no project"));
    make_project(f, 1);
    add_session(f);
    memcpy(mine, f->session, sizeof mine);
    assert_int_equal(move_session(f, mine, mine), MU_CODE_INVALID_FIELD);
    assert_non_null(strstr(f->message, "itself"));
    assert_int_equal(move_session(f, mine, "nothing"), MU_CODE_INVALID_FIELD);
    assert_non_null(strstr(f->message, "no session"));
    assert_int_equal(move_session(f, mine, other), MU_CODE_INVALID_FIELD);
    assert_non_null(strstr(f->message, "another project"));
    int64_t rev = mu_store_rev(f->store);
    assert_int_equal(move_session(f, mine, NULL), MU_CODE_OK); /* it stands there */
    assert_int_equal(mu_store_rev(f->store), rev);
}

/* Any combination is one push for the row, with what changed and nothing else. */
static void a_change_of_much_is_one_push(void **state)
{
    struct fixture *f = *state;
    make_project(f, 0);
    add_session(f);
    char first[65];
    memcpy(first, f->session, sizeof first);
    add_session(f);
    listen_to_projects(f);
    struct mu_rec_update_session u = {
        .has = MU_HAS(update_session, name) | MU_HAS(update_session, archived) |
               MU_HAS(update_session, pinned) | MU_HAS(update_session, after) |
               MU_HAS(update_session, project_id),
        .name = "Mine",
        .archived = true,
        .pinned = true,
        .project_id = f->project,
        .after = NULL};
    mu_runner_update_session(f->runner, first, &u, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    assert_int_equal(f->push_count, 1);
    const json_t *p = f->pushes[0].payload;
    assert_int_equal(json_object_size(p), 8); /* rev, prev, the id; five */
    assert_string_equal(json_string_value(json_object_get(p, "name")), "Mine");
    assert_true(json_is_string(json_object_get(p, "archived_at")));
    assert_true(json_is_string(json_object_get(p, "pinned_at")));
    assert_true(json_is_integer(json_object_get(p, "position")));
    assert_true(json_is_string(json_object_get(p, "updated_at")));
    struct mu_rec_update_project w = {.has = MU_HAS(update_project, archived) |
                                             MU_HAS(update_project, pinned),
                                      .archived = true,
                                      .pinned = false};
    mu_runner_update_project(f->runner, f->project, &w, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    assert_int_equal(f->push_count, 2);
    p = f->pushes[1].payload;
    assert_int_equal(json_object_size(p), 5);
    assert_true(json_is_string(json_object_get(p, "archived_at")));
    mu_runner_update_project(f->runner, f->project, &w, on_outcome, f); /* it is so already */
    assert_int_equal(settle(f), MU_CODE_OK);
    assert_int_equal(f->push_count, 2);
}

/* A request that is refused has changed nothing, whatever else it asks for. */
static void a_refusal_changes_nothing(void **state)
{
    struct fixture *f = *state;
    make_project(f, 0);
    add_session(f);
    add_session(f);
    int64_t rev = mu_store_rev(f->store);
    struct mu_rec_update_session u = {.has = MU_HAS(update_session, pinned) |
                                             MU_HAS(update_session, after) |
                                             MU_HAS(update_session, name),
                                      .name = "Mine",
                                      .pinned = true,
                                      .after = "nothing"};
    mu_runner_update_session(f->runner, f->session, &u, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_INVALID_FIELD);
    struct mu_rec_update_project p = {.has = MU_HAS(update_project, pinned), .pinned = true};
    p.name = " ";
    mu_runner_update_project(f->runner, f->project, &p, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_INVALID_FIELD);
    mu_runner_update_project(f->runner, f->project, &(struct mu_rec_update_project){0}, on_outcome,
                             f);
    assert_int_equal(settle(f), MU_CODE_INVALID_FIELD);
    assert_int_equal(mu_store_rev(f->store), rev);
}

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sessions_stand_where_they_are_put, setup, teardown),
        cmocka_unit_test_setup_teardown(projects_stand_where_they_are_put, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_place_is_a_sentence, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_of_much_is_one_push, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refusal_changes_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
