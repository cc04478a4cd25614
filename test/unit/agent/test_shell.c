#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include "agent/agent.h"

#define D (&mu_dialect_shell)

static void on_event(void *ctx, const struct mu_agent_event *ev)
{
    assert_int_equal(ev->kind, MU_AG_TEXT);
    assert_true(mu_utf8_valid(ev->text, ev->n));
    mu_buf_add(ctx, ev->text, ev->n);
}

static void the_end_says_why(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *err;
        struct mu_exit how;
        enum mu_turn_outcome outcome;
        const char *text;
    } cases[] = {
        {"", {.kind = MU_EXIT_CODE, .code = 0}, MU_TURN_OK, ""},
        {"a warning\n", {.kind = MU_EXIT_CODE, .code = 0}, MU_TURN_OK, ""},
        {"/bin/sh: 1: nonsense: not found\n",
         {.kind = MU_EXIT_CODE, .code = 127},
         MU_TURN_ERROR,
         "exit 127: nonsense: not found"},
        {"/bin/sh: line 1: nonsense: command not found\n",
         {.kind = MU_EXIT_CODE, .code = 127},
         MU_TURN_ERROR,
         "exit 127: nonsense: command not found"},
        {"first\n  last words  \n\n",
         {.kind = MU_EXIT_CODE, .code = 2},
         MU_TURN_ERROR,
         "exit 2: last words"},
        {"push: no\n", {.kind = MU_EXIT_CODE, .code = 1}, MU_TURN_ERROR, "exit 1: push: no"},
        {"", {.kind = MU_EXIT_CODE, .code = 3}, MU_TURN_ERROR, "exit 3"},
        {"\xff\n", {.kind = MU_EXIT_CODE, .code = 3}, MU_TURN_ERROR, "exit 3: \xEF\xBF\xBD"},
        {"",
         {.kind = MU_EXIT_SIGNAL, .signal = SIGSEGV},
         MU_TURN_ERROR,
         "killed by signal 11 (Segmentation fault)"},
        {"",
         {.kind = MU_EXIT_FAILED, .reason = "/gone: no such directory"},
         MU_TURN_ERROR,
         "The command could not be started: /gone: no such directory"},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        struct mu_buf out = {0};
        struct mu_agent_end end;
        void *s = D->open(NULL, NULL);
        D->feed(s, MU_STREAM_ERR, cases[i].err, strlen(cases[i].err), on_event, &out);
        D->exited(s, &cases[i].how, true, &end, on_event, &out);
        assert_int_equal(end.outcome, cases[i].outcome);
        assert_string_equal(end.text, cases[i].text);
        D->close(s);
        mu_buf_release(&out);
    }
}

/* Bytes of both streams, cut anywhere, saved and opened again between any two pieces. */
static void bytes_cut_anywhere_give_the_same_text(void **state)
{
    MU_UNUSED(state);
    static const char raw[] = "a\0b\xff"
                              "c\xC3\xA9\xF0\x9F\x98\x80\xE2\x82"
                              "d\xED\xA0\x80\xC3";
    static const char want[] = "a\xEF\xBF\xBD"
                               "b\xEF\xBF\xBD"
                               "c\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBD\xEF\xBF\xBD"
                               "d\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD";
    for (size_t piece = 1; piece <= sizeof raw - 1; piece++) {
        struct mu_buf out = {0};
        struct mu_agent_end end;
        void *s = D->open(NULL, NULL);
        for (size_t at = 0; at < sizeof raw - 1; at += piece) {
            struct mu_buf json = {0};
            size_t n = sizeof raw - 1 - at < piece ? sizeof raw - 1 - at : piece;
            assert_int_equal(D->feed(s, MU_STREAM_OUT, raw + at, n, on_event, &out), 0);
            D->save(s, &json);
            D->close(s);
            json_t *saved = json_loads(json.data, JSON_REJECT_DUPLICATES, NULL);
            assert_non_null(saved);
            s = D->open(NULL, saved);
            json_decref(saved);
            mu_buf_release(&json);
        }
        D->exited(s, &(struct mu_exit){.kind = MU_EXIT_CODE}, true, &end, on_event, &out);
        assert_string_equal(out.data, want);
        D->close(s);
        mu_buf_release(&out);
    }
}

static void the_prompt_is_one_argument(void **state)
{
    MU_UNUSED(state);
    struct mu_buf spec = {0};
    struct mu_agent_start start = {
        .run_id = "r", .program = "/bin/sh", .cwd = "/srv", .prompt = "-x 'a b'; \"c\"\n"};
    assert_int_equal(D->spec(&start, &spec), 0);
    assert_non_null(strstr(spec.data, "[\"/bin/sh\",\"-c\",\"--\",\"-x 'a b'; \\\"c\\\"\\n\"]"));
    assert_non_null(strstr(spec.data, "\"stdin\":\"null\""));
    mu_buf_release(&spec);
}

static void an_agent_is_found_by_its_id(void **state)
{
    MU_UNUSED(state);
    char path[64];
    assert_ptr_equal(mu_agent_find("shell")->dialect, D);
    assert_string_equal(mu_agent_find("claude")->program, "claude");
    assert_null(mu_agent_find("nobody"));
    assert_true(mu_agent_locate("sh", path, sizeof path));
    assert_true(mu_agent_locate("/bin/sh", path, sizeof path));
    assert_string_equal(path, "/bin/sh");
    assert_false(mu_agent_locate("/etc/passwd", path, sizeof path));
    assert_false(mu_agent_locate("no-such-program-at-all", path, sizeof path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_says_why),
        cmocka_unit_test(bytes_cut_anywhere_give_the_same_text),
        cmocka_unit_test(the_prompt_is_one_argument),
        cmocka_unit_test(an_agent_is_found_by_its_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
