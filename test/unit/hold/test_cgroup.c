/* The cgroup of a run: what the kernel's files say, and, where the sandbox allows one, a real one.
 */
#include "hold/cgroup.h"
#include "hold/proc.h"
#include "hold/run.h"

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

static void the_own_folder_is_found(void **state)
{
    MU_UNUSED(state);
    static const char unified[] = "23 1 0:22 / /sys rw - sysfs sysfs rw\n"
                                  "30 23 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n";
    static const char hybrid[] =
        "30 23 0:26 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
        "31 23 0:27 / /sys/fs/cgroup/uni\\040fied rw,nosuid - cgroup2 cgroup2 rw\n";
    static const char inside[] = "31 23 0:27 /box /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    static const struct {
        const char *mountinfo, *cgroup, *want;
    } cases[] = {
        {unified, "0::/user.slice/a.scope\n", "/sys/fs/cgroup/user.slice/a.scope"},
        {unified, "0::/\n", "/sys/fs/cgroup"},
        {hybrid, "9:name=systemd:/x\n8:pids:/y\n0::/z\n", "/sys/fs/cgroup/uni fied/z"},
        {inside, "0::/box/a\n", "/sys/fs/cgroup/a"},
        {inside, "0::/box\n", "/sys/fs/cgroup"},
        {inside, "0::/boxer\n", NULL},
        {inside, "0::/other\n", NULL},
        {unified, "0::/../../x\n", NULL},
        {unified, "8:pids:/y\n", NULL},
        {"30 23 0:26 / /sys rw - cgroup cgroup rw\n", "0::/\n", NULL},
        {"", "0::/\n", NULL},
        {"30 23 0:26", "0::/\n", NULL},
        {unified, "", NULL},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        char *path = mu_cgroup_own(cases[i].mountinfo, cases[i].cgroup);
        if (cases[i].want)
            assert_string_equal(path, cases[i].want);
        else
            assert_null(path);
        free(path);
    }
}

static char *read_as(const char *text, const char *run)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
    close(ends[1]);
    char *path = mu_cgroup_read(ends[0], run);
    close(ends[0]);
    return path;
}

static void only_the_run_s_own_path_is_taken(void **state)
{
    MU_UNUSED(state);
    char *path = read_as("/sys/fs/cgroup/muster-abc", "abc");
    assert_string_equal(path, "/sys/fs/cgroup/muster-abc");
    free(path);
    assert_null(read_as("/sys/fs/cgroup/muster-abc", "abd"));
    assert_null(read_as("/sys/fs/cgroup/muster-abc\n", "abc"));
    assert_null(read_as("muster-abc", "abc"));
    assert_null(read_as("/x/../muster-abc", "abc"));
    assert_null(read_as("/sys/fs/cgroup", "abc"));
    assert_null(read_as("", "abc"));
    assert_null(mu_cgroup_read(-1, "abc"));
}

static void no_cgroup_is_no_error(void **state)
{
    MU_UNUSED(state);
    setenv(MU_CGROUP_SWITCH, "off", 1);
    assert_null(mu_cgroup_make("abc"));
    unsetenv(MU_CGROUP_SWITCH);
    assert_int_equal(mu_cgroup_door(NULL), -1);
    assert_false(mu_cgroup_kill(NULL));
    assert_true(mu_cgroup_remove(NULL));
    assert_true(mu_cgroup_remove("/nowhere/muster-abc"));
    mu_cgroup_each(NULL, NULL, NULL);
}

static void count(void *ctx, pid_t pid)
{
    MU_UNUSED(pid);
    ++*(size_t *)ctx;
}

/* A process that left the session, the group, the environment and its parents is found all the
 * same, below the run's cgroup, too. */
static void whoever_is_in_it_is_found_and_killed(void **state)
{
    MU_UNUSED(state);
    char id[MU_ID_SIZE];
    mu_id_new(id);
    char *path = mu_cgroup_make(id);
    if (!path) {
        print_message("this machine gives no cgroup to write: not tried\n");
        return;
    }
    int door = mu_cgroup_door(path), ends[2];
    char byte;
    assert_true(door >= 0);
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (write(door, "0", 1) != 1)
            _exit(1);
        char *below = mu_asprintf("mkdir %s/deep && echo $$ > %s/deep/cgroup.procs && echo x && "
                                  "exec sleep 1000",
                                  path, path);
        dup2(ends[1], 1);
        execle("/bin/sh", "sh", "-c", below, NULL, (char *[]){NULL});
        _exit(1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    size_t n = 0;
    mu_cgroup_each(path, count, &n);
    assert_int_equal(n, 1);
    assert_false(mu_cgroup_remove(path));
    assert_int_equal(mu_proc_signal_run(id, 0, NULL, 0), 0);
    assert_int_equal(mu_proc_signal_run(id, 0, path, 0), 1);
    mu_proc_signal_run(id, 0, path, SIGKILL);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(mu_proc_signal_run(id, 0, path, 0), 0);
    assert_true(mu_cgroup_remove(path));
    assert_int_equal(access(path, F_OK), -1);
    close(door);
    close(ends[0]);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_own_folder_is_found),
        cmocka_unit_test(only_the_run_s_own_path_is_taken),
        cmocka_unit_test(no_cgroup_is_no_error),
        cmocka_unit_test(whoever_is_in_it_is_found_and_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
