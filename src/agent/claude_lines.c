#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/claude.h"

/* Lines of `--output-format stream-json`. A streamed answer comes twice: as stream_event deltas,
 * and block by block as assistant lines, which have the last word. */

void mu_claude_emit(const struct mu_claude_line *l, struct mu_agent_event ev)
{
    ev.raw = l->raw;
    ev.raw_n = l->raw_n;
    l->cb(l->ctx, &ev);
}

void mu_claude_facts(const struct mu_claude_line *l, json_t *facts)
{
    char *text = facts ? json_dumps(facts, JSON_COMPACT) : NULL;
    if (text)
        mu_claude_emit(l, (struct mu_agent_event){.kind = MU_AG_FACTS, .metadata = text});
    free(text);
    json_decref(facts);
}

void mu_claude_notice(const struct mu_claude_line *l, bool failed, const char *text)
{
    size_t n = strlen(text);
    char *cut = n > MU_CLAUDE_NOTICE_BYTES
                    ? mu_strndup(text, mu_utf8_cut(text, MU_CLAUDE_NOTICE_BYTES))
                    : NULL;
    const char *shown = cut ? cut : text;
    mu_claude_emit(l,
                   (struct mu_agent_event){
                       .kind = MU_AG_NOTICE, .text = shown, .n = strlen(shown), .failed = failed});
    free(cut);
}

static const char *parent_of(const struct mu_claude_line *l)
{
    return mu_json_str(l->json, "parent_tool_use_id");
}

/* ---- stream_event ---- */

static void on_delta(const struct mu_claude_line *l, const json_t *delta)
{
    const char *type = mu_json_str(delta, "type");
    bool thinking = mu_str_eq(type, "thinking_delta");
    const char *text = thinking                        ? mu_json_str(delta, "thinking")
                       : mu_str_eq(type, "text_delta") ? mu_json_str(delta, "text")
                                                       : NULL;
    if (text && *text)
        l->cb(l->ctx, &(struct mu_agent_event){.kind = MU_AG_TEXT,
                                               .message = thinking ? MU_message_kind_THINKING
                                                                   : MU_message_kind_TEXT,
                                               .text = text,
                                               .n = strlen(text)});
}

/* What belongs to a turn comes, and no prompt is open: claude began one by itself. */
static void note_own_turn(const struct mu_claude_line *l)
{
    struct mu_claude *c = l->claude;
    if (c->in_turn || c->own_turn || !c->says_idle || !c->busy)
        return;
    c->own_turn = true;
    c->result = (struct mu_claude_result){0};
    mu_claude_emit(l, (struct mu_agent_event){.kind = MU_AG_TURN_BEGAN});
}

static void on_stream_event(const struct mu_claude_line *l)
{
    const json_t *event = json_object_get(l->json, "event");
    note_own_turn(l);
    if (parent_of(l) || (!l->claude->in_turn && !l->claude->own_turn))
        return;
    if (mu_str_eq(mu_json_str(event, "type"), "message_start"))
        l->cb(l->ctx, &(struct mu_agent_event){.kind = MU_AG_RESET});
    else if (mu_str_eq(mu_json_str(event, "type"), "content_block_delta"))
        on_delta(l, json_object_get(event, "delta"));
}

/* ---- assistant, user ---- */

static void on_tool_use(const struct mu_claude_line *l, const json_t *block)
{
    const json_t *input = json_object_get(block, "input");
    const char *id = mu_json_str(block, "id");
    const char *name = mu_json_str(block, "name");
    if (!id || !name || mu_claude_plan_call(l, block))
        return;
    char *text = input ? json_dumps(input, JSON_COMPACT) : NULL;
    char *diffs = mu_claude_call_diffs(name, input);
    mu_claude_emit(l, (struct mu_agent_event){.kind = MU_AG_TOOL_CALL,
                                              .id = id,
                                              .name = name,
                                              .title = mu_claude_title(name, input),
                                              .input = text,
                                              .parent = parent_of(l)});
    if (diffs)
        mu_claude_emit(
            l, (struct mu_agent_event){.kind = MU_AG_TOOL_UPDATE, .id = id, .diffs = diffs});
    free(diffs);
    free(text);
}

static void on_said(const struct mu_claude_line *l, enum mu_message_kind kind, const char *text)
{
    if (text && *text && !parent_of(l)) /* a sub-agent's words are in its call's result */
        mu_claude_emit(l,
                       (struct mu_agent_event){
                           .kind = MU_AG_FINAL, .message = kind, .text = text, .n = strlen(text)});
}

static void on_block(const struct mu_claude_line *l, const json_t *block)
{
    const char *type = mu_json_str(block, "type");
    if (mu_str_eq(type, "tool_use"))
        on_tool_use(l, block);
    else if (mu_str_eq(type, "text"))
        on_said(l, MU_message_kind_TEXT, mu_json_str(block, "text"));
    else if (mu_str_eq(type, "thinking"))
        on_said(l, MU_message_kind_THINKING, mu_json_str(block, "thinking"));
    else if (mu_str_eq(type, "redacted_thinking"))
        on_said(l, MU_message_kind_THINKING, "(A thought that the model's provider hides.)");
}

static int64_t tokens(const json_t *usage, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(usage, key));
    return n > 0 && n < 1000000000 ? n : 0;
}

/* What the model was given and said is what the next request begins with. */
static void note_context(const struct mu_claude_line *l, const json_t *usage)
{
    int64_t used = tokens(usage, "input_tokens") + tokens(usage, "cache_read_input_tokens") +
                   tokens(usage, "cache_creation_input_tokens") + tokens(usage, "output_tokens");
    if (used && !parent_of(l))
        l->claude->context_used = used;
}

static void on_assistant(const struct mu_claude_line *l)
{
    const json_t *message = json_object_get(l->json, "message");
    if (json_is_true(json_object_get(l->json, "is_api_error_message")) ||
        mu_json_str(l->json, "error"))
        return; /* the result says it */
    note_own_turn(l);
    note_context(l, json_object_get(message, "usage"));
    size_t i;
    json_t *block;
    json_array_foreach(json_object_get(message, "content"), i, block) on_block(l, block);
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
        const char *text = mu_json_str(block, "text");
        const char *type = mu_json_str(block, "type");
        if (out->len)
            mu_buf_char(out, '\n');
        if (text)
            mu_buf_str(out, text);
        else
            mu_buf_printf(out, "[%s]", type ? type : "?");
    }
}

static void on_tool_result(const struct mu_claude_line *l, const json_t *block, bool alone)
{
    const json_t *content = json_object_get(block, "content");
    struct mu_buf text = {0};
    result_text(content, &text);
    char *images = json_is_array(content) ? mu_claude_images(content) : NULL;
    char *diffs =
        alone ? mu_claude_result_diffs(json_object_get(l->json, "tool_use_result")) : NULL;
    mu_claude_emit(
        l, (struct mu_agent_event){.kind = MU_AG_TOOL_RESULT,
                                   .id = mu_json_str(block, "tool_use_id"),
                                   .text = text.data ? text.data : "",
                                   .n = text.len,
                                   .diffs = diffs,
                                   .images = images,
                                   .failed = json_is_true(json_object_get(block, "is_error"))});
    free(diffs);
    free(images);
    mu_buf_release(&text);
}

static void on_user(const struct mu_claude_line *l)
{
    const json_t *content = json_object_get(json_object_get(l->json, "message"), "content");
    size_t i;
    json_t *block;
    json_array_foreach((json_t *)content, i, block)
    {
        if (mu_str_eq(mu_json_str(block, "type"), "tool_result") &&
            mu_json_str(block, "tool_use_id") && !mu_claude_plan_result(l, block))
            on_tool_result(l, block, json_array_size(content) == 1);
    }
}

/* ---- system ---- */

static void on_retry(const struct mu_claude_line *l)
{
    long long attempt = json_integer_value(json_object_get(l->json, "attempt"));
    long long max = json_integer_value(json_object_get(l->json, "max_retries"));
    long long status = json_integer_value(json_object_get(l->json, "error_status"));
    const char *error = mu_json_str(l->json, "error");
    if (attempt != 1 && attempt != max && attempt % 5 != 0)
        return;
    char code[24] = "";
    if (status)
        snprintf(code, sizeof code, ", %lld", status);
    char *text =
        mu_asprintf("The model did not answer (%s%s). claude tries again: attempt %lld of %lld.",
                    error && strlen(error) <= 100 ? error : "no reason given", code, attempt, max);
    mu_claude_notice(l, true, text);
    free(text);
}

static bool is_session_id(const char *id)
{
    return id && mu_id_valid(id) && id[0] != '-';
}

void mu_claude_note_session(const struct mu_claude_line *l)
{
    const char *id = mu_json_str(l->json, "session_id");
    struct mu_claude *c = l->claude;
    if (!is_session_id(id) || strcmp(id, c->session) == 0 || c->no_conversation)
        return;
    if (*c->session) { /* /clear: a new conversation */
        json_decref(c->tasks);
        c->tasks = NULL;
    }
    snprintf(c->session, sizeof c->session, "%s", id);
    mu_claude_emit(l, (struct mu_agent_event){.kind = MU_AG_CLI_SESSION, .id = id});
}

void mu_claude_note_model(const struct mu_claude_line *l, const char *model)
{
    struct mu_claude *c = l->claude;
    if (!model || !*model || strncmp(model, c->model, sizeof c->model - 1) == 0)
        return;
    snprintf(c->model, sizeof c->model, "%s", model);
    mu_claude_facts(l, json_pack("{s:s}", "model", model));
}

void mu_claude_note_mode(const struct mu_claude_line *l, const char *mode)
{
    struct mu_claude *c = l->claude;
    if (!mode || !*mode || strncmp(mode, c->mode, sizeof c->mode - 1) == 0)
        return;
    snprintf(c->mode, sizeof c->mode, "%s", mode);
    mu_claude_facts(l, json_pack("{s:s}", "mode", mode));
}

static void on_init(const struct mu_claude_line *l)
{
    mu_claude_note_model(l, mu_json_str(l->json, "model"));
    mu_claude_modes(l);
    mu_claude_note_mode(l, mu_json_str(l->json, "permissionMode"));
    mu_claude_note_session(l);
    note_own_turn(l);
    if (*l->claude->refused && l->claude->in_turn) {
        mu_claude_notice(l, true, l->claude->refused);
        *l->claude->refused = '\0';
    }
}

static void on_compacted(const struct mu_claude_line *l)
{
    const json_t *about = json_object_get(l->json, "compact_metadata");
    long long before = json_integer_value(json_object_get(about, "pre_tokens"));
    char text[160];
    char size[48] = "";
    if (before > 0)
        snprintf(size, sizeof size, " of %lld tokens", before);
    snprintf(text, sizeof text,
             "claude summed the conversation%s up to make room. It remembers the summary only.",
             size);
    mu_claude_notice(l, false, text);
}

/* What claude says to a person: its own sentence. */
static void on_content(const struct mu_claude_line *l, const char *otherwise)
{
    const char *content = mu_json_str(l->json, "content");
    if (content && *content)
        mu_claude_notice(l, false, content);
    else if (otherwise)
        mu_claude_notice(l, true, otherwise);
}

static void on_fallback(const struct mu_claude_line *l)
{
    const char *to = mu_json_str(l->json, "fallback_model");
    mu_claude_note_model(l, to);
    on_content(l, "claude went on with another model.");
}

static void on_state(const struct mu_claude_line *l)
{
    const char *state = mu_json_str(l->json, "state");
    if (mu_str_eq(state, "idle"))
        mu_claude_on_idle(l);
    else if (state)
        l->claude->busy = true;
}

static void on_progress(const struct mu_claude_line *l)
{
    const char *call = mu_json_str(l->json, "tool_use_id");
    const char *what = mu_json_str(l->json, "description");
    const json_t *usage = json_object_get(l->json, "usage");
    if (!call || !what)
        return;
    char *text = mu_asprintf("%s (tool calls so far: %lld, tokens: %lld)", what,
                             (long long)json_integer_value(json_object_get(usage, "tool_uses")),
                             (long long)json_integer_value(json_object_get(usage, "total_tokens")));
    mu_claude_emit(l, (struct mu_agent_event){
                          .kind = MU_AG_TOOL_UPDATE, .id = call, .text = text, .n = strlen(text)});
    free(text);
}

static void on_system(const struct mu_claude_line *l)
{
    const char *subtype = mu_json_str(l->json, "subtype");
    if (mu_str_eq(subtype, "init"))
        on_init(l);
    else if (mu_str_eq(subtype, "session_state_changed"))
        on_state(l);
    else if (mu_str_eq(subtype, "status"))
        mu_claude_note_mode(l, mu_json_str(l->json, "permissionMode"));
    else if (mu_str_eq(subtype, "api_retry") && l->claude->in_turn)
        on_retry(l);
    else if (mu_str_eq(subtype, "compact_boundary"))
        on_compacted(l);
    else if (mu_str_eq(subtype, "commands_changed"))
        mu_claude_commands(l, json_object_get(l->json, "commands"));
    else if (mu_str_eq(subtype, "task_progress"))
        on_progress(l);
    else if (mu_str_eq(subtype, "model_fallback") || mu_str_eq(subtype, "model_refusal_fallback") ||
             mu_str_eq(subtype, "model_consent_fallback"))
        on_fallback(l);
    else if (mu_str_eq(subtype, "model_refusal_no_fallback"))
        on_content(l, "The model refused to answer this. Word the message in another way.");
    else if (mu_str_eq(subtype, "informational"))
        on_content(l, NULL);
}

/* ---- the plan's limit ---- */

static void on_rate_limit(const struct mu_claude_line *l)
{
    const json_t *info = json_object_get(l->json, "rate_limit_info");
    const char *status = mu_json_str(info, "status");
    struct mu_claude *c = l->claude;
    if (!status || strncmp(status, c->limit, sizeof c->limit - 1) == 0)
        return;
    snprintf(c->limit, sizeof c->limit, "%s", status);
    if (mu_str_eq(status, "rejected"))
        mu_claude_notice(l, true, "The plan's limit is used up. Wait until it is renewed.");
    else if (mu_str_eq(status, "allowed_warning"))
        mu_claude_notice(l, false, "The plan's limit is nearly used up.");
}

/* ---- a line ---- */

/* Whether claude says with it that it took a prompt up. */
static bool takes_up(const json_t *json, const char *type)
{
    const char *subtype = mu_json_str(json, "subtype");
    if (mu_str_eq(type, "system"))
        return !mu_str_eq(subtype, "status") && !mu_str_eq(mu_json_str(json, "state"), "idle");
    return !mu_str_eq(type, "control_response") && !mu_str_eq(type, "rate_limit_event");
}

void mu_claude_line(struct mu_claude *c, const char *line, size_t n, mu_agent_cb *cb, void *ctx)
{
    json_t *json = json_loadb(line, n, JSON_ALLOW_NUL, NULL);
    const struct mu_claude_line l = {c, json, line, n, cb, ctx};
    const char *type = mu_json_str(json, "type");
    if (type && takes_up(json, type))
        c->heard = true;
    if (mu_str_eq(type, "stream_event"))
        on_stream_event(&l);
    else if (mu_str_eq(type, "assistant"))
        on_assistant(&l);
    else if (mu_str_eq(type, "user"))
        on_user(&l);
    else if (mu_str_eq(type, "system"))
        on_system(&l);
    else if (mu_str_eq(type, "control_request"))
        mu_claude_control_request(&l);
    else if (mu_str_eq(type, "control_response"))
        mu_claude_control_response(&l);
    else if (mu_str_eq(type, "control_cancel_request") && mu_json_str(json, "request_id"))
        mu_claude_emit(&l, (struct mu_agent_event){.kind = MU_AG_ANSWERED,
                                                   .id = mu_json_str(json, "request_id")});
    else if (mu_str_eq(type, "rate_limit_event"))
        on_rate_limit(&l);
    else if (mu_str_eq(type, "result"))
        mu_claude_on_result(&l);
    json_decref(json);
}
