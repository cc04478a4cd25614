#include <stdlib.h>
#include <string.h>

#include "agent/codex.h"

/* How a person's answer to a request of codex is told. */

static json_t *decision(enum mu_permission_decision d)
{
    static const char *const words[] = {
        [MU_permission_decision_NONE] = "decline",
        [MU_permission_decision_ALLOW] = "accept",
        [MU_permission_decision_ALLOW_ALWAYS] = "acceptForSession",
        [MU_permission_decision_DENY] = "decline",
        [MU_permission_decision_DENY_INTERRUPT] = "cancel",
    };
    return json_pack("{s:s}", "decision", words[d]);
}

static json_t *old_decision(const struct mu_agent_answer *a)
{
    if (a->decision == MU_permission_decision_ALLOW)
        return json_pack("{s:s}", "decision", "approved");
    if (a->decision == MU_permission_decision_ALLOW_ALWAYS)
        return json_pack("{s:s}", "decision", "approved_for_session");
    if (a->decision == MU_permission_decision_DENY_INTERRUPT)
        return json_pack("{s:s}", "decision", "abort");
    return json_pack("{s:{s:{s:s}}}", "decision", "denied", "rejection",
                     a->message ? a->message : "Denied.");
}

static bool allows(const struct mu_agent_answer *a)
{
    return a->decision == MU_permission_decision_ALLOW ||
           a->decision == MU_permission_decision_ALLOW_ALWAYS;
}

static json_t *permissions(const struct mu_agent_answer *a, const json_t *input)
{
    json_t *granted = json_object();
    if (allows(a)) {
        mu_codex_copy(granted, "network", json_object_get(input, "permissions"));
        mu_codex_copy(granted, "fileSystem", json_object_get(input, "permissions"));
    }
    return json_pack("{s:o, s:s}", "permissions", granted, "scope",
                     a->decision == MU_permission_decision_ALLOW_ALWAYS ? "session" : "turn");
}

static json_t *listed(json_t *value)
{
    return json_is_array(value) ? json_incref(value) : json_pack("[O]", value);
}

static json_t *answers(const struct mu_agent_answer *a, const json_t *input, const json_t *given)
{
    json_t *all = json_object();
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(input, "questions"), i, one)
    {
        const char *id = mu_json_str(one, "id");
        const char *text = mu_json_str(one, "question");
        json_t *value = json_object_get(given, text ? text : "");
        if (allows(a) && id && value)
            json_object_set_new(all, id, json_pack("{s:o}", "answers", listed(value)));
    }
    return json_pack("{s:o}", "answers", all);
}

/* A field's value as the form wants it. */
static json_t *field_value(const json_t *field, json_t *given)
{
    const char *type = mu_json_str(field, "type");
    const char *text = json_string_value(given);
    if (text && mu_str_eq(type, "boolean"))
        return json_boolean(strcmp(text, "true") == 0);
    if (text && (mu_str_eq(type, "number") || mu_str_eq(type, "integer"))) {
        json_t *number = json_loads(text, JSON_DECODE_ANY, NULL);
        if (json_is_number(number))
            return number;
        json_decref(number);
    }
    return json_incref(given);
}

static json_t *form(const struct mu_agent_answer *a, const json_t *input, const json_t *given)
{
    json_t *content = json_object();
    const char *key;
    json_t *field;
    const char *action = allows(a)                                              ? "accept"
                         : a->decision == MU_permission_decision_DENY_INTERRUPT ? "cancel"
                                                                                : "decline";
    json_object_foreach(json_object_get(input, "fields"), key, field)
    {
        json_t *value = json_object_get(given, mu_codex_field_text(key, field));
        if (value)
            json_object_set_new(content, key, field_value(field, value));
    }
    json_t *result = json_pack("{s:s, s:n, s:n}", "action", action, "content", "_meta");
    if (allows(a))
        json_object_set(result, "content", content);
    json_decref(content);
    return result;
}

json_t *mu_codex_result(size_t method, const struct mu_agent_answer *a)
{
    json_t *input = a->input ? json_loads(a->input, JSON_ALLOW_NUL, NULL) : NULL;
    json_t *given = a->answers ? json_loads(a->answers, JSON_ALLOW_NUL, NULL) : NULL;
    json_t *result = method == MU_CODEX_ASK_PERMISSIONS   ? permissions(a, input)
                     : method == MU_CODEX_ASK_QUESTION    ? answers(a, input, given)
                     : method == MU_CODEX_ASK_MCP         ? form(a, input, given)
                     : method >= MU_CODEX_ASK_OLD_COMMAND ? old_decision(a)
                                                          : decision(a->decision);
    json_decref(given);
    json_decref(input);
    return result;
}

/* Whether the answer itself ends a turn that is to be interrupted. */
static bool ends_turn(size_t method)
{
    return method == MU_CODEX_ASK_COMMAND || method == MU_CODEX_ASK_FILES ||
           method >= MU_CODEX_ASK_OLD_COMMAND;
}

void mu_codex_answer(struct mu_codex *c, const struct mu_agent_answer *a, struct mu_buf *out)
{
    const char *dot = strrchr(a->id, '.');
    size_t run = strlen(c->run_id);
    if (!dot || (size_t)(dot - a->id) != run || strncmp(a->id, c->run_id, run) != 0)
        return;
    int64_t n = strtoll(dot + 1, NULL, 10);
    size_t i;
    json_t *one;
    json_array_foreach(c->open, i, one)
    {
        if (json_integer_value(json_object_get(one, "n")) != n)
            continue;
        size_t method = mu_codex_ask_kind(mu_json_str(one, "method"));
        mu_rpc_result(out, false, json_object_get(one, "id"), mu_codex_result(method, a));
        if (a->decision == MU_permission_decision_DENY_INTERRUPT && !ends_turn(method) && *c->turn)
            mu_codex_put_interrupt(c, out);
        json_array_remove(c->open, i);
        return;
    }
}
