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

/* The claude dialect: what real programs printed, scene by scene (claude-scenes.jsonl), and the
 * events that must come of it. A scene is a line {"scene"}, what happened ({"prompt"}, {"out"} a
 * line of stdout, {"text"} one that is no JSON, {"err"}, {"exit"}), and {"expect"}. */

#define D (&mu_dialect_claude)

static const char *const names[] = {
    [MU_AG_TEXT] = "delta",          [MU_AG_FINAL] = "final",        [MU_AG_RESET] = "reset",
    [MU_AG_TOOL_CALL] = "call",      [MU_AG_TOOL_RESULT] = "result", [MU_AG_NOTICE] = "notice",
    [MU_AG_CLI_SESSION] = "session", [MU_AG_ASKED] = "asked",        [MU_AG_ANSWERED] = "answered",
    [MU_AG_TURN_DONE] = "done",
};
static const char *const outcomes[] = {"ok", "error", "cancelled", "restart", "forget"};

/* An event as a line; pieces of one text are joined. */
static void on_event(void *ctx, const struct mu_agent_event *ev)
{
    struct mu_buf *b = ctx;
    char head[64];
    if (ev->kind == MU_AG_FACTS)
        return;
    int n = snprintf(head, sizeof head, "\n%s %s: ", names[ev->kind],
                     ev->message ? mu_message_kind_text(ev->message) : "");
    if (ev->kind == MU_AG_TEXT) {
        const char *last = b->data ? strrchr(b->data, '\n') : NULL;
        if (!last || strncmp(last, head, (size_t)n) != 0)
            mu_buf_str(b, head);
        mu_buf_add(b, ev->text, ev->n);
        return;
    }
    mu_buf_printf(b, "\n%s", names[ev->kind]);
    if (ev->kind == MU_AG_TURN_DONE)
        mu_buf_printf(b, " %s", outcomes[ev->outcome]);
    else if (ev->message)
        mu_buf_printf(b, " %s", mu_message_kind_text(ev->message));
    if (ev->failed && ev->kind == MU_AG_TOOL_RESULT)
        mu_buf_str(b, " failed");
    if (ev->name)
        mu_buf_printf(b, " %s", ev->name);
    if (ev->title)
        mu_buf_printf(b, " (%s)", ev->title);
    if (ev->parent)
        mu_buf_str(b, " within another");
    if (ev->text)
        mu_buf_printf(b, ": %s", ev->text);
}

struct scene {
    char name[64];
    struct mu_buf trace;
    struct mu_buf out; /* stdout of the present process that was not fed yet */
    void *state;
    size_t piece; /* bytes fed at a time; 0: all at once */
};

static void feed(struct scene *s)
{
    size_t step = s->piece ? s->piece : s->out.len;
    for (size_t at = 0; at < s->out.len; at += step) {
        size_t n = s->out.len - at < step ? s->out.len - at : step;
        size_t held = D->feed(s->state, MU_STREAM_OUT, s->out.data + at, n, on_event, &s->trace);
        assert_true(held <= n);
    }
    mu_buf_clear(&s->out);
}

static void on_exit_line(struct scene *s, const json_t *exit)
{
    struct mu_exit how = {.kind = MU_EXIT_CODE, .reason = "x"};
    struct mu_agent_end *end = mu_alloc(sizeof *end);
    how.code = (int)json_integer_value(json_object_get(exit, "code"));
    how.signal = (int)json_integer_value(json_object_get(exit, "signal"));
    if (how.signal)
        how.kind = MU_EXIT_SIGNAL;
    D->exited(s->state, &how, true, end, on_event, &s->trace);
    mu_buf_printf(&s->trace, "\nend %s%s%s", outcomes[end->outcome], *end->text ? ": " : "",
                  end->text);
    free(end);
}

static void on_scene_line(struct scene *s, const json_t *line)
{
    struct mu_buf input = {0};
    const json_t *out = json_object_get(line, "out");
    const char *err = json_string_value(json_object_get(line, "err"));
    const char *text = json_string_value(json_object_get(line, "text"));
    if (json_object_get(line, "prompt")) {
        feed(s);
        D->prompt(s->state, &(struct mu_agent_prompt){.text = "x"}, &input);
        mu_buf_release(&input);
    } else if (out) {
        char *dump = json_dumps(out, JSON_COMPACT);
        mu_buf_str(&s->out, dump);
        mu_buf_char(&s->out, '\n');
        free(dump);
    } else if (text) {
        mu_buf_printf(&s->out, "%s\n", text);
    } else if (err) {
        D->feed(s->state, MU_STREAM_ERR, err, strlen(err), on_event, &s->trace);
        D->feed(s->state, MU_STREAM_ERR, "\n", 1, on_event, &s->trace);
    } else if (json_object_get(line, "exit")) {
        feed(s);
        on_exit_line(s, json_object_get(line, "exit"));
    }
}

static void check(struct scene *s, const json_t *expect)
{
    struct mu_buf want = {0};
    size_t i;
    json_t *line;
    json_array_foreach((json_t *)expect, i, line)
        mu_buf_printf(&want, "\n%s", json_string_value(line));
    if (getenv("PRINT_SCENES"))
        printf("\n=== %s%s\n", s->name, s->trace.data ? s->trace.data : "");
    else if (!mu_str_eq(want.data, s->trace.data))
        fail_msg("%s: expected%s\ngot%s", s->name, want.data, s->trace.data);
    mu_buf_release(&want);
}

static size_t play(size_t piece)
{
    FILE *file = fopen(MU_SOURCE_ROOT "/test/unit/agent/claude-scenes.jsonl", "r");
    char *line = NULL;
    size_t cap = 0;
    size_t scenes = 0;
    struct scene s = {.piece = piece};
    assert_non_null(file);
    while (getline(&line, &cap, file) > 0) {
        json_t *json = json_loads(line, 0, NULL);
        assert_non_null(json);
        const char *name = json_string_value(json_object_get(json, "scene"));
        if (name) {
            snprintf(s.name, sizeof s.name, "%s", name);
            s.state = D->open(NULL, NULL);
        } else if (json_object_get(json, "expect")) {
            check(&s, json_object_get(json, "expect"));
            D->close(s.state);
            mu_buf_release(&s.trace);
            mu_buf_release(&s.out);
            scenes++;
        } else {
            on_scene_line(&s, json);
        }
        json_decref(json);
    }
    free(line);
    fclose(file);
    return scenes;
}

static void every_scene_gives_its_events(void **state)
{
    MU_UNUSED(state);
    assert_true(play(0) > 50);
}

static void pieces_of_any_size_give_the_same(void **state)
{
    MU_UNUSED(state);
    play(1);
    play(7);
    play(1000);
}

/* ---- what scenes do not show ---- */

static void saved_state_goes_on(void **state)
{
    MU_UNUSED(state);
    struct mu_buf trace = {0};
    struct mu_buf json = {0};
    struct mu_buf in = {0};
    void *a = D->open(NULL, NULL);
    D->prompt(a, &(struct mu_agent_prompt){.text = "say \"hi\"\n"}, &in);
    assert_string_equal(in.data, "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":"
                                 "\"say \\\"hi\\\"\\n\"}}\n");
    static const char init[] = "{\"type\":\"system\",\"subtype\":\"init\",\"model\":\"m\","
                               "\"session_id\":\"s-1\"}\n{\"half";
    assert_int_equal(D->feed(a, MU_STREAM_OUT, init, sizeof init - 1, on_event, &trace), 6);
    D->save(a, &json);
    json_t *saved = json_loads(json.data, JSON_REJECT_DUPLICATES, NULL);
    void *b = D->open(NULL, saved);
    static const char again[] =
        "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s-1\"}\n"
        "{\"type\":\"result\",\"is_error\":false,\"session_id\":\"s-1\"}\n";
    mu_buf_clear(&trace);
    assert_int_equal(D->feed(b, MU_STREAM_OUT, again, sizeof again - 1, on_event, &trace), 0);
    assert_string_equal(trace.data, "\ndone ok");
    json_decref(saved);
    D->close(a);
    D->close(b);
    mu_buf_release(&trace);
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
    struct mu_buf trace = {0};
    void *c = D->open(NULL, NULL);
    char *piece = mu_alloc(1 << 16);
    memset(piece, 'x', 1 << 16);
    for (int i = 0; i < 1600; i++) {
        size_t held = D->feed(c, MU_STREAM_OUT, piece, 1 << 16, on_event, &trace);
        assert_int_equal(held, i < MU_LIMIT_LINE_BYTES / (1 << 16) ? 1 << 16 : 0);
    }
    static const char rest[] = "x\n{\"type\":\"result\",\"is_error\":false}\n";
    D->feed(c, MU_STREAM_OUT, rest, sizeof rest - 1, on_event, &trace);
    assert_string_equal(trace.data,
                        "\nnotice: claude printed a line of more than 16 MiB, which was skipped. "
                        "Something of its answer is missing.\ndone ok");
    free(piece);
    D->close(c);
    mu_buf_release(&trace);
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
