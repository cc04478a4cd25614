#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/acp.h"
#include "hold/include.h"

/* ---- small things ---- */

void acp_emit(const struct acp_line *l, struct mu_agent_event ev)
{
    if (ev.kind != MU_AG_TEXT && l->raw) {
        ev.raw = l->raw;
        ev.raw_n = l->raw_n;
    }
    l->cb(l->ctx, &ev);
}

void acp_notice(const struct acp_line *l, bool failed, const char *fmt, ...)
{
    char text[2048];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct mu_buf valid = {0};
    struct mu_utf8_rest rest = {.n = 0};
    mu_text_add(&valid, &rest, text, n > 0 ? strlen(text) : 0);
    mu_text_end(&valid, &rest);
    acp_emit(l, (struct mu_agent_event){.kind = MU_AG_NOTICE,
                                        .text = valid.data ? valid.data : "",
                                        .n = valid.len,
                                        .failed = failed});
    mu_buf_release(&valid);
}

void acp_send(const struct acp_line *l, struct mu_buf *bytes, bool includes)
{
    if (bytes->len)
        acp_emit(
            l, (struct mu_agent_event){
                   .kind = MU_AG_SEND, .text = bytes->data, .n = bytes->len, .includes = includes});
    mu_buf_release(bytes);
}

void acp_odd(const struct acp_line *l, const char *what, const char *kind)
{
    if (l->acp->said_odd)
        return;
    l->acp->said_odd = true;
    acp_notice(l, false,
               "%s said something that muster does not know: %s of the kind \"%.60s\". Something "
               "may be missing here; there may be a newer muster that shows it.",
               l->acp->name, what, kind ? kind : "?");
}

bool acp_prompted(const struct mu_acp *c)
{
    return c->calls[ACP_CALL_PROMPT] != 0;
}

/* ---- the prompt ---- */

static void put_text_block(struct mu_buf *out, const char *text)
{
    mu_buf_str(out, "{\"type\":\"text\",\"text\":");
    mu_buf_json(out, text ? text : "");
    mu_buf_char(out, '}');
}

bool acp_put_prompt(struct mu_acp *c, struct mu_buf *out)
{
    const json_t *images = c->can_see ? json_object_get(c->prompt, "images") : NULL;
    bool includes = json_array_size(images) > 0;
    size_t i;
    json_t *image;
    c->calls[ACP_CALL_PROMPT] = ++c->last_id;
    c->cost_before = c->cost_microusd;
    mu_buf_printf(out,
                  "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"method\":\"session/prompt\",\"params\":{"
                  "\"sessionId\":",
                  (long long)c->last_id);
    mu_buf_json(out, c->session);
    mu_buf_str(out, ",\"prompt\":[");
    put_text_block(out, mu_json_str(c->prompt, "text"));
    json_array_foreach((json_t *)images, i, image)
    {
        mu_buf_str(out, ",{\"type\":\"image\",\"mimeType\":");
        mu_buf_json(out, mu_json_str(image, "type"));
        mu_buf_str(out, ",\"data\":\"");
        mu_include_put(out, mu_json_str(image, "path"));
        mu_buf_str(out, "\"}");
    }
    mu_buf_str(out, "]}}\n");
    json_decref(c->prompt);
    c->prompt = NULL;
    return includes;
}

/* ---- text ---- */

bool acp_block_text(const json_t *block, struct mu_buf *out)
{
    const char *type = mu_json_str(block, "type");
    const json_t *resource = json_object_get(block, "resource");
    const char *text = mu_json_str(block, "text");
    const char *uri = mu_json_str(resource ? resource : block, "uri");
    if (mu_str_eq(type, "text") && text)
        mu_buf_str(out, text);
    else if (mu_str_eq(type, "resource") && mu_json_str(resource, "text"))
        mu_buf_str(out, mu_json_str(resource, "text"));
    else if (mu_str_eq(type, "resource") || mu_str_eq(type, "resource_link"))
        mu_buf_printf(out, "[%s]", uri ? uri : "a file");
    else if (mu_str_eq(type, "image") || mu_str_eq(type, "audio"))
        mu_buf_printf(out, "[%s]", type);
    else
        return text && mu_str_eq(type, "text");
    return true;
}

static void on_chunk(const struct acp_line *l, const json_t *update, enum mu_message_kind kind)
{
    const json_t *block = json_object_get(update, "content");
    struct mu_buf text = {0};
    if (!acp_prompted(l->acp)) {
        l->acp->replayed = true;
        return;
    }
    if (!acp_block_text(block, &text))
        acp_odd(l, "a piece of its answer", mu_json_str(block, "type"));
    if (text.len)
        acp_emit(l, (struct mu_agent_event){
                        .kind = MU_AG_TEXT, .message = kind, .text = text.data, .n = text.len});
    mu_buf_release(&text);
}

void acp_give_plan(const struct acp_line *l, const json_t *entries)
{
    size_t i;
    json_t *entry;
    json_t *plan = json_array();
    json_array_foreach((json_t *)entries, i, entry)
    {
        const char *status = mu_json_str(entry, "status");
        bool known = mu_str_eq(status, "in_progress") || mu_str_eq(status, "completed");
        if (mu_json_str(entry, "content"))
            json_array_append_new(plan,
                                  json_pack("{s:O, s:s}", "text", json_object_get(entry, "content"),
                                            "status", known ? status : "pending"));
    }
    char *text = json_dumps(plan, JSON_COMPACT);
    acp_emit(l, (struct mu_agent_event){.kind = MU_AG_PLAN, .input = text});
    free(text);
    json_decref(plan);
}

static void on_plan(const struct acp_line *l, const json_t *update)
{
    if (acp_prompted(l->acp))
        acp_give_plan(l, json_object_get(update, "entries"));
    else
        l->acp->replayed = true;
}

/* ---- facts ---- */

static void on_commands(const struct acp_line *l, const json_t *update)
{
    size_t i;
    size_t bytes = 0;
    json_t *command;
    json_t *list = json_array();
    json_array_foreach(json_object_get(update, "availableCommands"), i, command)
    {
        const char *name = mu_json_str(command, "name");
        const char *more = mu_json_str(command, "description");
        const char *hint = mu_json_str(json_object_get(command, "input"), "hint");
        size_t n = more ? mu_text_cut(more, 120) : 0;
        size_t hint_n = hint ? mu_text_cut(hint, 120) : 0;
        bytes += (name ? strlen(name) : 0) + 2 * (n + hint_n) + 64;
        if (!name || bytes > MU_FACT_BYTES - 64)
            continue;
        json_t *one = json_object();
        json_object_set_new(one, "name", json_string(name));
        if (n)
            json_object_set_new(one, "description", json_stringn(more, n));
        if (hint_n)
            json_object_set_new(one, "hint", json_stringn(hint, hint_n));
        json_array_append_new(list, one);
    }
    acp_fact(l, "commands", list);
}

static void on_usage(const struct acp_line *l, const json_t *update)
{
    const json_t *used = json_object_get(update, "used");
    const json_t *size = json_object_get(update, "size");
    acp_on_cost(l->acp, json_object_get(update, "cost"));
    if (json_is_integer(used) && json_is_integer(size) && json_integer_value(used) >= 0 &&
        json_integer_value(size) > 0)
        acp_fact(l, "context", json_pack("{s:O, s:O}", "used", used, "size", size));
}

/* codex-acp says errors of the model's side as text, and here that it was one. */
static void on_codex_info(const struct acp_line *l, const json_t *codex)
{
    const json_t *error = json_object_get(codex, "error");
    const char *status = mu_json_str(json_object_get(codex, "threadStatus"), "type");
    if (!acp_prompted(l->acp))
        return;
    if (mu_str_eq(status, "systemError"))
        l->acp->model_failed = true;
    if (json_is_true(json_object_get(error, "willRetry")) && mu_json_str(error, "message")) {
        const char *more = mu_json_str(error, "additionalDetails");
        acp_notice(l, true, "The model did not answer: %.200s%s%.600s",
                   mu_json_str(error, "message"), more ? " " : "", more ? more : "");
    }
}

static void on_info(const struct acp_line *l, const json_t *update)
{
    const char *title = mu_json_str(update, "title");
    on_codex_info(l, json_object_get(json_object_get(update, "_meta"), "codex"));
    if (title && *title)
        acp_emit(l,
                 (struct mu_agent_event){.kind = MU_AG_TITLE, .text = title, .n = strlen(title)});
}

/* ---- dispatch ---- */

static void on_update(const struct acp_line *l, const json_t *params)
{
    struct mu_acp *c = l->acp;
    const json_t *update = json_object_get(params, "update");
    const char *kind = mu_json_str(update, "sessionUpdate");
    if (!*c->session || !mu_str_eq(mu_json_str(params, "sessionId"), c->session) || !kind)
        return;
    if (mu_str_eq(kind, "agent_message_chunk"))
        on_chunk(l, update, MU_message_kind_TEXT);
    else if (mu_str_eq(kind, "agent_thought_chunk"))
        on_chunk(l, update, MU_message_kind_THINKING);
    else if (mu_str_eq(kind, "user_message_chunk"))
        c->replayed = true;
    else if (mu_str_eq(kind, "tool_call") || mu_str_eq(kind, "tool_call_update"))
        acp_on_tool(l, update);
    else if (mu_str_eq(kind, "plan"))
        on_plan(l, update);
    else if (mu_str_eq(kind, "available_commands_update"))
        on_commands(l, update);
    else if (mu_str_eq(kind, "current_mode_update"))
        acp_set_now(l, &c->mode, "mode", mu_json_str(update, "currentModeId"));
    else if (mu_str_eq(kind, "config_option_update"))
        acp_read_choices(l, update);
    else if (mu_str_eq(kind, "session_info_update"))
        on_info(l, update);
    else if (mu_str_eq(kind, "usage_update"))
        on_usage(l, update);
    else if (kind[0] != '_')
        acp_odd(l, "an update", kind);
}

static void on_answer(const struct acp_line *l, const struct mu_rpc_message *m)
{
    for (int call = 0; call < ACP_CALLS; call++) {
        if (m->id > 0 && l->acp->calls[call] == m->id) {
            acp_on_answer(l, (enum acp_call)call, m);
            return;
        }
    }
}

void mu_acp_line(const struct acp_line *l)
{
    json_t *json = json_loadb(l->raw, l->raw_n, JSON_ALLOW_NUL, NULL);
    struct mu_rpc_message m;
    mu_rpc_read(json, &m);
    if (m.kind == MU_RPC_REQUEST)
        acp_on_request(l, &m);
    else if (m.kind == MU_RPC_RESULT || m.kind == MU_RPC_ERROR)
        on_answer(l, &m);
    else if (m.kind == MU_RPC_NOTIFICATION && mu_str_eq(m.method, "session/update"))
        on_update(l, m.body);
    else if (m.kind == MU_RPC_NOTIFICATION && mu_str_eq(m.method, "$/cancel_request"))
        acp_on_cancel_request(l, m.body);
    json_decref(json);
}
