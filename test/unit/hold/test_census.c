/* Which processes muster is answerable for. */
#include "hold/census.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void a_cgroup_names_its_run(void **state)
{
    MU_UNUSED(state);
    char run[MU_CENSUS_ID] = "";
    assert_true(mu_census_cgroup_run("0::/a/muster-r1/deep\n", run));
    assert_string_equal(run, "r1");
    assert_true(mu_census_cgroup_run("9:x:/y\n0::/muster-r1/muster-r2\n", run));
    assert_string_equal(run, "r2"); /* the nearest: a muster inside an agent of another */
    assert_false(mu_census_cgroup_run("0::/a/b\n", run));
    assert_false(mu_census_cgroup_run("8:pids:/muster-r3\n", run));
    assert_false(mu_census_cgroup_run("0::/muster-\n", run));
    assert_false(mu_census_cgroup_run("", run));
}

static bool holder(const char *text, size_t n, char **dir, char run[MU_CENSUS_ID])
{
    free(*dir);
    *dir = NULL;
    return mu_census_holder(text, n, dir, run);
}

static void a_holder_is_known_by_its_command_line(void **state)
{
    MU_UNUSED(state);
    char run[MU_CENSUS_ID], *dir = NULL;
#define WORDS(s) s, sizeof(s)
    assert_true(holder(WORDS("/usr/bin/muster\0hold\0/home/a/data/runs/r-1"), &dir, run));
    assert_string_equal(dir, "/home/a/data");
    assert_string_equal(run, "r-1");
    assert_false(holder(WORDS("muster\0hold"), &dir, run));
    assert_false(holder(WORDS("muster\0serve\0/a/runs/b"), &dir, run));
    assert_false(holder(WORDS("muster\0hold\0a/runs/b"), &dir, run));
    assert_false(holder(WORDS("muster\0hold\0/a/b"), &dir, run));
    assert_false(holder(WORDS("muster\0hold\0/runs/b"), &dir, run));
    assert_false(holder(WORDS("muster\0hold\0/a/runs/"), &dir, run));
    assert_false(holder(WORDS("muster\0hold\0/a/runs/b\0c"), &dir, run));
    assert_false(holder("", 0, &dir, run));
#undef WORDS
}

static const struct mu_census_row *find(const struct mu_census *c, pid_t pid)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->rows[i].pid == pid)
            return &c->rows[i];
    return NULL;
}

/* A marked process and a child of it that cleared its environment. */
static void a_run_is_found_by_mark_and_descent(void **state)
{
    MU_UNUSED(state);
    char line[64] = "";
    int ends[2];
    struct mu_census c;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        setenv("MUSTER_RUN", "census-test", 1);
        setenv("MUSTER_SESSION", "s-1", 1);
        setenv("MUSTER_AGENT", "tester", 1);
        execl("/bin/sh", "sh", "-c", "env -i sleep 1000 & echo $!; wait", "\xff\n",
              "\xc2\x9b"
              "31m\xc2\xa7",
              NULL);
        _exit(1);
    }
    close(ends[1]);
    assert_true(read(ends[0], line, sizeof line - 1) > 0);
    pid_t child = (pid_t)strtol(line, NULL, 10);
    assert_int_equal(mu_census_take(&c), 0);
    const struct mu_census_row *row = find(&c, pid), *tool = find(&c, child);
    assert_non_null(row);
    assert_non_null(tool);
    assert_string_equal(row->run, "census-test");
    assert_string_equal(row->session, "s-1");
    assert_string_equal(row->agent, "tester");
    assert_string_equal(row->command, "sh -c env -i sleep 1000 & echo $!; wait ?   31m\xc2\xa7");
    assert_int_equal(row->kind, MU_CENSUS_TOOL);
    assert_null(row->dir);
    assert_true(row->rss > 0 && row->age_ms >= 0 && row->age_ms < 60000);
    assert_string_equal(tool->session, "s-1");
    assert_int_equal(tool->parent, pid);
    assert_null(find(&c, getpid()));
    kill(child, SIGKILL);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    mu_census_release(&c);
    assert_int_equal(mu_census_take(&c), 0);
    assert_null(find(&c, pid));
    mu_census_release(&c);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cgroup_names_its_run),
        cmocka_unit_test(a_holder_is_known_by_its_command_line),
        cmocka_unit_test(a_run_is_found_by_mark_and_descent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
