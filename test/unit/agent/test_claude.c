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

/* The claude dialect: what real programs printed, scene by scene (claude-scenes.jsonl, of a process
 * that is told nothing but prompts; claude-more-scenes.jsonl, of 2.1.197 as muster runs it, and
 * made up after what newer ones are known to say), and the events that must come of it; and what
 * scenes do not show. */

#define D (&mu_dialect_claude)

static void every_scene_gives_its_events(void **state)
{
    MU_UNUSED(state);
    struct scenes how = {.dialect = D, .file = "claude-scenes.jsonl"};
    assert_true(scenes_play(&how) > 50);
}

static void more_scenes_give_their_events_and_facts(void **state)
{
    MU_UNUSED(state);
    struct scenes how = {.dialect = D, .file = "claude-more-scenes.jsonl", .facts = true};
    assert_true(scenes_play(&how) > 10);
}

static void pieces_of_any_size_give_the_same(void **state)
{
    MU_UNUSED(state);
    struct scenes how = {.dialect = D, .file = "claude-scenes.jsonl"};
    struct scenes more = {.dialect = D, .file = "claude-more-scenes.jsonl", .facts = true};
    for (how.piece = 1; how.piece < 2000; how.piece *= 7) {
        more.piece = how.piece;
        scenes_play(&how);
        scenes_play(&more);
    }
}

static void a_state_that_is_saved_each_time_gives_the_same(void **state)
{
    MU_UNUSED(state);
    struct scenes how = {
        .dialect = D, .file = "claude-more-scenes.jsonl", .facts = true, .reopened = true};
    scenes_play(&how);
    how = (struct scenes){.dialect = D, .file = "claude-scenes.jsonl", .reopened = true};
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
    assert_non_null(strstr(in.data, "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":"
                                    "\"say \\\"hi\\\"\\n\"},\"uuid\":\""));
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
    struct mu_buf in = {0};
    D->prompt(c, &(struct mu_agent_prompt){.text = "x"}, &in);
    mu_buf_release(&in);
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

static void feed(void *c, const char *lines, mu_agent_cb *cb, void *ctx)
{
    assert_int_equal(D->feed(c, MU_STREAM_OUT, lines, strlen(lines), cb, ctx), 0);
}

/* Gives a prompt and returns its uuid. */
static void give_prompt(void *c, char uuid[37])
{
    struct mu_buf in = {0};
    D->prompt(c, &(struct mu_agent_prompt){.text = "x"}, &in);
    const char *at = strstr(in.data, "\"uuid\":\"");
    assert_non_null(at);
    snprintf(uuid, 37, "%s", at + 8);
    mu_buf_release(&in);
}

#define RUNNING                                                                                    \
    "{\"type\":\"system\",\"subtype\":\"session_state_changed\",\"state\":\"running\"}\n"
#define IDLE "{\"type\":\"system\",\"subtype\":\"session_state_changed\",\"state\":\"idle\"}\n"

static void a_result_in_a_line_too_long_ends_the_turn_when_claude_is_idle(void **state)
{
    MU_UNUSED(state);
    static const struct scenes how = {.dialect = D};
    struct scene s = {.how = &how};
    char uuid[37];
    char *line = mu_alloc(MU_LIMIT_LINE_BYTES + 2);
    memset(line, 'x', MU_LIMIT_LINE_BYTES + 1);
    void *c = D->open(NULL, NULL);
    give_prompt(c, uuid);
    feed(c, RUNNING, scene_event, &s);
    D->feed(c, MU_STREAM_OUT, line, MU_LIMIT_LINE_BYTES + 1, scene_event, &s);
    feed(c, "\n" IDLE, scene_event, &s);
    assert_non_null(strstr(s.trace.data, "is missing.\ndone ok"));
    free(line);
    D->close(c);
    mu_buf_release(&s.trace);
}

static void a_result_that_names_the_prompt_is_its(void **state)
{
    MU_UNUSED(state);
    static const struct scenes how = {.dialect = D};
    struct scene s = {.how = &how};
    char uuid[37];
    char line[200];
    void *c = D->open(NULL, NULL);
    give_prompt(c, uuid);
    feed(c, "{\"type\":\"result\",\"user_message_uuids\":[\"another\"]}\n", scene_event, &s);
    assert_null(s.trace.data);
    snprintf(line, sizeof line,
             "{\"type\":\"result\",\"user_message_uuids\":[\"another\",\"%s\"]}\n", uuid);
    feed(c, line, scene_event, &s);
    assert_string_equal(s.trace.data, "\ndone ok");
    D->close(c);
    mu_buf_release(&s.trace);
}

static void see_usage(void *ctx, const struct mu_agent_event *ev)
{
    const struct mu_agent_usage *u = ev->usage;
    if (u)
        mu_buf_printf(ctx, "%lld/%lld/%lld/%lld/%lld ", (long long)u->input_tokens,
                      (long long)u->output_tokens, (long long)u->cache_read_tokens,
                      (long long)u->cache_write_tokens, (long long)u->cost_microusd);
}

static void costs_are_of_the_turn_alone(void **state)
{
    MU_UNUSED(state);
    static const char *const lines[] = {
        "{\"type\":\"result\",\"session_id\":\"s\",\"total_cost_usd\":0.5,\"usage\":{\"input_"
        "tokens\":1,\"output_tokens\":2,\"cache_read_input_tokens\":3,"
        "\"cache_creation_input_tokens\":4}}\n",
        "{\"type\":\"result\",\"session_id\":\"s\",\"total_cost_usd\":0.75}\n",
        /* /clear, and a turn that claude begins by itself: it is in the next one's */
        "{\"type\":\"result\",\"session_id\":\"t\",\"total_cost_usd\":0.1}\n"
        "{\"type\":\"result\",\"session_id\":\"t\",\"total_cost_usd\":0.3}\n",
        "{\"type\":\"result\",\"session_id\":\"t\",\"total_cost_usd\":0.3}\n",
        "{\"type\":\"result\",\"session_id\":\"t\",\"total_cost_usd\":\"lots\"}\n",
        /* a newer version, whose total goes on after --resume */
        "{\"type\":\"result\",\"session_id\":\"t\",\"total_cost_usd\":9,"
        "\"model_usage_since_last_result\":{\"m\":{\"costUSD\":0.25},\"n\":{\"costUSD\":0.5}}}\n",
    };
    struct mu_buf trace = {0};
    char uuid[37];
    void *c = D->open(NULL, NULL);
    for (size_t i = 0; i < MU_COUNT(lines); i++) {
        give_prompt(c, uuid);
        feed(c, lines[i], see_usage, &trace);
    }
    assert_string_equal(trace.data, "1/2/3/4/500000 -1/-1/-1/-1/250000 -1/-1/-1/-1/100000 "
                                    "-1/-1/-1/-1/200000 -1/-1/-1/-1/-1 -1/-1/-1/-1/750000 ");
    D->close(c);
    mu_buf_release(&trace);
}

static enum mu_turn_outcome exit_of(void *c, bool answered)
{
    static const struct scenes how = {.dialect = D};
    struct scene s = {.how = &how};
    struct mu_exit exit = {.kind = MU_EXIT_CODE, .code = 1};
    struct mu_agent_end *end = mu_alloc(sizeof *end);
    D->exited(c, &exit, answered, end, scene_event, &s);
    enum mu_turn_outcome outcome = end->outcome;
    free(end);
    mu_buf_release(&s.trace);
    return outcome;
}

/* Else a claude that says so each time (of arguments in the agents file) were started for ever. */
static void a_conversation_is_forgotten_only_once(void **state)
{
    MU_UNUSED(state);
    static const char line[] = "{\"type\":\"result\",\"is_error\":true,\"errors\":[\"No "
                               "conversation found with session ID: x\"]}\n";
    static const struct scenes how = {.dialect = D};
    for (int resumes = 0; resumes < 2; resumes++) {
        struct scene s = {.how = &how};
        char uuid[37];
        struct mu_agent_start start = {.cli_session_id = resumes ? "x" : NULL};
        s.state = D->open(&start, NULL);
        give_prompt(s.state, uuid);
        scene_reopen(&s);
        feed(s.state, line, scene_event, &s);
        if (resumes)
            assert_null(s.trace.data);
        else
            assert_non_null(strstr(s.trace.data, "\ndone error: No conversation found"));
        assert_int_equal(exit_of(s.state, true), resumes ? MU_TURN_FORGET : MU_TURN_ERROR);
        D->close(s.state);
        mu_buf_release(&s.trace);
    }
}

/* A process that has ended no turn is not started again for the one that it was given. */
static void results_of_others_do_not_make_a_turn_start_anew(void **state)
{
    MU_UNUSED(state);
    static const struct scenes how = {.dialect = D};
    struct scene s = {.how = &how};
    char uuid[37];
    void *c = D->open(NULL, NULL);
    give_prompt(c, uuid);
    feed(c, "{\"type\":\"result\",\"user_message_uuids\":[\"another\"]}\n", scene_event, &s);
    assert_int_equal(exit_of(c, false), MU_TURN_ERROR);
    feed(c, "{\"type\":\"result\"}\n", scene_event, &s);
    give_prompt(c, uuid);
    assert_int_equal(exit_of(c, false), MU_TURN_RESTART);
    D->close(c);
    mu_buf_release(&s.trace);
}

static void costs_have_a_bound(void **state)
{
    MU_UNUSED(state);
    struct mu_buf line = {0}, trace = {0};
    char uuid[37];
    void *c = D->open(NULL, NULL);
    mu_buf_str(&line, "{\"type\":\"result\",\"total_cost_usd\":1,"
                      "\"model_usage_since_last_result\":{");
    for (int i = 0; i < 10000; i++)
        mu_buf_printf(&line, "%s\"%d\":{\"costUSD\":999999999}", i ? "," : "", i);
    mu_buf_str(&line, "}}\n");
    give_prompt(c, uuid);
    feed(c, line.data, see_usage, &trace);
    assert_string_equal(trace.data, "-1/-1/-1/-1/1999999998000000 ");
    D->close(c);
    mu_buf_release(&line);
    mu_buf_release(&trace);
}

static void see_images(void *ctx, const struct mu_agent_event *ev)
{
    if (ev->images)
        mu_buf_printf(ctx, "%s of %zu", ev->images, ev->raw_n);
}

static void images_of_a_result_are_told(void **state)
{
    MU_UNUSED(state);
    static const char line[] =
        "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":"
        "\"t\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":"
        "\"image/"
        "png\",\"data\":\"AAAA\"}},{\"type\":\"image\",\"source\":{\"type\":\"url\"}}]}]}}\n";
    char want[100];
    struct mu_buf trace = {0};
    void *c = D->open(NULL, NULL);
    feed(c, line, see_images, &trace);
    snprintf(want, sizeof want, "[{\"type\":\"image/png\",\"data\":\"AAAA\"}] of %zu",
             sizeof line - 2);
    assert_string_equal(trace.data, want);
    D->close(c);
    mu_buf_release(&trace);
}

static void a_prompt_has_its_images_as_includes(void **state)
{
    MU_UNUSED(state);
    static const struct mu_agent_image images[] = {{"/srv/a.png", "image/png"},
                                                   {"/srv/b", "image/jpeg"}};
    struct mu_buf in = {0};
    void *c = D->open(NULL, NULL);
    assert_true(D->takes_images);
    D->prompt(c, &(struct mu_agent_prompt){.text = "a \"b\"", .images = images, .n_images = 2},
              &in);
    assert_non_null(strstr(
        in.data,
        "\"content\":[{\"type\":\"text\",\"text\":\"a \\\"b\\\"\"},{\"type\":\"image\",\"source\":{"
        "\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"\x01/srv/"
        "a.png\x01\"}},{\"type\":"
        "\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/jpeg\",\"data\":"
        "\"\x01/srv/b\x01\"}}]}"));
    D->close(c);
    mu_buf_release(&in);
}

static void configure(void *c, const char *options, const char *expected)
{
    struct mu_buf out = {0};
    json_t *json = options ? json_loads(options, 0, NULL) : NULL;
    D->configure(c, json, &out);
    if (!mu_str_eq(out.data, expected))
        fail_msg("%s: %s", options, out.data ? out.data : "nothing");
    json_decref(json);
    mu_buf_release(&out);
}

#define REQUEST(id, rest)                                                                          \
    "{\"type\":\"control_request\",\"request_id\":\"muster-" id "\",\"request\":{" rest "}}\n"

static void options_reach_the_running_process(void **state)
{
    MU_UNUSED(state);
    static const struct scenes how = {.dialect = D};
    struct scene s = {.how = &how};
    void *c = D->open(&(struct mu_agent_start){.options = "{\"permission_mode\":\"plan\"}"}, NULL);
    configure(c, "{\"permission_mode\":\"plan\"}", NULL);
    configure(c, "{\"permission_mode\":\"plan\",\"model\":\"opus\"}",
              REQUEST("model-1", "\"subtype\":\"set_model\",\"model\":\"opus\""));
    configure(c, "{\"permission_mode\":\"plan\"}", REQUEST("model-2", "\"subtype\":\"set_model\""));
    configure(c, NULL,
              REQUEST("mode-3", "\"subtype\":\"set_permission_mode\",\"mode\":\"default\""));
    configure(c, "{\"permission_mode\":\"plan\"}",
              REQUEST("mode-4", "\"subtype\":\"set_permission_mode\",\"mode\":\"plan\""));
    /* The plan was approved, and the person wants to plan again. */
    feed(c, "{\"type\":\"system\",\"subtype\":\"status\",\"permissionMode\":\"default\"}\n",
         scene_event, &s);
    configure(c, "{\"permission_mode\":\"plan\"}",
              REQUEST("mode-5", "\"subtype\":\"set_permission_mode\",\"mode\":\"plan\""));
    D->close(c);
    mu_buf_release(&s.trace);
}

static void see_sent(void *ctx, const struct mu_agent_event *ev)
{
    if (ev->kind == MU_AG_SEND)
        mu_buf_add(ctx, ev->text, ev->n);
}

static void what_is_not_known_is_refused_at_once(void **state)
{
    MU_UNUSED(state);
    struct mu_buf sent = {0};
    void *c = D->open(NULL, NULL);
    feed(c,
         "{\"type\":\"control_request\",\"request_id\":\"r\",\"request\":{\"subtype\":\"new\"}}\n"
         "{\"type\":\"control_request\",\"request\":{\"subtype\":\"new\"}}\n",
         see_sent, &sent);
    assert_string_equal(
        sent.data, "{\"type\":\"control_response\",\"response\":{\"subtype\":\"error\","
                   "\"request_id\":\"r\",\"error\":\"muster does not know requests of the kind "
                   "new\"}}\n");
    D->close(c);
    mu_buf_release(&sent);
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
        cmocka_unit_test(more_scenes_give_their_events_and_facts),
        cmocka_unit_test(pieces_of_any_size_give_the_same),
        cmocka_unit_test(a_state_that_is_saved_each_time_gives_the_same),
        cmocka_unit_test(saved_state_goes_on),
        cmocka_unit_test(answers_have_the_recorded_form),
        cmocka_unit_test(what_is_asked_comes_whole),
        cmocka_unit_test(a_long_line_is_skipped_in_little_memory),
        cmocka_unit_test(a_result_in_a_line_too_long_ends_the_turn_when_claude_is_idle),
        cmocka_unit_test(a_result_that_names_the_prompt_is_its),
        cmocka_unit_test(costs_are_of_the_turn_alone),
        cmocka_unit_test(costs_have_a_bound),
        cmocka_unit_test(a_conversation_is_forgotten_only_once),
        cmocka_unit_test(results_of_others_do_not_make_a_turn_start_anew),
        cmocka_unit_test(images_of_a_result_are_told),
        cmocka_unit_test(a_prompt_has_its_images_as_includes),
        cmocka_unit_test(options_reach_the_running_process),
        cmocka_unit_test(what_is_not_known_is_refused_at_once),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(the_command_line_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
