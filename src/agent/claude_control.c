#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/claude.h"

/* ---- what a session may choose ---- */

static const struct {
    const char *id, *name, *what;
} modes[] = {
    {"default", "Ask", "Asks before a tool is used that changes something."},
    {"acceptEdits", "Accept edits", "Edits files without asking; asks for the rest."},
    {"plan", "Plan", "Looks and plans; changes nothing before the plan is approved."},
    {"dontAsk", "Don't ask", "Uses what the rules allow; what would be asked for is denied."},
    {"auto", "Auto", "claude judges by itself what is safe."},
    {"bypassPermissions", "Allow everything", "Never asks. For a sandbox only."},
};

bool mu_claude_is_mode(const char *word)
{
    for (size_t i = 0; word && i < MU_COUNT(modes); i++)
        if (strcmp(word, modes[i].id) == 0)
            return true;
    return false;
}

void mu_claude_modes(const struct mu_claude_line *l)
{
    if (l->claude->told_modes)
        return;
    l->claude->told_modes = true;
    json_t *list = json_array();
    for (size_t i = 0; i < MU_COUNT(modes); i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "id", modes[i].id, "name",
                                              modes[i].name, "description", modes[i].what));
    mu_claude_facts(l, json_pack("{s:o}", "modes", list));
}

/* Text for a list: one line, and not a long one. */
static json_t *brief(const char *text, size_t max)
{
    size_t n = strcspn(text, "\r\n");
    bool cut = n > max;
    char *s = cut ? mu_asprintf("%.*s…", (int)mu_utf8_cut(text, max), text) : mu_strndup(text, n);
    json_t *json = json_string(s);
    free(s);
    return json ? json : json_string("");
}

static void set_brief(json_t *o, const char *key, const char *text, size_t max)
{
    if (text && *text)
        json_object_set_new(o, key, brief(text, max));
}

/* Leaves room for the list's own brackets. */
static bool has_room(size_t *bytes, const json_t *item)
{
    char *text = json_dumps(item, JSON_COMPACT);
    *bytes += (text ? strlen(text) : 0) + 1;
    free(text);
    return *bytes < MU_FACT_BYTES - 16;
}

static json_t *list_of(const json_t *given, const char *id, const char *name, bool hints)
{
    json_t *list = json_array();
    size_t i;
    size_t bytes = 0;
    json_t *one;
    json_array_foreach((json_t *)given, i, one)
    {
        const char *key = mu_json_str(one, id);
        if (!key || !*key || strlen(key) > 100)
            continue;
        json_t *item = json_object();
        json_object_set_new(item, hints ? "name" : "id", json_string(key));
        if (!hints)
            set_brief(item, "name", mu_json_str(one, name) ? mu_json_str(one, name) : key, 100);
        set_brief(item, "description", mu_json_str(one, "description"), 120);
        if (hints)
            set_brief(item, "hint", mu_json_str(one, "argumentHint"), 100);
        if (has_room(&bytes, item))
            json_array_append(list, item);
        json_decref(item);
    }
    return list;
}

void mu_claude_commands(const struct mu_claude_line *l, const json_t *commands)
{
    if (json_is_array(commands))
        mu_claude_facts(l, json_pack("{s:o}", "commands", list_of(commands, "name", NULL, true)));
}

/* ---- requests of ours ---- */

static void put_request(struct mu_claude *c, const char *what, json_t *request, struct mu_buf *out)
{
    char id[48];
    snprintf(id, sizeof id, "muster-%s-%lld", what, (long long)++c->requests);
    json_t *line = json_pack("{s:s, s:s, s:o}", "type", "control_request", "request_id", id,
                             "request", request);
    char *text = json_dumps(line, JSON_COMPACT);
    mu_buf_str(out, text);
    mu_buf_char(out, '\n');
    free(text);
    json_decref(line);
}

void mu_claude_put_initialize(struct mu_claude *c, struct mu_buf *out)
{
    c->initialized = true;
    put_request(c, "initialize", json_pack("{s:s}", "subtype", "initialize"), out);
}

void mu_claude_put_mode(struct mu_claude *c, const char *mode, struct mu_buf *out)
{
    put_request(c, "mode", json_pack("{s:s, s:s}", "subtype", "set_permission_mode", "mode", mode),
                out);
}

void mu_claude_put_model(struct mu_claude *c, const char *model, struct mu_buf *out)
{
    json_t *request = json_pack("{s:s}", "subtype", "set_model");
    if (*model)
        json_object_set_new(request, "model", json_string(model));
    put_request(c, "model", request, out);
}

/* ---- what it answers ---- */

static void on_initialized(const struct mu_claude_line *l, const json_t *body)
{
    const json_t *models = json_object_get(body, "models");
    mu_claude_modes(l);
    mu_claude_note_mode(l, mu_json_str(body, "current_permission_mode"));
    mu_claude_commands(l, json_object_get(body, "commands"));
    if (json_is_array(models))
        mu_claude_facts(
            l, json_pack("{s:o}", "models", list_of(models, "value", "displayName", false)));
}

/* Between turns nobody is told: the next one says it. */
static void on_refused(const struct mu_claude_line *l, const char *what, const char *wanted,
                       const char *error)
{
    struct mu_claude *c = l->claude;
    char *text =
        mu_asprintf("claude refused the %s \"%s\": %s%s It is tried again when claude "
                    "starts next.",
                    what, wanted, error, strchr(".!?", error[strlen(error) - 1]) ? "" : ".");
    if (c->in_turn)
        mu_claude_notice(l, true, text);
    else
        snprintf(c->refused, sizeof c->refused, "%.*s",
                 (int)(strlen(text) < sizeof c->refused ? strlen(text)
                                                        : mu_utf8_cut(text, sizeof c->refused - 1)),
                 text);
    free(text);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

void mu_claude_control_response(const struct mu_claude_line *l)
{
    struct mu_claude *c = l->claude;
    const json_t *response = json_object_get(l->json, "response");
    const json_t *body = json_object_get(response, "response");
    const char *id = mu_json_str(response, "request_id");
    const char *error = mu_json_str(response, "error");
    bool failed = mu_str_eq(mu_json_str(response, "subtype"), "error");
    if (!id || !begins(id, "muster-"))
        return;
    if (!error || !*error)
        error = "it gave no reason.";
    if (begins(id, "muster-initialize-")) {
        if (!failed)
            on_initialized(l, body);
    } else if (begins(id, "muster-mode-")) {
        if (failed)
            on_refused(l, "permission mode", *c->want_mode ? c->want_mode : "default", error);
        else
            mu_claude_note_mode(l, mu_json_str(body, "mode"));
    } else if (begins(id, "muster-model-")) {
        const char *model = mu_json_str(body, "model");
        if (failed)
            on_refused(l, "model", *c->want_model ? c->want_model : "default", error);
        else
            mu_claude_note_model(l, model ? model : c->want_model);
    }
}

/* ---- what it asks ---- */

static char *dump(const json_t *json)
{
    return json ? json_dumps(json, JSON_COMPACT) : NULL;
}

/* The rules that would allow it for good. Approving a plan "always" is what claude's own terminal
 * offers: its edits are not asked about. */
static char *rules_of(const char *name, const json_t *request)
{
    const json_t *rules = json_object_get(request, "permission_suggestions");
    if (json_array_size(rules))
        return dump(rules);
    return mu_str_eq(name, "ExitPlanMode")
               ? mu_strdup("[{\"type\":\"setMode\",\"mode\":\"acceptEdits\",\"destination\":"
                           "\"session\"}]")
               : NULL;
}

static void on_can_use(const struct mu_claude_line *l, const char *id, const json_t *request)
{
    const json_t *input = json_object_get(request, "input");
    const char *name = mu_json_str(request, "tool_name");
    const json_t *questions =
        mu_str_eq(name, "AskUserQuestion") ? json_object_get(input, "questions") : NULL;
    char *input_text = dump(input);
    char *questions_text = json_is_array(questions) ? dump(questions) : NULL;
    char *rules = rules_of(name, request);
    const char *title = questions_text ? mu_json_str(json_array_get(questions, 0), "question")
                                       : mu_claude_title(name, input);
    mu_claude_emit(l, (struct mu_agent_event){.kind = MU_AG_ASKED,
                                              .id = id,
                                              .name = name ? name : "a tool",
                                              .title = title,
                                              .input = input_text,
                                              .tool_id = mu_json_str(request, "tool_use_id"),
                                              .suggestions = rules,
                                              .questions = questions_text});
    free(rules);
    free(questions_text);
    free(input_text);
}

/* It must not wait for what nobody will answer. */
static void refuse(const struct mu_claude_line *l, const char *id, const char *subtype)
{
    struct mu_buf out = {0};
    char *error = mu_asprintf("muster does not know requests of the kind %s",
                              subtype && strlen(subtype) <= 100 ? subtype : "(no name)");
    json_t *line = json_pack("{s:s, s:{s:s, s:s, s:s}}", "type", "control_response", "response",
                             "subtype", "error", "request_id", id, "error", error);
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    if (text) {
        mu_buf_str(&out, text);
        mu_buf_char(&out, '\n');
        mu_claude_emit(l,
                       (struct mu_agent_event){.kind = MU_AG_SEND, .text = out.data, .n = out.len});
    }
    mu_buf_release(&out);
    free(text);
    json_decref(line);
    free(error);
}

void mu_claude_control_request(const struct mu_claude_line *l)
{
    const json_t *request = json_object_get(l->json, "request");
    const char *id = mu_json_str(l->json, "request_id");
    const char *subtype = mu_json_str(request, "subtype");
    if (!id)
        return;
    if (mu_str_eq(subtype, "can_use_tool"))
        on_can_use(l, id, request);
    else
        refuse(l, id, subtype);
}
