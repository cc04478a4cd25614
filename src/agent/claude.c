#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/claude.h"
#include "agent/text.h"
#include "hold/include.h"

/* ---- how it is started ---- */

static const char *const modes[] = {"default", "acceptEdits",       "plan", "dontAsk",
                                    "auto",    "bypassPermissions", NULL};

static bool is_mode(const char *word)
{
    for (size_t i = 0; word && modes[i]; i++)
        if (strcmp(word, modes[i]) == 0)
            return true;
    return false;
}

static bool is_model(const char *word)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._:@/[]-";
    size_t n = word ? strlen(word) : 0;
    return n > 0 && n <= 100 && word[0] != '-' && strspn(word, letters) == n;
}

static const char *check_options(const json_t *options)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)options, key, value)
    {
        if (strcmp(key, "permission_mode") == 0) {
            if (!is_mode(json_string_value(value)))
                return "The option \"permission_mode\" must be one of default, acceptEdits, plan, "
                       "dontAsk, auto, bypassPermissions.";
        } else if (strcmp(key, "model") == 0) {
            if (!is_model(json_string_value(value)))
                return "The option \"model\" must be the name of a model: at most 100 letters, "
                       "digits and ._:@/[]-";
        } else {
            return "The options of a claude session are \"permission_mode\" and \"model\".";
        }
    }
    return NULL;
}

static int spec(const struct mu_agent_start *start, struct mu_buf *out)
{
    const char *argv[24] = {start->program,
                            "-p",
                            "--input-format",
                            "stream-json",
                            "--output-format",
                            "stream-json",
                            "--verbose",
                            "--include-partial-messages",
                            "--permission-prompt-tool",
                            "stdio"};
    size_t n = 10;
    json_t *options = start->options ? json_loads(start->options, 0, NULL) : NULL;
    const char *mode = json_string_value(json_object_get(options, "permission_mode"));
    const char *model = json_string_value(json_object_get(options, "model"));
    if (is_mode(mode)) {
        argv[n++] = "--permission-mode";
        argv[n++] = mode;
    }
    if (is_model(model)) {
        argv[n++] = "--model";
        argv[n++] = model;
    }
    if (start->cli_session_id) {
        argv[n++] = "--resume";
        argv[n++] = start->cli_session_id;
    }
    static const struct mu_hold_env env[] = {
        {"DISABLE_AUTOUPDATER", "1"}, {"CLAUDECODE", NULL}, {"CLAUDE_CODE_ENTRYPOINT", NULL}};
    struct mu_hold_spec s = {.run = start->run_id,
                             .argv = argv,
                             .env = env,
                             .n_env = MU_COUNT(env),
                             .cwd = start->cwd,
                             .stdin_pipe = true};
    int rc = mu_hold_spec_put(out, &s);
    json_decref(options);
    return rc;
}

/* ---- its state ---- */

static void *claude_open(const struct mu_agent_start *start, const json_t *saved)
{
    MU_UNUSED(start);
    struct mu_claude *c = mu_alloc(sizeof *c);
    c->lines.max = MU_LIMIT_LINE_BYTES;
    c->lines.skipping = json_is_true(json_object_get(saved, "skipping"));
    c->in_turn = json_is_true(json_object_get(saved, "in_turn"));
    c->heard = json_is_true(json_object_get(saved, "heard"));
    c->no_conversation = json_is_true(json_object_get(saved, "no_conversation"));
    c->turns = json_integer_value(json_object_get(saved, "turns"));
    c->cost_microusd = json_integer_value(json_object_get(saved, "cost"));
    const char *session = json_string_value(json_object_get(saved, "session"));
    snprintf(c->session, sizeof c->session, "%s", session ? session : "");
    const char *model = json_string_value(json_object_get(saved, "model"));
    snprintf(c->model, sizeof c->model, "%s", model ? model : "");
    const char *words = json_string_value(json_object_get(saved, "words"));
    if (words)
        mu_words_add(&c->words, words, strlen(words));
    return c;
}

static void claude_close(void *state)
{
    struct mu_claude *c = state;
    mu_lines_release(&c->lines);
    free(c);
}

static void put_bool(struct mu_buf *json, const char *key, bool value)
{
    mu_buf_printf(json, ",\"%s\":%s", key, value ? "true" : "false");
}

static void claude_save(const void *state, struct mu_buf *json)
{
    const struct mu_claude *c = state;
    mu_buf_printf(json, "{\"turns\":%lld,\"cost\":%lld", (long long)c->turns,
                  (long long)c->cost_microusd);
    put_bool(json, "skipping", c->lines.skipping);
    put_bool(json, "in_turn", c->in_turn);
    put_bool(json, "heard", c->heard);
    put_bool(json, "no_conversation", c->no_conversation);
    mu_buf_str(json, ",\"session\":");
    mu_buf_json(json, c->session);
    mu_buf_str(json, ",\"model\":");
    mu_buf_json(json, c->model);
    struct mu_buf words = {0};
    mu_words_last_line(&c->words, &words);
    mu_buf_str(json, ",\"words\":");
    mu_buf_json_n(json, words.data, words.len);
    mu_buf_char(json, '}');
    mu_buf_release(&words);
}

/* ---- what it is told ---- */

static void put_blocks(const struct mu_agent_prompt *prompt, struct mu_buf *out)
{
    mu_buf_char(out, '[');
    for (size_t i = 0; i < prompt->n_images; i++) {
        mu_buf_str(out, "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":");
        mu_buf_json(out, prompt->images[i].type);
        mu_buf_str(out, ",\"data\":\"");
        mu_include_put(out, prompt->images[i].path);
        mu_buf_str(out, "\"}},");
    }
    mu_buf_str(out, "{\"type\":\"text\",\"text\":");
    mu_buf_json(out, *prompt->text ? prompt->text : "See the images.");
    mu_buf_str(out, "}]");
}

static void claude_prompt(void *state, const struct mu_agent_prompt *prompt, struct mu_buf *out)
{
    struct mu_claude *c = state;
    c->in_turn = true;
    c->heard = false;
    c->words.n = 0;
    mu_buf_str(out, "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":");
    if (prompt->n_images)
        put_blocks(prompt, out);
    else
        mu_buf_json(out, prompt->text);
    mu_buf_str(out, "}}\n");
}

static void claude_interrupt(void *state, const char *request_id, struct mu_buf *out)
{
    MU_UNUSED(state);
    mu_buf_str(out, "{\"type\":\"control_request\",\"request_id\":");
    mu_buf_json(out, request_id);
    mu_buf_str(out, ",\"request\":{\"subtype\":\"interrupt\"}}\n");
}

/* What the tool is given: the input as it was asked about, and the answers to its questions. */
static void put_input(const struct mu_agent_answer *a, struct mu_buf *out)
{
    json_t *answers = a->answers ? json_loads(a->answers, JSON_ALLOW_NUL, NULL) : NULL;
    json_t *input = answers && a->input ? json_loads(a->input, JSON_ALLOW_NUL, NULL) : NULL;
    if (input && json_object_set(input, "answers", answers) == 0) {
        char *text = json_dumps(input, JSON_COMPACT);
        mu_buf_str(out, text);
        free(text);
    } else {
        mu_buf_str(out, a->input ? a->input : "{}");
    }
    json_decref(input);
    json_decref(answers);
}

static void claude_answer(void *state, const struct mu_agent_answer *a, struct mu_buf *out)
{
    MU_UNUSED(state);
    mu_buf_str(out, "{\"type\":\"control_response\",\"response\":{\"subtype\":\"success\","
                    "\"request_id\":");
    mu_buf_json(out, a->id);
    mu_buf_str(out, ",\"response\":{\"behavior\":");
    if (a->decision == MU_permission_decision_ALLOW ||
        a->decision == MU_permission_decision_ALLOW_ALWAYS) {
        mu_buf_str(out, "\"allow\",\"updatedInput\":");
        put_input(a, out);
        if (a->decision == MU_permission_decision_ALLOW_ALWAYS && a->suggestions)
            mu_buf_printf(out, ",\"updatedPermissions\":%s", a->suggestions);
    } else {
        mu_buf_str(out, "\"deny\",\"message\":");
        mu_buf_json(out, a->message);
        if (a->decision == MU_permission_decision_DENY_INTERRUPT)
            put_bool(out, "interrupt", true);
    }
    mu_buf_str(out, "}}}\n");
}

/* ---- what it says ---- */

struct sink {
    struct mu_claude *claude;
    mu_agent_cb *cb;
    void *ctx;
};

static void on_line(void *ctx, const char *line, size_t n)
{
    struct sink *sink = ctx;
    mu_claude_line(sink->claude, line, n, sink->cb, sink->ctx);
}

static void on_long_line(void *ctx, const char *line, size_t n)
{
    MU_UNUSED(line);
    MU_UNUSED(n);
    struct sink *sink = ctx;
    sink->cb(sink->ctx,
             &(struct mu_agent_event){.kind = MU_AG_NOTICE,
                                      .failed = true,
                                      .text = "claude printed a line of more than 16 MiB, which "
                                              "was skipped. Something of its answer is missing."});
}

static size_t claude_feed(void *state, enum mu_stream stream, const char *data, size_t n,
                          mu_agent_cb *cb, void *ctx)
{
    struct mu_claude *c = state;
    if (stream == MU_STREAM_ERR) {
        mu_words_add(&c->words, data, n);
        return 0;
    }
    struct sink sink = {c, cb, ctx};
    c->heard = true;
    return mu_lines_feed(&c->lines, data, n, on_line, on_long_line, &sink);
}

static void describe_end(const struct mu_claude *c, const struct mu_exit *how,
                         struct mu_agent_end *out)
{
    struct mu_buf line = {0};
    bool words = mu_words_last_line(&c->words, &line);
    char what[96];
    if (how->kind == MU_EXIT_SIGNAL) {
        const char *name = sigdescr_np(how->signal);
        snprintf(what, sizeof what, "claude was killed by signal %d (%s)", how->signal,
                 name ? name : "unknown");
    } else {
        snprintf(what, sizeof what, "claude ended in the middle of the turn (exit code %d)",
                 how->code);
    }
    snprintf(out->text, sizeof out->text, "%s%s%s", what, words ? ": " : ".",
             words ? line.data : "");
    mu_buf_release(&line);
}

/* It ended by itself as it may between turns, and the prompt came just too late for it. */
static bool never_read(const struct mu_claude *c, const struct mu_exit *how)
{
    return how->kind == MU_EXIT_CODE && how->code == 0 && !c->heard;
}

static void claude_exited(void *state, const struct mu_exit *how, bool answered,
                          struct mu_agent_end *out, mu_agent_cb *cb, void *ctx)
{
    struct mu_claude *c = state;
    struct sink sink = {c, cb, ctx};
    mu_lines_end(&c->lines, on_line, &sink);
    *out = (struct mu_agent_end){.outcome = MU_TURN_ERROR};
    if (how->kind == MU_EXIT_FAILED) {
        snprintf(out->text, sizeof out->text,
                 "claude could not be started: %s. If it is not installed: `npm install -g "
                 "@anthropic-ai/claude-code`, or set MUSTER_CLAUDE to its path.",
                 how->reason);
    } else if (c->no_conversation) {
        out->outcome = MU_TURN_FORGET;
        snprintf(out->text, sizeof out->text,
                 "claude does not know the former conversation any more (it may have been "
                 "deleted). A new one was begun: it does not remember what was said above.");
    } else if (c->turns > 0 && (!answered || never_read(c, how))) {
        out->outcome = MU_TURN_RESTART;
    } else {
        describe_end(c, how, out);
    }
}

const struct mu_dialect mu_dialect_claude = {
    .id = "claude",
    .long_lived = true,
    .takes_images = true,
    .prompt_max = MU_LIMIT_PROMPT_BYTES,
    .check_options = check_options,
    .spec = spec,
    .open = claude_open,
    .close = claude_close,
    .save = claude_save,
    .prompt = claude_prompt,
    .interrupt = claude_interrupt,
    .answer = claude_answer,
    .feed = claude_feed,
    .exited = claude_exited,
};
