#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/acp.h"

/* Modes and models. */

/* ---- what the agent offers, and what is in use ---- */

/* Takes value. */
void acp_fact(const struct acp_line *l, const char *key, json_t *value)
{
    json_t *facts = json_object();
    json_object_set_new(facts, key, value);
    char *text = json_dumps(facts, JSON_COMPACT);
    acp_emit(l, (struct mu_agent_event){.kind = MU_AG_FACTS, .metadata = text});
    free(text);
    json_decref(facts);
}

void acp_set_now(const struct acp_line *l, struct acp_choice *choice, const char *key,
                 const char *id)
{
    if (!id || !*id || strlen(id) > ACP_OPTION || strcmp(choice->now, id) == 0)
        return;
    snprintf(choice->now, sizeof choice->now, "%s", id);
    acp_fact(l, key, json_string(id));
}

/* Appends {"id", "name"} while all of it fits into one fact. */
static bool add_offer(json_t *list, size_t *bytes, const char *id, const char *name)
{
    if (!id || !*id || strlen(id) > ACP_OPTION)
        return true;
    size_t n = name ? mu_text_cut(name, ACP_OPTION) : 0;
    *bytes += strlen(id) + 2 * n + 32;
    if (*bytes > MU_FACT_BYTES - 64)
        return false;
    json_t *one = json_object();
    json_object_set_new(one, "id", json_string(id));
    json_object_set_new(one, "name", n ? json_stringn(name, n) : json_string(id));
    json_array_append_new(list, one);
    return true;
}

static void read_list(const json_t *list, const char *id_key, json_t *out, size_t *bytes, bool *cut)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)list, i, one)
    {
        if (json_is_array(json_object_get(one, "options")))
            read_list(json_object_get(one, "options"), id_key, out, bytes, cut);
        else if (!add_offer(out, bytes, mu_json_str(one, id_key), mu_json_str(one, "name")))
            *cut = true;
    }
}

static void take_offers(const struct acp_line *l, struct acp_choice *choice, const char *key,
                        const json_t *list, const char *id_key)
{
    size_t bytes = 0;
    json_t *offered = json_array();
    choice->cut = false;
    read_list(list, id_key, offered, &bytes, &choice->cut);
    if (choice->offered && json_equal(choice->offered, offered)) {
        json_decref(offered);
        return;
    }
    json_decref(choice->offered);
    choice->offered = offered;
    acp_fact(l, key, json_incref(offered));
}

/* From the list of configuration options, where the agent has no list of its own for it. */
static void read_config(const struct acp_line *l, const json_t *options, const char *category,
                        const char *plural, struct acp_choice *choice)
{
    size_t i;
    json_t *option;
    json_array_foreach((json_t *)options, i, option)
    {
        const char *id = mu_json_str(option, "id");
        if (!id || !*id || strlen(id) > ACP_OPTION ||
            !mu_str_eq(mu_json_str(option, "type"), "select") ||
            !mu_str_eq(mu_json_str(option, "category"), category))
            continue;
        snprintf(choice->config, sizeof choice->config, "%s", id);
        take_offers(l, choice, plural, json_object_get(option, "options"), "value");
        acp_set_now(l, choice, category, mu_json_str(option, "currentValue"));
        return;
    }
}

void acp_read_choices(const struct acp_line *l, const json_t *body)
{
    struct mu_acp *c = l->acp;
    const json_t *modes = json_object_get(body, "modes");
    const json_t *models = json_object_get(body, "models");
    const json_t *config = json_object_get(body, "configOptions");
    if (json_is_object(modes)) {
        *c->mode.config = '\0';
        take_offers(l, &c->mode, "modes", json_object_get(modes, "availableModes"), "id");
        acp_set_now(l, &c->mode, "mode", mu_json_str(modes, "currentModeId"));
    } else if (*c->mode.config || !c->mode.offered) {
        read_config(l, config, "mode", "modes", &c->mode);
    } else { /* set by a method of its own, told here as well */
        struct acp_choice *mode = &c->mode;
        size_t i;
        json_t *option;
        json_array_foreach((json_t *)config, i, option)
        {
            if (mu_str_eq(mu_json_str(option, "category"), "mode"))
                acp_set_now(l, mode, "mode", mu_json_str(option, "currentValue"));
        }
    }
    if (json_is_object(models)) {
        *c->model.config = '\0';
        take_offers(l, &c->model, "models", json_object_get(models, "availableModels"), "modelId");
        acp_set_now(l, &c->model, "model", mu_json_str(models, "currentModelId"));
    } else if (*c->model.config || !c->model.offered) {
        read_config(l, config, "model", "models", &c->model);
    }
}

/* ---- what is wanted ---- */

static bool offers(const struct acp_choice *choice, const char *id)
{
    size_t i;
    json_t *one;
    json_array_foreach(choice->offered, i, one)
    {
        if (mu_str_eq(mu_json_str(one, "id"), id))
            return true;
    }
    return false;
}

/* See acp.h. */
static const char *mode_that_asks(const struct mu_acp *c)
{
    static const char *const ask[] = {"default", "ask", "workspace-write", "read-only"};
    if (!mu_str_eq(c->mode.now, "auto") && !mu_str_eq(c->mode.now, "agent"))
        return NULL;
    for (size_t i = 0; i < MU_COUNT(ask); i++)
        if (offers(&c->mode, ask[i]))
            return ask[i];
    return NULL;
}

static void names_of(const struct acp_choice *choice, struct mu_buf *out)
{
    size_t i;
    json_t *one;
    json_array_foreach(choice->offered, i, one)
    {
        if (out->len < 600)
            mu_buf_printf(out, "%s%s", i ? ", " : "", mu_json_str(one, "id"));
        else if (out->data[out->len - 1] != '.')
            mu_buf_str(out, ", ...");
    }
}

static void tell_unknown(const struct acp_line *l, const struct acp_choice *mode,
                         const char *wanted)
{
    struct mu_buf names = {0};
    names_of(mode, &names);
    acp_notice(l, true, "%s does not have the mode \"%s\". It goes on with %s%s%s.%s%s%s",
               l->acp->name, wanted, *mode->now ? "\"" : "its own", mode->now,
               *mode->now ? "\"" : "", names.len ? " There are: " : "", names.len ? names.data : "",
               names.len ? "." : "");
    mu_buf_release(&names);
}

static void put_setting(struct mu_acp *c, struct acp_choice *choice, enum acp_call call,
                        const char *wanted, struct mu_buf *out)
{
    bool mode = call == ACP_CALL_MODE;
    json_t *params = acp_session(c);
    snprintf(choice->asked, sizeof choice->asked, "%s", wanted);
    if (*choice->config) {
        json_object_set_new(params, "configId", json_string(choice->config));
        json_object_set_new(params, "value", json_string(wanted));
    } else {
        json_object_set_new(params, mode ? "modeId" : "modelId", json_string(wanted));
    }
    acp_call(c, call,
             *choice->config ? "session/set_config_option"
             : mode          ? "session/set_mode"
                             : "session/set_model",
             params, out);
}

/* What it is once a request that is open was answered. */
static const char *heads_for(const struct mu_acp *c, const struct acp_choice *choice,
                             enum acp_call call)
{
    return c->calls[call] ? choice->asked : choice->now;
}

static bool put_mode(struct mu_acp *c, const struct acp_line *l, struct mu_buf *out)
{
    const char *wanted = mu_json_str(c->options, "mode");
    if (!wanted)
        wanted = mode_that_asks(c);
    if (!wanted || strcmp(wanted, heads_for(c, &c->mode, ACP_CALL_MODE)) == 0)
        return false;
    if (l && !offers(&c->mode, wanted) && !c->mode.cut) {
        tell_unknown(l, &c->mode, wanted);
        return false;
    }
    put_setting(c, &c->mode, ACP_CALL_MODE, wanted, out);
    return true;
}

bool acp_put_model(struct mu_acp *c, struct mu_buf *out)
{
    const char *wanted = mu_json_str(c->options, "model");
    if (!wanted || strcmp(wanted, heads_for(c, &c->model, ACP_CALL_MODEL)) == 0)
        return false;
    put_setting(c, &c->model, ACP_CALL_MODEL, wanted, out);
    return true;
}

bool acp_put_settings(struct mu_acp *c, const struct acp_line *l, struct mu_buf *out)
{
    bool mode = put_mode(c, l, out);
    bool model = acp_put_model(c, out);
    return mode || model;
}

/* Before a turn it is an error: another model is not what the person wants, or pays for. */
static void on_no_model(const struct acp_line *l, const char *why)
{
    struct mu_acp *c = l->acp;
    struct mu_buf names = {0};
    names_of(&c->model, &names);
    char *text = mu_asprintf("%s does not take the model \"%s\": %s. Choose another model in the "
                             "session's options%s%s, then send the message again.",
                             c->name, c->model.asked, why, names.len ? "; there are: " : "",
                             names.len ? names.data : "");
    if (c->phase == ACP_SETTING && c->in_turn)
        acp_end_early(l, text);
    else
        acp_notice(l, true, "%s", text);
    free(text);
    mu_buf_release(&names);
}

void acp_on_not_set(const struct acp_line *l, enum acp_call call, const json_t *error)
{
    struct mu_acp *c = l->acp;
    struct mu_buf why = {0};
    acp_reason(error, &why);
    if (call == ACP_CALL_MODEL)
        on_no_model(l, why.data);
    else if (offers(&c->mode, c->mode.asked))
        acp_notice(l, true,
                   "%s could not be set to the mode \"%s\": %.500s. It goes on with \"%s\".",
                   c->name, c->mode.asked, why.data, c->mode.now);
    else
        tell_unknown(l, &c->mode, c->mode.asked);
    mu_buf_release(&why);
}
