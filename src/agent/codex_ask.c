#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/codex.h"

/* Requests that codex makes, and their answers. Each is kept in `open` until it has one. What a
 * person is shown goes out as the request's input and comes back with the answer. */

static const char *const methods[MU_CODEX_ASKS] = {
    "item/commandExecution/requestApproval",
    "item/fileChange/requestApproval",
    "item/permissions/requestApproval",
    "item/tool/requestUserInput",
    "mcpServer/elicitation/request",
    "execCommandApproval",
    "applyPatchApproval",
};

size_t mu_codex_ask_kind(const char *name)
{
    size_t i = 0;
    while (i < MU_CODEX_ASKS && !mu_str_eq(name, methods[i]))
        i++;
    return i;
}

/* ---- what is asked ---- */

/* Owned: title, input, suggestions, questions. */
struct asked {
    const char *name;
    const char *tool_id;
    char *title;
    json_t *input;
    const char *always; /* what allow_always means, or NULL */
    json_t *questions;
};

void mu_codex_copy(json_t *to, const char *key, const json_t *from)
{
    json_t *value = json_object_get(from, key);
    if (value && !json_is_null(value))
        json_object_set(to, key, value);
}

static void of_command(const struct mu_codex_line *l, struct asked *a)
{
    const char *command = mu_json_str(l->params, "command");
    const json_t *network = json_object_get(l->params, "networkApprovalContext");
    const char *host = mu_json_str(network, "host");
    struct mu_buf title = {0};
    if (command)
        mu_codex_command(command, &title);
    else if (host)
        mu_buf_printf(&title, "access to %s", host);
    a->name = "shell";
    a->tool_id = mu_json_str(l->params, "itemId");
    a->title = mu_buf_take(&title);
    a->always = "This command, as long as codex runs";
    if (command)
        json_object_set_new(a->input, "command", json_string(a->title));
    mu_codex_copy(a->input, "cwd", l->params);
    mu_codex_copy(a->input, "reason", l->params);
    mu_codex_copy(a->input, "networkApprovalContext", l->params);
}

static void of_files(const struct mu_codex_line *l, struct asked *a)
{
    const char *id = mu_json_str(l->params, "itemId");
    const json_t *tool = json_object_get(l->codex->tools, id ? id : "");
    const char *title = mu_json_str(tool, "title");
    const char *root = mu_json_str(l->params, "grantRoot");
    a->name = "apply_patch";
    a->tool_id = id;
    a->title = mu_strdup(title ? title : root ? root : "");
    a->always = "Changes of these files, as long as codex runs";
    mu_codex_copy(a->input, "diffs", tool);
    mu_codex_copy(a->input, "reason", l->params);
    mu_codex_copy(a->input, "grantRoot", l->params);
}

static void of_permissions(const struct mu_codex_line *l, struct asked *a)
{
    const char *reason = mu_json_str(l->params, "reason");
    a->name = "request_permissions";
    a->tool_id = mu_json_str(l->params, "itemId");
    a->title = mu_strdup(reason ? reason : "more permissions for this turn");
    a->always = "These permissions, as long as codex runs";
    mu_codex_copy(a->input, "permissions", l->params);
    mu_codex_copy(a->input, "cwd", l->params);
    mu_codex_copy(a->input, "reason", l->params);
}

static json_t *question(const char *text, const char *header, json_t *options)
{
    return json_pack("{s:s, s:s, s:b, s:o}", "question", text, "header", header, "multiSelect", 0,
                     "options", options);
}

static json_t *option(const char *label, const char *description)
{
    return json_pack("{s:s, s:s}", "label", label, "description", description ? description : "");
}

static void of_question(const struct mu_codex_line *l, struct asked *a)
{
    size_t i, k;
    json_t *one, *choice;
    a->name = "request_user_input";
    a->tool_id = mu_json_str(l->params, "itemId");
    a->questions = json_array();
    mu_codex_copy(a->input, "questions", l->params);
    json_array_foreach(json_object_get(l->params, "questions"), i, one)
    {
        const char *text = mu_json_str(one, "question");
        const char *header = mu_json_str(one, "header");
        json_t *options = json_array();
        json_array_foreach(json_object_get(one, "options"), k, choice)
        {
            if (mu_json_str(choice, "label"))
                json_array_append_new(options, option(mu_json_str(choice, "label"),
                                                      mu_json_str(choice, "description")));
        }
        json_array_append_new(a->questions,
                              question(text ? text : "", header ? header : "", options));
    }
    const char *first = mu_json_str(json_array_get(a->questions, 0), "question");
    a->title = mu_strdup(first ? first : "");
}

const char *mu_codex_field_text(const char *key, const json_t *field)
{
    const char *text = mu_json_str(field, "description");
    if (!text || !*text)
        text = mu_json_str(field, "title");
    return text && *text ? text : key;
}

static void of_mcp(const struct mu_codex_line *l, struct asked *a)
{
    const char *server = mu_json_str(l->params, "serverName");
    const char *message = mu_json_str(l->params, "message");
    const json_t *schema = json_object_get(l->params, "requestedSchema");
    json_t *fields = json_object_get(schema, "properties");
    const char *key;
    json_t *field, *word;
    size_t i;
    a->name = server ? server : "an MCP server";
    a->title = mu_strdup(message ? message : "");
    mu_codex_copy(a->input, "message", l->params);
    mu_codex_copy(a->input, "url", l->params);
    if (json_object_size(fields) == 0)
        return;
    json_object_set(a->input, "fields", fields);
    a->questions = json_array();
    json_object_foreach(fields, key, field)
    {
        json_t *options = json_array();
        json_array_foreach(json_object_get(field, "enum"), i, word)
        {
            if (json_is_string(word))
                json_array_append_new(options, option(json_string_value(word), NULL));
        }
        if (mu_str_eq(mu_json_str(field, "type"), "boolean")) {
            json_array_append_new(options, option("true", NULL));
            json_array_append_new(options, option("false", NULL));
        }
        json_array_append_new(a->questions,
                              question(mu_codex_field_text(key, field), key, options));
    }
}

static void of_old(const struct mu_codex_line *l, struct asked *a)
{
    struct mu_buf title = {0};
    const char *path;
    json_t *word;
    size_t i;
    json_array_foreach(json_object_get(l->params, "command"), i, word)
    {
        if (json_is_string(word))
            mu_buf_printf(&title, "%s%s", i ? " " : "", json_string_value(word));
    }
    json_object_foreach(json_object_get(l->params, "fileChanges"), path, word)
        mu_buf_printf(&title, "%s%s", title.len ? ", " : "", path);
    a->name = json_object_get(l->params, "command") ? "shell" : "apply_patch";
    a->tool_id = mu_json_str(l->params, "callId");
    a->title = mu_buf_take(&title);
    a->always = "This, as long as codex runs";
    mu_codex_copy(a->input, "command", l->params);
    mu_codex_copy(a->input, "cwd", l->params);
    mu_codex_copy(a->input, "fileChanges", l->params);
    mu_codex_copy(a->input, "reason", l->params);
}

static void (*const readers[MU_CODEX_ASKS])(const struct mu_codex_line *l, struct asked *a) = {
    of_command, of_files, of_permissions, of_question, of_mcp, of_old, of_old,
};

static void ask(const struct mu_codex_line *l, size_t method, int64_t n)
{
    char id[MU_CODEX_ID + 24];
    struct asked a = {.input = json_object()};
    readers[method](l, &a);
    snprintf(id, sizeof id, "%s.%lld", l->codex->run_id, (long long)n);
    char *input = json_dumps(a.input, JSON_COMPACT);
    char *questions =
        json_array_size(a.questions) > 0 ? json_dumps(a.questions, JSON_COMPACT) : NULL;
    json_t *offers = a.always ? json_pack("[{s:s}]", "name", a.always) : NULL;
    char *suggestions = offers ? json_dumps(offers, JSON_COMPACT) : NULL;
    mu_codex_emit(l, (struct mu_agent_event){.kind = MU_AG_ASKED,
                                             .id = id,
                                             .name = a.name,
                                             .title = a.title,
                                             .input = input,
                                             .tool_id = a.tool_id,
                                             .suggestions = suggestions,
                                             .questions = questions});
    free(suggestions);
    free(questions);
    free(input);
    json_decref(offers);
    json_decref(a.questions);
    json_decref(a.input);
    free(a.title);
}

/* ---- requests ---- */

/* Nobody is asked. */
static void decline(const struct mu_codex_line *l, const json_t *id, size_t method)
{
    struct mu_buf bytes = {0};
    mu_rpc_result(
        &bytes, false, id,
        mu_codex_result(method, &(struct mu_agent_answer){
                                    .decision = MU_permission_decision_DENY,
                                    .message = "Too many requests are open, or the turn is "
                                               "over: nobody is asked."}));
    mu_codex_send(l, &bytes);
}

static void refuse(const struct mu_codex_line *l, const json_t *id, const char *method)
{
    struct mu_codex *c = l->codex;
    struct mu_buf bytes = {0};
    mu_rpc_error(&bytes, false, id, MU_RPC_METHOD_NOT_FOUND, "muster does not know this request.");
    mu_codex_send(l, &bytes);
    if (c->puzzled)
        return;
    c->puzzled = true;
    char text[200];
    snprintf(text, sizeof text,
             "codex asked for something that this muster does not know (%.*s); it was refused.",
             mu_text_cut(method, 80), method);
    mu_codex_notice(l, text, false);
}

void mu_codex_request(const struct mu_codex_line *l, const json_t *id, const char *method)
{
    struct mu_codex *c = l->codex;
    size_t i = mu_codex_ask_kind(method);
    if (i == MU_CODEX_ASKS) {
        refuse(l, id, method);
    } else if (!c->in_turn || json_array_size(c->open) >= MU_LIMIT_OPEN_REQUESTS) {
        decline(l, id, i);
    } else {
        int64_t n = ++c->asked;
        json_array_append_new(
            c->open, json_pack("{s:I, s:O, s:s}", "n", (json_int_t)n, "id", id, "method", method));
        ask(l, i, n);
    }
}

void mu_codex_resolved(const struct mu_codex_line *l)
{
    struct mu_codex *c = l->codex;
    const json_t *id = json_object_get(l->params, "requestId");
    char name[MU_CODEX_ID + 24];
    size_t i;
    json_t *one;
    json_array_foreach(c->open, i, one)
    {
        if (!json_equal(json_object_get(one, "id"), id))
            continue;
        snprintf(name, sizeof name, "%s.%lld", c->run_id,
                 (long long)json_integer_value(json_object_get(one, "n")));
        json_array_remove(c->open, i);
        mu_codex_emit(l, (struct mu_agent_event){.kind = MU_AG_ANSWERED, .id = name});
        return;
    }
}
