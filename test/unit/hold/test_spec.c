#include "hold/spec.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void round_trip(void **state)
{
    const char *argv[] = {"claude", "-p", "a \"quoted\"\nline", NULL};
    const struct mu_hold_env env[] = {{"LANG", "C.UTF-8"}, {"TERM", NULL}};
    struct mu_hold_spec spec = {"run-1", argv, env, 2, "/srv/pröject", true, true};
    struct mu_hold_spec_owned got;
    struct mu_buf b = {0};
    MU_UNUSED(state);
    assert_int_equal(mu_hold_spec_put(&b, &spec), 0);
    assert_int_equal(mu_hold_spec_get(b.data, b.len, &got), 0);
    assert_string_equal(got.spec.run, "run-1");
    assert_string_equal(got.spec.argv[2], argv[2]);
    assert_null(got.spec.argv[3]);
    assert_int_equal(got.spec.n_env, 2);
    assert_string_equal(got.spec.env[0].value, "C.UTF-8");
    assert_string_equal(got.spec.env[1].name, "TERM");
    assert_null(got.spec.env[1].value);
    assert_string_equal(got.spec.cwd, "/srv/pröject");
    assert_true(got.spec.stdin_pipe);
    assert_true(got.spec.one_output);
    mu_hold_spec_release(&got);
    mu_buf_clear(&b);
    spec.one_output = false;
    assert_int_equal(mu_hold_spec_put(&b, &spec), 0);
    assert_int_equal(mu_hold_spec_get(b.data, b.len, &got), 0);
    assert_false(got.spec.one_output);
    mu_hold_spec_release(&got);
    mu_buf_release(&b);
}

static void put_refuses(void **state)
{
    const char *argv[] = {"x", NULL}, *none[] = {NULL}, *bad[] = {"x", "\xff", NULL};
    const struct mu_hold_env equals[] = {{"A=B", "c"}};
    struct mu_buf b = {0};
    MU_UNUSED(state);
    struct mu_hold_spec spec = {"r", none, NULL, 0, "/", true, false};
    assert_int_equal(mu_hold_spec_put(&b, &spec), -EINVAL);
    spec = (struct mu_hold_spec){"r", argv, NULL, 0, "relative", true, false};
    assert_int_equal(mu_hold_spec_put(&b, &spec), -EINVAL);
    spec = (struct mu_hold_spec){"../r", argv, NULL, 0, "/", true, false};
    assert_int_equal(mu_hold_spec_put(&b, &spec), -EINVAL);
    spec = (struct mu_hold_spec){"r", argv, equals, 1, "/", true, false};
    assert_int_equal(mu_hold_spec_put(&b, &spec), -EINVAL);
    spec = (struct mu_hold_spec){"r", bad, NULL, 0, "/", true, false};
    assert_int_equal(mu_hold_spec_put(&b, &spec), MU_EUTF8);
    mu_buf_release(&b);
}

static void get_refuses(void **state)
{
    static const char *const cases[] = {
        "",
        "[]",
        "{\"run\":\"r\"}",
        "{\"run\":\"r\",\"argv\":[],\"env\":{},\"cwd\":\"/\",\"stdin\":\"pipe\"}",
        "{\"run\":\"r\",\"argv\":[1],\"env\":{},\"cwd\":\"/\",\"stdin\":\"pipe\"}",
        "{\"run\":\"r\",\"argv\":[\"x\"],\"env\":{\"A\":1},\"cwd\":\"/\",\"stdin\":\"pipe\"}",
        "{\"run\":\"r\",\"argv\":[\"x\"],\"env\":{},\"cwd\":\"x\",\"stdin\":\"pipe\"}",
        "{\"run\":\"r\",\"argv\":[\"x\"],\"env\":{},\"cwd\":\"/\",\"stdin\":\"file\"}",
    };
    struct mu_hold_spec_owned got;
    MU_UNUSED(state);
    for (size_t i = 0; i < MU_COUNT(cases); i++)
        assert_int_equal(mu_hold_spec_get(cases[i], strlen(cases[i]), &got), MU_ECORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(put_refuses),
        cmocka_unit_test(get_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
