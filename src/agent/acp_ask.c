#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/acp.h"

/* Requests of the agent: leave to use a tool, files and terminals. */

/* ---- leave ---- */

static json_t *outcome(const char *option)
{
    json_t *result = option ? json_pack("{s:s, s:s}", "outcome", "selected", "optionId", option)
                            : json_pack("{s:s}", "outcome", "cancelled");
    return json_pack("{s:o}", "outcome", result);
}

static const char *option_of(const json_t *options, const char *kind)
{
    size_t i;
    json_t *option;
    json_array_foreach((json_t *)options, i, option)
    {
        if (mu_str_eq(mu_json_str(option, "kind"), kind))
            return mu_json_str(option, "id");
    }
    return NULL;
}

/* The answers that are offered, as far as muster can give them. */
static json_t *read_options(const json_t *params)
{
    size_t i;
    json_t *option;
    json_t *options = json_array();
    json_array_foreach(json_object_get(params, "options"), i, option)
    {
        const char *id = mu_json_str(option, "optionId");
        const char *kind = mu_json_str(option, "kind");
        if (id && kind && strlen(id) <= ACP_CHOICE && strlen(kind) <= ACP_CHOICE &&
            json_array_size(options) < ACP_CHOICES)
            json_array_append_new(options, json_pack("{s:s, s:s}", "id", id, "kind", kind));
    }
    return options;
}

/* What would allow it for good, in the agent's words. */
static char *suggestions_of(const json_t *params)
{
    size_t i;
    json_t *option;
    json_array_foreach(json_object_get(params, "options"), i, option)
    {
        const char *name = mu_json_str(option, "name");
        if (!mu_str_eq(mu_json_str(option, "kind"), "allow_always"))
            continue;
        json_t *list = json_pack("[{s:s}]", "name", name ? name : "Always allow");
        char *text = json_dumps(list, JSON_COMPACT);
        json_decref(list);
        return text;
    }
    return NULL;
}

/* What says what it would do, where there is no input. Changes of files are told apart from it. */
static json_t *described(const json_t *call, const json_t *diffs)
{
    static const char *const keys[] = {"title", "kind", "locations", "content"};
    json_t *shown = json_object();
    for (size_t i = 0; i < MU_COUNT(keys) - (diffs ? 1 : 0); i++) {
        json_t *value = json_object_get(call, keys[i]);
        bool empty =
            !value || json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0);
        if (!empty)
            json_object_set(shown, keys[i], value);
    }
    return shown;
}

/* opencode tells of a change by its input alone: a file, and a unified diff. */
static json_t *patch_of(const json_t *input)
{
    json_t *path = json_object_get(input, "filepath");
    json_t *patch = json_object_get(input, "diff");
    if (!json_is_string(path) || !json_is_string(patch))
        return NULL;
    return json_pack("[{s:O, s:O}]", "path", path, "patch", patch);
}

/* The tool's input, and the changes that a person decides on (`diffs`, as in agent.h). */
static char *asked_input(const json_t *call)
{
    const json_t *input = json_object_get(call, "rawInput");
    json_t *told = acp_diffs(call);
    json_t *diffs = told ? told : patch_of(input);
    bool given = json_is_object(input) && json_object_size(input) > 0;
    json_t *shown = given ? json_copy((json_t *)input) : described(call, diffs);
    if (diffs)
        json_object_set_new(shown, "diffs", diffs);
    char *text = json_dumps(shown, JSON_COMPACT);
    json_decref(shown);
    return text;
}

static void refuse(const struct acp_line *l, const struct mu_rpc_message *m, const char *option)
{
    struct mu_buf out = {0};
    mu_rpc_result(&out, true, m->their, outcome(option));
    acp_send(l, &out, false);
}

static void new_id(struct mu_acp *c, char *out, size_t cap)
{
    snprintf(out, cap, "%s.%lld", c->run_id, (long long)++c->last_asked);
}

static void on_ask(const struct acp_line *l, const struct mu_rpc_message *m)
{
    struct mu_acp *c = l->acp;
    const json_t *call = json_object_get(m->body, "toolCall");
    const char *tool = mu_json_str(call, "toolCallId");
    char id[MU_ID_SIZE + 24];
    json_t *options = read_options(m->body);
    if (!acp_prompted(c) || json_object_size(c->asked) >= MU_LIMIT_OPEN_REQUESTS) {
        refuse(l, m, acp_prompted(c) ? option_of(options, "reject_once") : NULL);
        json_decref(options);
        return;
    }
    acp_know_tool(l, call);
    new_id(c, id, sizeof id);
    char *suggestions = option_of(options, "allow_always") ? suggestions_of(m->body) : NULL;
    char *input = asked_input(call);
    json_t *asked = json_pack("{s:O, s:o}", "rpc", m->their, "options", options);
    if (tool)
        json_object_set_new(asked, "tool", json_string(tool));
    json_object_set_new(c->asked, id, asked);
    acp_emit(l, (struct mu_agent_event){.kind = MU_AG_ASKED,
                                        .id = id,
                                        .name = acp_tool_name(call),
                                        .title = mu_json_str(call, "title"),
                                        .input = input,
                                        .tool_id = tool,
                                        .suggestions = suggestions});
    free(suggestions);
    free(input);
}

static const char *first_of(const json_t *options, const char *a, const char *b)
{
    const char *id = option_of(options, a);
    return id ? id : option_of(options, b);
}

void acp_put_answer(struct mu_acp *c, const struct mu_agent_answer *a, struct mu_buf *out)
{
    json_t *asked = json_object_get(c->asked, a->id);
    const json_t *options = json_object_get(asked, "options");
    const char *option = NULL;
    if (!asked)
        return;
    if (a->decision == MU_permission_decision_ALLOW)
        option = first_of(options, "allow_once", "allow_always");
    else if (a->decision == MU_permission_decision_ALLOW_ALWAYS)
        option = first_of(options, "allow_always", "allow_once");
    else if (a->decision == MU_permission_decision_DENY)
        option = first_of(options, "reject_once", "reject_always");
    if (a->decision != MU_permission_decision_ALLOW &&
        a->decision != MU_permission_decision_ALLOW_ALWAYS)
        acp_tool_denied(c, mu_json_str(asked, "tool"));
    if (a->decision == MU_permission_decision_DENY_INTERRUPT)
        mu_rpc_notify(out, true, "session/cancel", acp_session(c));
    mu_rpc_result(out, true, json_object_get(asked, "rpc"), outcome(option));
    json_object_del(c->asked, a->id);
}

void acp_put_cancel(struct mu_acp *c, struct mu_buf *out)
{
    const char *id;
    json_t *asked;
    mu_rpc_notify(out, true, "session/cancel", acp_session(c));
    json_object_foreach(c->asked, id, asked)
    {
        acp_tool_denied(c, mu_json_str(asked, "tool"));
        mu_rpc_result(out, true, json_object_get(asked, "rpc"), outcome(NULL));
    }
    json_object_clear(c->asked);
}

void acp_on_cancel_request(const struct acp_line *l, const json_t *params)
{
    const json_t *rpc = json_object_get(params, "requestId");
    const char *id;
    json_t *asked;
    void *next;
    if (!rpc)
        return;
    json_object_foreach_safe(l->acp->asked, next, id, asked)
    {
        if (!json_equal(json_object_get(asked, "rpc"), rpc))
            continue;
        struct mu_buf out = {0};
        mu_rpc_result(&out, true, rpc, outcome(NULL));
        acp_tool_denied(l->acp, mu_json_str(asked, "tool"));
        acp_emit(l, (struct mu_agent_event){.kind = MU_AG_ANSWERED, .id = id});
        acp_send(l, &out, false);
        json_object_del(l->acp->asked, id);
        return;
    }
}

/* ---- files and terminals ---- */

static bool is_served(const char *method)
{
    static const char *const methods[] = {
        "fs/read_text_file", "fs/write_text_file",     "terminal/create", "terminal/output",
        "terminal/kill",     "terminal/wait_for_exit", "terminal/release"};
    for (size_t i = 0; i < MU_COUNT(methods); i++)
        if (strcmp(method, methods[i]) == 0)
            return true;
    return false;
}

static void fail(const struct acp_line *l, const struct mu_rpc_message *m, int code,
                 const char *why)
{
    struct mu_buf out = {0};
    mu_rpc_error(&out, true, m->their, code, why);
    acp_send(l, &out, false);
}

static void on_serve(const struct acp_line *l, const struct mu_rpc_message *m)
{
    struct mu_acp *c = l->acp;
    char *input = json_is_object(m->body) ? json_dumps(m->body, JSON_COMPACT) : NULL;
    size_t n = input ? strlen(input) : 0;
    if (!input || !mu_str_eq(mu_json_str(m->body, "sessionId"), c->session)) {
        fail(l, m, MU_RPC_INVALID_PARAMS, "There is no such session.");
    } else if (n > ACP_SERVED_BYTES) {
        fail(l, m, MU_RPC_INVALID_PARAMS, "This is too large: at most 4 MiB at once.");
    } else if (json_object_size(c->serving) >= ACP_SERVED ||
               c->serving_bytes + n > 4 * (size_t)ACP_SERVED_BYTES) {
        fail(l, m, MU_RPC_INTERNAL, "Too many requests are open. Wait for some of them.");
    } else {
        char id[MU_ID_SIZE + 24];
        new_id(c, id, sizeof id);
        json_object_set_new(c->serving, id,
                            json_pack("{s:O, s:s, s:O, s:I}", "rpc", m->their, "method", m->method,
                                      "params", m->body, "bytes", (json_int_t)n));
        c->serving_bytes += n;
        acp_emit(l, (struct mu_agent_event){
                        .kind = MU_AG_SERVE, .id = id, .name = m->method, .input = input});
    }
    free(input);
}

void acp_put_served(struct mu_acp *c, const struct mu_agent_served *served, struct mu_buf *out)
{
    json_t *one = json_object_get(c->serving, served->id);
    const json_t *rpc = json_object_get(one, "rpc");
    json_t *result =
        served->result ? json_loads(served->result, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
    if (!one)
        json_decref(result);
    else if (result)
        mu_rpc_result(out, true, rpc, result);
    else
        mu_rpc_error(out, true, rpc, MU_RPC_INTERNAL,
                     served->error ? served->error : "muster could not do this.");
    if (one) {
        c->serving_bytes -= (size_t)json_integer_value(json_object_get(one, "bytes"));
        json_object_del(c->serving, served->id);
    }
}

void acp_serve_again(struct mu_acp *c, mu_agent_cb *cb, void *ctx)
{
    const char *id;
    json_t *one;
    void *next;
    json_object_foreach_safe(c->serving, next, id, one)
    {
        char *input = json_dumps(json_object_get(one, "params"), JSON_COMPACT);
        char *name = mu_strdup(mu_json_str(one, "method"));
        char *copy = mu_strdup(id); /* it may be answered within the call */
        cb(ctx,
           &(struct mu_agent_event){.kind = MU_AG_SERVE, .id = copy, .name = name, .input = input});
        free(copy);
        free(name);
        free(input);
    }
}

void acp_on_request(const struct acp_line *l, const struct mu_rpc_message *m)
{
    if (strcmp(m->method, "session/request_permission") == 0 &&
        mu_str_eq(mu_json_str(m->body, "sessionId"), l->acp->session))
        on_ask(l, m);
    else if (strcmp(m->method, "session/request_permission") == 0)
        refuse(l, m, NULL);
    else if (is_served(m->method))
        on_serve(l, m);
    else
        fail(l, m, MU_RPC_METHOD_NOT_FOUND, "muster does not know this method.");
}
