#include "runner_fixture.h"

/* A session that moves to another project, through the whole runner, with a script in the place of
 * an agent that keeps a process between turns. It notes each of its starts: where, with what. */

static const char script[] =
    "#!/bin/sh\n"
    "[ \"$1\" != --version ] || { echo '9.9.9 (Claude Code)'; exit; }\n"
    "echo \"$PWD $*\" >> \"$(dirname \"$0\")\"/starts\n"
    "sid=11111111-2222-4333-8444-555555555555\n"
    "while IFS= read -r line; do\n"
    "  case \"$line\" in *'\"type\":\"user\"'*) ;; *) continue;; esac\n"
    "  [ -n \"$begun\" ] || echo '{\"type\":\"system\",\"subtype\":\"init\",\"model\":\"m-1\","
    "\"session_id\":\"'$sid'\"}'\n"
    "  begun=1\n"
    "  case \"$line\" in *hang*) continue;; esac\n"
    "  echo '{\"is_error\":false,\"result\":\"\",\"terminal_reason\":\"completed\","
    "\"session_id\":\"'$sid'\",\"type\":\"result\"}'\n"
    "done\n";

static int with_agent(void **state)
{
    int rc = make_dirs(state);
    serve_script(*state, "claude", "MUSTER_CLAUDE", script);
    return rc;
}

/* The starts of the agent so far; owned. */
static char *starts(const struct fixture *f)
{
    char path[128], text[4096];
    snprintf(path, sizeof path, "%s/starts", f->dir);
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    return mu_strndup(text, n);
}

/* Makes another project, in WORK/there, and leaves the first one's id in f->project. */
static void make_other(struct fixture *f, char id[65])
{
    char dir[128], first[65];
    snprintf(dir, sizeof dir, "%s/there", f->work);
    assert_int_equal(mkdir(dir, 0700), 0);
    memcpy(first, f->project, sizeof first);
    mu_runner_create_project(f->runner, &(struct mu_rec_create_project){.path = dir}, on_outcome,
                             f);
    assert_int_equal(settle(f), MU_CODE_OK);
    memcpy(id, f->project, sizeof first);
    memcpy(f->project, first, sizeof first);
}

static enum mu_code move_to(struct fixture *f, const char *project_id)
{
    struct mu_rec_update_session u = {.has = MU_HAS(update_session, project_id),
                                      .project_id = project_id};
    mu_runner_update_session(f->runner, f->session, &u, on_outcome, f);
    return settle(f);
}

static void it_begins_anew_in_the_other_directory(void **state)
{
    struct fixture *f = *state;
    char there[65];
    make_other(f, there);
    assert_int_equal(prompt(f, "m1", "hi"), MU_CODE_OK);
    until_quiet(f);
    struct mu_rec_session *before = row(f);
    assert_non_null(before->cli_session_id);
    forget_pushes(f);
    assert_int_equal(move_to(f, there), MU_CODE_OK);
    struct mu_rec_session *after = row(f);
    assert_string_equal(after->project_id, there);
    assert_null(after->cli_session_id);
    assert_int_equal(after->read_seq, after->last_seq); /* all was read: so is the notice */
    assert_non_null(strstr(after->metadata, "\"model\":\"m-1\""));
    assert_transcript(f, "user|hi\nnotice|Moved from work to there. The agent begins a new "
                         "conversation there: it does not remember what was said here.\n");
    assert_int_equal(f->push_count, 2); /* the notice, and the row once */
    assert_string_equal(
        json_string_value(json_object_get(find_push(f, "session_updated"), "project_id")), there);
    assert_int_equal(prompt(f, "m2", "hi"), MU_CODE_OK); /* the former process may live yet */
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    char *text = starts(f);
    const char *second = strchr(text, '\n') + 1;
    assert_non_null(strstr(second, "/work/there "));
    assert_null(strstr(text, "--resume"));
    free(text);
    mu_rec_free(&mu_session_desc, before);
    mu_rec_free(&mu_session_desc, after);
}

/* Nothing was said: there is nothing to forget. */
static void an_empty_session_moves_without_a_word(void **state)
{
    struct fixture *f = *state;
    char there[65];
    make_other(f, there);
    assert_int_equal(move_to(f, "nothing"), MU_CODE_PROJECT_NOT_FOUND);
    assert_int_equal(move_to(f, there), MU_CODE_OK);
    assert_transcript(f, "");
    int64_t rev = mu_store_rev(f->store);
    assert_int_equal(move_to(f, there), MU_CODE_OK); /* it is there */
    assert_int_equal(mu_store_rev(f->store), rev);
}

static void it_stays_while_it_works(void **state)
{
    struct fixture *f = *state;
    char there[65];
    make_other(f, there);
    prompt(f, "m1", "hang");
    int64_t rev = mu_store_rev(f->store);
    assert_int_equal(move_to(f, there), MU_CODE_SESSION_BUSY);
    assert_int_equal(mu_store_rev(f->store), rev);
    assert_state(f, MU_session_state_WORKING, NULL);
}

/* The process, too, is as if nothing had been asked for. */
static void a_commit_that_fails_takes_a_move_back(void **state)
{
    struct fixture *f = *state;
    char there[65];
    make_other(f, there);
    prompt(f, "m1", "hi");
    until_quiet(f);
    forget_pushes(f);
    mu_store_fail_after(f->store, 1, -ENOSPC);
    assert_int_equal(move_to(f, there), MU_CODE_STORE_FULL);
    mu_store_fail_after(f->store, 0, 0);
    struct mu_rec_session *r = row(f);
    assert_string_equal(r->project_id, f->project);
    assert_non_null(r->cli_session_id);
    mu_rec_free(&mu_session_desc, r);
    assert_int_equal(f->push_count, 0);
    prompt(f, "m2", "hi");
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    char *text = starts(f);
    assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text)); /* one process */
    free(text);
}

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_begins_anew_in_the_other_directory, with_agent,
                                        without_agent),
        cmocka_unit_test_setup_teardown(an_empty_session_moves_without_a_word, with_agent,
                                        without_agent),
        cmocka_unit_test_setup_teardown(it_stays_while_it_works, with_agent, without_agent),
        cmocka_unit_test_setup_teardown(a_commit_that_fails_takes_a_move_back, with_agent,
                                        without_agent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
