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
#include "io/file_list.h"

struct fixture {
    char dir[64];
    struct mu_file_list list;
};

static const struct mu_file_bounds wide = {.files = 1000, .bytes = 100000};

static int setup(void **state)
{
    struct fixture *f = mu_alloc(sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/muster-file-list-XXXXXX");
    *state = f;
    return mkdtemp(f->dir) ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    remove_tree(f->dir);
    mu_file_list_release(&f->list);
    free(f);
    return 0;
}

static char *at(struct fixture *f, const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return path;
}

static void make(struct fixture *f, const char *name)
{
    if (name[strlen(name) - 1] == '/')
        assert_int_equal(mkdir(at(f, name), 0700), 0);
    else
        fclose(fopen(at(f, name), "w"));
}

static bool has(const struct mu_file_list *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->text.data + list->at[i], path) == 0)
            return true;
    return false;
}

static void what_git_prints_is_taken_apart(void **state)
{
    struct fixture *f = *state;
    static const char printed[] = "a.c\0src/b.c\0src/b.c\0src/b.c\0sub/\0bad\xff\0new\nline\0half";
    mu_file_list_parse(&f->list, printed, sizeof printed - 1, &wide);
    assert_int_equal(f->list.count, 3);
    assert_true(has(&f->list, "a.c"));
    assert_true(has(&f->list, "src/b.c"));
    assert_true(has(&f->list, "new\nline"));
    assert_true(f->list.truncated);
    mu_file_list_release(&f->list);
    mu_file_list_parse(&f->list, "", 0, &wide);
    assert_int_equal(f->list.count, 0);
    assert_false(f->list.truncated);
}

static void a_list_is_bounded(void **state)
{
    struct fixture *f = *state;
    static const char printed[] = "1\0002\0003\0004\0";
    mu_file_list_parse(&f->list, printed, 8, &(struct mu_file_bounds){.files = 4, .bytes = 8});
    assert_int_equal(f->list.count, 4);
    assert_false(f->list.truncated);
    mu_file_list_release(&f->list);
    mu_file_list_parse(&f->list, printed, 8, &(struct mu_file_bounds){.files = 3, .bytes = 8});
    assert_int_equal(f->list.count, 3);
    assert_true(f->list.truncated);
    mu_file_list_release(&f->list);
    mu_file_list_parse(&f->list, printed, 8, &(struct mu_file_bounds){.files = 4, .bytes = 7});
    assert_int_equal(f->list.count, 3);
    assert_true(f->list.truncated);
}

static void a_walk_finds_what_a_person_means(void **state)
{
    struct fixture *f = *state;
    static const char *const made[] = {"a",
                                       ".env",
                                       "src/",
                                       "src/b",
                                       "src/deep/",
                                       "src/deep/c",
                                       ".git/",
                                       ".git/config",
                                       ".cache/",
                                       ".cache/x",
                                       "new\nline",
                                       "bad\xff",
                                       "src/node_modules/",
                                       "src/node_modules/m"};
    for (size_t i = 0; i < MU_COUNT(made); i++)
        make(f, made[i]);
    assert_int_equal(symlink("..", at(f, "src/up")), 0);
    assert_int_equal(symlink("loop", at(f, "loop")), 0);
    assert_int_equal(mkfifo(at(f, "fifo"), 0600), 0);
    assert_int_equal(mu_file_list_walk(&f->list, f->dir, &wide), 0);
    static const char *const expected[] = {"a",    ".env",      "src/b", "src/deep/c",
                                           "loop", "new\nline", "src/up"};
    for (size_t i = 0; i < MU_COUNT(expected); i++)
        if (!has(&f->list, expected[i]))
            fail_msg("%s is missing", expected[i]);
    assert_int_equal(f->list.count, MU_COUNT(expected));
    assert_false(f->list.truncated);
}

static void a_walk_is_bounded_breadth_first(void **state)
{
    struct fixture *f = *state;
    make(f, "d/");
    make(f, "d/e/");
    make(f, "d/e/deep");
    make(f, "d/shallow");
    make(f, "top");
    struct mu_file_bounds b = {.files = 4, .bytes = 1000};
    assert_int_equal(mu_file_list_walk(&f->list, f->dir, &b), 0);
    assert_true(has(&f->list, "top"));
    assert_true(has(&f->list, "d/shallow"));
    assert_false(has(&f->list, "d/e/deep"));
    assert_true(f->list.truncated);
}

static void a_directory_that_is_none_is_an_error(void **state)
{
    struct fixture *f = *state;
    make(f, "file");
    assert_int_equal(mu_file_list_walk(&f->list, at(f, "none"), &wide), -ENOENT);
    assert_int_equal(mu_file_list_walk(&f->list, at(f, "file"), &wide), -ENOTDIR);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_git_prints_is_taken_apart),       TEST(a_list_is_bounded),
        TEST(a_walk_finds_what_a_person_means),     TEST(a_walk_is_bounded_breadth_first),
        TEST(a_directory_that_is_none_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
