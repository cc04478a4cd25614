#include "agent/jsonrpc.h"

#include <stdlib.h>
#include <string.h>

static bool is_id(const json_t *id)
{
    return json_is_integer(id) || json_is_string(id);
}

void mu_rpc_read(const json_t *json, struct mu_rpc_message *out)
{
    *out = (struct mu_rpc_message){.kind = MU_RPC_NONE};
    const json_t *id = json_object_get(json, "id");
    const json_t *error = json_object_get(json, "error");
    const json_t *result = json_object_get(json, "result");
    out->method = json_string_value(json_object_get(json, "method"));
    if (out->method) {
        out->kind = is_id(id) ? MU_RPC_REQUEST : MU_RPC_NOTIFICATION;
        out->their = is_id(id) ? id : NULL;
        out->body = json_object_get(json, "params");
    } else if (is_id(id) && (json_is_object(error) || result)) {
        out->kind = json_is_object(error) ? MU_RPC_ERROR : MU_RPC_RESULT;
        out->id = json_integer_value(id);
        out->body = json_is_object(error) ? error : result;
    }
}

static void put(struct mu_buf *out, bool versioned, json_t *message)
{
    if (versioned)
        json_object_set_new(message, "jsonrpc", json_string("2.0"));
    char *text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    mu_buf_str(out, text);
    mu_buf_char(out, '\n');
    free(text);
}

static json_t *call(const char *method, json_t *params)
{
    json_t *message = json_object();
    json_object_set_new(message, "method", json_string(method));
    if (params)
        json_object_set_new(message, "params", params);
    return message;
}

void mu_rpc_request(struct mu_buf *out, bool versioned, int64_t id, const char *method,
                    json_t *params)
{
    json_t *message = call(method, params);
    json_object_set_new(message, "id", json_integer(id));
    put(out, versioned, message);
}

void mu_rpc_notify(struct mu_buf *out, bool versioned, const char *method, json_t *params)
{
    put(out, versioned, call(method, params));
}

static json_t *reply(const json_t *their)
{
    json_t *message = json_object();
    json_object_set(message, "id", (json_t *)their);
    return message;
}

void mu_rpc_result(struct mu_buf *out, bool versioned, const json_t *their, json_t *result)
{
    json_t *message = reply(their);
    json_object_set_new(message, "result", result ? result : json_null());
    put(out, versioned, message);
}

void mu_rpc_error(struct mu_buf *out, bool versioned, const json_t *their, int code,
                  const char *message)
{
    json_t *answer = reply(their);
    json_t *error = json_object();
    json_object_set_new(error, "code", json_integer(code));
    json_object_set_new(error, "message", json_string(message));
    json_object_set_new(answer, "error", error);
    put(out, versioned, answer);
}

static const char *said(const json_t *value)
{
    static const char *const keys[] = {"message", "details", "detail", "error"};
    if (json_is_string(value))
        return json_string_value(value);
    for (size_t i = 0; i < MU_COUNT(keys); i++) {
        const json_t *member = json_object_get(value, keys[i]);
        const char *text = member ? said(member) : NULL;
        if (text && *text)
            return text;
    }
    return NULL;
}

void mu_rpc_error_text(const json_t *error, struct mu_buf *out)
{
    const char *message = json_string_value(json_object_get(error, "message"));
    const char *more = said(json_object_get(error, "data"));
    if (message && *message)
        mu_buf_str(out, message);
    if (more && *more && !(message && strstr(message, more))) {
        if (message && *message)
            mu_buf_str(out, ": ");
        mu_buf_str(out, more);
    }
    if (!(message && *message) && !(more && *more))
        mu_buf_str(out, "The agent reported an error without a reason.");
}
