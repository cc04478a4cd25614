#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/acp.h"

/* ---- errors ---- */

enum { AUTH_REQUIRED = -32000 };

/* What to do about the causes that are known: the first whose words are found, or whose status. */
static const struct {
    int status;
    const char *words;
    const char *advice;
} causes[] = {
    {401, "API key", "Check the API key, or log in again; then send the message again."},
    {0, "authentication", "Check the API key, or log in again; then send the message again."},
    {0, "Unauthorized", "Check the API key, or log in again; then send the message again."},
    {403, "permission_error", "The account may not use this. Check the API key and the plan."},
    {402, "credit balance", "Add credit to the account, then send the message again."},
    {429, "rate limit",
     "Too many requests, or the plan's limit is used up. Wait, then send the message again."},
    {0, "quota",
     "Too many requests, or the plan's limit is used up. Wait, then send the message again."},
    {404, "model not found", "Choose another model in the session's options."},
    {0, "model_not_found", "Choose another model in the session's options."},
    {0, "does not exist or you do not have access",
     "Choose another model in the session's options."},
    {0, "ECONNREFUSED", "Check the network and the proxy; then send the message again."},
    {0, "ENOTFOUND", "Check the network and the proxy; then send the message again."},
    {0, "fetch failed", "Check the network and the proxy; then send the message again."},
    {0, "Unable to connect", "Check the network and the proxy; then send the message again."},
    {0, "Connection", "Check the network and the proxy; then send the message again."},
    {529, "Overloaded", "Wait a moment, then send the message again."},
    {503, "high demand", "Wait a moment, then send the message again."},
    {500, "Internal Server Error",
     "The fault is at the model's side. Send the message again later."},
    {502, "Bad Gateway", "The fault is at the model's side. Send the message again later."},
    {504, "timed out", "The model took too long. Send the message again later."},
};

static const char *advice_for(const char *words, int status)
{
    if (strcasestr(words, "try again"))
        return NULL; /* it says so itself */
    for (size_t i = 0; i < MU_COUNT(causes); i++)
        if (strcasestr(words, causes[i].words) || (status && status == causes[i].status))
            return causes[i].advice;
    return NULL;
}

/* A message that is the model's own answer, as JSON: what it says. Takes the place of text. */
static int unwrap(struct mu_buf *text)
{
    char *brace = text->data ? strchr(text->data, '{') : NULL;
    json_t *json = brace ? json_loads(brace, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
    const json_t *error = json_object_get(json, "error");
    const char *message = mu_json_str(error, "message");
    json_int_t code = json_integer_value(json_object_get(error, "code"));
    if (message && *message) {
        struct mu_buf better = {0};
        mu_buf_add(&better, text->data, (size_t)(brace - text->data));
        mu_buf_str(&better, message);
        mu_buf_release(text);
        *text = better;
    }
    json_decref(json);
    return code >= 100 && code <= 599 ? (int)code : 0;
}

/* The status that a text such as "API Error: 401 …" names. */
static int named_status(const char *text)
{
    const char *at = strcasestr(text, "error");
    size_t skip = at ? strcspn(at, "0123456789") : 0;
    bool three = at && skip <= 16 && strspn(at + skip, "0123456789") == 3;
    return three ? (int)strtol(at + skip, NULL, 10) : 0;
}

static void drop_prefix(struct mu_buf *text)
{
    static const char prefix[] = "Internal error: ";
    if (text->len > sizeof prefix && strncmp(text->data, prefix, sizeof prefix - 1) == 0)
        mu_buf_drop(text, sizeof prefix - 1);
}

bool acp_needs_login(const json_t *error)
{
    return json_integer_value(json_object_get(error, "code")) == AUTH_REQUIRED;
}

static void describe_login(const struct mu_acp *c, const char *words, struct mu_buf *out)
{
    mu_buf_printf(out, "%s is not logged in (%s). ", c->name, words);
    if (*c->login)
        mu_buf_printf(out, "Ways to log in: %s. ", c->login);
    mu_buf_printf(out, "Run it in a terminal and log in there, or set its API key where muster is "
                       "started; then send the message again.");
}

void acp_drop_stop(struct mu_buf *text)
{
    while (text->len > 1 && strchr(".:! \n", text->data[text->len - 1]))
        text->data[--text->len] = '\0';
}

void acp_reason(const json_t *error, struct mu_buf *out)
{
    mu_rpc_error_text(error, out);
    drop_prefix(out);
    acp_drop_stop(out);
}

void acp_error_text(const struct mu_acp *c, const json_t *error, struct mu_buf *out)
{
    struct mu_buf text = {0};
    json_int_t code = json_integer_value(json_object_get(error, "code"));
    mu_rpc_error_text(error, &text);
    drop_prefix(&text);
    int status = unwrap(&text);
    if (!status)
        status = code >= 100 && code <= 599 ? (int)code : named_status(text.data);
    const char *advice = advice_for(text.data, status);
    acp_drop_stop(&text);
    if (acp_needs_login(error))
        describe_login(c, text.data, out);
    else
        mu_buf_printf(out, "%s.%s%s", text.data, advice ? " " : "", advice ? advice : "");
    mu_buf_release(&text);
}

/* ---- usage ---- */

void acp_on_cost(struct mu_acp *c, const json_t *cost)
{
    const json_t *amount = json_object_get(cost, "amount");
    double usd = json_number_value(amount);
    if (json_is_number(amount) && usd >= 0 && usd < 1e9 &&
        mu_str_eq(mu_json_str(cost, "currency"), "USD"))
        c->cost_microusd = (int64_t)(usd * 1e6 + 0.5);
}

static int64_t cost_of(const struct mu_acp *c)
{
    if (c->cost_before < 0 || c->cost_microusd < c->cost_before)
        return -1;
    return c->cost_microusd - c->cost_before;
}

/* The protocol's own form, or Gemini's. What is read from a cache is within the input when the
 * total is the sum of input and output alone. */
static struct mu_agent_usage usage_of(const struct mu_acp *c, const json_t *result)
{
    const json_t *usage = json_object_get(result, "usage");
    const json_t *quota =
        json_object_get(json_object_get(json_object_get(result, "_meta"), "quota"), "token_count");
    struct mu_agent_usage u = {
        .input_tokens = mu_json_count(usage, "inputTokens"),
        .output_tokens = mu_json_count(usage, "outputTokens"),
        .cache_read_tokens = mu_json_count(usage, "cachedReadTokens"),
        .cache_write_tokens = mu_json_count(usage, "cachedWriteTokens"),
        .cost_microusd = cost_of(c),
    };
    int64_t total = mu_json_count(usage, "totalTokens");
    if (u.cache_read_tokens > 0 && u.input_tokens >= u.cache_read_tokens && u.output_tokens >= 0 &&
        total - u.input_tokens == u.output_tokens)
        u.input_tokens -= u.cache_read_tokens;
    if (!json_is_object(usage)) {
        u.input_tokens = mu_json_count(quota, "input_tokens");
        u.output_tokens = mu_json_count(quota, "output_tokens");
    }
    return u;
}

static bool is_told(const struct mu_agent_usage *u)
{
    return u->input_tokens >= 0 || u->output_tokens >= 0 || u->cost_microusd > 0;
}

/* ---- how it ended ---- */

static const struct {
    const char *reason;
    const char *text;
} stops[] = {
    {"max_tokens", "The answer was cut off: the model reached its limit of tokens. Send another "
                   "message to let it go on."},
    {"max_turn_requests",
     "The agent stopped before it was done: it asked the model as often as it may "
     "in one turn, or took its answer for a loop. Send another message to "
     "let it go on."},
    {"refusal", "The model refused to go on. The agent leaves what was said in this turn out of "
                "the conversation. Put it another way."},
};

static const char *failure_of(const struct mu_acp *c, const char *reason)
{
    for (size_t i = 0; i < MU_COUNT(stops); i++)
        if (mu_str_eq(reason, stops[i].reason))
            return stops[i].text;
    return c->model_failed && mu_str_eq(reason, "end_turn")
               ? "The model did not answer: the agent's last words above say why. Send the message "
                 "again later."
               : NULL;
}

/* Whatever was asked is asked no more. */
static void withdraw(const struct acp_line *l)
{
    const char *id;
    json_t *one;
    json_object_foreach(l->acp->asked, id, one)
    {
        acp_tool_denied(l->acp, mu_json_str(one, "tool"));
        acp_emit(l, (struct mu_agent_event){.kind = MU_AG_ANSWERED, .id = id});
    }
    json_object_clear(l->acp->asked);
}

static void done(const struct acp_line *l, struct mu_agent_event ev)
{
    struct mu_acp *c = l->acp;
    ev.kind = MU_AG_TURN_DONE;
    withdraw(l);
    acp_end_tools(l, ev.outcome != MU_TURN_OK);
    c->turns++;
    c->in_turn = c->cancelled = c->model_failed = false;
    acp_emit(l, ev);
}

void acp_end_early(const struct acp_line *l, const char *text)
{
    struct mu_acp *c = l->acp;
    bool open = c->in_turn;
    c->turns += open;
    json_decref(c->prompt);
    c->prompt = NULL;
    c->in_turn = c->cancelled = false;
    if (open)
        acp_emit(l, (struct mu_agent_event){.kind = MU_AG_TURN_DONE,
                                            .outcome = text ? MU_TURN_ERROR : MU_TURN_CANCELLED,
                                            .text = text,
                                            .n = text ? strlen(text) : 0,
                                            .failed = text != NULL});
}

void acp_on_prompt_answer(const struct acp_line *l, const struct mu_rpc_message *m)
{
    struct mu_acp *c = l->acp;
    const char *reason = mu_json_str(m->body, "stopReason");
    if (m->kind == MU_RPC_ERROR) {
        struct mu_buf text = {0};
        acp_error_text(c, m->body, &text);
        done(l, (struct mu_agent_event){
                    .outcome = MU_TURN_ERROR, .text = text.data, .n = text.len, .failed = true});
        mu_buf_release(&text);
        return;
    }
    struct mu_agent_usage usage = usage_of(c, m->body);
    const char *failure = failure_of(c, reason);
    struct mu_agent_event ev = {.outcome = MU_TURN_OK, .usage = is_told(&usage) ? &usage : NULL};
    if (mu_str_eq(reason, "cancelled")) {
        ev.outcome = MU_TURN_CANCELLED;
    } else if (failure) {
        ev.outcome = MU_TURN_ERROR;
        ev.text = failure;
        ev.n = strlen(failure);
        ev.failed = true;
    } else if (!mu_str_eq(reason, "end_turn")) {
        acp_odd(l, "an end of the turn", reason);
    }
    done(l, ev);
}
