#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/claude.h"
#include "agent/text.h"
#include "hold/include.h"

/* ---- how it is started ---- */

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
            if (!mu_claude_is_mode(json_string_value(value)))
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
    if (mu_claude_is_mode(mode)) {
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
    static const struct mu_hold_env env[] = {{"DISABLE_AUTOUPDATER", "1"},
                                             {"CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS", "1"},
                                             {"CLAUDECODE", NULL},
                                             {"CLAUDE_CODE_ENTRYPOINT", NULL}};
    struct mu_hold_spec s = {.run = start->run_id,
                             .argv = argv,
                             .env = env,
                             .n_env = MU_COUNT(env),
                             .cwd = start->cwd,
                             .stdin_pipe = true};
    int rc = mu_agent_put_spec(start, &s, out);
    json_decref(options);
    return rc;
}

/* ---- its state ---- */

static void get_text(const json_t *saved, const char *key, char *out, size_t cap)
{
    const char *text = json_string_value(json_object_get(saved, key));
    snprintf(out, cap, "%s", text ? text : "");
}

static bool get_bool(const json_t *saved, const char *key)
{
    return json_is_true(json_object_get(saved, key));
}

static int64_t get_int(const json_t *saved, const char *key)
{
    return json_integer_value(json_object_get(saved, key));
}

/* What the options ask for, as far as it is valid. */
static void want(struct mu_claude *c, const json_t *options)
{
    const char *mode = json_string_value(json_object_get(options, "permission_mode"));
    const char *model = json_string_value(json_object_get(options, "model"));
    snprintf(c->want_mode, sizeof c->want_mode, "%s", mu_claude_is_mode(mode) ? mode : "");
    snprintf(c->want_model, sizeof c->want_model, "%s", is_model(model) ? model : "");
}

static void load_result(struct mu_claude_result *r, const json_t *saved)
{
    r->present = json_is_object(saved);
    r->outcome = (enum mu_turn_outcome)get_int(saved, "outcome");
    if (r->outcome > MU_TURN_CANCELLED)
        r->outcome = MU_TURN_ERROR;
    get_text(saved, "text", r->text, sizeof r->text);
    r->usage = (struct mu_agent_usage){.input_tokens = get_int(saved, "input"),
                                       .output_tokens = get_int(saved, "output"),
                                       .cache_read_tokens = get_int(saved, "cache_read"),
                                       .cache_write_tokens = get_int(saved, "cache_write"),
                                       .cost_microusd = get_int(saved, "cost")};
}

static void load(struct mu_claude *c, const json_t *saved)
{
    c->lines.skipping = get_bool(saved, "skipping");
    c->in_turn = get_bool(saved, "in_turn");
    c->own_turn = get_bool(saved, "own_turn");
    c->heard = get_bool(saved, "heard");
    c->resumes = get_bool(saved, "resumes");
    c->no_conversation = get_bool(saved, "no_conversation");
    c->initialized = get_bool(saved, "initialized");
    c->told_modes = get_bool(saved, "told_modes");
    c->says_idle = get_bool(saved, "says_idle");
    c->busy = get_bool(saved, "busy");
    c->lost_line = get_bool(saved, "lost_line");
    c->turns = get_int(saved, "turns");
    c->requests = get_int(saved, "requests");
    c->cost_microusd = get_int(saved, "cost");
    c->open_microusd = get_int(saved, "open");
    c->context_used = get_int(saved, "context");
    get_text(saved, "session", c->session, sizeof c->session);
    get_text(saved, "prompt", c->prompt, sizeof c->prompt);
    get_text(saved, "model", c->model, sizeof c->model);
    get_text(saved, "mode", c->mode, sizeof c->mode);
    get_text(saved, "want_model", c->want_model, sizeof c->want_model);
    get_text(saved, "want_mode", c->want_mode, sizeof c->want_mode);
    get_text(saved, "refused", c->refused, sizeof c->refused);
    get_text(saved, "limit", c->limit, sizeof c->limit);
    const json_t *tasks = json_object_get(saved, "tasks");
    c->tasks = json_is_array(tasks) ? json_deep_copy(tasks) : NULL;
    load_result(&c->result, json_object_get(saved, "result"));
    const char *words = json_string_value(json_object_get(saved, "words"));
    if (words)
        mu_words_add(&c->words, words, strlen(words));
}

static void *claude_open(const struct mu_agent_start *start, const json_t *saved)
{
    struct mu_claude *c = mu_alloc(sizeof *c);
    c->lines.max = MU_LIMIT_LINE_BYTES;
    if (saved) {
        load(c, saved);
    } else if (start) {
        json_t *options = start->options ? json_loads(start->options, 0, NULL) : NULL;
        want(c, options);
        json_decref(options);
        c->resumes = start->cli_session_id != NULL;
    }
    return c;
}

static void claude_close(void *state)
{
    struct mu_claude *c = state;
    mu_lines_release(&c->lines);
    json_decref(c->tasks);
    free(c);
}

static json_t *saved_result(const struct mu_claude_result *r)
{
    return json_pack(
        "{s:i, s:s, s:I, s:I, s:I, s:I, s:I}", "outcome", (int)r->outcome, "text", r->text, "input",
        (json_int_t)r->usage.input_tokens, "output", (json_int_t)r->usage.output_tokens,
        "cache_read", (json_int_t)r->usage.cache_read_tokens, "cache_write",
        (json_int_t)r->usage.cache_write_tokens, "cost", (json_int_t)r->usage.cost_microusd);
}

static void save_flags(const struct mu_claude *c, json_t *all)
{
    const struct {
        const char *key;
        bool value;
    } flags[] = {{"skipping", c->lines.skipping}, {"in_turn", c->in_turn},
                 {"own_turn", c->own_turn},       {"heard", c->heard},
                 {"resumes", c->resumes},         {"no_conversation", c->no_conversation},
                 {"initialized", c->initialized}, {"told_modes", c->told_modes},
                 {"says_idle", c->says_idle},     {"busy", c->busy},
                 {"lost_line", c->lost_line}};
    for (size_t i = 0; i < MU_COUNT(flags); i++)
        if (flags[i].value)
            json_object_set_new(all, flags[i].key, json_true());
}

static void save_texts(const struct mu_claude *c, json_t *all)
{
    const struct {
        const char *key, *value;
    } texts[] = {{"session", c->session},       {"prompt", c->prompt},
                 {"model", c->model},           {"mode", c->mode},
                 {"want_model", c->want_model}, {"want_mode", c->want_mode},
                 {"refused", c->refused},       {"limit", c->limit}};
    for (size_t i = 0; i < MU_COUNT(texts); i++)
        if (*texts[i].value)
            json_object_set_new(all, texts[i].key, json_string(texts[i].value));
    struct mu_buf words = {0};
    if (mu_words_last_line(&c->words, &words))
        json_object_set_new(all, "words", json_stringn(words.data, words.len));
    mu_buf_release(&words);
}

static void claude_save(const void *state, struct mu_buf *json)
{
    const struct mu_claude *c = state;
    json_t *all = json_pack("{s:I, s:I, s:I, s:I, s:I}", "turns", (json_int_t)c->turns, "requests",
                            (json_int_t)c->requests, "cost", (json_int_t)c->cost_microusd, "open",
                            (json_int_t)c->open_microusd, "context", (json_int_t)c->context_used);
    save_flags(c, all);
    save_texts(c, all);
    if (c->tasks)
        json_object_set(all, "tasks", c->tasks);
    if (c->result.present)
        json_object_set_new(all, "result", saved_result(&c->result));
    char *text = json_dumps(all, JSON_COMPACT);
    mu_buf_str(json, text);
    free(text);
    json_decref(all);
}

/* ---- what it is told ---- */

static void put_images(const struct mu_agent_prompt *prompt, struct mu_buf *out)
{
    mu_buf_str(out, "[{\"type\":\"text\",\"text\":");
    mu_buf_json(out, *prompt->text ? prompt->text : "See the images.");
    mu_buf_char(out, '}');
    for (size_t i = 0; i < prompt->n_images; i++) {
        mu_buf_str(out, ",{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":");
        mu_buf_json(out, prompt->images[i].type);
        mu_buf_str(out, ",\"data\":\"");
        mu_include_put(out, prompt->images[i].path);
        mu_buf_str(out, "\"}}");
    }
    mu_buf_char(out, ']');
}

static void claude_prompt(void *state, const struct mu_agent_prompt *prompt, struct mu_buf *out)
{
    struct mu_claude *c = state;
    c->in_turn = true;
    c->own_turn = false;
    c->heard = c->lost_line = false;
    c->words.n = 0;
    c->result = (struct mu_claude_result){0};
    mu_claude_plan_prompt(c);
    mu_id_new(c->prompt);
    if (!c->initialized)
        mu_claude_put_initialize(c, out);
    mu_buf_str(out, "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":");
    if (prompt->n_images)
        put_images(prompt, out);
    else
        mu_buf_json(out, prompt->text);
    mu_buf_printf(out, "},\"uuid\":\"%s\"}\n", c->prompt);
}

static void claude_configure(void *state, const json_t *options, struct mu_buf *out)
{
    struct mu_claude *c = state;
    char model[sizeof c->want_model];
    char mode[sizeof c->want_mode];
    memcpy(model, c->want_model, sizeof model);
    memcpy(mode, c->want_mode, sizeof mode);
    want(c, options);
    /* The mode may have changed since by itself: a plan was approved. */
    const char *wanted = *c->want_mode ? c->want_mode : "default";
    if (strcmp(mode, c->want_mode) != 0 ||
        (*c->want_mode && *c->mode && strcmp(c->mode, wanted) != 0))
        mu_claude_put_mode(c, wanted, out);
    if (strcmp(model, c->want_model) != 0)
        mu_claude_put_model(c, c->want_model, out);
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
            mu_buf_str(out, ",\"interrupt\":true");
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
    sink->claude->lost_line = sink->claude->in_turn || sink->claude->own_turn;
    sink->claude->heard = true;
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
    return mu_lines_feed(&c->lines, data, n, on_line, on_long_line, &sink);
}

static void describe_end(const struct mu_claude *c, const struct mu_exit *how,
                         struct mu_agent_end *out)
{
    struct mu_buf line = {0};
    bool words = mu_words_last_line(&c->words, &line);
    char what[96];
    mu_text_ended("claude", "in the middle of the turn", how, what, sizeof what);
    const char *advice = words ? mu_claude_advice(line.data, 0) : NULL;
    snprintf(out->text, sizeof out->text, "%s%s%s%s%s", what, words ? ": " : ".",
             words ? line.data : "", advice ? ". " : "", advice ? advice : "");
    mu_buf_release(&line);
}

static void claude_exited(void *state, const struct mu_exit *how, bool answered,
                          struct mu_agent_end *out, mu_agent_cb *cb, void *ctx)
{
    struct mu_claude *c = state;
    struct sink sink = {c, cb, ctx};
    mu_lines_end(&c->lines, on_line, &sink);
    mu_claude_end_result(c, cb, ctx);
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
    } else if (!c->own_turn && c->turns > 0 &&
               (!answered || !c->heard)) { /* it served turns, but not this */
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
    .configure = claude_configure,
    .feed = claude_feed,
    .exited = claude_exited,
};
