#include "io/child.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

struct result {
    int calls;
    int status;
    size_t n;
    char text[64];
};

static void on_done(void *ctx, int status, const char *out, size_t n)
{
    struct result *r = ctx;
    r->calls++;
    r->status = status;
    r->n = n;
    assert_int_equal(out[n], '\0');
    strncpy(r->text, out, sizeof r->text - 1);
}

static struct result run(const char *program, const char *script, uint64_t timeout_ms)
{
    const char *argv[] = {program, "-c", script, NULL};
    struct result r = {0};
    uv_loop_t loop;
    uv_loop_init(&loop);
    assert_non_null(mu_child_run(&loop, NULL, argv, false, timeout_ms, on_done, &r));
    assert_int_equal(r.calls, 0); /* never from within */
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(r.calls, 1);
    return r;
}

static void output_and_status(void **state)
{
    MU_UNUSED(state);
    struct result r = run("sh", "echo 1.2.3; echo no >&2; exit 7", 0);
    assert_int_equal(r.status, 7);
    assert_string_equal(r.text, "1.2.3\n");
    assert_int_equal(run("sh", "kill -TERM $$", 0).status, 128 + SIGTERM);
}

static void missing(void **state)
{
    MU_UNUSED(state);
    assert_int_equal(run("no-such-program", "", 0).status, -ENOENT);
}

static void bounded(void **state)
{
    MU_UNUSED(state);
    struct result r = run("sh", "yes | head -c 1000000", 0);
    assert_int_equal(r.status, 0);
    assert_int_equal(r.n, MU_CHILD_OUT_MAX);
}

static void timeout(void **state)
{
    MU_UNUSED(state);
    struct result r = run("sh", "echo begun; exec sleep 1000", 300);
    assert_int_equal(r.status, -ETIMEDOUT);
    assert_string_equal(r.text, "begun\n");
}

static struct result run_bounded(const char *script, size_t max, bool kill)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    struct result r = {0};
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct mu_child *c = mu_child_run(&loop, NULL, argv, true, 0, on_done, &r);
    mu_child_bound(c, max);
    if (kill)
        mu_child_kill(c);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(r.calls, 1);
    return r;
}

static void killed_past_its_bound(void **state)
{
    MU_UNUSED(state);
    struct result r = run_bounded("head -c 50000 /dev/zero", 50000, false);
    assert_int_equal(r.status, 0);
    assert_int_equal(r.n, 50000);
    r = run_bounded("yes", 50000, false);
    assert_int_equal(r.status, MU_ETOOBIG);
    assert_int_equal(r.n, 50000);
}

static void killed(void **state)
{
    MU_UNUSED(state);
    assert_int_equal(run_bounded("exec sleep 1000", 10, true).status, 128 + SIGKILL);
}

static void forgotten(void **state)
{
    const char *argv[] = {"sh", "-c", "echo x", NULL};
    struct result r = {0};
    uv_loop_t loop;
    MU_UNUSED(state);
    uv_loop_init(&loop);
    mu_child_forget(mu_child_run(&loop, NULL, argv, true, 0, on_done, &r));
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(r.calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_and_status),
        cmocka_unit_test(missing),
        cmocka_unit_test(bounded),
        cmocka_unit_test(timeout),
        cmocka_unit_test(forgotten),
        cmocka_unit_test(killed_past_its_bound),
        cmocka_unit_test(killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
