#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/codex.h"

/* ---- for all parts ---- */

bool mu_codex_id(char out[MU_CODEX_ID], const char *id)
{
    bool good = id && mu_id_valid(id) && id[0] != '-';
    snprintf(out, MU_CODEX_ID, "%s", good ? id : "");
    return good;
}

void mu_codex_emit(const struct mu_codex_line *l, struct mu_agent_event ev)
{
    ev.raw = l->raw;
    ev.raw_n = l->raw_n;
    l->cb(l->ctx, &ev);
}

void mu_codex_notice(const struct mu_codex_line *l, const char *text, bool failed)
{
    mu_codex_emit(l, (struct mu_agent_event){
                         .kind = MU_AG_NOTICE, .text = text, .n = strlen(text), .failed = failed});
}

void mu_codex_send(const struct mu_codex_line *l, struct mu_buf *bytes)
{
    if (bytes->len)
        mu_codex_emit(
            l, (struct mu_agent_event){.kind = MU_AG_SEND, .text = bytes->data, .n = bytes->len});
    mu_buf_release(bytes);
}

/* ---- the end of a turn ---- */

static struct mu_agent_usage usage_of(const struct mu_codex *c)
{
    int64_t in = c->used.in - c->used.read;
    in = in > 0 ? in - c->used.written : 0;
    return (struct mu_agent_usage){.input_tokens = in > 0 ? in : 0,
                                   .output_tokens = c->used.out,
                                   .cache_read_tokens = c->used.read,
                                   .cache_write_tokens = c->used.written,
                                   .cost_microusd = -1};
}

void mu_codex_end_turn(const struct mu_codex_line *l, enum mu_turn_outcome outcome,
                       const char *text)
{
    struct mu_codex *c = l->codex;
    if (!c->in_turn)
        return;
    struct mu_agent_usage usage = usage_of(c);
    bool counted = c->used_any;
    mu_codex_clear_turn(c);
    c->turns++;
    mu_codex_emit(l, (struct mu_agent_event){.kind = MU_AG_TURN_DONE,
                                             .outcome = outcome,
                                             .text = text,
                                             .n = text ? strlen(text) : 0,
                                             .failed = outcome == MU_TURN_ERROR,
                                             .usage = counted ? &usage : NULL});
}

void mu_codex_refused(const struct mu_codex_line *l, const char *what, const json_t *error)
{
    struct mu_buf text = {0};
    mu_buf_printf(&text, "codex refused %s: ", what);
    mu_rpc_error_text(error, &text);
    mu_codex_end_turn(l, MU_TURN_ERROR, text.data);
    mu_buf_release(&text);
}

/* ---- facts ---- */

static void put_facts(const struct mu_codex_line *l, json_t *facts)
{
    char *text = json_dumps(facts, JSON_COMPACT);
    mu_codex_emit(l, (struct mu_agent_event){.kind = MU_AG_FACTS, .metadata = text});
    free(text);
    json_decref(facts);
}

void mu_codex_note_model(const struct mu_codex_line *l, const char *model)
{
    struct mu_codex *c = l->codex;
    if (!model || !*model || strncmp(model, c->model, sizeof c->model - 1) == 0)
        return;
    snprintf(c->model, sizeof c->model, "%.*s", mu_text_cut(model, sizeof c->model - 1), model);
    put_facts(l, json_pack("{s:s}", "model", c->model));
}

void mu_codex_note_title(const struct mu_codex_line *l, const char *title)
{
    if (title && *title)
        mu_codex_emit(
            l, (struct mu_agent_event){.kind = MU_AG_TITLE, .text = title, .n = strlen(title)});
}

/* ---- the turn ---- */

/* The running turn has a name: what waited for it is sent. */
static void name_turn(const struct mu_codex_line *l, const json_t *turn)
{
    struct mu_codex *c = l->codex;
    if (*c->turn || !c->in_turn || !mu_codex_id(c->turn, mu_json_str(turn, "id")))
        return;
    c->words.n = 0;
    mu_codex_note_model(l, mu_codex_model(c));
    if (c->cancelling) {
        struct mu_buf bytes = {0};
        c->cancelling = false;
        mu_codex_put_interrupt(c, &bytes);
        mu_codex_send(l, &bytes);
    }
}

/* Without its id the end of a turn would not be seen. */
static void on_begun(const struct mu_codex_line *l, const json_t *turn)
{
    name_turn(l, turn);
    if (!*l->codex->turn)
        mu_codex_end_turn(l, MU_TURN_ERROR,
                          "codex did not say the id of the turn. Update codex, or muster: they may "
                          "not fit together.");
}

static void on_answer(const struct mu_codex_line *l, const struct mu_rpc_message *m)
{
    struct mu_codex *c = l->codex;
    if (m->id != c->awaited || c->awaited == 0)
        return;
    c->awaited = 0;
    switch (c->phase) {
    case MU_CODEX_GREETED:
        mu_codex_greeted(l, m);
        break;
    case MU_CODEX_RESUMES:
    case MU_CODEX_STARTS:
        mu_codex_thread(l, m);
        break;
    case MU_CODEX_READY:
        if (m->kind == MU_RPC_ERROR)
            mu_codex_refused(l, "the message", m->body);
        else
            on_begun(l, json_object_get(m->body, "turn"));
        break;
    default:
        break;
    }
}

static bool of_thread(const struct mu_codex_line *l)
{
    return l->codex->phase == MU_CODEX_READY &&
           mu_str_eq(mu_json_str(l->params, "threadId"), l->codex->thread);
}

static bool of_turn(const struct mu_codex_line *l)
{
    return of_thread(l) && *l->codex->turn &&
           mu_str_eq(mu_json_str(l->params, "turnId"), l->codex->turn);
}

static void on_turn_completed(const struct mu_codex_line *l)
{
    struct mu_codex *c = l->codex;
    const json_t *turn = json_object_get(l->params, "turn");
    const json_t *error = json_object_get(turn, "error");
    const char *status = mu_json_str(turn, "status");
    struct mu_buf text = {0};
    if (!*c->turn || !mu_str_eq(mu_json_str(turn, "id"), c->turn))
        return;
    if (mu_str_eq(status, "completed")) {
        mu_codex_end_turn(l, MU_TURN_OK, NULL);
    } else if (mu_str_eq(status, "interrupted")) {
        mu_codex_end_turn(l, MU_TURN_CANCELLED, NULL);
    } else {
        if (json_is_object(error) || !*c->error)
            mu_codex_error_text(error, &text);
        else
            mu_buf_str(&text, c->error);
        mu_codex_end_turn(l, MU_TURN_ERROR, text.data);
    }
    mu_buf_release(&text);
}

/* A try that failed: the first is told, and then some. What was streamed comes again. */
static void on_retry(const struct mu_codex_line *l, const json_t *error)
{
    struct mu_codex *c = l->codex;
    const char *message = mu_json_str(error, "message");
    const char *more = mu_json_str(error, "additionalDetails");
    char text[640];
    int64_t n = ++c->retries;
    mu_codex_emit(l, (struct mu_agent_event){.kind = MU_AG_RESET});
    if (n != 1 && n % 5 != 0)
        return;
    if (!more)
        more = "no reason given";
    if (!message)
        message = "no number";
    int len = mu_text_cut(more, 400);
    while (len > 0 && more[len - 1] == '.')
        len--;
    snprintf(text, sizeof text, "The model did not answer: %.*s. codex tries again (%.*s).", len,
             more, mu_text_cut(message, 100), message);
    mu_codex_notice(l, text, true);
}

static void on_error(const struct mu_codex_line *l)
{
    struct mu_codex *c = l->codex;
    const json_t *error = json_object_get(l->params, "error");
    if (json_is_true(json_object_get(l->params, "willRetry"))) {
        on_retry(l, error);
        return;
    }
    struct mu_buf text = {0};
    mu_codex_error_text(error, &text);
    snprintf(c->error, sizeof c->error, "%.*s", mu_text_cut(text.data, sizeof c->error - 1),
             text.data);
    mu_buf_release(&text);
}

/* ---- usage ---- */

static int64_t count_of(const json_t *tokens, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(tokens, key));
    return n > 0 && n < INT64_MAX / 4 ? n : 0;
}

static struct mu_codex_tokens tokens_of(const json_t *json)
{
    return (struct mu_codex_tokens){.in = count_of(json, "inputTokens"),
                                    .read = count_of(json, "cachedInputTokens"),
                                    .written = count_of(json, "cacheWriteInputTokens"),
                                    .out = count_of(json, "outputTokens")};
}

static int64_t sum(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/* What came since the last total; where that is not known, or began anew: the last request. */
static void on_usage(const struct mu_codex_line *l)
{
    struct mu_codex *c = l->codex;
    const json_t *usage = json_object_get(l->params, "tokenUsage");
    const json_t *size = json_object_get(usage, "modelContextWindow");
    const json_t *last = json_object_get(usage, "last");
    struct mu_codex_tokens now = tokens_of(json_object_get(usage, "total"));
    struct mu_codex_tokens more = tokens_of(last);
    const struct mu_codex_tokens *t = &c->total;
    if (c->counted && now.in >= t->in && now.read >= t->read && now.written >= t->written &&
        now.out >= t->out)
        more = (struct mu_codex_tokens){now.in - t->in, now.read - t->read,
                                        now.written - t->written, now.out - t->out};
    c->total = now;
    c->counted = true;
    if (!of_turn(l))
        return;
    c->used_any = true;
    c->used =
        (struct mu_codex_tokens){sum(c->used.in, more.in), sum(c->used.read, more.read),
                                 sum(c->used.written, more.written), sum(c->used.out, more.out)};
    if (count_of(usage, "modelContextWindow"))
        put_facts(l, json_pack("{s:{s:I, s:O}}", "context", "used", count_of(last, "totalTokens"),
                               "size", size));
}

/* ---- lines ---- */

static void on_warning(const struct mu_codex_line *l)
{
    const char *message = mu_json_str(l->params, "message");
    bool known = l->codex->resumed && !*l->codex->turn; /* it was said when the thread began */
    if (message && *message && !known)
        mu_codex_notice(l, message, false);
}

static void on_rerouted(const struct mu_codex_line *l)
{
    const char *model = mu_json_str(l->params, "toModel");
    char text[200];
    if (!model)
        return;
    snprintf(text, sizeof text, "codex goes on with another model: %.*s.", mu_text_cut(model, 100),
             model);
    mu_codex_notice(l, text, false);
    mu_codex_note_model(l, model);
}

static void on_delta(const struct mu_codex_line *l, enum mu_message_kind kind)
{
    const char *text = mu_json_str(l->params, "delta");
    if (text && *text)
        mu_codex_emit(l, (struct mu_agent_event){
                             .kind = MU_AG_TEXT, .message = kind, .text = text, .n = strlen(text)});
}

static void on_text(const struct mu_codex_line *l)
{
    on_delta(l, MU_message_kind_TEXT);
}

static void on_thinking(const struct mu_codex_line *l)
{
    on_delta(l, MU_message_kind_THINKING);
}

static void on_part(const struct mu_codex_line *l)
{
    if (json_integer_value(json_object_get(l->params, "summaryIndex")) > 0)
        mu_codex_emit(l, (struct mu_agent_event){.kind = MU_AG_TEXT,
                                                 .message = MU_message_kind_THINKING,
                                                 .text = "\n\n",
                                                 .n = 2});
}

static void on_item_started(const struct mu_codex_line *l)
{
    mu_codex_item(l, json_object_get(l->params, "item"), false);
}

static void on_item_completed(const struct mu_codex_line *l)
{
    mu_codex_item(l, json_object_get(l->params, "item"), true);
}

static void on_turn_started(const struct mu_codex_line *l)
{
    name_turn(l, json_object_get(l->params, "turn"));
}

static void on_name(const struct mu_codex_line *l)
{
    mu_codex_note_title(l, mu_json_str(l->params, "threadName"));
}

/* Whose a notification must be to count. */
enum whose { ANYONES, THREADS, TURNS };

static const struct {
    const char *method;
    enum whose whose;
    void (*handle)(const struct mu_codex_line *l);
} notifications[] = {
    {"item/agentMessage/delta", TURNS, on_text},
    {"item/plan/delta", TURNS, on_text},
    {"item/reasoning/summaryTextDelta", TURNS, on_thinking},
    {"item/reasoning/summaryPartAdded", TURNS, on_part},
    {"item/reasoning/textDelta", TURNS, on_thinking},
    {"item/commandExecution/outputDelta", TURNS, mu_codex_output},
    {"item/started", TURNS, on_item_started},
    {"item/completed", TURNS, on_item_completed},
    {"turn/plan/updated", TURNS, mu_codex_plan},
    {"error", TURNS, on_error},
    {"model/rerouted", TURNS, on_rerouted},
    {"turn/started", THREADS, on_turn_started},
    {"turn/completed", THREADS, on_turn_completed},
    {"thread/tokenUsage/updated", THREADS, on_usage},
    {"thread/name/updated", THREADS, on_name},
    {"warning", THREADS, on_warning},
    {"guardianWarning", THREADS, on_warning},
    {"serverRequest/resolved", ANYONES, mu_codex_resolved},
};

static void on_notification(const struct mu_codex_line *l, const char *method)
{
    for (size_t i = 0; i < MU_COUNT(notifications); i++)
        if (strcmp(method, notifications[i].method) == 0) {
            if (notifications[i].whose == ANYONES ||
                (notifications[i].whose == THREADS ? of_thread(l) : of_turn(l)))
                notifications[i].handle(l);
            return;
        }
}

void mu_codex_line(struct mu_codex *c, const char *line, size_t n, mu_agent_cb *cb, void *ctx)
{
    json_t *json = json_loadb(line, n, JSON_ALLOW_NUL, NULL);
    struct mu_rpc_message m;
    mu_rpc_read(json, &m);
    const struct mu_codex_line l = {c, m.body, line, n, cb, ctx};
    switch (m.kind) {
    case MU_RPC_NONE:
        break;
    case MU_RPC_REQUEST:
        mu_codex_request(&l, m.their, m.method);
        break;
    case MU_RPC_NOTIFICATION:
        on_notification(&l, m.method);
        break;
    case MU_RPC_RESULT:
    case MU_RPC_ERROR:
        on_answer(&l, &m);
        break;
    }
    json_decref(json);
}
