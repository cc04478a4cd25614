#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/claude.h"

/* ---- titles ---- */

const char *mu_claude_title(const char *tool, const json_t *input)
{
    static const char *const keys[] = {"command", "file_path",   "pattern", "path",  "url",
                                       "query",   "description", "prompt",  "skill", NULL};
    if (mu_str_eq(tool, "ExitPlanMode"))
        return "Approve this plan and let claude carry it out?";
    if (mu_str_eq(tool, "EnterPlanMode"))
        return "Plan first, and change nothing until the plan is approved?";
    for (size_t i = 0; keys[i]; i++)
        if (mu_json_str(input, keys[i]))
            return mu_json_str(input, keys[i]);
    return NULL;
}

/* ---- the plan ---- */

static const char *status_of(const char *status)
{
    return mu_str_eq(status, "in_progress") || mu_str_eq(status, "completed") ? status : "pending";
}

static json_t *text_of(const char *text)
{
    size_t n = strlen(text);
    json_t *json =
        json_stringn(text, n > MU_CLAUDE_TASK_BYTES ? mu_utf8_cut(text, MU_CLAUDE_TASK_BYTES) : n);
    return json ? json : json_string("");
}

static void emit_plan(const struct mu_claude_line *l, const json_t *steps, const char *key)
{
    json_t *plan = json_array();
    size_t i;
    json_t *step;
    json_array_foreach((json_t *)steps, i, step)
    {
        const char *text = mu_json_str(step, key);
        if (text && json_array_size(plan) < MU_CLAUDE_TASKS)
            json_array_append_new(plan, json_pack("{s:o, s:s}", "text", text_of(text), "status",
                                                  status_of(mu_json_str(step, "status"))));
    }
    char *json = json_dumps(plan, JSON_COMPACT);
    if (json_array_size(plan))
        mu_claude_emit(l, (struct mu_agent_event){.kind = MU_AG_PLAN, .input = json});
    free(json);
    json_decref(plan);
}

static void emit_tasks(const struct mu_claude_line *l)
{
    emit_plan(l, l->claude->tasks, "text");
}

/* The index of the task whose member `key` has that value; or the number of tasks. */
static size_t find_task(const struct mu_claude *c, const char *key, const char *value)
{
    size_t i;
    json_t *task;
    json_array_foreach(c->tasks, i, task)
    {
        if (value && mu_str_eq(mu_json_str(task, key), value))
            return i;
    }
    return json_array_size(c->tasks);
}

static void create_task(const struct mu_claude_line *l, const char *call, const json_t *input)
{
    struct mu_claude *c = l->claude;
    const char *subject = mu_json_str(input, "subject");
    if (!c->tasks)
        c->tasks = json_array();
    if (!subject || strlen(call) > 100 || json_array_size(c->tasks) >= MU_CLAUDE_TASKS)
        return;
    json_array_append_new(c->tasks, json_pack("{s:s, s:o, s:s}", "call", call, "text",
                                              text_of(subject), "status", "pending"));
    emit_tasks(l);
}

/* False: the task was made before this process, so that the plan is not known. */
static bool update_task(const struct mu_claude_line *l, const json_t *input)
{
    struct mu_claude *c = l->claude;
    size_t at = find_task(c, "id", mu_json_str(input, "taskId"));
    json_t *task = json_array_get(c->tasks, at);
    if (!task)
        return false;
    if (mu_str_eq(mu_json_str(input, "status"), "deleted"))
        json_array_remove(c->tasks, at);
    else if (mu_json_str(input, "status"))
        json_object_set_new(task, "status", json_string(status_of(mu_json_str(input, "status"))));
    if (mu_json_str(input, "subject") && at < json_array_size(c->tasks))
        json_object_set_new(task, "text", text_of(mu_json_str(input, "subject")));
    emit_tasks(l);
    return true;
}

bool mu_claude_plan_call(const struct mu_claude_line *l, const json_t *block)
{
    const char *name = mu_json_str(block, "name");
    const char *call = mu_json_str(block, "id");
    const json_t *input = json_object_get(block, "input");
    if (mu_json_str(l->json, "parent_tool_use_id") || !call)
        return false; /* a sub-agent's own list */
    if (mu_str_eq(name, "TodoWrite") && json_is_array(json_object_get(input, "todos")))
        emit_plan(l, json_object_get(input, "todos"), "content");
    else if (mu_str_eq(name, "TaskCreate"))
        create_task(l, call, input);
    else
        return mu_str_eq(name, "TaskUpdate") && update_task(l, input);
    return true;
}

bool mu_claude_plan_result(const struct mu_claude_line *l, const json_t *block)
{
    struct mu_claude *c = l->claude;
    size_t at = find_task(c, "call", mu_json_str(block, "tool_use_id"));
    json_t *task = json_array_get(c->tasks, at);
    if (!task || mu_json_str(task, "id"))
        return false;
    const json_t *made = json_object_get(json_object_get(l->json, "tool_use_result"), "task");
    const char *id = mu_json_str(made, "id");
    if (id && strlen(id) <= 40) {
        json_object_set_new(task, "id", json_string(id));
        return true;
    }
    json_array_remove(c->tasks, at); /* it was not made */
    emit_tasks(l);
    return true;
}

void mu_claude_plan_prompt(struct mu_claude *c)
{
    size_t i;
    json_t *task;
    json_array_foreach(c->tasks, i, task)
    {
        if (!mu_str_eq(mu_json_str(task, "status"), "completed"))
            return;
    }
    json_decref(c->tasks);
    c->tasks = NULL;
}

/* ---- diffs ---- */

static char *dump_diffs(json_t *diffs)
{
    char *text = json_array_size(diffs) ? json_dumps(diffs, JSON_COMPACT) : NULL;
    json_decref(diffs);
    if (text && strlen(text) > MU_CLAUDE_DIFF_BYTES) {
        free(text);
        return NULL;
    }
    return text;
}

static void add_edit(json_t *diffs, const char *path, const json_t *edit)
{
    json_t *before = json_object_get(edit, "old_string");
    json_t *after = json_object_get(edit, "new_string");
    if (path && json_is_string(before) && json_is_string(after))
        json_array_append_new(
            diffs, json_pack("{s:s, s:O, s:O}", "path", path, "old", before, "new", after));
}

char *mu_claude_call_diffs(const char *tool, const json_t *input)
{
    const char *path = mu_json_str(input, "file_path");
    json_t *diffs = json_array();
    size_t i;
    json_t *edit;
    if (mu_str_eq(tool, "Edit"))
        add_edit(diffs, path, input);
    else if (mu_str_eq(tool, "MultiEdit"))
        json_array_foreach(json_object_get(input, "edits"), i, edit) add_edit(diffs, path, edit);
    return dump_diffs(diffs);
}

static void put_hunk(const json_t *hunk, struct mu_buf *out)
{
    size_t i;
    json_t *line;
    mu_buf_printf(out, "@@ -%lld,%lld +%lld,%lld @@\n",
                  (long long)json_integer_value(json_object_get(hunk, "oldStart")),
                  (long long)json_integer_value(json_object_get(hunk, "oldLines")),
                  (long long)json_integer_value(json_object_get(hunk, "newStart")),
                  (long long)json_integer_value(json_object_get(hunk, "newLines")));
    json_array_foreach(json_object_get(hunk, "lines"), i, line)
    {
        mu_buf_add(out, json_string_value(line), json_string_length(line));
        mu_buf_char(out, '\n');
    }
}

char *mu_claude_result_diffs(const json_t *result)
{
    const char *path = mu_json_str(result, "filePath");
    const json_t *hunks = json_object_get(result, "structuredPatch");
    json_t *content = json_object_get(result, "content");
    json_t *diffs = json_array();
    struct mu_buf patch = {0};
    size_t i;
    json_t *hunk;
    json_array_foreach((json_t *)hunks, i, hunk) put_hunk(hunk, &patch);
    if (path && patch.len)
        json_array_append_new(diffs, json_pack("{s:s, s:o}", "path", path, "patch",
                                               json_stringn(patch.data, patch.len)));
    else if (path && mu_str_eq(mu_json_str(result, "type"), "create") && json_is_string(content))
        json_array_append_new(diffs,
                              json_pack("{s:s, s:n, s:O}", "path", path, "old", "new", content));
    mu_buf_release(&patch);
    return dump_diffs(diffs);
}

/* ---- images ---- */

char *mu_claude_images(const json_t *content)
{
    json_t *images = json_array();
    size_t i;
    json_t *block;
    json_array_foreach((json_t *)content, i, block)
    {
        const json_t *source = json_object_get(block, "source");
        json_t *data = json_object_get(source, "data");
        json_t *type = json_object_get(source, "media_type");
        if (mu_str_eq(mu_json_str(block, "type"), "image") &&
            mu_str_eq(mu_json_str(source, "type"), "base64") && json_is_string(data) &&
            json_is_string(type))
            json_array_append_new(images, json_pack("{s:O, s:O}", "type", type, "data", data));
    }
    char *text = json_array_size(images) ? json_dumps(images, JSON_COMPACT) : NULL;
    json_decref(images);
    return text;
}
