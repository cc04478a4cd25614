#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/acp.h"
#include "hold/include.h"
#include "scenes.h"

/* The ACP dialect: what real agents printed and what they were seen to take, and made scenes for
 * what they cannot be told to do (acp-scenes.jsonl); and what scenes do not show. */

#define D (&mu_dialect_acp)

static struct scenes scenes(void)
{
    return (struct scenes){.dialect = D, .file = "acp-scenes.jsonl", .inputs = true, .facts = true};
}

static void every_scene_gives_its_events(void **state)
{
    MU_UNUSED(state);
    struct scenes how = scenes();
    assert_true(scenes_play(&how) > 90);
}

static void pieces_of_any_size_give_the_same(void **state)
{
    MU_UNUSED(state);
    struct scenes how = scenes();
    for (how.piece = 1; how.piece < 3000; how.piece *= 13)
        scenes_play(&how);
}

static void saved_state_goes_on(void **state)
{
    MU_UNUSED(state);
    struct scenes how = scenes();
    how.reopened = true;
    scenes_play(&how);
}

/* ---- what scenes do not show ---- */

static const struct scenes plain = {.dialect = D, .inputs = true};

static const char hello[] =
    "{\"id\":1,\"result\":{\"protocolVersion\":1,\"agentCapabilities\":{\"promptCapabilities\":{"
    "\"image\":true}}}}\n{\"id\":2,\"result\":{\"sessionId\":\"s1\"}}\n";

static void feed(struct scene *s, const char *text)
{
    D->feed(s->state, MU_STREAM_OUT, text, strlen(text), scene_event, s);
}

/* A session in the middle of its first turn. */
static struct scene in_turn(void)
{
    struct scene s = {.how = &plain};
    struct mu_buf in = {0};
    static const struct mu_agent_start start = {.run_id = "run", .program = "agent", .cwd = "/p"};
    s.state = D->open(&start, NULL);
    D->prompt(s.state, &(struct mu_agent_prompt){.text = "hi"}, &in);
    feed(&s, hello);
    mu_buf_clear(&s.trace);
    mu_buf_release(&in);
    return s;
}

static void end(struct scene *s)
{
    D->close(s->state);
    mu_buf_release(&s->trace);
}

static size_t count(const struct scene *s, const char *what)
{
    size_t n = 0;
    for (const char *at = s->trace.data; at && (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

static void see_includes(void *ctx, const struct mu_agent_event *ev)
{
    if (ev->kind == MU_AG_SEND && strstr(ev->text, "session/prompt")) {
        *(bool *)ctx = ev->includes;
        assert_int_equal(memchr(ev->text, MU_INCLUDE_MARK, ev->n) != NULL, ev->includes);
        assert_int_equal(
            strstr(ev->text, "\"mimeType\":\"image/png\",\"data\":\"\001/i.png\001\"") != NULL,
            ev->includes);
    }
}

static void images_are_includes_where_the_agent_takes_them(void **state)
{
    MU_UNUSED(state);
    static const struct mu_agent_image image = {.path = "/i.png", .type = "image/png"};
    static const struct mu_agent_start start = {.run_id = "run", .program = "agent", .cwd = "/p"};
    static const char blind[] = "{\"id\":1,\"result\":{\"protocolVersion\":1}}\n"
                                "{\"id\":2,\"result\":{\"sessionId\":\"s1\"}}\n";
    const char *const cases[] = {blind, hello};
    for (int sees = 0; sees < 2; sees++) {
        struct mu_buf in = {0};
        bool includes = !sees;
        void *c = D->open(&start, NULL);
        D->prompt(c, &(struct mu_agent_prompt){.text = "see", .images = &image, .n_images = 1},
                  &in);
        D->feed(c, MU_STREAM_OUT, cases[sees], strlen(cases[sees]), see_includes, &includes);
        assert_int_equal(includes, sees);
        mu_buf_release(&in);
        D->close(c);
    }
}

static void what_is_served_outlives_a_restart(void **state)
{
    MU_UNUSED(state);
    struct scene s = in_turn();
    struct mu_buf in = {0};
    feed(&s, "{\"id\":\"a\",\"method\":\"fs/read_text_file\",\"params\":{\"sessionId\":\"s1\","
             "\"path\":\"/x\"}}\n{\"id\":0,\"method\":\"terminal/create\",\"params\":{"
             "\"sessionId\":\"s1\",\"command\":\"ls\"}}\n");
    scene_reopen(&s);
    mu_buf_clear(&s.trace);
    D->resumed(s.state, scene_event, &s);
    assert_string_equal(s.trace.data,
                        "\nserve fs/read_text_file input={\"sessionId\":\"s1\",\"path\":\"/x\"}"
                        "\nserve terminal/create input={\"sessionId\":\"s1\",\"command\":\"ls\"}");
    D->served(s.state, &(struct mu_agent_served){.id = "run.2", .result = "{\"terminalId\":\"t\"}"},
              &in);
    D->served(s.state, &(struct mu_agent_served){.id = "run.1", .error = "No such file."}, &in);
    D->served(s.state, &(struct mu_agent_served){.id = "run.1", .error = "Again."}, &in);
    assert_string_equal(in.data,
                        "{\"id\":0,\"result\":{\"terminalId\":\"t\"},\"jsonrpc\":\"2.0\"}\n"
                        "{\"id\":\"a\",\"error\":{\"code\":-32603,\"message\":\"No such "
                        "file.\"},\"jsonrpc\":\"2.0\"}\n");
    mu_buf_clear(&s.trace);
    D->resumed(s.state, scene_event, &s);
    assert_int_equal(s.trace.len, 0);
    mu_buf_release(&in);
    end(&s);
}

static void open_requests_have_limits(void **state)
{
    MU_UNUSED(state);
    struct scene s = in_turn();
    struct mu_buf line = {0};
    for (int i = 0; i < ACP_SERVED + 6; i++) {
        mu_buf_clear(&line);
        mu_buf_printf(&line,
                      "{\"id\":%d,\"method\":\"terminal/output\",\"params\":{\"sessionId\":"
                      "\"s1\"}}\n",
                      i);
        feed(&s, line.data);
    }
    assert_int_equal(count(&s, "\nserve"), ACP_SERVED);
    assert_int_equal(count(&s, "Too many requests are open"), 6);
    mu_buf_clear(&s.trace);
    for (int i = 0; i < MU_LIMIT_OPEN_REQUESTS + 6; i++) {
        mu_buf_clear(&line);
        mu_buf_printf(&line,
                      "{\"id\":%d,\"method\":\"session/request_permission\",\"params\":{"
                      "\"sessionId\":\"s1\",\"toolCall\":{\"toolCallId\":\"t\"},\"options\":[{"
                      "\"optionId\":\"no\",\"kind\":\"reject_once\"}]}}\n",
                      i);
        feed(&s, line.data);
    }
    assert_int_equal(count(&s, "\nasked"), MU_LIMIT_OPEN_REQUESTS);
    assert_int_equal(count(&s, "\"optionId\":\"no\""), 6);
    mu_buf_release(&line);
    end(&s);
}

static void what_is_too_large_is_not_served(void **state)
{
    MU_UNUSED(state);
    struct scene s = in_turn();
    struct mu_buf line = {0};
    mu_buf_str(&line,
               "{\"id\":1,\"method\":\"fs/write_text_file\",\"params\":{\"sessionId\":\"s1\","
               "\"path\":\"/x\",\"content\":\"");
    mu_buf_reserve(&line, ACP_SERVED_BYTES + 16);
    memset(line.data + line.len, 'x', ACP_SERVED_BYTES);
    line.len += ACP_SERVED_BYTES;
    mu_buf_str(&line, "\"}}\n");
    D->feed(s.state, MU_STREAM_OUT, line.data, line.len, scene_event, &s);
    assert_int_equal(count(&s, "\nserve"), 0);
    assert_int_equal(count(&s, "at most 4 MiB"), 1);
    mu_buf_release(&line);
    end(&s);
}

static void a_long_line_is_skipped_with_a_notice(void **state)
{
    MU_UNUSED(state);
    struct scene s = in_turn();
    char *piece = mu_alloc(1 << 20);
    memset(piece, 'x', 1 << 20);
    for (int i = 0; i < 20; i++)
        D->feed(s.state, MU_STREAM_OUT, piece, 1 << 20, scene_event, &s);
    feed(&s, "x\n{\"id\":3,\"result\":{\"stopReason\":\"end_turn\"}}\n");
    assert_string_equal(s.trace.data,
                        "\nnotice: agent printed a line of more than 16 MiB, which was skipped. "
                        "Something of its answer is missing.\ndone ok");
    free(piece);
    end(&s);
}

/* A command that prints much would be told whole with each of its lines. */
static void output_in_pieces_is_told_as_it_grows(void **state)
{
    MU_UNUSED(state);
    struct scene s = in_turn();
    struct mu_buf line = {0};
    mu_buf_str(&line, "{\"method\":\"session/update\",\"params\":{\"sessionId\":\"s1\",\"update\":{"
                      "\"sessionUpdate\":\"tool_call_update\",\"toolCallId\":\"t\",\"_meta\":{"
                      "\"terminal_output_delta\":{\"data\":\"0123456789abcdef\"}}}}}\n");
    for (int i = 0; i < 5000; i++)
        feed(&s, line.data);
    assert_true(count(&s, "\nupdate") > 10);
    assert_true(count(&s, "\nupdate") < 40);
    mu_buf_clear(&s.trace);
    feed(&s, "{\"method\":\"session/update\",\"params\":{\"sessionId\":\"s1\",\"update\":{"
             "\"sessionUpdate\":\"tool_call_update\",\"toolCallId\":\"t\",\"status\":"
             "\"completed\"}}}\n");
    assert_int_equal(count(&s, "0123456789abcdef"), ACP_TOOL_OUTPUT / 16);
    mu_buf_release(&line);
    end(&s);
}

static void counts_may_be_anything(void **state)
{
    MU_UNUSED(state);
    struct scene s = in_turn();
    feed(&s, "{\"id\":3,\"result\":{\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\":"
             "9223372036854775807,\"outputTokens\":9223372036854775807,\"cachedReadTokens\":1,"
             "\"totalTokens\":7}}}\n");
    assert_int_equal(count(&s, "done ok [9223372036854775807 in, 9223372036854775807 out"), 1);
    end(&s);
}

static void configured(struct scene *s, const char *options, const char *request)
{
    struct mu_buf out = {0};
    json_t *json = json_loads(options, 0, NULL);
    D->configure(s->state, json, &out);
    if (request ? !out.data || !strstr(out.data, request) : out.len > 0)
        fail_msg("%s: %s", options, out.data ? out.data : "nothing");
    json_decref(json);
    mu_buf_release(&out);
}

/* Options that change while a request for the former ones is open. */
static void the_last_options_count(void **state)
{
    MU_UNUSED(state);
    static const struct mu_agent_start start = {
        .run_id = "run", .program = "agent", .cwd = "/p", .options = "{\"mode\":\"b\"}"};
    struct scene s = {.how = &plain};
    struct mu_buf in = {0};
    s.state = D->open(&start, NULL);
    D->prompt(s.state, &(struct mu_agent_prompt){.text = "hi"}, &in);
    feed(&s, "{\"id\":1,\"result\":{\"protocolVersion\":1}}\n{\"id\":2,\"result\":{\"sessionId\":"
             "\"s1\",\"modes\":{\"currentModeId\":\"a\",\"availableModes\":[{\"id\":\"a\"},{"
             "\"id\":\"b\"}]}}}\n");
    assert_int_equal(count(&s, "\"modeId\":\"b\""), 1);
    configured(&s, "{\"mode\":\"b\"}", NULL);
    configured(&s, "{\"mode\":\"a\"}", "\"modeId\":\"a\"");
    feed(&s, "{\"id\":3,\"result\":{}}\n");
    assert_int_equal(count(&s, "session/prompt"), 0);
    feed(&s, "{\"id\":4,\"result\":{}}\n");
    assert_int_equal(count(&s, "session/prompt"), 1);
    mu_buf_release(&in);
    end(&s);
}

/* The model was refused, which ended the turn, while the mode was still being set: the next prompt
 * does not go to another model. */
static void a_prompt_waits_for_its_model(void **state)
{
    MU_UNUSED(state);
    static const struct mu_agent_start start = {.run_id = "run",
                                                .program = "agent",
                                                .cwd = "/p",
                                                .options = "{\"mode\":\"b\",\"model\":\"m\"}"};
    struct scene s = {.how = &plain};
    struct mu_buf in = {0};
    s.state = D->open(&start, NULL);
    D->prompt(s.state, &(struct mu_agent_prompt){.text = "hi"}, &in);
    feed(&s, "{\"id\":1,\"result\":{\"protocolVersion\":1}}\n{\"id\":2,\"result\":{\"sessionId\":"
             "\"s1\",\"modes\":{\"currentModeId\":\"a\",\"availableModes\":[{\"id\":\"a\"},{"
             "\"id\":\"b\"}]}}}\n{\"id\":4,\"error\":{\"code\":1,\"message\":\"no\"}}\n");
    assert_int_equal(count(&s, "\ndone error"), 1);
    mu_buf_clear(&in);
    D->prompt(s.state, &(struct mu_agent_prompt){.text = "again"}, &in);
    assert_non_null(strstr(in.data ? in.data : "", "session/set_model"));
    feed(&s, "{\"id\":3,\"result\":{}}\n");
    assert_int_equal(count(&s, "session/prompt"), 0);
    feed(&s, "{\"id\":5,\"result\":{}}\n");
    assert_int_equal(count(&s, "session/prompt"), 1);
    mu_buf_release(&in);
    end(&s);
}

static void options_are_checked(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *options;
        bool good;
    } cases[] = {
        {"{}", true},
        {"{\"mode\":\"plan\"}", true},
        {"{\"mode\":\"plan\",\"model\":\"opencode/big-pickle [x]\"}", true},
        {"{\"mode\":1}", false},
        {"{\"mode\":\"\"}", false},
        {"{\"model\":\" x\"}", false},
        {"{\"model\":\"a\\nb\"}", false},
        {"{\"permission_mode\":\"plan\"}", false},
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
    static const char *const args[] = {"--acp", NULL};
    static const struct mu_hold_env env[] = {{"A", "b"}};
    struct mu_buf spec = {0};
    struct mu_agent_start start = {.run_id = "r",
                                   .program = "/opt/gemini",
                                   .args = args,
                                   .env = env,
                                   .n_env = 1,
                                   .cwd = "/srv",
                                   .prompt = "--not-an-option"};
    assert_int_equal(D->spec(&start, &spec), 0);
    assert_non_null(strstr(spec.data, "[\"/opt/gemini\",\"--acp\"]"));
    assert_non_null(strstr(spec.data, "\"A\":\"b\""));
    assert_null(strstr(spec.data, "not-an-option"));
    assert_non_null(strstr(spec.data, "\"stdin\":\"pipe\""));
    mu_buf_release(&spec);
}

static void tool_says(struct scene *s, const char *kind, const char *id, const char *status)
{
    char *line = mu_asprintf("{\"method\":\"session/update\",\"params\":{\"sessionId\":\"s1\","
                             "\"update\":{\"sessionUpdate\":\"%s\",\"toolCallId\":\"%s\","
                             "\"kind\":\"read\",\"status\":\"%s\"}}}\n",
                             kind, id, status);
    feed(s, line);
    free(line);
}

/* A turn of many calls forgets those that have their result, not one that goes on. */
static void a_long_call_is_told_apart_among_many(void **state)
{
    MU_UNUSED(state);
    struct scene s = in_turn();
    char id[16];
    tool_says(&s, "tool_call", "long", "in_progress");
    for (int i = 0; i < 2 * ACP_TOOLS; i++) {
        snprintf(id, sizeof id, "t%d", i);
        tool_says(&s, "tool_call", id, "in_progress");
        tool_says(&s, "tool_call_update", id, "completed");
    }
    mu_buf_clear(&s.trace);
    tool_says(&s, "tool_call_update", "long", "completed");
    assert_int_equal(count(&s, "\ncall"), 0);
    assert_int_equal(count(&s, "\nresult"), 1);
    end(&s);
}

/* A turn of more open calls than are told apart: the oldest is forgotten. */
static void open_calls_have_a_limit(void **state)
{
    MU_UNUSED(state);
    struct scene s = in_turn();
    char id[16];
    for (int i = 0; i < ACP_TOOLS + 5; i++) {
        snprintf(id, sizeof id, "t%d", i);
        tool_says(&s, "tool_call", id, "in_progress");
    }
    assert_int_equal(json_object_size(((struct mu_acp *)s.state)->tools), ACP_TOOLS);
    end(&s);
}

/* Which ends of a start may pass, and how each is said. */
static void some_ends_of_a_start_may_pass(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *words;
        const char *out;
        int code;
        bool passing;
        const char *says;
    } cases[] = {
        {"Error: database is locked\n", "", 1, true, "(exit code 1): Error: database is locked"},
        {"\033[91mError:\033[0m Failed query: \n  CREATE TABLE\nparams: \n", "", 1, true,
         "(exit code 1): Error: Failed query"},
        {"SQLITE_BUSY", "{\"id\":1,\"result\":{\"protocolVersion\":1}}\n", 0, true,
         "(exit code 0): SQLITE_BUSY"},
        {"no config\n", "", 3, false, "(exit code 3): no config"},
        {"", "", 3, false, "(exit code 3)."},
        {"database is locked\n", hello, 1, false, "in the middle of the turn (exit code 1)"},
        {"database is locked\n", "", -9, false, "killed by signal 9"},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        static const struct mu_agent_start start = {
            .run_id = "run", .program = "agent", .cwd = "/p"};
        struct mu_exit how = {.kind = MU_EXIT_CODE, .code = cases[i].code};
        struct mu_buf in = {0};
        struct scene s = {.how = &plain, .state = D->open(&start, NULL)};
        struct mu_agent_end *out = mu_alloc(sizeof *out);
        if (cases[i].code < 0)
            how = (struct mu_exit){.kind = MU_EXIT_SIGNAL, .signal = -cases[i].code};
        D->prompt(s.state, &(struct mu_agent_prompt){.text = "hi"}, &in);
        feed(&s, cases[i].out);
        D->feed(s.state, MU_STREAM_ERR, cases[i].words, strlen(cases[i].words), scene_event, &s);
        D->exited(s.state, &how, true, out, scene_event, &s);
        assert_int_equal(out->outcome, MU_TURN_ERROR);
        assert_int_equal(out->passing, cases[i].passing);
        if (!strstr(out->text, cases[i].says))
            fail_msg("%s", out->text);
        free(out);
        mu_buf_release(&in);
        end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scene_gives_its_events),
        cmocka_unit_test(pieces_of_any_size_give_the_same),
        cmocka_unit_test(saved_state_goes_on),
        cmocka_unit_test(images_are_includes_where_the_agent_takes_them),
        cmocka_unit_test(what_is_served_outlives_a_restart),
        cmocka_unit_test(open_requests_have_limits),
        cmocka_unit_test(what_is_too_large_is_not_served),
        cmocka_unit_test(a_long_line_is_skipped_with_a_notice),
        cmocka_unit_test(output_in_pieces_is_told_as_it_grows),
        cmocka_unit_test(counts_may_be_anything),
        cmocka_unit_test(the_last_options_count),
        cmocka_unit_test(a_prompt_waits_for_its_model),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(the_command_line_is_right),
        cmocka_unit_test(a_long_call_is_told_apart_among_many),
        cmocka_unit_test(open_calls_have_a_limit),
        cmocka_unit_test(some_ends_of_a_start_may_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
