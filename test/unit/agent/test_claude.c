#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "scenes.h"

/* The claude dialect: what real programs printed, scene by scene (claude-scenes.jsonl), and the
 * events that must come of it; and what scenes do not show. */

#define D (&mu_dialect_claude)

static void every_scene_gives_its_events(void **state)
{
    MU_UNUSED(state);
    struct scenes how = {.dialect = D, .file = "claude-scenes.jsonl"};
    assert_true(scenes_play(&how) > 50);
}

static void pieces_of_any_size_give_the_same(void **state)
{
    MU_UNUSED(state);
    struct scenes how = {.dialect = D, .file = "claude-scenes.jsonl"};
    for (how.piece = 1; how.piece < 2000; how.piece *= 7)
        scenes_play(&how);
}

/* ---- what scenes do not show ---- */

static void saved_state_goes_on(void **state)
{
    MU_UNUSED(state);
    static const struct scenes how = {.dialect = D};
    struct scene s = {.how = &how};
    struct mu_buf json = {0};
    struct mu_buf in = {0};
    void *a = D->open(NULL, NULL);
    D->prompt(a, &(struct mu_agent_prompt){.text = "say \"hi\"\n"}, &in);
    assert_string_equal(in.data, "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":"
                                 "\"say \\\"hi\\\"\\n\"}}\n");
    static const char init[] = "{\"type\":\"system\",\"subtype\":\"init\",\"model\":\"m\","
                               "\"session_id\":\"s-1\"}\n{\"half";
    assert_int_equal(D->feed(a, MU_STREAM_OUT, init, sizeof init - 1, scene_event, &s), 6);
    D->save(a, &json);
    json_t *saved = json_loads(json.data, JSON_REJECT_DUPLICATES, NULL);
    void *b = D->open(NULL, saved);
    static const char again[] =
        "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s-1\"}\n"
        "{\"type\":\"result\",\"is_error\":false,\"session_id\":\"s-1\"}\n";
    mu_buf_clear(&s.trace);
    assert_int_equal(D->feed(b, MU_STREAM_OUT, again, sizeof again - 1, scene_event, &s), 0);
    assert_string_equal(s.trace.data, "\ndone ok");
    json_decref(saved);
    D->close(a);
    D->close(b);
    mu_buf_release(&s.trace);
    mu_buf_release(&json);
    mu_buf_release(&in);
}

/* The forms that the real program was seen to take (2.1). */
static void answers_have_the_recorded_form(void **state)
{
    MU_UNUSED(state);
#define BEGIN                                                                                      \
    "{\"type\":\"control_response\",\"response\":{\"subtype\":\"success\",\"request_id\":"         \
    "\"r \\\"1\",\"response\":{\"behavior\":"
    static const struct {
        struct mu_agent_answer answer;
        const char *bytes;
    } cases[] = {
        {{.decision = MU_permission_decision_ALLOW, .input = "{\"command\":\"ls\"}"},
         BEGIN "\"allow\",\"updatedInput\":{\"command\":\"ls\"}}}}\n"},
        {{.decision = MU_permission_decision_ALLOW_ALWAYS,
          .input = "{}",
          .suggestions = "[{\"type\":\"setMode\"}]"},
         BEGIN
         "\"allow\",\"updatedInput\":{},\"updatedPermissions\":[{\"type\":\"setMode\"}]}}}\n"},
        {{.decision = MU_permission_decision_DENY, .message = "no \"x\""},
         BEGIN "\"deny\",\"message\":\"no \\\"x\\\"\"}}}\n"},
        {{.decision = MU_permission_decision_DENY_INTERRUPT, .message = "no"},
         BEGIN "\"deny\",\"message\":\"no\",\"interrupt\":true}}}\n"},
        {{.decision = MU_permission_decision_ALLOW,
          .input = "{\"questions\":[{\"question\":\"Which?\"}]}",
          .answers = "{\"Which?\":\"Blue\"}"},
         BEGIN "\"allow\",\"updatedInput\":{\"questions\":[{\"question\":\"Which?\"}],\"answers\":{"
               "\"Which?\":\"Blue\"}}}}}\n"},
    };
#undef BEGIN
    void *c = D->open(NULL, NULL);
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        struct mu_agent_answer answer = cases[i].answer;
        struct mu_buf out = {0};
        answer.id = "r \"1";
        D->answer(c, &answer, &out);
        assert_string_equal(out.data, cases[i].bytes);
        mu_buf_release(&out);
    }
    D->close(c);
}

static void see_asked(void *ctx, const struct mu_agent_event *ev)
{
    struct mu_buf *b = ctx;
    mu_buf_printf(b, "%d %s|%s|%s|%s|%s\n", ev->kind == MU_AG_ASKED, ev->id,
                  ev->tool_id ? ev->tool_id : "-", ev->input ? ev->input : "-",
                  ev->suggestions ? ev->suggestions : "-", ev->questions ? ev->questions : "-");
}

static void what_is_asked_comes_whole(void **state)
{
    MU_UNUSED(state);
    static const char lines[] =
        "{\"type\":\"control_request\",\"request_id\":\"a\",\"request\":{\"subtype\":"
        "\"can_use_tool\",\"tool_name\":\"Bash\",\"input\":{\"command\":\"ls\"},"
        "\"permission_suggestions\":[{\"type\":\"setMode\"}],\"tool_use_id\":\"t1\"}}\n"
        "{\"type\":\"control_request\",\"request_id\":\"b\",\"request\":{\"subtype\":"
        "\"can_use_tool\",\"tool_name\":\"AskUserQuestion\",\"input\":{\"questions\":[{"
        "\"question\":\"Q\"}]},\"permission_suggestions\":[]}}\n"
        "{\"type\":\"control_cancel_request\",\"request_id\":\"a\"}\n";
    struct mu_buf trace = {0};
    void *c = D->open(NULL, NULL);
    D->feed(c, MU_STREAM_OUT, lines, sizeof lines - 1, see_asked, &trace);
    assert_string_equal(trace.data,
                        "1 a|t1|{\"command\":\"ls\"}|[{\"type\":\"setMode\"}]|-\n"
                        "1 b|-|{\"questions\":[{\"question\":\"Q\"}]}|-|[{\"question\":\"Q\"}]\n"
                        "0 a|-|-|-|-\n");
    D->close(c);
    mu_buf_release(&trace);
}

static void a_long_line_is_skipped_in_little_memory(void **state)
{
    MU_UNUSED(state);
    static const struct scenes how = {.dialect = D};
    struct scene s = {.how = &how};
    void *c = D->open(NULL, NULL);
    char *piece = mu_alloc(1 << 16);
    memset(piece, 'x', 1 << 16);
    for (int i = 0; i < 1600; i++) {
        size_t held = D->feed(c, MU_STREAM_OUT, piece, 1 << 16, scene_event, &s);
        assert_int_equal(held, i < MU_LIMIT_LINE_BYTES / (1 << 16) ? 1 << 16 : 0);
    }
    static const char rest[] = "x\n{\"type\":\"result\",\"is_error\":false}\n";
    D->feed(c, MU_STREAM_OUT, rest, sizeof rest - 1, scene_event, &s);
    assert_string_equal(s.trace.data,
                        "\nnotice: claude printed a line of more than 16 MiB, which was skipped. "
                        "Something of its answer is missing.\ndone ok");
    free(piece);
    D->close(c);
    mu_buf_release(&s.trace);
}

static void options_are_checked(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *options;
        bool good;
    } cases[] = {
        {"{}", true},
        {"{\"permission_mode\":\"plan\"}", true},
        {"{\"permission_mode\":\"whatever\"}", false},
        {"{\"permission_mode\":1}", false},
        {"{\"model\":\"claude-opus-5-5[1m]\"}", true},
        {"{\"model\":\"--help\"}", false},
        {"{\"model\":\"a b\"}", false},
        {"{\"other\":1}", false},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        json_t *json = json_loads(cases[i].options, 0, NULL);
        if ((D->check_options(json) == NULL) != cases[i].good)
            fail_msg("%s", cases[i].options);
        json_decref(json);
    }
}

static void the_command_line_is_right(void **state)
{
    MU_UNUSED(state);
    struct mu_buf spec = {0};
    struct mu_agent_start start = {.run_id = "r",
                                   .program = "/opt/claude",
                                   .cwd = "/srv",
                                   .prompt = "--not-an-option",
                                   .cli_session_id = "abc",
                                   .options = "{\"model\":\"m\",\"permission_mode\":\"plan\"}"};
    assert_int_equal(D->spec(&start, &spec), 0);
    assert_non_null(strstr(spec.data, "\"--permission-mode\",\"plan\",\"--model\",\"m\","
                                      "\"--resume\",\"abc\"]"));
    assert_null(strstr(spec.data, "not-an-option"));
    assert_non_null(strstr(spec.data, "\"stdin\":\"pipe\""));
    mu_buf_release(&spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scene_gives_its_events),
        cmocka_unit_test(pieces_of_any_size_give_the_same),
        cmocka_unit_test(saved_state_goes_on),
        cmocka_unit_test(answers_have_the_recorded_form),
        cmocka_unit_test(what_is_asked_comes_whole),
        cmocka_unit_test(a_long_line_is_skipped_in_little_memory),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(the_command_line_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
