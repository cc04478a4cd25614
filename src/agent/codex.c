#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/codex.h"

/* ---- how it is started ---- */

static int spec(const struct mu_agent_start *start, struct mu_buf *out)
{
    const char *argv[] = {start->program, "app-server", NULL};
    return mu_agent_put_spec(start, &(struct mu_hold_spec){.argv = argv, .stdin_pipe = true}, out);
}

/* ---- its state ---- */

#define AT(member) offsetof(struct mu_codex, member)

static const struct {
    const char *key;
    size_t at;
} numbers[] = {{"phase", AT(phase)},
               {"next_id", AT(next_id)},
               {"awaited", AT(awaited)},
               {"turns", AT(turns)},
               {"retries", AT(retries)},
               {"asked", AT(asked)},
               {"overridden", AT(overridden)},
               {"shown", AT(shown)},
               {"total_in", AT(total.in)},
               {"total_read", AT(total.read)},
               {"total_written", AT(total.written)},
               {"total_out", AT(total.out)},
               {"used_in", AT(used.in)},
               {"used_read", AT(used.read)},
               {"used_written", AT(used.written)},
               {"used_out", AT(used.out)}},
  flags[] = {{"in_turn", AT(in_turn)},        {"cancelling", AT(cancelling)},
             {"puzzled", AT(puzzled)},        {"counted", AT(counted)},
             {"used_any", AT(used_any)},      {"resumed", AT(resumed)},
             {"skipping", AT(lines.skipping)}},
  values[] = {{"cwd", AT(cwd)},       {"options", AT(options)}, {"base", AT(base)},
              {"prompt", AT(prompt)}, {"open", AT(open)},       {"tools", AT(tools)}};

static const struct {
    const char *key;
    size_t at;
    size_t size;
} words[] = {{"run", AT(run_id), MU_CODEX_ID},
             {"thread", AT(thread), MU_CODEX_ID},
             {"turn", AT(turn), MU_CODEX_ID},
             {"live_id", AT(live_id), MU_CODEX_ID},
             {"model", AT(model), sizeof(((struct mu_codex *)0)->model)},
             {"error", AT(error), MU_ERROR_SIZE}};

static void load(struct mu_codex *c, const json_t *saved)
{
    char *at = (char *)c;
    for (size_t i = 0; i < MU_COUNT(numbers); i++)
        *(int64_t *)(void *)(at + numbers[i].at) =
            json_integer_value(json_object_get(saved, numbers[i].key));
    for (size_t i = 0; i < MU_COUNT(flags); i++)
        *(bool *)(at + flags[i].at) = json_is_true(json_object_get(saved, flags[i].key));
    for (size_t i = 0; i < MU_COUNT(values); i++)
        *(json_t **)(void *)(at + values[i].at) =
            json_deep_copy(json_object_get(saved, values[i].key));
    for (size_t i = 0; i < MU_COUNT(words); i++) {
        const char *word = mu_json_str(saved, words[i].key);
        snprintf(at + words[i].at, words[i].size, "%s", word ? word : "");
    }
    const char *said = mu_json_str(saved, "words");
    if (said)
        mu_words_add(&c->words, said, strlen(said));
    const char *live = mu_json_str(saved, "live");
    if (live)
        mu_buf_str(&c->live, live);
}

static void *codex_open(const struct mu_agent_start *start, const json_t *saved)
{
    struct mu_codex *c = mu_alloc(sizeof *c);
    load(c, saved);
    c->lines.max = MU_LIMIT_LINE_BYTES;
    if (start) {
        mu_codex_id(c->run_id, start->run_id);
        mu_codex_id(c->thread, start->cli_session_id);
        c->cwd = start->cwd ? json_string(start->cwd) : NULL;
        c->options = start->options ? json_loads(start->options, 0, NULL) : NULL;
    }
    if (!json_is_array(c->open)) {
        json_decref(c->open);
        c->open = json_array();
    }
    if (!json_is_object(c->tools)) {
        json_decref(c->tools);
        c->tools = json_object();
    }
    return c;
}

static void codex_close(void *state)
{
    struct mu_codex *c = state;
    for (size_t i = 0; i < MU_COUNT(values); i++)
        json_decref(*(json_t **)(void *)((char *)c + values[i].at));
    mu_lines_release(&c->lines);
    mu_buf_release(&c->live);
    free(c);
}

static void codex_save(const void *state, struct mu_buf *json)
{
    const struct mu_codex *c = state;
    const char *at = state;
    json_t *all = json_object();
    struct mu_buf last = {0};
    for (size_t i = 0; i < MU_COUNT(numbers); i++)
        json_object_set_new(all, numbers[i].key,
                            json_integer(*(const int64_t *)(const void *)(at + numbers[i].at)));
    for (size_t i = 0; i < MU_COUNT(flags); i++)
        json_object_set_new(all, flags[i].key, json_boolean(*(const bool *)(at + flags[i].at)));
    for (size_t i = 0; i < MU_COUNT(values); i++) {
        json_t *value = *(json_t *const *)(const void *)(at + values[i].at);
        if (value)
            json_object_set(all, values[i].key, value);
    }
    for (size_t i = 0; i < MU_COUNT(words); i++)
        json_object_set_new(all, words[i].key, json_string(at + words[i].at));
    mu_words_last_line(&c->words, &last);
    if (c->words.n > 0 && c->words.text[c->words.n - 1] == '\n')
        mu_buf_char(&last, '\n');
    json_object_set_new(all, "words", json_stringn(last.data ? last.data : "", last.len));
    json_object_set_new(all, "live", json_stringn(c->live.data ? c->live.data : "", c->live.len));
    char *text = json_dumps(all, JSON_COMPACT);
    mu_buf_str(json, text);
    free(text);
    mu_buf_release(&last);
    json_decref(all);
}

void mu_codex_clear_turn(struct mu_codex *c)
{
    c->in_turn = c->cancelling = c->used_any = false;
    c->retries = c->awaited = c->shown = 0;
    c->used = (struct mu_codex_tokens){0};
    c->turn[0] = c->error[0] = c->live_id[0] = '\0';
    mu_buf_release(&c->live);
    json_array_clear(c->open);
    json_object_clear(c->tools);
    json_decref(c->prompt);
    c->prompt = NULL;
}

/* ---- what it is told ---- */

static void codex_configure(void *state, const json_t *options, struct mu_buf *out)
{
    MU_UNUSED(out); /* they count from the next turn */
    struct mu_codex *c = state;
    json_decref(c->options);
    c->options = json_is_object(options) ? json_deep_copy(options) : NULL;
}

static void request(struct mu_codex *c, struct mu_buf *out, const char *method, json_t *params)
{
    c->awaited = ++c->next_id;
    mu_rpc_request(out, false, c->awaited, method, params);
}

static void open_thread(struct mu_codex *c, struct mu_buf *out)
{
    json_t *params = json_object();
    if (c->cwd)
        json_object_set(params, "cwd", c->cwd);
    if (*c->thread) {
        json_object_set_new(params, "threadId", json_string(c->thread));
        json_object_set_new(params, "excludeTurns", json_true());
    }
    c->phase = *c->thread ? MU_CODEX_RESUMES : MU_CODEX_STARTS;
    request(c, out, *c->thread ? "thread/resume" : "thread/start", params);
}

static void start_turn(struct mu_codex *c, struct mu_buf *out)
{
    json_t *params = json_pack("{s:s, s:O}", "threadId", c->thread, "input", c->prompt);
    mu_codex_put_options(c, params);
    json_decref(c->prompt);
    c->prompt = NULL;
    request(c, out, "turn/start", params);
}

void mu_codex_go_on(struct mu_codex *c, struct mu_buf *out)
{
    switch (c->phase) {
    case MU_CODEX_NEW:
        c->phase = MU_CODEX_GREETED;
        request(c, out, "initialize",
                json_pack("{s:{s:s, s:s, s:s}}", "clientInfo", "name", "muster", "title", "muster",
                          "version", MU_VERSION));
        break;
    case MU_CODEX_AGREED:
        open_thread(c, out);
        break;
    case MU_CODEX_READY:
        if (c->prompt)
            start_turn(c, out);
        break;
    default:
        break;
    }
}

static void codex_prompt(void *state, const struct mu_agent_prompt *prompt, struct mu_buf *out)
{
    struct mu_codex *c = state;
    mu_codex_clear_turn(c);
    c->in_turn = true;
    c->prompt = json_array();
    json_array_append_new(c->prompt, json_pack("{s:s, s:s}", "type", "text", "text", prompt->text));
    for (size_t i = 0; i < prompt->n_images; i++)
        json_array_append_new(c->prompt, json_pack("{s:s, s:s}", "type", "localImage", "path",
                                                   prompt->images[i].path));
    mu_codex_go_on(c, out);
}

void mu_codex_put_interrupt(struct mu_codex *c, struct mu_buf *out)
{
    mu_rpc_request(out, false, ++c->next_id, "turn/interrupt",
                   json_pack("{s:s, s:s}", "threadId", c->thread, "turnId", c->turn));
}

static void codex_interrupt(void *state, const char *request_id, struct mu_buf *out)
{
    MU_UNUSED(request_id);
    struct mu_codex *c = state;
    if (*c->turn)
        mu_codex_put_interrupt(c, out);
    else
        c->cancelling = c->in_turn;
}

static void codex_answer(void *state, const struct mu_agent_answer *answer, struct mu_buf *out)
{
    mu_codex_answer(state, answer, out);
}

/* ---- what it says ---- */

struct sink {
    struct mu_codex *codex;
    mu_agent_cb *cb;
    void *ctx;
};

static void on_line(void *ctx, const char *line, size_t n)
{
    struct sink *sink = ctx;
    mu_codex_line(sink->codex, line, n, sink->cb, sink->ctx);
}

static void on_long_line(void *ctx, const char *line, size_t n)
{
    MU_UNUSED(line);
    MU_UNUSED(n);
    struct sink *sink = ctx;
    sink->cb(sink->ctx,
             &(struct mu_agent_event){.kind = MU_AG_NOTICE,
                                      .failed = true,
                                      .text = "codex printed a line of more than 16 MiB, which "
                                              "was skipped. Something of its answer is missing."});
}

static size_t codex_feed(void *state, enum mu_stream stream, const char *data, size_t n,
                         mu_agent_cb *cb, void *ctx)
{
    struct mu_codex *c = state;
    if (stream == MU_STREAM_ERR) {
        mu_words_add(&c->words, data, n);
        return 0;
    }
    struct sink sink = {c, cb, ctx};
    return mu_lines_feed(&c->lines, data, n, on_line, on_long_line, &sink);
}

static void describe_end(const struct mu_codex *c, const struct mu_exit *how,
                         struct mu_agent_end *out)
{
    struct mu_buf line = {0};
    bool said = mu_words_last_line(&c->words, &line);
    char what[120];
    mu_text_ended("codex", *c->turn ? "in the middle of the turn" : "before it took the message",
                  how, what, sizeof what);
    const char *last = said ? line.data : "";
    snprintf(out->text, sizeof out->text, "%s%s%.*s", what, said ? ": " : ".",
             mu_text_cut(last, sizeof out->text - sizeof what), last);
    mu_buf_release(&line);
}

static void codex_exited(void *state, const struct mu_exit *how, bool answered,
                         struct mu_agent_end *out, mu_agent_cb *cb, void *ctx)
{
    struct mu_codex *c = state;
    struct sink sink = {c, cb, ctx};
    mu_lines_end(&c->lines, on_line, &sink);
    *out = (struct mu_agent_end){.outcome = MU_TURN_ERROR};
    bool never_read = how->kind == MU_EXIT_CODE && how->code == 0 && !*c->turn;
    if (how->kind == MU_EXIT_FAILED)
        snprintf(out->text, sizeof out->text,
                 "codex could not be started: %s. If it is not installed: `npm install -g "
                 "@openai/codex`, or set MUSTER_CODEX to its path.",
                 how->reason);
    else if (c->turns > 0 && (!answered || never_read))
        out->outcome = MU_TURN_RESTART;
    else
        describe_end(c, how, out);
}

const struct mu_dialect mu_dialect_codex = {
    .id = "codex",
    .long_lived = true,
    .ends_on_cancel = true,
    .takes_images = true,
    .prompt_max = MU_LIMIT_PROMPT_BYTES,
    .check_options = mu_codex_check_options,
    .spec = spec,
    .open = codex_open,
    .close = codex_close,
    .save = codex_save,
    .prompt = codex_prompt,
    .interrupt = codex_interrupt,
    .answer = codex_answer,
    .configure = codex_configure,
    .feed = codex_feed,
    .exited = codex_exited,
};
