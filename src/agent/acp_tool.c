#include <stdlib.h>
#include <string.h>

#include "agent/acp.h"

/* Tool calls. An update or a request for leave may come before the call that it is about, and an
 * agent may never tell how a call that was denied ended. */

/* ---- what is known of the turn's calls ---- */

static json_t *find(const struct mu_acp *c, const char *id)
{
    return json_object_get(c->tools, id);
}

static bool is_done(const json_t *tool)
{
    return json_is_true(json_object_get(tool, "done"));
}

/* Forgets one: a call whose result is due only where all others are, too. */
static void make_room(struct mu_acp *c)
{
    const char *id;
    json_t *tool;
    json_object_foreach(c->tools, id, tool)
    {
        if (is_done(tool))
            break;
    }
    if (!id)
        id = json_object_iter_key(json_object_iter(c->tools));
    json_object_del(c->tools, id);
}

static json_t *add(struct mu_acp *c, const char *id)
{
    if (json_object_size(c->tools) >= ACP_TOOLS)
        make_room(c);
    json_t *tool = json_object();
    json_object_set_new(c->tools, id, tool);
    return tool;
}

const char *acp_tool_name(const json_t *call)
{
    const char *name = mu_json_str(call, "name");
    const char *claude =
        mu_json_str(json_object_get(json_object_get(call, "_meta"), "claudeCode"), "toolName");
    const char *kind = mu_json_str(call, "kind");
    return name && *name ? name : claude && *claude ? claude : kind && *kind ? kind : "tool";
}

/* ---- its parts ---- */

static char *dump(const json_t *json)
{
    return json ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
}

static char *input_of(const json_t *update)
{
    const json_t *input = json_object_get(update, "rawInput");
    bool empty =
        !input || json_is_null(input) || (json_is_object(input) && json_object_size(input) == 0);
    return empty ? NULL : dump(input);
}

json_t *acp_diffs(const json_t *update)
{
    size_t i;
    json_t *item;
    json_t *diffs = json_array();
    json_array_foreach(json_object_get(update, "content"), i, item)
    {
        const json_t *path = json_object_get(item, "path");
        const json_t *old = json_object_get(item, "oldText");
        const json_t *new = json_object_get(item, "newText");
        if (!mu_str_eq(mu_json_str(item, "type"), "diff") || !json_is_string(path))
            continue;
        json_t *diff = json_object();
        json_object_set(diff, "path", (json_t *)path);
        json_object_set_new(diff, "old",
                            json_is_string(old) ? json_incref((json_t *)old) : json_null());
        json_object_set_new(diff, "new",
                            json_is_string(new) ? json_incref((json_t *)new) : json_null());
        json_array_append_new(diffs, diff);
    }
    if (json_array_size(diffs) > 0)
        return diffs;
    json_decref(diffs);
    return NULL;
}

static char *diffs_text(const json_t *update)
{
    json_t *diffs = acp_diffs(update);
    char *text = dump(diffs);
    json_decref(diffs);
    return text;
}

static char *images_of(const json_t *update)
{
    size_t i;
    json_t *item;
    json_t *images = json_array();
    json_array_foreach(json_object_get(update, "content"), i, item)
    {
        const json_t *block = json_object_get(item, "content");
        const json_t *type = json_object_get(block, "mimeType");
        const json_t *data = json_object_get(block, "data");
        if (mu_str_eq(mu_json_str(block, "type"), "image") && json_is_string(type) &&
            json_is_string(data))
            json_array_append_new(images, json_pack("{s:O, s:O}", "type", type, "data", data));
    }
    char *text = json_array_size(images) ? dump(images) : NULL;
    json_decref(images);
    return text;
}

static void content_text(const struct acp_line *l, const json_t *update, struct mu_buf *out)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(update, "content"), i, item)
    {
        const char *type = mu_json_str(item, "type");
        const json_t *block = json_object_get(item, "content");
        if (mu_str_eq(type, "diff") || mu_str_eq(type, "terminal") ||
            mu_str_eq(mu_json_str(block, "type"), "image"))
            continue;
        size_t before = out->len;
        if (before)
            mu_buf_char(out, '\n');
        if (!mu_str_eq(type, "content"))
            acp_odd(l, "a tool's output", type);
        else if (!acp_block_text(block, out))
            acp_odd(l, "a tool's output", mu_json_str(block, "type"));
        if (before && out->len == before + 1)
            out->data[--out->len] = '\0';
    }
}

static void raw_text(const json_t *raw, struct mu_buf *out)
{
    static const char *const keys[] = {"output", "formatted_output", "aggregated_output", "stdout",
                                       "error"};
    if (!raw || json_is_null(raw))
        return;
    if (json_is_string(raw)) {
        mu_buf_str(out, json_string_value(raw));
        return;
    }
    for (size_t i = 0; i < MU_COUNT(keys); i++) {
        const char *text = mu_json_str(raw, keys[i]);
        if (text) {
            mu_buf_str(out, text);
            return;
        }
    }
    char *text = dump(raw);
    mu_buf_str(out, text ? text : "");
    free(text);
}

/* codex-acp sends a command's output in pieces, as that of a terminal. What is told is all of it,
 * so it is told when it has grown by half. */
static void add_piece(json_t *tool, const json_t *update, bool done, struct mu_buf *out)
{
    const json_t *meta = json_object_get(update, "_meta");
    const char *piece = mu_json_str(json_object_get(meta, "terminal_output_delta"), "data");
    const char *before = mu_json_str(tool, "output");
    if (!piece)
        return;
    if (before)
        mu_buf_str(out, before);
    mu_buf_str(out, piece);
    size_t keep = out->len ? mu_text_cut(out->data, ACP_TOOL_OUTPUT) : 0;
    size_t told = (size_t)json_integer_value(json_object_get(tool, "told"));
    bool tell = keep > told + (done ? 0 : told / 2);
    json_object_set_new(tool, "output", json_stringn(out->data ? out->data : "", keep));
    if (tell)
        json_object_set_new(tool, "told", json_integer((json_int_t)keep));
    else
        mu_buf_clear(out);
}

/* The rest of what came in pieces. */
static void add_rest(json_t *tool, struct mu_buf *out)
{
    const json_t *output = json_object_get(tool, "output");
    if ((json_int_t)json_string_length(output) > json_integer_value(json_object_get(tool, "told")))
        mu_buf_str(out, json_string_value(output));
}

/* Its output as it is known by now; nothing appended: nothing new. */
static void output_of(const struct acp_line *l, json_t *tool, const json_t *update, bool done,
                      struct mu_buf *out)
{
    const json_t *raw = json_object_get(update, "rawOutput");
    if (done && json_is_string(raw) && json_string_length(raw))
        raw_text(raw, out);
    else
        content_text(l, update, out);
    if (out->len == 0)
        add_piece(tool, update, done, out);
    if (out->len == 0 && done)
        raw_text(raw, out);
    if (out->len == 0 && done)
        add_rest(tool, out);
}

/* ---- events ---- */

static void begin(const struct acp_line *l, const json_t *update, const char *id)
{
    const char *name = acp_tool_name(update);
    const char *title = mu_json_str(update, "title");
    const char *parent = mu_json_str(
        json_object_get(json_object_get(update, "_meta"), "claudeCode"), "parentToolUseId");
    char *input = input_of(update);
    acp_emit(l, (struct mu_agent_event){.kind = MU_AG_TOOL_CALL,
                                        .id = id,
                                        .name = name,
                                        .title = mu_str_eq(title, name) ? NULL : title,
                                        .input = input,
                                        .parent = parent});
    free(input);
}

static void tell(const struct acp_line *l, json_t *tool, const json_t *update, const char *id,
                 bool first)
{
    const char *status = mu_json_str(update, "status");
    bool failed = mu_str_eq(status, "failed");
    bool done = failed || mu_str_eq(status, "completed");
    struct mu_buf text = {0};
    char *input = first ? NULL : input_of(update);
    char *diffs = diffs_text(update);
    char *images = done ? images_of(update) : NULL;
    const char *title = first ? NULL : mu_json_str(update, "title");
    if (done || !first) /* what a call begins with describes it */
        output_of(l, tool, update, done, &text);
    bool news = input || diffs || title || text.len;
    struct mu_agent_event ev = {.kind = done ? MU_AG_TOOL_RESULT : MU_AG_TOOL_UPDATE,
                                .id = id,
                                .title = title,
                                .input = input,
                                .text = text.len ? text.data : NULL,
                                .n = text.len,
                                .diffs = diffs,
                                .images = images,
                                .failed = failed};
    if (done) {
        json_object_set_new(tool, "done", json_true());
        json_object_del(tool, "output");
    }
    if (done || news)
        acp_emit(l, ev);
    mu_buf_release(&text);
    free(input);
    free(diffs);
    free(images);
}

/* opencode writes its plan by a tool, and sends no update of the plan. */
static void plan_of(const struct acp_line *l, const json_t *update)
{
    const json_t *todos = json_object_get(json_object_get(update, "rawInput"), "todos");
    const json_t *first = json_array_get(todos, 0);
    if (mu_json_str(first, "content") && mu_json_str(first, "status"))
        acp_give_plan(l, todos);
}

void acp_on_tool(const struct acp_line *l, const json_t *update)
{
    const char *id = mu_json_str(update, "toolCallId");
    if (!acp_prompted(l->acp)) {
        l->acp->replayed = true;
        return;
    }
    if (!id || !*id)
        return;
    json_t *tool = find(l->acp, id);
    bool first = !tool;
    if (is_done(tool))
        return;
    if (first) {
        tool = add(l->acp, id);
        begin(l, update, id);
    }
    tell(l, tool, update, id, first);
    plan_of(l, update);
}

void acp_know_tool(const struct acp_line *l, const json_t *call)
{
    const char *id = mu_json_str(call, "toolCallId");
    if (!id || !*id || find(l->acp, id))
        return;
    json_t *tool = add(l->acp, id);
    begin(l, call, id);
    tell(l, tool, call, id, true);
}

void acp_tool_denied(struct mu_acp *c, const char *tool_id)
{
    json_t *tool = tool_id ? find(c, tool_id) : NULL;
    if (tool)
        json_object_set_new(tool, "denied", json_true());
}

void acp_end_tools(const struct acp_line *l, bool failed)
{
    const char *id;
    json_t *tool;
    json_object_foreach(l->acp->tools, id, tool)
    {
        bool denied = json_is_true(json_object_get(tool, "denied"));
        if (!is_done(tool))
            acp_emit(l, (struct mu_agent_event){
                            .kind = MU_AG_TOOL_RESULT, .id = id, .failed = failed || denied});
    }
    json_object_clear(l->acp->tools);
}
