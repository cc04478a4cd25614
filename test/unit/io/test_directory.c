#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../tree.h"
#include "io/directory.h"

struct fixture {
    char dir[64];
    char out[PATH_MAX], why[MU_DIRECTORY_WHY];
    struct mu_directory_names names;
};

static int setup(void **state)
{
    struct fixture *f = mu_alloc(sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/muster-directory-XXXXXX");
    *state = f;
    return mkdtemp(f->dir) ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    remove_tree(f->dir);
    mu_directory_names_release(&f->names);
    free(f);
    return 0;
}

static char *at(struct fixture *f, const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return path;
}

static void list(struct fixture *f, size_t limit)
{
    mu_directory_names_release(&f->names);
    assert_int_equal(mu_directory_list(f->dir, limit, &f->names, f->why), 0);
}

static void assert_refused(struct fixture *f, const char *path, const char *part)
{
    assert_int_equal(mu_directory_resolve(path, f->out, f->why), -EINVAL);
    if (!strstr(f->why, part))
        fail_msg("%s: not in: %s", part, f->why);
    assert_true(mu_utf8_valid(f->why, strlen(f->why)));
}

static void a_path_is_resolved(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdir(at(f, "real"), 0700), 0);
    assert_int_equal(symlink("real", at(f, "link")), 0);
    assert_int_equal(mu_directory_resolve(at(f, "link/../link/."), f->out, f->why), 0);
    assert_string_equal(f->out, at(f, "real"));
    assert_int_equal(mu_directory_resolve("/", f->out, f->why), 0);
    assert_string_equal(f->out, "/");
    assert_int_equal(setenv("HOME", f->dir, 1), 0);
    assert_int_equal(mu_directory_resolve("~", f->out, f->why), 0);
    assert_string_equal(f->out, f->dir);
    assert_int_equal(mu_directory_resolve("~/link", f->out, f->why), 0);
    assert_string_equal(f->out, at(f, "real"));
}

static void a_path_that_is_none_gives_a_sentence(void **state)
{
    struct fixture *f = *state;
    char lengthy[PATH_MAX + 10] = "/";
    assert_refused(f, "", "must be absolute");
    assert_refused(f, "tmp", "must be absolute");
    assert_refused(f, "../tmp", "must be absolute");
    assert_refused(f, "~nobody", "must be absolute");
    assert_refused(f, at(f, "none"), "none: there is no such directory.");
    fclose(fopen(at(f, "file"), "w"));
    assert_refused(f, at(f, "file"), "file is not a directory.");
    assert_refused(f, at(f, "file/x"), "a part of it is not a directory.");
    assert_int_equal(symlink("loop", at(f, "loop")), 0);
    assert_refused(f, at(f, "loop"), "lead in a circle.");
    assert_refused(f, at(f, "\xff\xfe"), "not valid UTF-8");
    for (size_t i = 1; i < sizeof lengthy - 1; i++)
        lengthy[i] = 'x';
    assert_refused(f, lengthy, "too long");
    lengthy[300] = '\0';
    assert_refused(f, lengthy, "name too long");
    assert_int_equal(mkdir(at(f, "closed"), 0000), 0);
    if (geteuid() != 0)
        assert_refused(f, at(f, "closed"), "may not be read by muster's user");
}

static void only_directories_in_natural_order_hidden_ones_last(void **state)
{
    struct fixture *f = *state;
    static const char *const made[] = {"b10", "B9", "a", ".z", ".Git", "two\nlines", "caf\xc3\xa9"};
    static const char *const expected[] = {"a",       "B9",         "b10",  "caf\xc3\xa9",
                                           "to-home", "two\nlines", ".Git", ".z"};
    for (size_t i = 0; i < MU_COUNT(made); i++)
        assert_int_equal(mkdir(at(f, made[i]), 0700), 0);
    assert_int_equal(mkdir(at(f, "bad\xff"), 0700), 0);
    fclose(fopen(at(f, "file"), "w"));
    assert_int_equal(symlink("/", at(f, "to-home")), 0);
    assert_int_equal(symlink("file", at(f, "to-file")), 0);
    assert_int_equal(symlink("nowhere", at(f, "to-nothing")), 0);
    assert_int_equal(symlink("loop", at(f, "loop")), 0);
    assert_int_equal(mkfifo(at(f, "fifo"), 0600), 0);
    list(f, 100);
    assert_int_equal(f->names.count, MU_COUNT(expected));
    for (size_t i = 0; i < MU_COUNT(expected); i++)
        assert_string_equal(f->names.names[i], expected[i]);
    assert_false(f->names.truncated);
}

static void a_listing_is_bounded(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 10; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(mkdir(at(f, name), 0700), 0);
    }
    list(f, 10);
    assert_false(f->names.truncated);
    list(f, 3);
    assert_true(f->names.truncated);
    assert_int_equal(f->names.count, 3);
    assert_string_equal(f->names.names[2], "2");
}

static void what_cannot_be_listed_gives_a_sentence(void **state)
{
    struct fixture *f = *state;
    struct mu_directory_names names;
    assert_int_equal(mu_directory_list(at(f, "none"), 9, &names, f->why), -ENOENT);
    assert_non_null(strstr(f->why, "none cannot be read: there is no such directory."));
    assert_int_equal(names.count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_path_is_resolved),
        TEST(a_path_that_is_none_gives_a_sentence),
        TEST(only_directories_in_natural_order_hidden_ones_last),
        TEST(a_listing_is_bounded),
        TEST(what_cannot_be_listed_gives_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
