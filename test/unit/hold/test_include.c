#include "hold/include.h"

#include "wire/records.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char dir[40];
    struct mu_buf in, out, why;
};

static int setup(void **state)
{
    struct fixture *f = mu_alloc(sizeof *f);
    strcpy(f->dir, "/tmp/muster-include-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    *state = f;
    return 0;
}

static char *path_of(const struct fixture *f, const char *name)
{
    return mu_asprintf("%s/%s", f->dir, name);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"a", "b", "pipe", "big", "link"};
    for (size_t i = 0; i < MU_COUNT(names); i++) {
        char *path = path_of(f, names[i]);
        unlink(path);
        free(path);
    }
    assert_int_equal(rmdir(f->dir), 0);
    mu_buf_release(&f->in);
    mu_buf_release(&f->out);
    mu_buf_release(&f->why);
    free(f);
    return 0;
}

static void write_file(const struct fixture *f, const char *name, const void *data, size_t n)
{
    char *path = path_of(f, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
    free(path);
}

static void put(struct fixture *f, const char *name)
{
    char *path = path_of(f, name);
    mu_include_put(&f->in, path);
    free(path);
}

static int expand(struct fixture *f)
{
    mu_buf_clear(&f->out);
    mu_buf_clear(&f->why);
    return mu_include_expand(f->in.data ? f->in.data : "", f->in.len, &f->out, &f->why);
}

static void files_become_base64(void **state)
{
    struct fixture *f = *state;
    static const char *const digits[] = {
        "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"}; /* RFC 4648, section 10 */
    for (size_t n = 0; n < MU_COUNT(digits); n++) {
        write_file(f, "a", "foobar", n);
        mu_buf_clear(&f->in);
        mu_buf_str(&f->in, "{\"d\":\"");
        put(f, "a");
        mu_buf_str(&f->in, "\"}\n");
        char *want = mu_asprintf("{\"d\":\"%s\"}\n", digits[n]);
        assert_int_equal(expand(f), 0);
        assert_string_equal(f->out.data, want);
        assert_int_equal(f->out.len, strlen(want));
        assert_int_equal(f->why.len, 0);
        free(want);
    }
}

static void several_and_none(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(expand(f), 0);
    assert_int_equal(f->out.len, 0);
    mu_buf_str(&f->in, "plain\n");
    assert_int_equal(expand(f), 0);
    assert_string_equal(f->out.data, "plain\n");
    write_file(f, "a", "\0\xff\x10", 3);
    write_file(f, "b", "x", 1);
    put(f, "a");
    put(f, "b");
    mu_buf_char(&f->in, '.');
    assert_int_equal(expand(f), 0);
    assert_string_equal(f->out.data, "plain\nAP8QeA==.");
}

/* Each leaves nothing in its place, and a sentence; the rest is there. */
static void what_cannot_be_read(void **state)
{
    struct fixture *f = *state;
    char *pipe = path_of(f, "pipe"), *link = path_of(f, "link"), *a = path_of(f, "a");
    write_file(f, "a", "foo", 3);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(symlink(a, link), 0);
    write_file(f, "big", "", 0);
    char *big = path_of(f, "big");
    assert_int_equal(truncate(big, MU_LIMIT_IMAGE_BYTES + 1), 0);
    mu_buf_str(&f->in, "[");
    put(f, "gone");
    put(f, "pipe");
    put(f, "link");
    put(f, "big");
    mu_include_put(&f->in, f->dir);
    mu_include_put(&f->in, "relative");
    mu_include_put(&f->in, "");
    put(f, "a");
    mu_buf_str(&f->in, "]");
    assert_int_equal(expand(f), -ENOENT);
    assert_string_equal(f->out.data, "[Zm9v]");
    assert_non_null(strstr(f->why.data, "gone cannot be given to the agent: "));
    assert_non_null(strstr(f->why.data, "big cannot be given to the agent: larger than the limit"));
    assert_int_equal(mu_include_expand(f->in.data, f->in.len, &f->out, NULL), -ENOENT);
    free(pipe);
    free(link);
    free(a);
    free(big);
}

static void a_marker_without_an_end(void **state)
{
    struct fixture *f = *state;
    mu_buf_str(&f->in, "before");
    mu_buf_char(&f->in, MU_INCLUDE_MARK);
    mu_buf_str(&f->in, "/etc/hostname");
    assert_int_equal(expand(f), MU_EPROTO);
    assert_string_equal(f->out.data, "before");
}

static void limits(void **state)
{
    struct fixture *f = *state;
    size_t n = MU_LIMIT_IMAGE_BYTES;
    char *bytes = mu_alloc(n);
    memset(bytes, 'M', n);
    write_file(f, "big", bytes, n);
    for (int i = 0; i <= MU_LIMIT_IMAGES_PER_PROMPT; i++)
        put(f, "big");
    assert_int_equal(expand(f), MU_ETOOBIG);
    assert_int_equal(f->out.len, (n + 2) / 3 * 4 * MU_LIMIT_IMAGES_PER_PROMPT);
    assert_memory_equal(f->out.data, "TU1N", 4);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_become_base64, setup, teardown),
        cmocka_unit_test_setup_teardown(several_and_none, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_read, setup, teardown),
        cmocka_unit_test_setup_teardown(a_marker_without_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(limits, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
