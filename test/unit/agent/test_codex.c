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

/* The codex dialect: what `codex app-server` 0.169 printed, scene by scene (codex-scenes.jsonl),
 * and the events that must come of it; and what scenes do not show. */

#define D (&mu_dialect_codex)

static void every_scene_gives_its_events(void **state)
{
    MU_UNUSED(state);
    struct scenes how = {.dialect = D, .file = "codex-scenes.jsonl", .inputs = true, .facts = true};
    assert_true(scenes_play(&how) > 25);
}

static void pieces_of_any_size_give_the_same(void **state)
{
    MU_UNUSED(state);
    struct scenes how = {.dialect = D, .file = "codex-scenes.jsonl", .inputs = true, .facts = true};
    if (getenv("PRINT_SCENES"))
        return;
    for (how.piece = 1; how.piece < 2000; how.piece *= 7)
        scenes_play(&how);
}

static void a_state_that_is_saved_goes_on(void **state)
{
    MU_UNUSED(state);
    struct scenes how = {.dialect = D,
                         .file = "codex-scenes.jsonl",
                         .inputs = true,
                         .facts = true,
                         .reopened = true};
    if (!getenv("PRINT_SCENES"))
        scenes_play(&how);
}

/* ---- what scenes do not show ---- */

static const struct scenes plainly = {.dialect = D, .inputs = true};

static void say(struct scene *s, const char *lines)
{
    assert_int_equal(D->feed(s->state, MU_STREAM_OUT, lines, strlen(lines), scene_event, s), 0);
}

static struct scene begin(const char *options)
{
    struct scene s = {.how = &plainly};
    s.state =
        D->open(&(struct mu_agent_start){.run_id = "run", .cwd = "/p", .options = options}, NULL);
    return s;
}

static void end(struct scene *s)
{
    D->close(s->state);
    mu_buf_release(&s->trace);
}

/* A turn that runs, with nothing in the trace. */
static struct scene running(void)
{
    struct scene s = begin(NULL);
    struct mu_buf in = {0};
    D->prompt(s.state, &(struct mu_agent_prompt){.text = "x"}, &in);
    say(&s, "{\"id\":1,\"result\":{}}\n{\"id\":2,\"result\":{\"thread\":{\"id\":\"t-1\"}}}\n"
            "{\"id\":3,\"result\":{\"turn\":{\"id\":\"u-1\"}}}\n");
    mu_buf_clear(&s.trace);
    mu_buf_release(&in);
    return s;
}

static void images_are_named_by_their_files(void **state)
{
    MU_UNUSED(state);
    struct scene s = begin(NULL);
    struct mu_buf in = {0};
    const struct mu_agent_image images[] = {{"/d/a.png", "image/png"}, {"/d/\"b", "image/gif"}};
    D->prompt(
        s.state,
        &(struct mu_agent_prompt){.text = "look \x01/etc/x\x01", .images = images, .n_images = 2},
        &in);
    say(&s, "{\"id\":1,\"result\":{}}\n{\"id\":2,\"result\":{\"thread\":{\"id\":\"t-1\"}}}\n");
    assert_non_null(strstr(s.trace.data,
                           "\"input\":[{\"type\":\"text\",\"text\":\"look \\u0001/etc/x\\u0001\"},"
                           "{\"type\":\"localImage\",\"path\":\"/d/a.png\"},"
                           "{\"type\":\"localImage\",\"path\":\"/d/\\\"b\"}]"));
    mu_buf_release(&in);
    end(&s);
}

static void every_event_has_its_line(void *ctx, const struct mu_agent_event *ev)
{
    static const char word[] = "\"delta\":\"hi\"";
    assert_true(ev->raw_n > 10 && memmem(ev->raw, ev->raw_n, word, sizeof word - 1) != NULL);
    ++*(int *)ctx;
}

static void the_line_is_kept_beside(void **state)
{
    MU_UNUSED(state);
    struct scene s = running();
    static const char line[] =
        "{\"method\":\"item/agentMessage/delta\",\"params\":{\"threadId\":\"t-1\","
        "\"turnId\":\"u-1\",\"delta\":\"hi\"}}\n";
    int n = 0;
    D->feed(s.state, MU_STREAM_OUT, line, sizeof line - 1, every_event_has_its_line, &n);
    assert_int_equal(n, 1);
    end(&s);
}

/* Another run's id, one that was answered, and one that never was are nothing. */
static void only_what_is_open_is_answered(void **state)
{
    MU_UNUSED(state);
    static const char *const ids[] = {"other.1", "run.2", "run", "run.", "run.x", "", "run.1.1"};
    struct scene s = running();
    struct mu_buf out = {0};
    say(&s, "{\"id\":\"own form\",\"method\":\"item/commandExecution/requestApproval\",\"params\":"
            "{\"threadId\":\"t-1\",\"command\":\"ls\"}}\n");
    assert_string_equal(s.asked, "run.1");
    for (size_t i = 0; i < MU_COUNT(ids); i++) {
        D->answer(s.state,
                  &(struct mu_agent_answer){.id = ids[i], .decision = MU_permission_decision_ALLOW},
                  &out);
        assert_int_equal(out.len, 0);
    }
    struct mu_agent_answer yes = {.id = "run.1", .decision = MU_permission_decision_ALLOW};
    D->answer(s.state, &yes, &out);
    assert_string_equal(out.data, "{\"id\":\"own form\",\"result\":{\"decision\":\"accept\"}}\n");
    mu_buf_clear(&out);
    D->answer(s.state, &yes, &out);
    assert_int_equal(out.len, 0);
    mu_buf_release(&out);
    end(&s);
}

static void open_requests_are_bounded(void **state)
{
    MU_UNUSED(state);
    struct scene s = running();
    for (int i = 0; i < MU_LIMIT_OPEN_REQUESTS + 3; i++) {
        char line[160];
        snprintf(line, sizeof line,
                 "{\"id\":%d,\"method\":\"item/fileChange/requestApproval\",\"params\":{}}\n", i);
        mu_buf_clear(&s.trace);
        say(&s, line);
        bool asked = strstr(s.trace.data, "\nasked") != NULL;
        bool declined = strstr(s.trace.data, "\"decision\":\"decline\"") != NULL;
        assert_true(asked == (i < MU_LIMIT_OPEN_REQUESTS) && declined == !asked);
    }
    end(&s);
}

static void tools_and_output_are_bounded(void **state)
{
    MU_UNUSED(state);
    struct scene s = running();
    struct mu_buf json = {0};
    for (int i = 0; i < 3000; i++) {
        char line[300];
        snprintf(line, sizeof line,
                 "{\"method\":\"item/started\",\"params\":{\"threadId\":\"t-1\",\"turnId\":\"u-1\","
                 "\"item\":{\"type\":\"commandExecution\",\"id\":\"c%d\",\"command\":\"ls\"}}}\n"
                 "{\"method\":\"item/commandExecution/outputDelta\",\"params\":{\"threadId\":"
                 "\"t-1\",\"turnId\":\"u-1\",\"itemId\":\"c0\",\"delta\":\"0123456789 %d\\n\"}}\n",
                 i, i);
        say(&s, line);
    }
    D->save(s.state, &json);
    assert_true(json.len < 64 * 1024);
    size_t updates = 0;
    for (const char *p = s.trace.data; (p = strstr(p, "\nupdate")); p++)
        updates++;
    assert_in_range(updates, 5, 40);
    mu_buf_release(&json);
    end(&s);
}

static void a_long_line_is_skipped_in_little_memory(void **state)
{
    MU_UNUSED(state);
    struct scene s = running();
    char *piece = mu_alloc(1 << 16);
    memset(piece, 'x', 1 << 16);
    for (int i = 0; i < 600; i++) {
        size_t held = D->feed(s.state, MU_STREAM_OUT, piece, 1 << 16, scene_event, &s);
        assert_int_equal(held, i < MU_LIMIT_LINE_BYTES / (1 << 16) ? 1 << 16 : 0);
    }
    say(&s, "x\n");
    assert_string_equal(s.trace.data,
                        "\nnotice: codex printed a line of more than 16 MiB, which was skipped. "
                        "Something of its answer is missing.");
    free(piece);
    end(&s);
}

static void a_turn_without_an_id_is_an_error(void **state)
{
    MU_UNUSED(state);
    static const char *const turns[] = {"{}", "{\"turn\":{}}", "{\"turn\":{\"id\":\"a b\"}}"};
    for (size_t i = 0; i < MU_COUNT(turns); i++) {
        struct scene s = begin(NULL);
        struct mu_buf in = {0};
        char line[100];
        D->prompt(s.state, &(struct mu_agent_prompt){.text = "x"}, &in);
        say(&s, "{\"id\":1,\"result\":{}}\n{\"id\":2,\"result\":{\"thread\":{\"id\":\"t-1\"}}}\n");
        snprintf(line, sizeof line, "{\"id\":3,\"result\":%s}\n", turns[i]);
        say(&s, line);
        assert_non_null(
            strstr(s.trace.data, "\ndone error: codex did not say the id of the turn."));
        mu_buf_release(&in);
        end(&s);
    }
}

static void counts_may_be_anything(void **state)
{
    MU_UNUSED(state);
    struct scene s = running();
    for (int i = 0; i < 8; i++)
        say(&s, "{\"method\":\"thread/tokenUsage/updated\",\"params\":{\"threadId\":\"t-1\","
                "\"turnId\":\"u-1\",\"tokenUsage\":{\"total\":{},\"last\":{\"inputTokens\":-5,"
                "\"cachedInputTokens\":2000000000000000000,\"cacheWriteInputTokens\":"
                "2000000000000000000}}}}\n{\"method\":\"thread/tokenUsage/updated\",\"params\":{"
                "\"threadId\":\"t-1\",\"turnId\":\"u-1\",\"tokenUsage\":{\"total\":{"
                "\"cachedInputTokens\":2000000000000000000,\"cacheWriteInputTokens\":"
                "2000000000000000000}}}}\n");
    say(&s, "{\"method\":\"turn/completed\",\"params\":{\"threadId\":\"t-1\",\"turn\":{\"id\":"
            "\"u-1\",\"status\":\"completed\"}}}\n");
    assert_non_null(strstr(s.trace.data, "\ndone ok [0 in, 0 out, 9223372036854775807 read"));
    end(&s);
}

/* The same as scenes: members of every wrong type end in nothing. */
static void hostile_lines_do_no_harm(void **state)
{
    MU_UNUSED(state);
    static const char *const values[] = {"null", "1",    "-1.5",       "\"\"",        "[]",
                                         "{}",   "[[]]", "{\"a\":[]}", "\"\\u0000\"", "true"};
    static const char *const methods[] = {"item/started",
                                          "item/completed",
                                          "turn/plan/updated",
                                          "error",
                                          "turn/started",
                                          "thread/tokenUsage/updated",
                                          "serverRequest/resolved",
                                          "item/commandExecution/outputDelta",
                                          "item/commandExecution/requestApproval",
                                          "item/fileChange/requestApproval",
                                          "item/permissions/requestApproval",
                                          "item/tool/requestUserInput",
                                          "mcpServer/elicitation/request",
                                          "execCommandApproval",
                                          "applyPatchApproval",
                                          "no/such"};
    static const char *const keys[] = {
        "item",    "plan",   "error",       "turn",      "tokenUsage",      "requestId",  "delta",
        "command", "itemId", "permissions", "questions", "requestedSchema", "fileChanges"};
    struct scene s = running();
    for (size_t m = 0; m < MU_COUNT(methods); m++)
        for (size_t k = 0; k < MU_COUNT(keys); k++)
            for (size_t v = 0; v < MU_COUNT(values); v++) {
                char line[300];
                snprintf(line, sizeof line,
                         "{\"id\":%zu,\"method\":\"%s\",\"params\":{\"threadId\":\"t-1\","
                         "\"turnId\":\"u-1\",\"%s\":%s}}\n"
                         "{\"method\":\"%s\",\"params\":%s}\n{\"id\":3,\"result\":%s}\n",
                         v, methods[m], keys[k], values[v], methods[m], values[v], values[v]);
                say(&s, line);
            }
    assert_null(strstr(s.trace.data, "\ndone"));
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
        {"{\"approval\":\"never\",\"sandbox\":\"read-only\",\"model\":\"gpt-5.5\"}", true},
        {"{\"effort\":\"high\"}", true},
        {"{\"approval\":\"always\"}", false},
        {"{\"approval\":1}", false},
        {"{\"sandbox\":\"none\"}", false},
        {"{\"model\":\"--help\"}", false},
        {"{\"model\":\"a b\"}", false},
        {"{\"effort\":\"\"}", false},
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
    const struct mu_hold_env env[] = {{"CODEX_HOME", "/h"}};
    struct mu_agent_start start = {.run_id = "r",
                                   .program = "/opt/codex",
                                   .args = (const char *const[]){"-c", "a=1", NULL},
                                   .env = env,
                                   .n_env = 1,
                                   .cwd = "/srv",
                                   .prompt = "--not-an-option",
                                   .cli_session_id = "abc"};
    assert_int_equal(D->spec(&start, &spec), 0);
    assert_non_null(strstr(spec.data, "[\"/opt/codex\",\"-c\",\"a=1\",\"app-server\"]"));
    assert_non_null(strstr(spec.data, "\"CODEX_HOME\":\"/h\""));
    assert_non_null(strstr(spec.data, "\"stdin\":\"pipe\""));
    assert_null(strstr(spec.data, "not-an-option"));
    mu_buf_release(&spec);
}

static void ended(struct scene *s, struct mu_exit how, bool answered, const char *expect)
{
    struct mu_agent_end *out = mu_alloc(sizeof *out);
    char text[400];
    D->exited(s->state, &how, answered, out, scene_event, s);
    snprintf(text, sizeof text, "%s %.300s", scene_outcomes[out->outcome], out->text);
    assert_string_equal(text, expect);
    free(out);
    end(s);
}

/* How a process ends, and what that makes of the turn. */
static void its_end_is_told(void **state)
{
    MU_UNUSED(state);
    struct mu_buf in = {0};
    struct scene s = begin(NULL);
    ended(&s, (struct mu_exit){.kind = MU_EXIT_FAILED, .reason = "no such file"}, false,
          "error codex could not be started: no such file. If it is not installed: `npm install "
          "-g @openai/codex`, or set MUSTER_CODEX to its path.");
    s = begin(NULL);
    D->prompt(s.state, &(struct mu_agent_prompt){.text = "x"}, &in);
    static const char words[] = "\x1b[31mError\x1b[0m: config.toml is \xc3\xa4 mess\n";
    D->feed(s.state, MU_STREAM_ERR, words, sizeof words - 1, scene_event, &s);
    ended(&s, (struct mu_exit){.kind = MU_EXIT_CODE, .code = 1}, true,
          "error codex ended before it took the message (exit code 1): Error: config.toml is "
          "\xc3\xa4 "
          "mess");
    s = running();
    ended(&s, (struct mu_exit){.kind = MU_EXIT_SIGNAL, .signal = 9}, true,
          "error codex was killed by signal 9 (Killed).");
    s = running();
    ended(&s, (struct mu_exit){.kind = MU_EXIT_CODE}, true,
          "error codex ended in the middle of the turn (exit code 0).");
    s = running(); /* a prompt that came too late for an idle process is given to a new one */
    say(&s, "{\"method\":\"turn/completed\",\"params\":{\"threadId\":\"t-1\",\"turn\":{\"id\":"
            "\"u-1\",\"status\":\"completed\"}}}\n");
    D->prompt(s.state, &(struct mu_agent_prompt){.text = "x"}, &in);
    say(&s, "{\"method\":\"account/rateLimits/updated\",\"params\":{}}\n");
    ended(&s, (struct mu_exit){.kind = MU_EXIT_CODE}, true, "restart ");
    mu_buf_release(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scene_gives_its_events),
        cmocka_unit_test(pieces_of_any_size_give_the_same),
        cmocka_unit_test(a_state_that_is_saved_goes_on),
        cmocka_unit_test(images_are_named_by_their_files),
        cmocka_unit_test(the_line_is_kept_beside),
        cmocka_unit_test(only_what_is_open_is_answered),
        cmocka_unit_test(open_requests_are_bounded),
        cmocka_unit_test(tools_and_output_are_bounded),
        cmocka_unit_test(a_long_line_is_skipped_in_little_memory),
        cmocka_unit_test(a_turn_without_an_id_is_an_error),
        cmocka_unit_test(counts_may_be_anything),
        cmocka_unit_test(hostile_lines_do_no_harm),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(the_command_line_is_right),
        cmocka_unit_test(its_end_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
