#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/codex.h"

static void give_final(const struct mu_codex_line *l, enum mu_message_kind kind, const char *text)
{
    if (text && *text)
        mu_codex_emit(l,
                      (struct mu_agent_event){
                          .kind = MU_AG_FINAL, .message = kind, .text = text, .n = strlen(text)});
}

static char *dump(const json_t *json)
{
    return json && !json_is_null(json) ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
}

/* ---- commands ---- */

/* Reads one word of a shell's command line; false where it is not a plain word. */
static bool shell_word(const char **p, struct mu_buf *out)
{
    const char *s = *p;
    char quote = '\0';
    for (; *s && (quote || *s != ' '); s++) {
        bool escapes = *s == '\\' && quote != '\'' && s[1] &&
                       (quote == '\0' || strchr("\"\\$`", s[1]) != NULL);
        if (escapes)
            mu_buf_char(out, *++s);
        else if (quote ? *s == quote : *s == '\'' || *s == '"')
            quote = quote ? '\0' : *s;
        else
            mu_buf_char(out, *s);
    }
    *p = s + strspn(s, " ");
    return quote == '\0';
}

/* A shell of the system's: one from elsewhere is to be seen. */
static bool is_shell(const char *word)
{
    static const char *const folders[] = {"", "/bin/", "/usr/bin/", "/usr/local/bin/"};
    static const char *const names[] = {"sh", "bash", "zsh"};
    for (size_t i = 0; i < MU_COUNT(folders) * MU_COUNT(names); i++) {
        const char *folder = folders[i / MU_COUNT(names)];
        size_t n = strlen(folder);
        if (strncmp(word, folder, n) == 0 && strcmp(word + n, names[i % MU_COUNT(names)]) == 0)
            return true;
    }
    return false;
}

void mu_codex_command(const char *command, struct mu_buf *out)
{
    struct mu_buf shell = {0};
    struct mu_buf option = {0};
    struct mu_buf script = {0};
    const char *p = command;
    bool wrapped = shell_word(&p, &shell) && shell.data && is_shell(shell.data) &&
                   shell_word(&p, &option) && option.data &&
                   (mu_str_eq(option.data, "-lc") || mu_str_eq(option.data, "-c")) &&
                   shell_word(&p, &script) && script.data && *p == '\0';
    mu_buf_str(out, wrapped ? script.data : command);
    mu_buf_release(&shell);
    mu_buf_release(&option);
    mu_buf_release(&script);
}

/* ---- what a tool call is ---- */

/* What is told of an item of a kind. Owned: title, input, output, diffs, images. */
struct tool {
    const char *name;
    char *title;
    char *input;  /* JSON */
    char *diffs;  /* JSON */
    char *images; /* JSON */
    struct mu_buf output;
    bool failed;
};

static bool is_status(const json_t *item, const char *word)
{
    return mu_str_eq(mu_json_str(item, "status"), word);
}

static char *packed(json_t *json)
{
    char *text = dump(json);
    json_decref(json);
    return text;
}

static void of_command(const json_t *item, struct tool *t)
{
    const char *command = mu_json_str(item, "command");
    const char *cwd = mu_json_str(item, "cwd");
    const char *output = mu_json_str(item, "aggregatedOutput");
    const json_t *code = json_object_get(item, "exitCode");
    struct mu_buf title = {0};
    mu_codex_command(command ? command : "", &title);
    t->name = "shell";
    t->title = mu_buf_take(&title);
    t->input = packed(json_pack("{s:s, s:s*}", "command", t->title, "cwd", cwd));
    t->failed =
        is_status(item, "failed") || is_status(item, "declined") || json_integer_value(code) != 0;
    if (output)
        mu_buf_str(&t->output, output);
    else if (is_status(item, "declined"))
        mu_buf_str(&t->output, "Declined.");
    if (json_integer_value(code) != 0)
        mu_buf_printf(&t->output, "%s[exit code %lld]",
                      t->output.len && t->output.data[t->output.len - 1] != '\n' ? "\n" : "",
                      (long long)json_integer_value(code));
}

static json_t *diff_of(const json_t *change)
{
    const char *path = mu_json_str(change, "path");
    const char *kind = mu_json_str(json_object_get(change, "kind"), "type");
    json_t *diff = json_object_get(change, "diff");
    if (!path || !json_is_string(diff))
        return NULL;
    if (mu_str_eq(kind, "add"))
        return json_pack("{s:s, s:n, s:O}", "path", path, "old", "new", diff);
    if (mu_str_eq(kind, "delete"))
        return json_pack("{s:s, s:O, s:n}", "path", path, "old", diff, "new");
    return json_pack("{s:s, s:O}", "path", path, "patch", diff);
}

static void of_change(const json_t *item, struct tool *t)
{
    json_t *diffs = json_array();
    json_t *files = json_array();
    struct mu_buf title = {0};
    size_t i;
    json_t *change;
    json_array_foreach(json_object_get(item, "changes"), i, change)
    {
        json_t *diff = diff_of(change);
        const char *path = mu_json_str(change, "path");
        if (!diff)
            continue;
        json_array_append_new(diffs, diff);
        json_array_append_new(files, json_string(path));
        mu_buf_printf(&title, "%s%s", title.len ? ", " : "", path);
    }
    t->name = "apply_patch";
    t->title = mu_buf_take(&title);
    t->input = packed(json_pack("{s:o}", "files", files));
    t->diffs = packed(diffs);
    t->failed = is_status(item, "failed") || is_status(item, "declined");
    if (is_status(item, "declined"))
        mu_buf_str(&t->output, "Declined.");
}

/* Text and images of an MCP tool's answer, or of a tool of the host's. */
static void content_of(const json_t *content, struct tool *t)
{
    json_t *images = json_array();
    size_t i;
    json_t *block;
    json_array_foreach((json_t *)content, i, block)
    {
        const char *text = mu_json_str(block, "text");
        const char *data = mu_json_str(block, "data");
        const char *type = mu_json_str(block, "mimeType");
        if (text)
            mu_buf_printf(&t->output, "%s%s", t->output.len ? "\n" : "", text);
        else if (data && type && mu_str_eq(mu_json_str(block, "type"), "image"))
            json_array_append_new(images, json_pack("{s:s, s:s}", "type", type, "data", data));
    }
    if (json_array_size(images) > 0)
        t->images = dump(images);
    json_decref(images);
}

static void of_mcp(const json_t *item, struct tool *t)
{
    const char *server = mu_json_str(item, "server");
    const char *error = mu_json_str(json_object_get(item, "error"), "message");
    const char *tool = mu_json_str(item, "tool");
    t->name = tool ? tool : "an MCP tool";
    t->title = mu_asprintf("%s", server ? server : "");
    t->input = dump(json_object_get(item, "arguments"));
    t->failed = is_status(item, "failed");
    content_of(json_object_get(json_object_get(item, "result"), "content"), t);
    if (error)
        mu_buf_printf(&t->output, "%s%s", t->output.len ? "\n" : "", error);
}

static void of_dynamic(const json_t *item, struct tool *t)
{
    const char *tool = mu_json_str(item, "tool");
    t->name = tool ? tool : "a tool";
    t->input = dump(json_object_get(item, "arguments"));
    t->failed = is_status(item, "failed") || json_is_false(json_object_get(item, "success"));
    content_of(json_object_get(item, "contentItems"), t);
}

static void of_search(const json_t *item, struct tool *t)
{
    const json_t *action = json_object_get(item, "action");
    const char *query = mu_json_str(item, "query");
    const char *url = mu_json_str(action, "url");
    t->name = "web_search";
    t->title = mu_strdup(query && *query ? query : url ? url : "");
    t->input = packed(json_pack("{s:s, s:O*}", "query", query ? query : "", "action", action));
}

static void of_agent(const json_t *item, struct tool *t)
{
    const char *tool = mu_json_str(item, "tool");
    const char *prompt = mu_json_str(item, "prompt");
    t->name = tool ? tool : "agent";
    t->title = mu_strdup(prompt ? prompt : "");
    t->input = packed(json_pack("{s:s*, s:O*}", "prompt", prompt, "agents",
                                json_object_get(item, "receiverThreadIds")));
    t->failed = is_status(item, "failed");
}

static void of_view(const json_t *item, struct tool *t)
{
    const char *path = mu_json_str(item, "path");
    t->name = "view_image";
    t->title = mu_strdup(path ? path : "");
    t->input = packed(json_pack("{s:s*}", "path", path));
}

static const struct {
    const char *type;
    void (*read)(const json_t *item, struct tool *t);
} tools[] = {{"commandExecution", of_command},
             {"fileChange", of_change},
             {"mcpToolCall", of_mcp},
             {"dynamicToolCall", of_dynamic},
             {"webSearch", of_search},
             {"collabAgentToolCall", of_agent},
             {"imageView", of_view}};

/* ---- tool calls ---- */

static void remember(struct mu_codex *c, const char *id, const struct tool *t)
{
    json_t *known = json_pack("{s:s}", "title", t->title ? t->title : "");
    if (t->diffs && strlen(t->diffs) <= MU_CODEX_CHANGES_BYTES)
        json_object_set_new(known, "diffs", json_loads(t->diffs, JSON_ALLOW_NUL, NULL));
    json_object_set_new(c->tools, id, known);
}

static void give_call(const struct mu_codex_line *l, const char *id, const struct tool *t)
{
    mu_codex_emit(l, (struct mu_agent_event){.kind = MU_AG_TOOL_CALL,
                                             .id = id,
                                             .name = t->name,
                                             .title = t->title,
                                             .input = t->input});
    if (t->diffs)
        mu_codex_emit(
            l, (struct mu_agent_event){.kind = MU_AG_TOOL_UPDATE, .id = id, .diffs = t->diffs});
}

static void give_result(const struct mu_codex_line *l, const char *id, const struct tool *t)
{
    struct mu_codex *c = l->codex;
    if (!json_object_get(c->tools, id))
        give_call(l, id, t);
    json_object_del(c->tools, id);
    if (strcmp(c->live_id, id) == 0) {
        c->live_id[0] = '\0';
        mu_buf_release(&c->live);
        c->shown = 0;
    }
    mu_codex_emit(l, (struct mu_agent_event){.kind = MU_AG_TOOL_RESULT,
                                             .id = id,
                                             .title = t->title,
                                             .input = t->input,
                                             .text = t->output.data ? t->output.data : "",
                                             .n = t->output.len,
                                             .diffs = t->diffs,
                                             .images = t->images,
                                             .failed = t->failed});
}

static void on_tool(const struct mu_codex_line *l, size_t kind, const json_t *item, bool done)
{
    struct mu_codex *c = l->codex;
    const char *id = mu_json_str(item, "id");
    struct tool t = {0};
    if (!id || !*id)
        return;
    tools[kind].read(item, &t);
    if (done) {
        give_result(l, id, &t);
    } else if (json_object_size(c->tools) < MU_CODEX_TOOLS && !json_object_get(c->tools, id)) {
        remember(c, id, &t);
        give_call(l, id, &t);
    }
    free(t.title);
    free(t.input);
    free(t.diffs);
    free(t.images);
    mu_buf_release(&t.output);
}

/* The output of a command that runs: shown when it has grown by half of what is shown. */
void mu_codex_output(const struct mu_codex_line *l)
{
    struct mu_codex *c = l->codex;
    const char *id = mu_json_str(l->params, "itemId");
    const char *more = mu_json_str(l->params, "delta");
    char checked[MU_CODEX_ID];
    if (!more || !mu_codex_id(checked, id) || !json_object_get(c->tools, id))
        return;
    if (!*c->live_id)
        snprintf(c->live_id, sizeof c->live_id, "%s", checked);
    size_t n = strlen(more);
    if (strcmp(c->live_id, checked) != 0 || c->live.len + n > MU_CODEX_LIVE_BYTES)
        return;
    mu_buf_add(&c->live, more, n);
    if ((int64_t)c->live.len < c->shown + c->shown / 2)
        return;
    c->shown = (int64_t)c->live.len;
    mu_codex_emit(l, (struct mu_agent_event){.kind = MU_AG_TOOL_UPDATE,
                                             .id = checked,
                                             .text = c->live.data ? c->live.data : "",
                                             .n = c->live.len});
}

/* ---- the plan ---- */

void mu_codex_plan(const struct mu_codex_line *l)
{
    json_t *steps = json_array();
    size_t i;
    json_t *step;
    json_array_foreach(json_object_get(l->params, "plan"), i, step)
    {
        const char *what = mu_json_str(step, "step");
        const char *status = mu_json_str(step, "status");
        if (what)
            json_array_append_new(steps, json_pack("{s:s, s:s}", "text", what, "status",
                                                   mu_str_eq(status, "completed")    ? "completed"
                                                   : mu_str_eq(status, "inProgress") ? "in_progress"
                                                                                     : "pending"));
    }
    char *text = packed(steps);
    mu_codex_emit(l, (struct mu_agent_event){.kind = MU_AG_PLAN, .input = text});
    free(text);
}

/* ---- items ---- */

static void add_parts(const json_t *parts, struct mu_buf *out)
{
    size_t i;
    json_t *part;
    json_array_foreach((json_t *)parts, i, part)
    {
        const char *text = json_string_value(part);
        if (text && *text)
            mu_buf_printf(out, "%s%s", out->len ? "\n\n" : "", text);
    }
}

static void on_reasoning(const struct mu_codex_line *l, const json_t *item)
{
    struct mu_buf text = {0};
    add_parts(json_object_get(item, "summary"), &text);
    if (text.len == 0)
        add_parts(json_object_get(item, "content"), &text);
    give_final(l, MU_message_kind_THINKING, text.data);
    mu_buf_release(&text);
}

void mu_codex_item(const struct mu_codex_line *l, const json_t *item, bool done)
{
    const char *type = mu_json_str(item, "type");
    for (size_t i = 0; i < MU_COUNT(tools); i++)
        if (mu_str_eq(type, tools[i].type)) {
            on_tool(l, i, item, done);
            return;
        }
    if (!done)
        return;
    if (mu_str_eq(type, "agentMessage") || mu_str_eq(type, "plan"))
        give_final(l, MU_message_kind_TEXT, mu_json_str(item, "text"));
    else if (mu_str_eq(type, "reasoning"))
        on_reasoning(l, item);
    else if (mu_str_eq(type, "contextCompaction"))
        mu_codex_notice(l, "codex summarised the conversation so far to make room for more.",
                        false);
}
