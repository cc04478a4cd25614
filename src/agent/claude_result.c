#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/claude.h"

/* ---- why it failed ---- */

/* What to do about the causes that are known: the first whose words are found, or whose status. */
static const struct {
    int status;
    const char *words;
    const char *advice;
} causes[] = {
    {0, "Not logged in",
     "Run `claude` in a terminal and log in with /login, or set ANTHROPIC_API_KEY; then send the "
     "message again."},
    {401, "Invalid API key",
     "Check the API key, or log in again: run `claude` in a terminal and use /login."},
    {403, "permission_error", "The account may not use this. Check the API key and the plan."},
    {429, "rate_limit",
     "Too many requests, or the plan's limit is used up. Wait, then send the message again."},
    {529, "Overloaded", "Wait a moment, then send the message again."},
    {404, "issue with the selected model", "Choose another model in the session's options."},
    {413, "Request too large", "Send less, or smaller files."},
    {0, "rompt is too long",
     "Send /compact to have the conversation summed up, or begin a new session."},
    {0, "ECONNRESET",
     "The connection was cut in the middle of the answer. Check the network and the proxy; then "
     "send the message again."},
    {0, "Connection closed",
     "The connection was cut in the middle of the answer. Check the network and the proxy; then "
     "send the message again."},
    {0, "ECONNREFUSED",
     "Check the network, the proxy, and ANTHROPIC_BASE_URL; then send the message again."},
    {0, "Unable to connect",
     "Check the network, the proxy, and ANTHROPIC_BASE_URL; then send the message again."},
    {0, "Connection", "Check the network and the proxy; then send the message again."},
    {500, "api_error", "The fault is at the model's side. Send the message again later."},
    {0, "maximum number of turns", "Send another message to let it go on."},
    {0, "maximum budget",
     "The budget that claude was started with is used up. Raise it, then send the message again."},
    {0, "Credit balance", "Add credit to the account, then send the message again."},
    {400, "invalid_request_error",
     "The model's server did not accept the request. Word the message in another way, or begin a "
     "new session."},
    {0, "unknown option",
     "This version of claude does not fit this muster. Update claude: `npm install -g "
     "@anthropic-ai/claude-code`."},
    {0, "root/sudo",
     "Choose another permission mode in the session's options, or run muster as an ordinary user."},
};

const char *mu_claude_advice(const char *words, int status)
{
    if (strcasestr(words, "try again"))
        return NULL; /* it says so itself */
    for (size_t i = 0; i < MU_COUNT(causes); i++)
        if (strstr(words, causes[i].words) || (status && status == causes[i].status))
            return causes[i].advice;
    return NULL;
}

static const char *first_error(const json_t *errors)
{
    size_t i;
    json_t *error;
    json_array_foreach((json_t *)errors, i, error)
    {
        const char *text = json_string_value(error);
        if (text && *text && strncmp(text, "[ede_diagnostic]", 16) != 0)
            return text;
    }
    return NULL;
}

static void describe_error(const struct mu_claude_line *l, struct mu_buf *out)
{
    static const char for_a_terminal[] = " Run --model to pick a different model.";
    const char *words = mu_json_str(l->json, "result");
    if (!words || !*words)
        words = first_error(json_object_get(l->json, "errors"));
    if (!words || !*words)
        words = mu_json_str(l->json, "subtype");
    if (!words || !*words)
        words = "claude reported an error without a reason.";
    const char *advice = mu_claude_advice(
        words, (int)json_integer_value(json_object_get(l->json, "api_error_status")));
    const char *end = strstr(words, for_a_terminal);
    size_t n = end ? (size_t)(end - words) : strlen(words);
    bool ended = strchr(".!?", words[n - 1]) != NULL;
    mu_buf_add(out, words, n);
    if (advice)
        mu_buf_printf(out, "%s %s", ended ? "" : ".", advice);
}

/* ---- what it used ---- */

#define COST_MAX INT64_C(1000000000000000) /* of one amount, in millionths of a dollar */

static int64_t microusd(const json_t *usd)
{
    double value = json_number_value(usd);
    return json_is_number(usd) && value >= 0 && value < COST_MAX / 1e6
               ? (int64_t)(value * 1e6 + 0.5)
               : -1;
}

/* What newer versions say: what each model cost since the last result. -1: not told. */
static int64_t cost_since(const struct mu_claude_line *l)
{
    int64_t sum = 0;
    const char *model;
    json_t *used;
    json_t *since = json_object_get(l->json, "model_usage_since_last_result");
    json_object_foreach(since, model, used)
    {
        int64_t cost = microusd(json_object_get(used, "costUSD"));
        sum += cost > 0 && sum < COST_MAX ? cost : 0;
    }
    return since ? sum : -1;
}

/* The total begins anew after /clear. That of a conversation that was resumed goes on in newer
 * versions, and begins anew in older ones. */
static int64_t note_cost(const struct mu_claude_line *l)
{
    struct mu_claude *c = l->claude;
    int64_t total = microusd(json_object_get(l->json, "total_cost_usd"));
    int64_t since = cost_since(l);
    if (total < 0)
        return -1;
    if (since < 0)
        since = total >= c->cost_microusd ? total - c->cost_microusd : total;
    c->cost_microusd = total;
    if (c->open_microusd < COST_MAX)
        c->open_microusd += since;
    return c->open_microusd;
}

static struct mu_agent_usage usage_of(const struct mu_claude_line *l, int64_t cost)
{
    const json_t *usage = json_object_get(l->json, "usage");
    return (struct mu_agent_usage){
        .input_tokens = mu_json_count(usage, "input_tokens"),
        .output_tokens = mu_json_count(usage, "output_tokens"),
        .cache_read_tokens = mu_json_count(usage, "cache_read_input_tokens"),
        .cache_write_tokens = mu_json_count(usage, "cache_creation_input_tokens"),
        .cost_microusd = cost,
    };
}

/* How much of what the model can take in is used: told by the model's own entry. */
static void tell_context(const struct mu_claude_line *l)
{
    const struct mu_claude *c = l->claude;
    const json_t *models = json_object_get(l->json, "modelUsage");
    const json_t *size = json_object_get(json_object_get(models, c->model), "contextWindow");
    if (c->context_used > 0 && json_integer_value(size) > 0)
        mu_claude_facts(l,
                        json_pack("{s:{s:I, s:I}}", "context", "used", (json_int_t)c->context_used,
                                  "size", json_integer_value(size)));
}

/* ---- the end of a turn ---- */

static void finish(struct mu_claude *c, const struct mu_claude_line *l, mu_agent_cb *cb, void *ctx)
{
    struct mu_claude_result *r = &c->result;
    struct mu_agent_event ev = {.kind = MU_AG_TURN_DONE,
                                .outcome = r->outcome,
                                .failed = r->outcome == MU_TURN_ERROR,
                                .usage = &r->usage};
    if (*r->text) {
        ev.text = r->text;
        ev.n = strlen(r->text);
    }
    if (l) {
        ev.raw = l->raw;
        ev.raw_n = l->raw_n;
    }
    if (r->usage.cost_microusd >= 0)
        c->open_microusd = 0;
    c->in_turn = c->own_turn = c->lost_line = false;
    c->turns++;
    cb(ctx, &ev);
    *r = (struct mu_claude_result){0};
}

static bool lost_conversation(const struct mu_claude_line *l)
{
    size_t i;
    json_t *error;
    json_array_foreach(json_object_get(l->json, "errors"), i, error)
    {
        const char *text = json_string_value(error);
        if (text && (strstr(text, "No conversation found") || strstr(text, "--resume requires")))
            return true;
    }
    return false;
}

/* It says which prompts it answers, and ours is not among them. */
static bool of_another(const struct mu_claude_line *l)
{
    const json_t *prompts = json_object_get(l->json, "user_message_uuids");
    size_t i;
    json_t *prompt;
    json_array_foreach((json_t *)prompts, i, prompt)
    {
        if (mu_str_eq(json_string_value(prompt), l->claude->prompt))
            return false;
    }
    return json_array_size(prompts) > 0 && *l->claude->prompt;
}

static void note_result(const struct mu_claude_line *l, int64_t cost)
{
    struct mu_claude_result *r = &l->claude->result;
    const char *reason = mu_json_str(l->json, "terminal_reason");
    *r = (struct mu_claude_result){.present = true, .usage = usage_of(l, cost)};
    if (reason && strncmp(reason, "aborted_", 8) == 0) {
        r->outcome = MU_TURN_CANCELLED;
    } else if (json_is_true(json_object_get(l->json, "is_error"))) {
        struct mu_buf text = {0};
        describe_error(l, &text);
        r->outcome = MU_TURN_ERROR;
        snprintf(r->text, sizeof r->text, "%.*s",
                 (int)(text.len < sizeof r->text ? text.len
                                                 : mu_utf8_cut(text.data, sizeof r->text - 1)),
                 text.data);
        mu_buf_release(&text);
    }
}

void mu_claude_on_result(const struct mu_claude_line *l)
{
    struct mu_claude *c = l->claude;
    if (c->resumes && lost_conversation(l)) { /* the process ends now, and its end starts anew */
        c->no_conversation = true;
        return;
    }
    mu_claude_note_session(l);
    int64_t cost = note_cost(l);
    if (!c->own_turn && (!c->in_turn || of_another(l))) /* what it cost is the next turn's */
        return;
    note_result(l, cost);
    tell_context(l);
    if (!c->says_idle || !c->busy)
        finish(c, l, l->cb, l->ctx);
}

void mu_claude_on_idle(const struct mu_claude_line *l)
{
    struct mu_claude *c = l->claude;
    c->says_idle = true;
    c->busy = false;
    if (!c->in_turn && !c->own_turn)
        return;
    if (!c->result.present && c->lost_line && c->heard) /* the result was in the line */
        c->result = (struct mu_claude_result){
            .present = true, .outcome = MU_TURN_OK, .usage = {-1, -1, -1, -1, -1}};
    if (c->result.present)
        finish(c, NULL, l->cb, l->ctx);
}

void mu_claude_end_result(struct mu_claude *c, mu_agent_cb *cb, void *ctx)
{
    if ((c->in_turn || c->own_turn) && c->result.present)
        finish(c, NULL, cb, ctx);
}
