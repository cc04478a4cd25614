#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/codex.h"

/* What to do about the causes that are known: the first whose kind, status or words fit. */
static const struct {
    const char *kind; /* codexErrorInfo */
    int status;       /* of HTTP; 5xx: 500 */
    const char *words;
    const char *advice;
} causes[] = {
    {"contextWindowExceeded", 0, NULL,
     "Begin a new session, or choose a model with a larger context."},
    {"sessionBudgetExceeded", 0, NULL, "Begin a new session."},
    {"usageLimitExceeded", 0, "usage limit",
     "Wait until the plan's limit is renewed, or use an API key; then send the message again."},
    {"modelNotFound", 404, NULL, "Choose another model in the session's options."},
    {NULL, 0, "Missing environment variable",
     "Set that variable where muster is started and start it again, or run `codex login` in a "
     "terminal; then send the message again."},
    {"unauthorized", 401, "Not logged in",
     "Check the API key, or log in again: run `codex login` in a terminal; then send the message "
     "again."},
    {NULL, 403, NULL, "The account may not use this. Check the API key and the plan."},
    {"rateLimitExceeded", 429, NULL,
     "Too many requests, or the plan's limit is used up. Wait, then send the message again."},
    {"serverOverloaded", 529, "high demand", "Wait a moment, then send the message again."},
    {"sandboxError", 0, NULL, "Choose another sandbox in the session's options."},
    {"internalServerError", 500, NULL,
     "The fault is at the model's side. Send the message again later."},
    {"badRequest", 400, "invalid_request_error",
     "The model refused the request. Check the session's model and options."},
    {"responseStreamDisconnected", 0, "stream disconnected",
     "The connection broke off in the middle of the answer. Send the message again."},
    {"httpConnectionFailed", 0, "Connection failed",
     "Check the network, the proxy, and the address of the model provider in codex's "
     "config.toml; then send the message again."},
    {"responseStreamConnectionFailed", 0, "error sending request",
     "Check the network and the proxy; then send the message again."},
};

/* "unexpected status 401 Unauthorized", "last status: 429 Too Many Requests". */
static int status_in(const char *words)
{
    const char *at = strstr(words, "status");
    if (!at)
        return 0;
    at += strlen("status");
    at += strspn(at, ": ");
    int status = (int)strtol(at, NULL, 10);
    return status >= 400 && status < 600 ? status : 0;
}

static const char *advice_for(const char *kind, int status, const char *words)
{
    if (status >= 500 && status != 529)
        status = 500;
    /* The kind of a broken request says nothing where there is a status. */
    bool says =
        !status || (kind && strncmp(kind, "http", 4) != 0 && strncmp(kind, "response", 8) != 0);
    for (size_t i = 0; i < MU_COUNT(causes); i++)
        if ((says && causes[i].kind && mu_str_eq(kind, causes[i].kind)) ||
            (status && status == causes[i].status))
            return causes[i].advice;
    for (size_t i = 0; i < MU_COUNT(causes); i++)
        if (causes[i].words && strstr(words, causes[i].words))
            return causes[i].advice;
    return NULL;
}

/* The model's own error may come as JSON. */
static char *unwrapped(const char *message)
{
    json_t *json = *message == '{' ? json_loads(message, 0, NULL) : NULL;
    const json_t *error = json_object_get(json, "error");
    const char *inner = mu_json_str(error ? error : json, "message");
    char *text = mu_strdup(inner && *inner ? inner : message);
    json_decref(json);
    return text;
}

void mu_codex_error_text(const json_t *error, struct mu_buf *out)
{
    const char *message = mu_json_str(error, "message");
    const char *more = mu_json_str(error, "additionalDetails");
    const json_t *info = json_object_get(error, "codexErrorInfo");
    const char *kind = json_string_value(info);
    const char *key;
    json_t *value;
    int status = 0;
    json_object_foreach((json_t *)info, key, value)
    {
        kind = key;
        status = (int)json_integer_value(json_object_get(value, "httpStatusCode"));
    }
    if (!message || !*message)
        message = kind ? kind : "codex reported an error without a reason.";
    if (!status)
        status = status_in(message);
    const char *advice = advice_for(kind, status, message);
    char *text = unwrapped(message);
    size_t begin = out->len;
    mu_buf_str(out, text);
    if (more && *more && !strstr(text, more))
        mu_buf_printf(out, ": %s", more);
    bool ended = out->len > begin && strchr(".!?", out->data[out->len - 1]) != NULL;
    if (advice)
        mu_buf_printf(out, "%s %s", ended ? "" : ".", advice);
    free(text);
}
