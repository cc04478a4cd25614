#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/acp.h"

/* ---- how it is started ---- */

static bool is_choice(const char *word)
{
    size_t n = word ? strlen(word) : 0;
    if (n == 0 || n > ACP_OPTION || word[0] == ' ' || word[n - 1] == ' ')
        return false;
    for (size_t i = 0; i < n; i++)
        if (word[i] < ' ' || word[i] > '~')
            return false;
    return true;
}

static const char *check_options(const json_t *options)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)options, key, value)
    {
        if (strcmp(key, "mode") != 0 && strcmp(key, "model") != 0)
            return "The options of this agent's sessions are \"mode\" and \"model\".";
        if (!is_choice(json_string_value(value)))
            return "The options \"mode\" and \"model\" must be the id of a mode or model of the "
                   "agent: at most 200 printable ASCII characters.";
    }
    return NULL;
}

static int spec(const struct mu_agent_start *start, struct mu_buf *out)
{
    static const struct mu_hold_env env[] = {{"CLAUDECODE", NULL},
                                             {"CLAUDE_CODE_ENTRYPOINT", NULL}};
    const char *argv[] = {start->program, NULL};
    struct mu_hold_spec s = {.argv = argv, .env = env, .n_env = MU_COUNT(env), .stdin_pipe = true};
    return mu_agent_put_spec(start, &s, out);
}

/* ---- its state ---- */

static void begin(struct mu_acp *c, const struct mu_agent_start *start)
{
    const char *slash = strrchr(start->program, '/');
    snprintf(c->run_id, sizeof c->run_id, "%s", start->run_id);
    snprintf(c->name, sizeof c->name, "%s", slash ? slash + 1 : start->program);
    c->cwd = mu_strdup(start->cwd);
    c->resume = mu_strdup(start->cli_session_id);
    c->options = start->options ? json_loads(start->options, 0, NULL) : NULL;
    c->cost_microusd = c->cost_before = -1;
}

static json_t *kept_object(const json_t *saved, const char *key)
{
    json_t *o = json_object_get(saved, key);
    return json_is_object(o) ? json_incref(o) : json_object();
}

static json_t *kept(const json_t *saved, const char *key, json_type type)
{
    json_t *o = json_object_get(saved, key);
    return o && json_typeof(o) == type ? json_incref(o) : NULL;
}

static void load_str(const json_t *saved, const char *key, char *out, size_t cap)
{
    const char *s = mu_json_str(saved, key);
    snprintf(out, cap, "%s", s ? s : "");
}

static void load_choice(struct acp_choice *choice, const json_t *saved)
{
    choice->offered = kept(saved, "offered", JSON_ARRAY);
    choice->cut = json_is_true(json_object_get(saved, "cut"));
    load_str(saved, "now", choice->now, sizeof choice->now);
    load_str(saved, "asked", choice->asked, sizeof choice->asked);
    load_str(saved, "config", choice->config, sizeof choice->config);
}

static const struct {
    const char *key;
    size_t at;
} flags[] = {
#define FLAG(name)                                                                                 \
    {                                                                                              \
#name, offsetof(struct mu_acp, name)                                                       \
    }
    FLAG(stopping),   FLAG(in_turn), FLAG(cancelled), FLAG(heard),    FLAG(can_load),
    FLAG(can_resume), FLAG(can_see), FLAG(replayed),  FLAG(said_odd), FLAG(model_failed),
#undef FLAG
};

static const struct {
    const char *key;
    size_t at;
} counts[] = {
#define COUNT(name)                                                                                \
    {                                                                                              \
#name, offsetof(struct mu_acp, name)                                                       \
    }
    COUNT(last_id), COUNT(last_asked), COUNT(turns), COUNT(cost_microusd), COUNT(cost_before),
#undef COUNT
};

static void load(struct mu_acp *c, const json_t *saved)
{
    c->lines.skipping = json_is_true(json_object_get(saved, "skipping"));
    json_int_t phase = json_integer_value(json_object_get(saved, "phase"));
    json_int_t way = json_integer_value(json_object_get(saved, "way"));
    c->phase = phase >= 0 && phase <= ACP_READY ? (enum acp_phase)phase : ACP_NEW;
    c->way = way >= 0 && way <= ACP_CREATE ? (enum acp_way)way : ACP_RESUME;
    for (size_t i = 0; i < MU_COUNT(flags); i++)
        *(bool *)((char *)c + flags[i].at) = json_is_true(json_object_get(saved, flags[i].key));
    for (size_t i = 0; i < MU_COUNT(counts); i++)
        *(int64_t *)((char *)c + counts[i].at) =
            json_integer_value(json_object_get(saved, counts[i].key));
    for (size_t i = 0; i < ACP_CALLS; i++)
        c->calls[i] = json_integer_value(json_array_get(json_object_get(saved, "calls"), i));
    load_str(saved, "run_id", c->run_id, sizeof c->run_id);
    load_str(saved, "name", c->name, sizeof c->name);
    load_str(saved, "session", c->session, sizeof c->session);
    load_str(saved, "login", c->login, sizeof c->login);
    c->cwd = mu_strdup(mu_json_str(saved, "cwd"));
    c->resume = mu_strdup(mu_json_str(saved, "resume"));
    c->options = kept(saved, "options", JSON_OBJECT);
    c->prompt = kept(saved, "prompt", JSON_OBJECT);
    load_choice(&c->mode, json_object_get(saved, "mode"));
    load_choice(&c->model, json_object_get(saved, "model"));
    const char *words = mu_json_str(saved, "words");
    if (words && *words) {
        mu_words_add(&c->words, words, strlen(words));
        mu_words_add(&c->words, "\n", 1);
    }
}

static void count_served(struct mu_acp *c)
{
    const char *key;
    json_t *one;
    json_object_foreach(c->serving, key, one) c->serving_bytes +=
        (size_t)json_integer_value(json_object_get(one, "bytes"));
}

static void *acp_open(const struct mu_agent_start *start, const json_t *saved)
{
    struct mu_acp *c = mu_alloc(sizeof *c);
    c->lines.max = MU_LIMIT_LINE_BYTES;
    c->asked = kept_object(saved, "requests");
    c->serving = kept_object(saved, "serving");
    c->tools = kept_object(saved, "tools");
    if (saved)
        load(c, saved);
    else if (start)
        begin(c, start);
    if (!c->cwd)
        c->cwd = mu_strdup("/");
    if (!*c->name)
        snprintf(c->name, sizeof c->name, "The agent");
    count_served(c);
    return c;
}

static void acp_close(void *state)
{
    struct mu_acp *c = state;
    mu_lines_release(&c->lines);
    json_decref(c->options);
    json_decref(c->prompt);
    json_decref(c->asked);
    json_decref(c->serving);
    json_decref(c->tools);
    json_decref(c->mode.offered);
    json_decref(c->model.offered);
    free(c->cwd);
    free(c->resume);
    free(c);
}

static void put_str(struct mu_buf *json, const char *key, const char *value)
{
    mu_buf_printf(json, ",\"%s\":", key);
    mu_buf_json(json, value);
}

static void put_json(struct mu_buf *json, const char *key, const json_t *value)
{
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    mu_buf_printf(json, ",\"%s\":", key);
    mu_buf_str(json, text ? text : "null");
    free(text);
}

static void put_choice(struct mu_buf *json, const char *key, const struct acp_choice *choice)
{
    mu_buf_printf(json, ",\"%s\":{\"cut\":%s", key, choice->cut ? "true" : "false");
    put_str(json, "now", choice->now);
    put_str(json, "asked", choice->asked);
    put_str(json, "config", choice->config);
    put_json(json, "offered", choice->offered);
    mu_buf_char(json, '}');
}

static void acp_save(const void *state, struct mu_buf *json)
{
    const struct mu_acp *c = state;
    mu_buf_printf(json, "{\"phase\":%d,\"way\":%d,\"skipping\":%s", (int)c->phase, (int)c->way,
                  c->lines.skipping ? "true" : "false");
    for (size_t i = 0; i < MU_COUNT(flags); i++)
        mu_buf_printf(json, ",\"%s\":%s", flags[i].key,
                      *(const bool *)((const char *)c + flags[i].at) ? "true" : "false");
    for (size_t i = 0; i < MU_COUNT(counts); i++)
        mu_buf_printf(json, ",\"%s\":%lld", counts[i].key,
                      (long long)*(const int64_t *)((const char *)c + counts[i].at));
    mu_buf_str(json, ",\"calls\":[");
    for (size_t i = 0; i < ACP_CALLS; i++)
        mu_buf_printf(json, "%s%lld", i ? "," : "", (long long)c->calls[i]);
    mu_buf_char(json, ']');
    put_str(json, "run_id", c->run_id);
    put_str(json, "name", c->name);
    put_str(json, "session", c->session);
    put_str(json, "login", c->login);
    put_str(json, "cwd", c->cwd);
    put_str(json, "resume", c->resume);
    put_json(json, "options", c->options);
    put_json(json, "prompt", c->prompt);
    put_json(json, "requests", c->asked);
    put_json(json, "serving", c->serving);
    put_json(json, "tools", c->tools);
    put_choice(json, "mode", &c->mode);
    put_choice(json, "model", &c->model);
    struct mu_buf words = {0};
    mu_words_last_line(&c->words, &words);
    mu_buf_str(json, ",\"words\":");
    mu_buf_json_n(json, words.data ? words.data : "", words.len);
    mu_buf_char(json, '}');
    mu_buf_release(&words);
}

/* ---- what it is told ---- */

static json_t *keep_prompt(const struct mu_agent_prompt *prompt)
{
    json_t *images = json_array();
    for (size_t i = 0; i < prompt->n_images; i++)
        json_array_append_new(images, json_pack("{s:s, s:s}", "path", prompt->images[i].path,
                                                "type", prompt->images[i].type));
    json_t *kept_prompt = json_object();
    json_object_set_new(kept_prompt, "text", json_string(prompt->text));
    json_object_set_new(kept_prompt, "images", images);
    return kept_prompt;
}

static void acp_prompt(void *state, const struct mu_agent_prompt *prompt, struct mu_buf *out)
{
    struct mu_acp *c = state;
    c->in_turn = true;
    c->heard = c->cancelled = c->model_failed = false;
    c->words.n = 0;
    json_object_clear(c->tools);
    json_decref(c->prompt);
    c->prompt = keep_prompt(prompt);
    if (c->phase == ACP_NEW)
        acp_put_initialize(c, out);
    else if (c->phase == ACP_KNOWN)
        acp_put_open(c, out);
    else if ((c->phase == ACP_READY || c->phase == ACP_SETTING) &&
             (acp_put_model(c, out) || c->calls[ACP_CALL_MODEL]))
        c->phase = ACP_SETTING;
    else if (c->phase == ACP_READY && !acp_prompted(c))
        acp_put_prompt(c, out);
}

/* A turn whose prompt was not written yet ends with its process: nothing is appended then. */
static void acp_interrupt(void *state, const char *request_id, struct mu_buf *out)
{
    MU_UNUSED(request_id);
    struct mu_acp *c = state;
    if (acp_prompted(c)) {
        acp_put_cancel(c, out);
        return;
    }
    c->cancelled = c->in_turn;
    c->stopping = true;
    json_decref(c->prompt);
    c->prompt = NULL;
}

static void acp_answer(void *state, const struct mu_agent_answer *answer, struct mu_buf *out)
{
    acp_put_answer(state, answer, out);
}

static void acp_configure(void *state, const json_t *options, struct mu_buf *out)
{
    struct mu_acp *c = state;
    json_decref(c->options);
    c->options = options ? json_deep_copy(options) : NULL;
    if (c->phase == ACP_READY || c->phase == ACP_SETTING)
        acp_put_settings(c, NULL, out);
}

static void acp_served(void *state, const struct mu_agent_served *served, struct mu_buf *out)
{
    acp_put_served(state, served, out);
}

static void acp_resumed(void *state, mu_agent_cb *cb, void *ctx)
{
    acp_serve_again(state, cb, ctx);
}

/* ---- what it says ---- */

static void on_line(void *ctx, const char *line, size_t n)
{
    struct acp_line *l = ctx;
    l->raw = line;
    l->raw_n = n;
    mu_acp_line(l);
}

static void on_long_line(void *ctx, const char *line, size_t n)
{
    MU_UNUSED(line);
    MU_UNUSED(n);
    struct acp_line *l = ctx;
    l->raw = NULL;
    acp_notice(l, true,
               "%s printed a line of more than 16 MiB, which was skipped. Something of its answer "
               "is missing.",
               l->acp->name);
}

static size_t acp_feed(void *state, enum mu_stream stream, const char *data, size_t n,
                       mu_agent_cb *cb, void *ctx)
{
    struct mu_acp *c = state;
    if (stream == MU_STREAM_ERR) {
        mu_words_add(&c->words, data, n);
        return 0;
    }
    struct acp_line l = {.acp = c, .cb = cb, .ctx = ctx};
    c->heard = true;
    return mu_lines_feed(&c->lines, data, n, on_line, on_long_line, &l);
}

/* What an agent says when another process of it has the files that both write: opencode, whose
 * processes share a database. */
static bool was_in_the_way(const struct mu_acp *c, struct mu_buf *line)
{
    static const char *const said[] = {"database is locked", "SQLITE_BUSY", "Failed query"};
    for (size_t i = 0; i < MU_COUNT(said); i++)
        if (mu_words_line_with(&c->words, said[i], line)) {
            acp_drop_stop(line);
            return true;
        }
    return false;
}

static void describe_end(const struct mu_acp *c, const struct mu_exit *how,
                         struct mu_agent_end *out)
{
    struct mu_buf line = {0};
    out->passing = how->kind == MU_EXIT_CODE && c->phase != ACP_READY && c->turns == 0 &&
                   was_in_the_way(c, &line);
    bool words = out->passing || mu_words_last_line(&c->words, &line);
    const char *when = c->phase == ACP_READY ? "in the middle of the turn" : "before it was ready";
    char what[192];
    mu_text_ended(c->name, when, how, what, sizeof what);
    snprintf(out->text, sizeof out->text, "%s%s%s", what, words ? ": " : ".",
             words ? line.data : "");
    mu_buf_release(&line);
}

/* It ended as it may between turns, or as it was told to, and the prompt came just too late for it.
 */
static bool never_read(const struct mu_acp *c, const struct mu_exit *how)
{
    return !c->heard && (c->stopping || (how->kind == MU_EXIT_CODE && how->code == 0));
}

static void acp_exited(void *state, const struct mu_exit *how, bool answered,
                       struct mu_agent_end *out, mu_agent_cb *cb, void *ctx)
{
    struct mu_acp *c = state;
    struct acp_line l = {.acp = c, .cb = cb, .ctx = ctx};
    mu_lines_end(&c->lines, on_line, &l);
    *out = (struct mu_agent_end){.outcome = MU_TURN_ERROR};
    if (how->kind == MU_EXIT_FAILED)
        snprintf(out->text, sizeof out->text,
                 "%s could not be started: %s. Is it installed, and in the PATH with which muster "
                 "was started?",
                 c->name, how->reason);
    else if (c->turns > 0 && (!answered || never_read(c, how)))
        out->outcome = MU_TURN_RESTART;
    else
        describe_end(c, how, out);
}

#define ACP_DIALECT(ends)                                                                          \
    {                                                                                              \
        .id = "acp", .long_lived = true, .ends_on_cancel = (ends), .takes_images = true,           \
        .prompt_max = MU_LIMIT_PROMPT_BYTES, .check_options = check_options, .spec = spec,         \
        .open = acp_open, .close = acp_close, .save = acp_save, .prompt = acp_prompt,              \
        .interrupt = acp_interrupt, .answer = acp_answer, .configure = acp_configure,              \
        .served = acp_served, .resumed = acp_resumed, .feed = acp_feed, .exited = acp_exited,      \
    }

const struct mu_dialect mu_dialect_acp = ACP_DIALECT(false);
const struct mu_dialect mu_dialect_acp_ends = ACP_DIALECT(true);
