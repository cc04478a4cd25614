#include "runner_fixture.h"

/* What the server asks for, but for prompts: projects, sessions, limits, refusals. */

static enum mu_code create_project(struct fixture *f, const char *path, const char *name)
{
    struct mu_rec_create_project p = {.path = path, .name = name};
    mu_runner_create_project(f->runner, &p, on_outcome, f);
    return settle(f);
}

static enum mu_code create_session(struct fixture *f, const struct mu_rec_create_session *req)
{
    mu_runner_create_session(f->runner, f->project, req, on_outcome, f);
    return settle(f);
}

static void a_directory_has_one_project(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(create_project(f, f->work, NULL), MU_CODE_OK);
    assert_int_equal(create_project(f, f->work, "again"), MU_CODE_PROJECT_EXISTS);
    assert_non_null(strstr(f->message, "\"work\""));
}

static void on_project_seen(void *ctx, const struct mu_rec_project *p)
{
    snprintf(ctx, 256, "%s", p->name);
}

static void a_project_can_be_renamed_and_deleted(void **state)
{
    struct fixture *f = *state;
    char name[256];
    make_session(f, "shell", NULL);
    struct mu_rec_update_project u = {.name = "  A  new\nname "};
    mu_runner_update_project(f->runner, f->project, &u, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    assert_int_equal(mu_store_get_project(f->store, f->project, on_project_seen, name), 0);
    assert_string_equal(name, "A new name");
    u.name = " \t ";
    mu_runner_update_project(f->runner, f->project, &u, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_INVALID_FIELD);
    mu_runner_update_project(f->runner, "nothing", &u, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_PROJECT_NOT_FOUND);
    prompt(f, "m1", "exec sleep 60");
    mu_runner_delete_project(f->runner, f->project, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    assert_null(f->sub);
    assert_int_equal(mu_store_count_sessions(f->store), 0);
    until_no_runs(f);
    mu_runner_delete_project(f->runner, f->project, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_PROJECT_NOT_FOUND);
}

static void a_session_is_checked(void **state)
{
    struct fixture *f = *state;
    char big[MU_LIMIT_NAME_BYTES + 2];
    memset(big, 'n', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    assert_int_equal(create_project(f, f->work, NULL), MU_CODE_OK);
    assert_int_equal(create_session(f, &(struct mu_rec_create_session){.agent = "nobody"}),
                     MU_CODE_AGENT_UNKNOWN);
    assert_int_equal(
        create_session(f, &(struct mu_rec_create_session){.agent = "shell", .name = big}),
        MU_CODE_TOO_LARGE);
    assert_int_equal(create_session(f, &(struct mu_rec_create_session){.agent = "shell",
                                                                       .options = "{\"x\":1}"}),
                     MU_CODE_INVALID_FIELD);
    assert_int_equal(
        create_session(
            f, &(struct mu_rec_create_session){.agent = "claude",
                                               .options = "{\"permission_mode\":\"never\"}"}),
        MU_CODE_INVALID_FIELD);
    assert_non_null(strstr(f->message, "permission_mode"));
    big[MU_LIMIT_NAME_BYTES] = '\0';
    assert_int_equal(
        create_session(f, &(struct mu_rec_create_session){.agent = "shell", .name = big}),
        MU_CODE_OK);
    struct mu_rec_session *r = row(f);
    assert_string_equal(r->name, big);
    assert_int_equal(r->state, MU_session_state_IDLE);
    mu_rec_free(&mu_session_desc, r);
}

static void a_name_given_by_a_person_stays(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    struct mu_rec_update_session u = {.has = MU_HAS(update_session, name), .name = "Mine"};
    mu_runner_update_session(f->runner, f->session, &u, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    prompt(f, "m1", "true");
    until_quiet(f);
    struct mu_rec_session *r = row(f);
    assert_string_equal(r->name, "Mine");
    mu_rec_free(&mu_session_desc, r);
    u = (struct mu_rec_update_session){.has = MU_HAS(update_session, archived), .archived = true};
    mu_runner_update_session(f->runner, f->session, &u, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    r = row(f);
    assert_true(r->archived_at > 0);
    assert_string_equal(r->name, "Mine");
    mu_rec_free(&mu_session_desc, r);
}

static void options_can_change(void **state)
{
    struct fixture *f = *state;
    make_session(f, "claude", "{\"model\":\"one\"}");
    struct mu_rec_session *r = row(f);
    assert_string_equal(r->options, "{\"model\":\"one\"}");
    mu_rec_free(&mu_session_desc, r);
    struct mu_rec_update_session u = {.has = MU_HAS(update_session, options),
                                      .options = "{\"model\":\"-x\"}"};
    mu_runner_update_session(f->runner, f->session, &u, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_INVALID_FIELD);
    assert_non_null(strstr(f->message, "\"model\""));
    u.options = "{\"permission_mode\":\"plan\"}";
    mu_runner_update_session(f->runner, f->session, &u, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    r = row(f);
    assert_string_equal(r->options, "{\"permission_mode\":\"plan\"}");
    mu_rec_free(&mu_session_desc, r);
    u.options = NULL;
    mu_runner_update_session(f->runner, f->session, &u, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    r = row(f);
    assert_null(r->options);
    mu_rec_free(&mu_session_desc, r);
}

static void reading_is_remembered(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    prompt(f, "m1", "echo hi");
    until_quiet(f);
    struct mu_rec_session *r = row(f);
    assert_int_equal(r->read_seq, 1);
    assert_int_equal(r->last_seq, 2);
    mu_rec_free(&mu_session_desc, r);
    mu_runner_read(f->runner, f->session, 0, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    r = row(f);
    assert_int_equal(r->read_seq, 2);
    mu_rec_free(&mu_session_desc, r);
    mu_runner_read(f->runner, "nothing", 0, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_SESSION_NOT_FOUND);
}

static void an_id_belongs_to_one_message(void **state)
{
    struct fixture *f = *state;
    char first[65];
    make_session(f, "shell", NULL);
    snprintf(first, sizeof first, "%s", f->session);
    prompt(f, "m1", "true");
    until_quiet(f);
    int64_t rev = mu_store_rev(f->store);
    assert_int_equal(prompt(f, "m1", "something else"), MU_CODE_OK);
    assert_int_equal(mu_store_rev(f->store), rev);
    assert_int_equal(create_session(f, &(struct mu_rec_create_session){.agent = "shell"}),
                     MU_CODE_OK);
    assert_string_not_equal(first, f->session);
    assert_int_equal(prompt(f, "m1", "true"), MU_CODE_CONFLICT);
    assert_state(f, MU_session_state_IDLE, NULL);
}

/* ---- who is answered asks for more ---- */

static void rename_to(struct fixture *f, const char *name, mu_outcome_cb *cb)
{
    struct mu_rec_update_session u = {.has = MU_HAS(update_session, name), .name = name};
    mu_runner_update_session(f->runner, f->session, &u, cb, f);
}

static void on_first(void *ctx, const struct mu_outcome *o)
{
    assert_int_equal(o->code, MU_CODE_OK);
    rename_to(ctx, "third", on_outcome);
}

/* A reader, and one who rolls its own writes back, needs a store in which nothing waits. */
static void on_second(void *ctx, const struct mu_outcome *o)
{
    struct fixture *f = ctx;
    assert_int_equal(o->code, MU_CODE_OK);
    assert_true(mu_store_dirty(f->store));
    mu_runner_flush(f->runner);
    assert_false(mu_store_dirty(f->store));
    mu_store_rollback(f->store);
}

static void an_answer_may_ask_for_more(void **state)
{
    struct fixture *f = *state;
    make_session(f, "shell", NULL);
    rename_to(f, "first", on_first);
    rename_to(f, "second", on_second);
    assert_int_equal(settle(f), MU_CODE_OK);
    struct mu_rec_session *r = row(f);
    assert_string_equal(r->name, "third");
    mu_rec_free(&mu_session_desc, r);
}

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_directory_has_one_project, setup, teardown),
        cmocka_unit_test_setup_teardown(a_project_can_be_renamed_and_deleted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_session_is_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_given_by_a_person_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(options_can_change, setup, teardown),
        cmocka_unit_test_setup_teardown(reading_is_remembered, setup, teardown),
        cmocka_unit_test_setup_teardown(an_id_belongs_to_one_message, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_may_ask_for_more, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
