#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "agent/agent.h"

#define D (&mu_dialect_text)

static void on_event(void *ctx, const struct mu_agent_event *ev)
{
    assert_int_equal(ev->kind, MU_AG_TEXT);
    mu_buf_add(ctx, ev->text, ev->n);
}

static void the_prompt_is_on_stdin_and_never_in_argv(void **state)
{
    MU_UNUSED(state);
    struct mu_buf spec = {0}, in = {0};
    const char *const args[] = {"--yes", "-", NULL};
    struct mu_hold_env env = {"A", "b"};
    struct mu_agent_start start = {.run_id = "r",
                                   .program = "/bin/cat",
                                   .args = args,
                                   .env = &env,
                                   .n_env = 1,
                                   .cwd = "/srv",
                                   .prompt = "secret words"};
    assert_int_equal(D->spec(&start, &spec), 0);
    assert_non_null(strstr(spec.data, "[\"/bin/cat\",\"--yes\",\"-\"]"));
    assert_non_null(strstr(spec.data, "\"stdin\":\"pipe\""));
    assert_non_null(strstr(spec.data, "\"A\":\"b\""));
    assert_null(strstr(spec.data, "secret"));
    assert_true(D->closes_stdin);
    assert_false(D->long_lived);
    void *s = D->open(&start, NULL);
    D->prompt(s, &(struct mu_agent_prompt){.text = start.prompt}, &in);
    assert_string_equal(in.data, "secret words");
    D->close(s);
    mu_buf_release(&in);
    mu_buf_release(&spec);
}

static void stdout_is_the_answer_and_stderr_the_reason(void **state)
{
    MU_UNUSED(state);
    struct mu_buf out = {0}, json = {0};
    struct mu_agent_end end;
    void *s = D->open(NULL, NULL);
    D->feed(s, MU_STREAM_ERR, "warming up\nno key\n", 18, on_event, &out);
    D->feed(s, MU_STREAM_OUT, "# Yes\xC3", 6, on_event, &out);
    D->save(s, &json);
    D->close(s);
    json_t *saved = json_loads(json.data, JSON_REJECT_DUPLICATES, NULL);
    s = D->open(NULL, saved);
    D->feed(s, MU_STREAM_OUT, "\xA9", 1, on_event, &out);
    D->exited(s, &(struct mu_exit){.kind = MU_EXIT_CODE, .code = 3}, true, &end, on_event, &out);
    assert_int_equal(end.outcome, MU_TURN_ERROR);
    assert_string_equal(end.text, "exit 3: no key");
    D->exited(s, &(struct mu_exit){.kind = MU_EXIT_CODE}, true, &end, on_event, &out);
    assert_int_equal(end.outcome, MU_TURN_OK);
    assert_string_equal(out.data, "# Yes\xC3\xA9");
    json_decref(saved);
    D->close(s);
    mu_buf_release(&json);
    mu_buf_release(&out);
}

static void it_has_no_options(void **state)
{
    MU_UNUSED(state);
    json_t *none = json_object(), *some = json_pack("{s:s}", "model", "x");
    assert_null(D->check_options(none));
    assert_non_null(D->check_options(some));
    json_decref(none);
    json_decref(some);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_prompt_is_on_stdin_and_never_in_argv),
        cmocka_unit_test(stdout_is_the_answer_and_stderr_the_reason),
        cmocka_unit_test(it_has_no_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
