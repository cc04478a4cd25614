#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/claude.h"

/* Lines of `--output-format stream-json`. A streamed answer comes twice: as stream_event deltas,
 * and block by block as assistant lines, which have the last word. */

struct line {
    struct mu_claude *claude;
    const json_t *json;
    mu_agent_cb *cb;
    void *ctx;
};

static const char *str(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

static void emit(const struct line *l, struct mu_agent_event ev)
{
    l->cb(l->ctx, &ev);
}

static const char *parent_of(const struct line *l)
{
    return str(l->json, "parent_tool_use_id");
}

/* ---- stream_event ---- */

static void on_delta(const struct line *l, const json_t *delta)
{
    const char *type = str(delta, "type");
    bool thinking = is(type, "thinking_delta");
    const char *text = thinking                 ? str(delta, "thinking")
                       : is(type, "text_delta") ? str(delta, "text")
                                                : NULL;
    if (text && *text)
        emit(l, (struct mu_agent_event){.kind = MU_AG_TEXT,
                                        .message = thinking ? MU_message_kind_THINKING
                                                            : MU_message_kind_TEXT,
                                        .text = text,
                                        .n = strlen(text)});
}

static void on_stream_event(const struct line *l)
{
    const json_t *event = json_object_get(l->json, "event");
    if (parent_of(l) || !l->claude->in_turn)
        return;
    if (is(str(event, "type"), "message_start"))
        emit(l, (struct mu_agent_event){.kind = MU_AG_RESET});
    else if (is(str(event, "type"), "content_block_delta"))
        on_delta(l, json_object_get(event, "delta"));
}

/* ---- assistant, user ---- */

/* One line that says what a tool is to do: its most telling argument. */
static const char *title_of(const json_t *input)
{
    static const char *const keys[] = {"command", "file_path",   "path",   "pattern", "url",
                                       "query",   "description", "prompt", "skill",   NULL};
    for (size_t i = 0; keys[i]; i++)
        if (str(input, keys[i]))
            return str(input, keys[i]);
    return NULL;
}

static void on_tool_use(const struct line *l, const json_t *block)
{
    const json_t *input = json_object_get(block, "input");
    char *text = input ? json_dumps(input, JSON_COMPACT) : NULL;
    if (str(block, "id") && str(block, "name"))
        emit(l, (struct mu_agent_event){.kind = MU_AG_TOOL_CALL,
                                        .id = str(block, "id"),
                                        .name = str(block, "name"),
                                        .title = title_of(input),
                                        .input = text,
                                        .parent = parent_of(l)});
    free(text);
}

static void on_block(const struct line *l, const json_t *block)
{
    const char *type = str(block, "type");
    const char *text = is(type, "text")       ? str(block, "text")
                       : is(type, "thinking") ? str(block, "thinking")
                                              : NULL;
    if (is(type, "tool_use"))
        on_tool_use(l, block);
    else if (text && *text && !parent_of(l))
        emit(l, (struct mu_agent_event){.kind = MU_AG_FINAL,
                                        .message = is(type, "text") ? MU_message_kind_TEXT
                                                                    : MU_message_kind_THINKING,
                                        .text = text,
                                        .n = strlen(text)});
}

static void on_assistant(const struct line *l)
{
    if (json_is_true(json_object_get(l->json, "is_api_error_message")) || str(l->json, "error"))
        return; /* the result says it */
    const json_t *content = json_object_get(json_object_get(l->json, "message"), "content");
    size_t i;
    json_t *block;
    json_array_foreach((json_t *)content, i, block) on_block(l, block);
}

/* The text of a tool's result: a string, or blocks of which some are text. */
static void result_text(const json_t *content, struct mu_buf *out)
{
    if (json_is_string(content)) {
        mu_buf_str(out, json_string_value(content));
        return;
    }
    size_t i;
    json_t *block;
    json_array_foreach((json_t *)content, i, block)
    {
        const char *text = str(block, "text");
        if (out->len)
            mu_buf_char(out, '\n');
        if (text)
            mu_buf_str(out, text);
        else
            mu_buf_printf(out, "[%s]", str(block, "type") ? str(block, "type") : "?");
    }
}

static void on_user(const struct line *l)
{
    const json_t *content = json_object_get(json_object_get(l->json, "message"), "content");
    size_t i;
    json_t *block;
    json_array_foreach((json_t *)content, i, block)
    {
        if (!is(str(block, "type"), "tool_result") || !str(block, "tool_use_id"))
            continue;
        struct mu_buf text = {0};
        result_text(json_object_get(block, "content"), &text);
        emit(l,
             (struct mu_agent_event){.kind = MU_AG_TOOL_RESULT,
                                     .id = str(block, "tool_use_id"),
                                     .text = text.data ? text.data : "",
                                     .n = text.len,
                                     .failed = json_is_true(json_object_get(block, "is_error"))});
        mu_buf_release(&text);
    }
}

/* ---- system ---- */

static void on_retry(const struct line *l)
{
    long long attempt = json_integer_value(json_object_get(l->json, "attempt"));
    long long max = json_integer_value(json_object_get(l->json, "max_retries"));
    long long status = json_integer_value(json_object_get(l->json, "error_status"));
    const char *error = str(l->json, "error");
    if (attempt != 1 && attempt != max && attempt % 5 != 0)
        return;
    char code[24] = "";
    if (status)
        snprintf(code, sizeof code, ", %lld", status);
    char text[256];
    snprintf(text, sizeof text,
             "The model did not answer (%s%s). claude tries again: attempt %lld of %lld.",
             error ? error : "no reason given", code, attempt, max);
    emit(l, (struct mu_agent_event){.kind = MU_AG_NOTICE, .text = text, .failed = true});
}

static bool is_session_id(const char *id)
{
    return id && mu_id_valid(id) && id[0] != '-';
}

static void note_session(const struct line *l)
{
    const char *id = str(l->json, "session_id");
    struct mu_claude *c = l->claude;
    if (!is_session_id(id) || strcmp(id, c->session) == 0 || c->no_conversation)
        return;
    snprintf(c->session, sizeof c->session, "%s", id);
    emit(l, (struct mu_agent_event){.kind = MU_AG_CLI_SESSION, .id = id});
}

static void note_model(const struct line *l)
{
    const char *model = str(l->json, "model");
    struct mu_claude *c = l->claude;
    if (!model || strncmp(model, c->model, sizeof c->model - 1) == 0)
        return;
    snprintf(c->model, sizeof c->model, "%s", model);
    json_t *facts = json_pack("{s:s}", "model", model);
    char *text = json_dumps(facts, JSON_COMPACT);
    emit(l, (struct mu_agent_event){.kind = MU_AG_FACTS, .metadata = text});
    free(text);
    json_decref(facts);
}

static void on_system(const struct line *l)
{
    const char *subtype = str(l->json, "subtype");
    if (is(subtype, "init")) {
        note_model(l);
        note_session(l);
    } else if (is(subtype, "api_retry") && l->claude->in_turn) {
        on_retry(l);
    }
}

/* ---- control_request ---- */

static char *dump(const json_t *json)
{
    return json ? json_dumps(json, JSON_COMPACT) : NULL;
}

static void on_control_request(const struct line *l)
{
    const json_t *request = json_object_get(l->json, "request");
    const char *id = str(l->json, "request_id");
    if (!id || !is(str(request, "subtype"), "can_use_tool"))
        return;
    const json_t *input = json_object_get(request, "input");
    const char *name = str(request, "tool_name");
    const json_t *questions =
        is(name, "AskUserQuestion") ? json_object_get(input, "questions") : NULL;
    char *input_text = dump(input);
    char *questions_text = json_is_array(questions) ? dump(questions) : NULL;
    const json_t *suggestions = json_object_get(request, "permission_suggestions");
    char *suggestions_text = json_array_size(suggestions) ? dump(suggestions) : NULL;
    emit(l, (struct mu_agent_event){.kind = MU_AG_ASKED,
                                    .id = id,
                                    .name = name ? name : "a tool",
                                    .title = questions_text
                                                 ? str(json_array_get(questions, 0), "question")
                                                 : title_of(input),
                                    .input = input_text,
                                    .tool_id = str(request, "tool_use_id"),
                                    .suggestions = suggestions_text,
                                    .questions = questions_text});
    free(suggestions_text);
    free(questions_text);
    free(input_text);
}

/* ---- result ---- */

/* What to do about the causes that are known: the first whose words are found, or whose status. */
static const struct {
    int status;
    const char *words;
    const char *advice;
} causes[] = {
    {0, "Not logged in",
     "Run `claude` in a terminal and log in with /login, or set "
     "ANTHROPIC_API_KEY; then send the message again."},
    {401, "authentication",
     "Check the API key, or log in again: run `claude` in a terminal and "
     "use /login."},
    {403, "permission_error", "The account may not use this. Check the API key and the plan."},
    {429, "rate_limit",
     "Too many requests, or the plan's limit is used up. Wait, then send the "
     "message again."},
    {529, "Overloaded", "Wait a moment, then send the message again."},
    {404, "issue with the selected model", "Choose another model in the session's options."},
    {0, "ECONNREFUSED",
     "Check the network, the proxy, and ANTHROPIC_BASE_URL; then send the "
     "message again."},
    {0, "Unable to connect", "Check the network and the proxy; then send the message again."},
    {0, "Connection", "Check the network and the proxy; then send the message again."},
    {500, "api_error", "The fault is at the model's side. Send the message again later."},
    {0, "maximum number of turns", "Send another message to let it go on."},
    {0, "Credit balance", "Add credit to the account, then send the message again."},
};

static const char *advice_for(const char *words, int status)
{
    if (strcasestr(words, "try again"))
        return NULL; /* it says so itself */
    for (size_t i = 0; i < MU_COUNT(causes); i++)
        if (strstr(words, causes[i].words) || (status && status == causes[i].status))
            return causes[i].advice;
    return NULL;
}

static void describe_error(const struct line *l, struct mu_buf *out)
{
    const char *words = str(l->json, "result");
    size_t i;
    json_t *error;
    json_array_foreach(json_object_get(l->json, "errors"), i, error)
    {
        if ((!words || !*words) && json_is_string(error))
            words = json_string_value(error);
    }
    if (!words || !*words)
        words = str(l->json, "subtype");
    if (!words || !*words)
        words = "claude reported an error without a reason.";
    const char *advice =
        advice_for(words, (int)json_integer_value(json_object_get(l->json, "api_error_status")));
    size_t n = strlen(words);
    bool ended = strchr(".!?", words[n - 1]) != NULL;
    mu_buf_str(out, words);
    if (advice)
        mu_buf_printf(out, "%s %s", ended ? "" : ".", advice);
}

/* What the turn used. */
static int64_t count_of(const json_t *usage, const char *key)
{
    const json_t *n = json_object_get(usage, key);
    return json_is_integer(n) && json_integer_value(n) >= 0 ? json_integer_value(n) : -1;
}

static int64_t cost_of(const struct line *l)
{
    const json_t *total = json_object_get(l->json, "total_cost_usd");
    double usd = json_number_value(total);
    if (!json_is_number(total) || !(usd >= 0 && usd < 1e9))
        return -1;
    int64_t before = l->claude->cost_microusd;
    l->claude->cost_microusd = (int64_t)(usd * 1e6 + 0.5);
    return l->claude->cost_microusd >= before ? l->claude->cost_microusd - before
                                              : l->claude->cost_microusd;
}

static struct mu_agent_usage usage_of(const struct line *l)
{
    const json_t *usage = json_object_get(l->json, "usage");
    return (struct mu_agent_usage){
        .input_tokens = count_of(usage, "input_tokens"),
        .output_tokens = count_of(usage, "output_tokens"),
        .cache_read_tokens = count_of(usage, "cache_read_input_tokens"),
        .cache_write_tokens = count_of(usage, "cache_creation_input_tokens"),
        .cost_microusd = cost_of(l),
    };
}

static bool lost_conversation(const struct line *l)
{
    size_t i;
    json_t *error;
    json_array_foreach(json_object_get(l->json, "errors"), i, error)
    {
        const char *text = json_string_value(error);
        if (text && (strstr(text, "No conversation found") || strstr(text, "--resume requires")))
            return true;
    }
    return false;
}

static void on_result(const struct line *l)
{
    struct mu_claude *c = l->claude;
    if (lost_conversation(l)) { /* the process ends now, and its end starts anew */
        c->no_conversation = true;
        return;
    }
    note_session(l);
    c->turns++;
    c->in_turn = false;
    const char *reason = str(l->json, "terminal_reason");
    bool failed = json_is_true(json_object_get(l->json, "is_error"));
    struct mu_buf text = {0};
    struct mu_agent_usage usage = usage_of(l);
    struct mu_agent_event ev = {
        .kind = MU_AG_TURN_DONE, .outcome = MU_TURN_OK, .usage = &usage, .failed = failed};
    if (reason && strncmp(reason, "aborted_", 8) == 0) {
        ev.outcome = MU_TURN_CANCELLED;
    } else if (failed) {
        ev.outcome = MU_TURN_ERROR;
        describe_error(l, &text);
        ev.text = text.data;
        ev.n = text.len;
    }
    emit(l, ev);
    mu_buf_release(&text);
}

void mu_claude_line(struct mu_claude *c, const char *line, size_t n, mu_agent_cb *cb, void *ctx)
{
    json_t *json = json_loadb(line, n, JSON_ALLOW_NUL, NULL);
    const struct line l = {c, json, cb, ctx};
    const char *type = str(json, "type");
    if (is(type, "stream_event"))
        on_stream_event(&l);
    else if (is(type, "assistant"))
        on_assistant(&l);
    else if (is(type, "user"))
        on_user(&l);
    else if (is(type, "system"))
        on_system(&l);
    else if (is(type, "control_request"))
        on_control_request(&l);
    else if (is(type, "control_cancel_request") && str(json, "request_id"))
        emit(&l, (struct mu_agent_event){.kind = MU_AG_ANSWERED, .id = str(json, "request_id")});
    else if (is(type, "result"))
        on_result(&l);
    json_decref(json);
}
