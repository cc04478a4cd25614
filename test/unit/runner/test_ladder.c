/* The ladder of a cancel is for the turn that was cancelled, and for no other. */
#include "runner_fixture.h"

#include "runner/internal.h"

/* A claude that reads and says nothing: the tests say it for it. */
static const char script[] = "#!/bin/sh\n"
                             "[ \"$1\" != --version ] || { echo '9.9.9 (Claude Code)'; exit; }\n"
                             "while IFS= read -r line; do :; done\n";

static int with_mute_claude(void **state)
{
    int rc = make_dirs(state);
    serve_script(*state, "claude", "MUSTER_CLAUDE", script);
    return rc;
}

static void turn_done(struct run *run)
{
    output_event(run, &(struct mu_agent_event){.kind = MU_AG_TURN_DONE, .outcome = MU_TURN_OK});
}

static void a_cancel_that_nobody_answers_climbs(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(prompt(f, "m1", "one"), MU_CODE_OK);
    assert_int_equal(cancel(f), MU_CODE_OK);
    assert_int_equal(f->runner->runs->rung, RUNG_INTERRUPTED);
    assert_true(mu_timer_active(f->runner->runs->timer));
    assert_state(f, MU_session_state_WORKING, NULL);
}

static void a_turn_that_ends_beside_its_cancel_needs_none(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(prompt(f, "m1", "one"), MU_CODE_OK);
    mu_runner_cancel(f->runner, f->session, on_outcome, f);
    turn_done(f->runner->runs);
    assert_int_equal(settle(f), MU_CODE_OK);
    assert_int_equal(f->runner->runs->rung, RUNG_NONE);
    assert_state(f, MU_session_state_IDLE, NULL);
    assert_int_equal(prompt(f, "m2", "two"), MU_CODE_OK);
    assert_false(mu_timer_active(f->runner->runs->timer));
}

static void the_next_turn_is_not_ended_for_it(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(prompt(f, "m1", "one"), MU_CODE_OK);
    assert_int_equal(prompt(f, "m2", "two"), MU_CODE_OK);
    struct mu_rec_edit_queue now = {.id = "m2", .now = true};
    mu_runner_edit_queue(f->runner, f->session, &now, on_outcome, f);
    turn_done(f->runner->runs);
    assert_int_equal(settle(f), MU_CODE_OK);
    assert_state(f, MU_session_state_WORKING, NULL);
    assert_int_equal(f->runner->runs->rung, RUNG_NONE);
    assert_false(mu_timer_active(f->runner->runs->timer));
}

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cancel_that_nobody_answers_climbs, with_mute_claude,
                                        without_agent),
        cmocka_unit_test_setup_teardown(a_turn_that_ends_beside_its_cancel_needs_none,
                                        with_mute_claude, without_agent),
        cmocka_unit_test_setup_teardown(the_next_turn_is_not_ended_for_it, with_mute_claude,
                                        without_agent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
