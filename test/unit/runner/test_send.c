/* What a dialect sends while it reads arrives once and in order: though the commit fails, though
 * the server comes and goes, and though the line after the one that it answers is still incomplete.
 */
#include "runner_fixture.h"

#include "runner/internal.h"

/* A codex that notes each line that it gets, and prints half a line behind each of its answers. It
 * prints the other half when a fifo of the test lets it: one for each, since a reader that comes
 * before the last writer has closed gets an end of file. */
static const char script[] =
    "#!/bin/sh\n"
    "cd \"$(dirname \"$0\")\"\n"
    "[ \"$1\" != --version ] || { echo 'codex-cli 9.9.9'; exit; }\n"
    "half() { printf '%s\\n{\"method\":' \"$1\"; echo half >> got; n=$((n + 1)); "
    "read -r x < gate$n; "
    "printf '\"none\"}\\n'; }\n"
    "while IFS= read -r line; do\n"
    "  case \"$line\" in\n"
    "  *'\"initialize\"'*) echo initialize >> got; half '{\"id\":1,\"result\":{}}';;\n"
    "  *'\"initialized\"'*) echo initialized >> got;;\n"
    "  *'\"thread/start\"'*) echo thread >> got\n"
    "    half '{\"id\":2,\"result\":{\"thread\":{\"id\":\"t1\"}}}';;\n"
    "  *'\"turn/start\"'*) echo turn >> got; echo "
    "'{\"id\":3,\"result\":{\"turn\":{\"id\":\"u1\"}}}'\n"
    "    echo '{\"method\":\"turn/completed\",\"params\":{\"threadId\":\"t1\",\"turn\":{\"id\":"
    "\"u1\",\"status\":\"completed\"}}}';;\n"
    "  esac\n"
    "done\n";

static void path_of(const struct fixture *f, const char *name, char path[160])
{
    snprintf(path, 160, "%s/%s", f->dir, name);
}

static int with_codex(void **state)
{
    int rc = make_dirs(state);
    struct fixture *f = *state;
    char path[160];
    path_of(f, "gate1", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    path_of(f, "gate2", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    serve_script(f, "codex", "MUSTER_CODEX", script);
    return rc;
}

static char *got(const struct fixture *f)
{
    char path[160], text[256] = "";
    path_of(f, "got", path);
    FILE *file = fopen(path, "r");
    if (file) {
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
    }
    return mu_strdup(text);
}

static void until_got(struct fixture *f, const char *expected)
{
    bool same = false;
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    while (!same) {
        turn(f);
        char *text = got(f);
        same = strcmp(text, expected) == 0;
        free(text);
    }
    mu_timer_stop(f->beat);
    mu_timer_stop(f->watchdog);
}

static void open_gate(const struct fixture *f, const char *name)
{
    char path[160];
    path_of(f, name, path);
    FILE *gate = fopen(path, "w");
    assert_non_null(gate);
    fputs("\n", gate);
    fclose(gate);
}

static void until_failures(struct fixture *f, int64_t n)
{
    struct mu_runner_stats stats;
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    do {
        turn(f);
        mu_runner_stats(f->runner, &stats);
    } while (stats.commit_failures < n);
    mu_timer_stop(f->watchdog);
}

#define FIRST "initialize\nhalf\n"
#define SECOND FIRST "initialized\nthread\nhalf\n"
#define ALL SECOND "turn\n"

static void end_well(struct fixture *f)
{
    open_gate(f, "gate2");
    until_quiet(f);
    assert_state(f, MU_session_state_IDLE, NULL);
    until_got(f, ALL);
}

static void an_incomplete_line_does_not_hold_it_back(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(prompt(f, "m1", "hi"), MU_CODE_OK);
    until_got(f, FIRST);
    open_gate(f, "gate1");
    until_got(f, SECOND);
    end_well(f);
}

/* The second failure is behind the answer that is to be answered. */
static void a_commit_that_fails_sends_nothing_twice(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(prompt(f, "m1", "hi"), MU_CODE_OK);
    mu_store_fail_after(f->store, 1, -ENOSPC);
    until_got(f, FIRST);
    until_failures(f, 2);
    mu_store_fail_after(f->store, 0, 0);
    open_gate(f, "gate1");
    until_got(f, SECOND);
    end_well(f);
}

/* An agent that ends before it has read its prompt gets it again; one that has read it does not. */
static void a_commit_that_fails_confirms_nothing(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(prompt(f, "m1", "hi"), MU_CODE_OK);
    mu_store_fail_after(f->store, 1, -ENOSPC);
    assert_int_equal(prompt(f, "m2", "ho"), MU_CODE_STORE_FULL);
    mu_store_fail_after(f->store, 0, 0);
    assert_int_equal(f->runner->runs->last_input, 1);
    assert_int_equal(f->runner->runs->confirmed_input, 0);
    until_got(f, FIRST);
    open_gate(f, "gate1");
    until_got(f, SECOND);
    assert_true(f->runner->runs->confirmed_input > 0);
    end_well(f);
}

static void a_server_that_comes_and_goes_sends_nothing_twice(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(prompt(f, "m1", "hi"), MU_CODE_OK);
    until_got(f, FIRST);
    for (int i = 0; i < 3; i++) {
        stop(f);
        serve(f);
    }
    open_gate(f, "gate1");
    until_got(f, SECOND);
    stop(f);
    serve(f);
    listen_to(f);
    end_well(f);
}

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_incomplete_line_does_not_hold_it_back, with_codex,
                                        without_agent),
        cmocka_unit_test_setup_teardown(a_commit_that_fails_sends_nothing_twice, with_codex,
                                        without_agent),
        cmocka_unit_test_setup_teardown(a_commit_that_fails_confirms_nothing, with_codex,
                                        without_agent),
        cmocka_unit_test_setup_teardown(a_server_that_comes_and_goes_sends_nothing_twice,
                                        with_codex, without_agent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
