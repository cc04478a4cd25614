#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/acp.h"

/* From `initialize` to the first `session/prompt`. */

void acp_call(struct mu_acp *c, enum acp_call call, const char *method, json_t *params,
              struct mu_buf *out)
{
    c->calls[call] = ++c->last_id;
    mu_rpc_request(out, true, c->last_id, method, params);
}

json_t *acp_session(const struct mu_acp *c)
{
    json_t *params = json_object();
    json_object_set_new(params, "sessionId", json_string(c->session));
    return params;
}

void acp_put_initialize(struct mu_acp *c, struct mu_buf *out)
{
    json_t *params = json_pack("{s:i, s:{s:s, s:s, s:s}, s:{s:{s:b, s:b}, s:b}}", "protocolVersion",
                               (int)ACP_VERSION, "clientInfo", "name", "muster", "title", "muster",
                               "version", "1", "clientCapabilities", "fs", "readTextFile", 0,
                               "writeTextFile", 1, "terminal", 1);
    acp_call(c, ACP_CALL_INIT, "initialize", params, out);
    c->phase = ACP_INIT;
}

static bool way_is_open(const struct mu_acp *c)
{
    return c->way == ACP_CREATE ||
           (c->resume && (c->way == ACP_LOAD ? c->can_load : c->can_resume));
}

void acp_put_open(struct mu_acp *c, struct mu_buf *out)
{
    static const char *const methods[] = {
        [ACP_RESUME] = "session/resume", [ACP_LOAD] = "session/load", [ACP_CREATE] = "session/new"};
    while (!way_is_open(c))
        c->way++;
    snprintf(c->session, sizeof c->session, "%s", c->way == ACP_CREATE ? "" : c->resume);
    json_t *params = c->way == ACP_CREATE ? json_object() : acp_session(c);
    json_object_set_new(params, "cwd", json_string(c->cwd));
    json_object_set_new(params, "mcpServers", json_array());
    acp_call(c, ACP_CALL_OPEN, methods[c->way], params, out);
    c->phase = ACP_OPENING;
}

/* ---- initialize ---- */

static void note_name(struct mu_acp *c, const json_t *info)
{
    const char *name = mu_json_str(info, "title");
    if (!name || !*name)
        name = mu_json_str(info, "name");
    if (name && *name)
        snprintf(c->name, sizeof c->name, "%.*s", mu_text_cut(name, sizeof c->name - 1), name);
}

static void note_login(struct mu_acp *c, const json_t *methods)
{
    struct mu_buf text = {0};
    size_t i;
    json_t *method;
    json_array_foreach((json_t *)methods, i, method)
    {
        const char *name = mu_json_str(method, "name");
        const char *more = mu_json_str(method, "description");
        if (name && *name && text.len < sizeof c->login)
            mu_buf_printf(&text, "%s%s%s%s%s", text.len ? "; " : "", name, more ? " (" : "",
                          more ? more : "", more ? ")" : "");
    }
    size_t n = text.len ? mu_text_cut(text.data, sizeof c->login - 1) : 0;
    snprintf(c->login, sizeof c->login, "%.*s", (int)n, text.len ? text.data : "");
    mu_buf_release(&text);
}

static void check_version(const struct acp_line *l, const json_t *version)
{
    if (json_is_integer(version) && json_integer_value(version) == ACP_VERSION)
        return;
    char *said = version ? json_dumps(version, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    acp_notice(l, true,
               "%s speaks version %.40s of the Agent Client Protocol, and muster version %d. "
               "Things may be missing, or go wrong.",
               l->acp->name, said ? said : "(none)", (int)ACP_VERSION);
    free(said);
}

static void on_initialized(const struct acp_line *l, const json_t *result)
{
    struct mu_acp *c = l->acp;
    const json_t *can = json_object_get(result, "agentCapabilities");
    const json_t *sessions = json_object_get(can, "sessionCapabilities");
    c->can_load = json_is_true(json_object_get(can, "loadSession"));
    c->can_resume = json_is_object(json_object_get(sessions, "resume"));
    c->can_see = json_is_true(json_object_get(json_object_get(can, "promptCapabilities"), "image"));
    note_name(c, json_object_get(result, "agentInfo"));
    note_login(c, json_object_get(result, "authMethods"));
    check_version(l, json_object_get(result, "protocolVersion"));
    c->phase = ACP_KNOWN;
    if (c->cancelled || !c->prompt) {
        acp_end_early(l, NULL);
        return;
    }
    if (c->resume && !c->can_load && !c->can_resume)
        acp_notice(l, true,
                   "%s cannot resume a conversation. A new one was begun: it does not remember "
                   "what was said above.",
                   c->name);
    struct mu_buf out = {0};
    acp_put_open(c, &out);
    acp_send(l, &out, false);
}

/* ---- the session ---- */

/* What follows once nothing more is to be set: the prompt. */
static void on_ready(const struct acp_line *l)
{
    struct mu_acp *c = l->acp;
    struct mu_buf out = {0};
    c->phase = ACP_READY;
    if (c->cancelled) {
        acp_end_early(l, NULL);
    } else if (c->prompt) {
        bool images = json_array_size(json_object_get(c->prompt, "images")) > 0;
        if (images && !c->can_see)
            acp_notice(l, true, "%s takes no images. The message was sent without them.", c->name);
        bool includes = acp_put_prompt(c, &out);
        acp_send(l, &out, includes);
    }
}

static void set_up(const struct acp_line *l)
{
    struct mu_buf out = {0};
    l->acp->phase = ACP_SETTING;
    if (acp_put_settings(l->acp, l, &out))
        acp_send(l, &out, false);
    else
        on_ready(l);
    mu_buf_release(&out);
}

static void sync(const struct acp_line *l)
{
    struct mu_buf out = {0};
    l->acp->phase = ACP_SYNCING;
    l->acp->replayed = false;
    acp_call(l->acp, ACP_CALL_SYNC, "_muster/sync", NULL, &out);
    acp_send(l, &out, false);
}

static void fail_open(const struct acp_line *l, const char *text)
{
    l->acp->phase = ACP_KNOWN;
    l->acp->way = ACP_RESUME; /* the next prompt tries anew */
    *l->acp->session = '\0';
    acp_end_early(l, text);
}

static void on_opened(const struct acp_line *l, const json_t *result)
{
    struct mu_acp *c = l->acp;
    const char *id = mu_json_str(result, "sessionId");
    if (!id || !*id)
        id = c->session;
    if (!*id || strlen(id) >= sizeof c->session) {
        fail_open(l, "The agent began a session without an id that muster could use. Is it up to "
                     "date?");
        return;
    }
    if (id != c->session)
        snprintf(c->session, sizeof c->session, "%s", id);
    if (c->way == ACP_CREATE)
        c->cost_microusd = 0;
    if (!mu_str_eq(c->resume, c->session)) {
        mu_str_set(&c->resume, c->session);
        acp_emit(l, (struct mu_agent_event){.kind = MU_AG_CLI_SESSION, .id = c->session});
    }
    acp_read_choices(l, result);
    if (c->way == ACP_LOAD)
        sync(l);
    else
        set_up(l);
}

static void on_not_opened(const struct acp_line *l, const json_t *error)
{
    struct mu_acp *c = l->acp;
    struct mu_buf text = {0};
    struct mu_buf out = {0};
    if (c->way == ACP_CREATE || acp_needs_login(error)) {
        acp_error_text(c, error, &text);
        fail_open(l, text.data);
    } else {
        bool was_load = c->way == ACP_LOAD;
        c->way++;
        if (was_load || !c->can_load) {
            acp_reason(error, &text);
            acp_notice(l, true,
                       "%s could not open the former conversation: %.500s. A new one was begun: it "
                       "does not remember what was said above.",
                       c->name, text.data);
        }
        acp_put_open(c, &out);
        acp_send(l, &out, false);
    }
    mu_buf_release(&text);
}

static void on_synced(const struct acp_line *l)
{
    if (l->acp->phase != ACP_SYNCING)
        return;
    if (l->acp->replayed)
        sync(l);
    else
        set_up(l);
}

/* ---- mode and model ---- */

static void on_set(const struct acp_line *l, enum acp_call call, const struct mu_rpc_message *m)
{
    struct mu_acp *c = l->acp;
    bool mode = call == ACP_CALL_MODE;
    struct acp_choice *choice = mode ? &c->mode : &c->model;
    if (m->kind == MU_RPC_ERROR) {
        acp_on_not_set(l, call, m->body);
    } else {
        acp_set_now(l, choice, mode ? "mode" : "model", choice->asked);
        acp_read_choices(l, m->body);
    }
    *choice->asked = '\0';
    if (c->phase == ACP_SETTING && !c->calls[ACP_CALL_MODE] && !c->calls[ACP_CALL_MODEL])
        on_ready(l);
}

/* ---- answers ---- */

static void on_not_initialized(const struct acp_line *l, const json_t *error)
{
    struct mu_buf text = {0};
    l->acp->phase = ACP_NEW;
    acp_error_text(l->acp, error, &text);
    acp_end_early(l, text.data);
    mu_buf_release(&text);
}

void acp_on_answer(const struct acp_line *l, enum acp_call call, const struct mu_rpc_message *m)
{
    struct mu_acp *c = l->acp;
    bool failed = m->kind == MU_RPC_ERROR;
    c->calls[call] = 0;
    if (call == ACP_CALL_PROMPT)
        acp_on_prompt_answer(l, m);
    else if (call == ACP_CALL_MODE || call == ACP_CALL_MODEL)
        on_set(l, call, m);
    else if (call == ACP_CALL_SYNC)
        on_synced(l);
    else if (call == ACP_CALL_OPEN && failed)
        on_not_opened(l, m->body);
    else if (call == ACP_CALL_OPEN)
        on_opened(l, m->body);
    else if (failed)
        on_not_initialized(l, m->body);
    else
        on_initialized(l, m->body);
}
