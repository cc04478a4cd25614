#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tree.h"
#include "io/files.h"

struct fixture {
    char dir[64];     /* holds the project and what is outside */
    char project[80]; /* dir/project */
    struct mu_files_root root;
    struct mu_buf out, why;
};

static int setup(void **state)
{
    struct fixture *f = mu_alloc(sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/muster-files-XXXXXX");
    *state = f;
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->project, sizeof f->project, "%s/project", f->dir);
    f->root.path = f->project;
    return mkdir(f->project, 0700);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    remove_tree(f->dir);
    mu_buf_release(&f->out);
    mu_buf_release(&f->why);
    free(f);
    return 0;
}

/* A path in the directory that holds all; it is good until the next but three. */
static const char *at(struct fixture *f, const char *path)
{
    static char paths[4][4096];
    static int i;
    i = (i + 1) % 4;
    snprintf(paths[i], sizeof paths[i], "%s/%s", f->dir, path);
    return paths[i];
}

static void put(struct fixture *f, const char *path, const char *text, size_t n)
{
    FILE *file = fopen(at(f, path), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, n, file), n);
    fclose(file);
}

static void assert_content(struct fixture *f, const char *path, const char *text)
{
    char buffer[256] = "";
    FILE *file = fopen(at(f, path), "r");
    assert_non_null(file);
    size_t n = fread(buffer, 1, sizeof buffer - 1, file);
    fclose(file);
    buffer[n] = '\0';
    assert_string_equal(buffer, text);
}

static int read_lines(struct fixture *f, const char *path, int64_t line, int64_t limit)
{
    mu_buf_clear(&f->out);
    mu_buf_clear(&f->why);
    mu_buf_str(&f->out, "");
    int rc = mu_files_read(&f->root, path, line, limit, &f->out, &f->why);
    assert_int_equal(rc == 0, f->why.len == 0);
    return rc;
}

static int read_all(struct fixture *f, const char *path)
{
    return read_lines(f, at(f, path), 1, -1);
}

static int write_text(struct fixture *f, const char *path, const char *text)
{
    mu_buf_clear(&f->why);
    int rc = mu_files_write(&f->root, at(f, path), text, strlen(text), &f->why);
    assert_int_equal(rc == 0, f->why.len == 0);
    return rc;
}

static void assert_why(struct fixture *f, const char *part)
{
    assert_non_null(f->why.data);
    if (!strstr(f->why.data, part))
        fail_msg("%s: not in: %s", part, f->why.data);
}

static void assert_out(struct fixture *f, const char *text)
{
    assert_int_equal(f->out.len, strlen(text));
    assert_memory_equal(f->out.data ? f->out.data : "", text, f->out.len);
}

/* What the directory must hold of what an unfinished write leaves: nothing. */
static size_t entries(struct fixture *f, const char *path)
{
    size_t n = 0;
    DIR *dir = opendir(at(f, path));
    for (struct dirent *e; dir && (e = readdir(dir));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

static void reads_lines(void **state)
{
    struct fixture *f = *state;
    put(f, "project/a", "one\ntwo\nthree\nfour", 18);
    static const struct {
        int64_t line, limit;
        const char *text;
    } cases[] = {{1, -1, "one\ntwo\nthree\nfour"},
                 {0, 1, "one\n"},
                 {2, 2, "two\nthree\n"},
                 {4, 5, "four"},
                 {5, 1, ""},
                 {1000000, -1, ""},
                 {1, 0, ""},
                 {3, -1, "three\nfour"}};
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        assert_int_equal(read_lines(f, at(f, "project/a"), cases[i].line, cases[i].limit), 0);
        assert_out(f, cases[i].text);
    }
}

static void reads_and_writes_only_inside(void **state)
{
    struct fixture *f = *state;
    static const char *const outside[] = {
        "outside",         "project/../outside",        "project/up/outside",
        "project/out",     "project/sub/../../outside", "project/chain",
        "project/absolute"};
    put(f, "outside", "secret", 6);
    put(f, "projects", "secret", 6);
    assert_int_equal(mkdir(at(f, "project/sub"), 0700), 0);
    assert_int_equal(symlink("..", at(f, "project/up")), 0);
    assert_int_equal(symlink("../outside", at(f, "project/out")), 0);
    assert_int_equal(symlink("sub/../out", at(f, "project/chain")), 0);
    assert_int_equal(symlink(at(f, "outside"), at(f, "project/absolute")), 0);
    for (int old = 0; old < 2; old++) {
        f->root.no_openat2 = old;
        for (size_t i = 0; i < MU_COUNT(outside); i++) {
            assert_int_not_equal(read_all(f, outside[i]), 0);
            assert_int_equal(f->out.len, 0);
            assert_int_not_equal(write_text(f, outside[i], "x"), 0);
            if (!old)
                assert_why(f, "leads out of the project's directory");
        }
        assert_int_equal(read_all(f, "projects"), -EXDEV);
        assert_int_equal(read_lines(f, "project/a", 1, -1), -EINVAL);
        assert_why(f, "must be absolute");
        assert_int_equal(read_lines(f, "/etc/passwd", 1, -1), -EXDEV);
    }
    assert_content(f, "outside", "secret");
    assert_content(f, "projects", "secret");
}

static void follows_links_that_stay_inside(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    assert_int_equal(mkdir(at(f, "project/real"), 0700), 0);
    put(f, "project/real/file", "old", 3);
    assert_int_equal(symlink("real", at(f, "project/dir")), 0);
    assert_int_equal(symlink("dir/file", at(f, "project/link")), 0);
    assert_int_equal(read_all(f, "project/link"), 0);
    assert_out(f, "old");
    assert_int_equal(write_text(f, "project/link", "new"), 0);
    assert_content(f, "project/real/file", "new");
    assert_int_equal(lstat(at(f, "project/link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    f->root.no_openat2 = true;
    assert_int_not_equal(read_all(f, "project/link"), 0);
    assert_int_not_equal(read_all(f, "project/dir/file"), 0);
    assert_int_equal(read_all(f, "project/real/file"), 0);
    assert_int_equal(write_text(f, "project/link", "x"), -ELOOP);
}

static void ends_at_a_loop_of_links(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(symlink("b", at(f, "project/a")), 0);
    assert_int_equal(symlink("a", at(f, "project/b")), 0);
    assert_int_equal(read_all(f, "project/a"), -ELOOP);
    assert_int_equal(write_text(f, "project/a", "x"), -ELOOP);
}

static void opens_a_project_by_its_other_name(void **state)
{
    struct fixture *f = *state;
    char *link = mu_strdup(at(f, "name"));
    put(f, "project/a", "text", 4);
    assert_int_equal(symlink("project", link), 0);
    f->root.path = link;
    assert_int_equal(read_all(f, "name/a"), 0);
    assert_int_equal(read_all(f, "project/a"), 0);
    assert_out(f, "text");
    free(link);
}

static void refuses_what_is_no_file(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkfifo(at(f, "project/fifo"), 0600), 0);
    assert_int_equal(mkdir(at(f, "project/dir"), 0700), 0);
    for (int old = 0; old < 2; old++) {
        f->root.no_openat2 = old;
        assert_int_equal(read_all(f, "project/fifo"), -ENXIO);
        assert_why(f, "not a regular file");
        assert_int_equal(write_text(f, "project/fifo", "x"), -ENXIO);
        assert_int_equal(read_all(f, "project/dir"), -EISDIR);
        assert_int_equal(write_text(f, "project/dir", "x"), -EISDIR);
        assert_int_equal(read_all(f, "project"), -EISDIR);
        assert_int_equal(write_text(f, "project", "x"), -EISDIR);
        assert_int_equal(write_text(f, "project/dir/", "x"), -EISDIR);
        assert_int_equal(read_all(f, "project/none"), -ENOENT);
        assert_int_equal(read_all(f, "project/none/file"), -ENOENT);
    }
    f->root.path = "/dev";
    assert_int_equal(read_lines(f, "/dev/null", 1, -1), -ENXIO);
    f->root.path = "/proc/self";
    assert_int_equal(read_lines(f, "/proc/self/fd/0", 1, -1) == 0, false);
}

static void refuses_what_is_too_large_or_no_text(void **state)
{
    struct fixture *f = *state;
    char *large = mu_alloc(MU_FILES_BYTES + 2);
    memset(large, 'x', MU_FILES_BYTES + 1);
    put(f, "project/large", large, MU_FILES_BYTES);
    assert_int_equal(read_all(f, "project/large"), 0);
    assert_int_equal(f->out.len, MU_FILES_BYTES);
    put(f, "project/large", large, MU_FILES_BYTES + 1);
    assert_int_equal(read_all(f, "project/large"), MU_ETOOBIG);
    assert_why(f, "ask for some of its lines");
    large[100] = '\n';
    put(f, "project/large", large, MU_FILES_BYTES + 1);
    assert_int_equal(read_lines(f, at(f, "project/large"), 1, 1), 0);
    assert_int_equal(f->out.len, 101);
    assert_int_equal(write_text(f, "project/new", large), MU_ETOOBIG);
    assert_int_equal(read_all(f, "project/new"), -ENOENT);
    free(large);
    put(f, "project/latin", "caf\xe9", 4);
    assert_int_equal(read_all(f, "project/latin"), MU_EUTF8);
    assert_why(f, "not UTF-8");
    assert_int_equal(truncate(at(f, "project/latin"), MU_FILES_SCAN_BYTES + 1), 0);
    assert_int_equal(read_lines(f, at(f, "project/latin"), 2, 1), MU_ETOOBIG);
}

static void writes_whole_files(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    mode_t mask = umask(022);
    put(f, "project/script", "old", 3);
    assert_int_equal(chmod(at(f, "project/script"), 0750), 0);
    assert_int_equal(write_text(f, "project/script", "new"), 0);
    assert_content(f, "project/script", "new");
    assert_int_equal(stat(at(f, "project/script"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
    assert_int_equal(write_text(f, "project/made/on/the/way", "text"), 0);
    assert_content(f, "project/made/on/the/way", "text");
    assert_int_equal(stat(at(f, "project/made/on/the/way"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(write_text(f, "project/none/../x", "text"), -ENOENT);
    assert_int_equal(entries(f, "project"), 2);
    assert_int_equal(entries(f, "project/made/on/the"), 1);
    umask(mask);
}

static void asks_for_permission(void **state)
{
    struct fixture *f = *state;
    if (geteuid() == 0)
        assert_int_equal(seteuid(65534), 0);
    /* As another user nothing of the project may be entered. */
    if (getuid() == 0) {
        int rc = mu_files_write(&f->root, at(f, "project/x"), "x", 1, &f->why);
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(rc, -EACCES);
        assert_why(f, "ermission denied");
        mu_buf_clear(&f->why);
        assert_int_equal(chmod(f->dir, 0755), 0);
        assert_int_equal(chmod(f->project, 0777), 0);
        put(f, "project/a", "old", 3);
        assert_int_equal(seteuid(65534), 0);
        rc = mu_files_write(&f->root, at(f, "project/a"), "x", 1, &f->why);
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(rc, -EACCES);
    } else {
        put(f, "project/a", "old", 3);
        assert_int_equal(chmod(at(f, "project/a"), 0400), 0);
        assert_int_equal(write_text(f, "project/a", "x"), -EACCES);
    }
    assert_content(f, "project/a", "old");
    assert_int_equal(entries(f, "project"), 1);
}

static atomic_bool stop_swapping;

static void *swap(void *ctx)
{
    struct fixture *f = ctx;
    char dir[128], link[128], parked[128];
    snprintf(dir, sizeof dir, "%s/project/sub", f->dir);
    snprintf(link, sizeof link, "%s/project/evil", f->dir);
    snprintf(parked, sizeof parked, "%s/project/parked", f->dir);
    while (!stop_swapping) {
        rename(dir, parked);
        rename(link, dir);
        rename(dir, link);
        rename(parked, dir);
    }
    return NULL;
}

/* A directory becomes a link that leads out, and a directory again, while it is passed. */
static void is_not_led_out_by_a_race(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    int good = 0;
    assert_int_equal(mkdir(at(f, "secret"), 0700), 0);
    assert_int_equal(mkdir(at(f, "project/sub"), 0700), 0);
    assert_int_equal(symlink("../secret", at(f, "project/evil")), 0);
    put(f, "secret/file", "secret", 6);
    put(f, "project/sub/file", "good", 4);
    stop_swapping = false;
    assert_int_equal(pthread_create(&thread, NULL, swap, f), 0);
    for (int i = 0; i < 3000; i++) {
        f->root.no_openat2 = i % 2;
        if (read_all(f, "project/sub/file") == 0) {
            assert_out(f, "good");
            good++;
        }
        if (i % 10 == 0)
            (void)!write_text(f, "project/sub/file", "good");
    }
    stop_swapping = true;
    pthread_join(thread, NULL);
    assert_true(good > 0);
    assert_content(f, "secret/file", "secret");
    assert_int_equal(entries(f, "secret"), 1);
}

static void finds_directories(void **state)
{
    struct fixture *f = *state;
    char *dir;
    assert_int_equal(mkdir(at(f, "project/sub"), 0700), 0);
    assert_int_equal(symlink("sub", at(f, "project/link")), 0);
    assert_int_equal(symlink("..", at(f, "project/up")), 0);
    assert_int_equal(mu_files_directory(&f->root, at(f, "project/link"), &dir, &f->why), 0);
    assert_string_equal(dir, at(f, "project/sub"));
    free(dir);
    assert_int_equal(mu_files_directory(&f->root, f->project, &dir, &f->why), 0);
    assert_string_equal(dir, f->project);
    free(dir);
    assert_int_equal(mu_files_directory(&f->root, at(f, "project/up"), &dir, &f->why), -EXDEV);
    assert_null(dir);
    assert_int_equal(mu_files_directory(&f->root, "/tmp", &dir, &f->why), -EXDEV);
    assert_int_equal(mu_files_directory(&f->root, "sub", &dir, &f->why), -EINVAL);
}

static void tells_whether_a_file_is_there(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdir(at(f, "project/sub"), 0700), 0);
    put(f, "project/sub/file", "x", 1);
    put(f, "outside", "x", 1);
    assert_int_equal(symlink("sub/file", at(f, "project/inside")), 0);
    assert_int_equal(symlink("../outside", at(f, "project/out")), 0);
    assert_int_equal(symlink("loop", at(f, "project/loop")), 0);
    assert_int_equal(mkfifo(at(f, "project/fifo"), 0600), 0);
    assert_true(mu_files_is_there(&f->root, "sub/file"));
    assert_true(mu_files_is_there(&f->root, "inside"));
    static const char *const no[] = {"out",  "loop",       "fifo", "sub",
                                     "none", "../outside", "",     "/etc/passwd"};
    for (size_t i = 0; i < MU_COUNT(no); i++)
        assert_false(mu_files_is_there(&f->root, no[i]));
    int fd = mu_files_open_directory(&f->root, "sub");
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(mu_files_open_directory(&f->root, ".."), -EXDEV);
    assert_int_equal(mu_files_open_directory(&f->root, "fifo"), -ENOTDIR);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* As a sandbox that does not know the call: older ones of containers answer EPERM. */
static void forbid_openat2(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {MU_COUNT(code), code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &program))
        _exit(2);
}

static void a_sandbox_may_forbid_openat2(void **state)
{
    struct fixture *f = *state;
    int status;
    fclose(fopen(at(f, "project/a"), "w"));
    assert_int_equal(symlink("a", at(f, "project/link")), 0);
    assert_true(mu_files_is_there(&f->root, "link"));
    pid_t pid = fork();
    if (pid == 0) {
        forbid_openat2();
        bool as_without = mu_files_is_there(&f->root, "a") && !mu_files_is_there(&f->root, "link");
        _exit(as_without ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_lines),
        TEST(reads_and_writes_only_inside),
        TEST(follows_links_that_stay_inside),
        TEST(ends_at_a_loop_of_links),
        TEST(opens_a_project_by_its_other_name),
        TEST(refuses_what_is_no_file),
        TEST(refuses_what_is_too_large_or_no_text),
        TEST(writes_whole_files),
        TEST(asks_for_permission),
        TEST(is_not_led_out_by_a_race),
        TEST(finds_directories),
        TEST(tells_whether_a_file_is_there),
        TEST(a_sandbox_may_forbid_openat2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
