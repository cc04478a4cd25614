#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/internal.h"

/* What agents wait for. The store alone holds what is open: so it outlives the server, and a commit
 * that fails takes everything back. */

struct asked {
    struct mu_rec_permission *rec;
    char *tool_id;
};

struct asked_list {
    struct asked *items;
    size_t count;
};

static void on_asked(void *ctx, const struct mu_rec_permission *p, const char *tool_id)
{
    struct asked_list *list = ctx;
    list->items = mu_realloc(list->items, (list->count + 1) * sizeof *list->items);
    list->items[list->count++] = (struct asked){
        .rec = mu_rec_clone(&mu_permission_desc, p),
        .tool_id = mu_strdup(tool_id),
    };
}

static struct asked_list read_open(struct mu_runner *r, const char *session_id)
{
    struct asked_list list = {0};
    runner_note(r, mu_store_each_permission(r->store, session_id, SIZE_MAX, on_asked, &list));
    return list;
}

static void list_release(struct asked_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        mu_rec_free(&mu_permission_desc, list->items[i].rec);
        free(list->items[i].tool_id);
    }
    free(list->items);
}

static struct asked *list_find(const struct asked_list *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].rec->id, id) == 0)
            return &list->items[i];
    return NULL;
}

/* ---- asking ---- */

static const char *bounded(const char *json)
{
    return json && strlen(json) > MU_LIMIT_MESSAGE_BYTES ? NULL : json;
}

/* Who looks at the session hears it, and who looks at all that waits. */
static void push_both(struct mu_runner *r, const char *session_id, const char *event,
                      const struct mu_rec_desc *desc, const void *rec)
{
    char topic[MU_TOPIC_SIZE];
    mu_channel_session(session_id, topic);
    if (runner_hears(r, topic))
        sess_push_record(r, topic, event, desc, rec);
    if (runner_hears(r, "inbox"))
        sess_push_record(r, "inbox", event, desc, rec);
}

static void push_requested(struct mu_runner *r, const struct sess *s,
                           const struct mu_rec_permission *p)
{
    struct mu_rec_permission shown = *p;
    shown.input = bounded(p->input);
    shown.suggestions = bounded(p->suggestions);
    shown.questions = bounded(p->questions);
    struct mu_rec_permission_requested push = {.sessionId = s->id, .permission = &shown};
    push_both(r, s->id, MU_PUSH_inbox_PERMISSION_REQUESTED, &mu_permission_requested_desc, &push);
}

/* Nobody can be asked: no, at once, so that the agent does not wait for ever. */
static void deny(struct run *run, const char *id, const char *why)
{
    struct mu_buf bytes = {0};
    struct mu_agent_answer answer = {
        .id = id, .decision = MU_permission_decision_DENY, .message = why};
    run->agent->dialect->answer(run->state, &answer, &bytes);
    if (bytes.len)
        run_input(run, &bytes, false);
    mu_buf_release(&bytes);
}

static void step(struct mu_runner *r, struct sess *s, enum mu_event_kind kind,
                 enum mu_waiting_for waiting_for)
{
    struct mu_update out;
    struct mu_event ev = {.kind = kind, .now = mu_now_ms(), .waiting_for = waiting_for};
    sess_apply(r, s, &ev, &out);
}

static size_t length(const char *text)
{
    return text ? strlen(text) : 0;
}

/* Every answer must fit into what an agent's holder takes at once. */
static const char *no_room(struct mu_runner *r, const struct sess *s,
                           const struct mu_agent_event *ev)
{
    struct asked_list open = read_open(r, s->id);
    size_t bytes = length(ev->input) + length(ev->suggestions);
    bool too_large = bytes > RUNNER_ASKED_BYTES;
    for (size_t i = 0; i < open.count; i++)
        bytes += length(open.items[i].rec->input) + length(open.items[i].rec->suggestions);
    bool full = open.count >= MU_LIMIT_OPEN_REQUESTS || bytes > RUNNER_ASKED_BYTES;
    list_release(&open);
    if (too_large)
        return "This is too large to be asked for: at most 4 MiB. Do it in smaller pieces.";
    return full ? "Too many requests are open. Ask again when some are answered." : NULL;
}

void ask_open(struct run *run, const struct mu_agent_event *ev)
{
    struct mu_runner *r = run->r;
    struct sess *s = run->sess;
    if (s->s.row.state != MU_session_state_WORKING || s->s.cancelling || run->closing) {
        deny(run, ev->id, "The turn is over: nobody is asked any more.");
        return;
    }
    const char *why = no_room(r, s, ev);
    if (why) {
        deny(run, ev->id, why);
        return;
    }
    bool question = ev->questions && ev->title;
    char *name = output_name(ev->name);
    char *title = output_title(question ? NULL : name, ev->title);
    struct mu_rec_permission p = {.id = ev->id,
                                  .session_id = s->id,
                                  .kind = ev->questions ? MU_waiting_for_QUESTION
                                                        : MU_waiting_for_PERMISSION,
                                  .tool = name,
                                  .title = title,
                                  .input = ev->input,
                                  .suggestions = ev->suggestions,
                                  .questions = ev->questions,
                                  .created_at = mu_now_ms()};
    runner_note(r, mu_store_put_permission(r->store, &p, ev->tool_id));
    push_requested(r, s, &p);
    free(title);
    free(name);
    step(r, s, MU_EV_ASKED, p.kind);
}

/* ---- what becomes of it ---- */

/* The row goes away, and everybody hears it. */
static void resolve(struct mu_runner *r, const char *session_id, const char *id,
                    enum mu_permission_decision decision)
{
    struct mu_rec_permission_resolved push = {
        .sessionId = session_id, .id = id, .decision = decision};
    runner_note(r, mu_store_delete_permission(r->store, session_id, id));
    push_both(r, session_id, MU_PUSH_inbox_PERMISSION_RESOLVED, &mu_permission_resolved_desc,
              &push);
}

/* One of the open requests is open no more: the session waits for the oldest of the others. */
static void resolve_one(struct mu_runner *r, struct sess *s, const struct asked_list *open,
                        const struct asked *one, enum mu_permission_decision decision)
{
    enum mu_waiting_for rest = MU_waiting_for_NONE;
    for (size_t i = open->count; i > 0; i--)
        if (&open->items[i - 1] != one)
            rest = open->items[i - 1].rec->kind;
    resolve(r, s->id, one->rec->id, decision);
    step(r, s, MU_EV_ANSWERED, rest);
}

void ask_withdrawn(struct run *run, const char *id)
{
    struct asked_list open = read_open(run->r, run->sess->id);
    const struct asked *one = list_find(&open, id);
    if (one)
        resolve_one(run->r, run->sess, &open, one, MU_permission_decision_NONE);
    list_release(&open);
}

void ask_close(struct mu_runner *r, const char *session_id)
{
    struct asked_list open = read_open(r, session_id);
    for (size_t i = 0; i < open.count; i++)
        resolve(r, session_id, open.items[i].rec->id, MU_permission_decision_NONE);
    list_release(&open);
}

/* ---- answering ---- */

static const char *wrong_answer(const struct mu_rec_permission *asked,
                                const struct mu_rec_answer_permission *req)
{
    bool question = asked->kind == MU_waiting_for_QUESTION;
    if (question && req->decision == MU_permission_decision_ALLOW_ALWAYS)
        return "A question is answered with allow and the answers, or with deny.";
    if (question && req->decision == MU_permission_decision_ALLOW && !req->answers)
        return "A question needs `answers`: an object from each question to its answer.";
    if (!question && req->answers)
        return "Only a question has `answers`.";
    if (req->decision == MU_permission_decision_ALLOW_ALWAYS && !asked->suggestions)
        return "The agent offers no rule for this, so it can be allowed once only.";
    return NULL;
}

static bool too_long(const struct mu_rec_answer_permission *req)
{
    return length(req->message) > MU_LIMIT_ANSWER_BYTES ||
           length(req->answers) > MU_LIMIT_ANSWER_BYTES;
}

static void give_answer(struct run *run, const struct mu_rec_permission *asked,
                        const struct mu_rec_answer_permission *req)
{
    struct mu_buf bytes = {0};
    struct mu_agent_answer answer = {
        .id = asked->id,
        .decision = req->decision,
        .message = req->message && *req->message ? req->message : "The user denied this.",
        .input = asked->input,
        .suggestions = asked->suggestions,
        .answers = req->answers,
    };
    run->agent->dialect->answer(run->state, &answer, &bytes);
    if (bytes.len)
        run_input(run, &bytes, false);
    mu_buf_release(&bytes);
}

void mu_runner_answer(struct mu_runner *r, const char *session_id,
                      const struct mu_rec_answer_permission *req, mu_outcome_cb *cb, void *ctx)
{
    struct sess *s = runner_session(r, session_id, cb, ctx);
    if (!s)
        return;
    struct asked_list open = read_open(r, s->id);
    const struct asked *one = s->run ? list_find(&open, req->id) : NULL;
    const char *wrong = one ? wrong_answer(one->rec, req) : NULL;
    if (!one) {
        runner_refuse(cb, ctx, MU_CODE_ALREADY_ANSWERED, NULL);
    } else if (wrong) {
        runner_refuse(cb, ctx, MU_CODE_INVALID_FIELD, wrong);
    } else if (too_long(req)) {
        runner_refuse(cb, ctx, MU_CODE_TOO_LARGE, "An answer has at most 65536 bytes.");
    } else {
        give_answer(s->run, one->rec, req);
        output_decided(s->run, one->rec, one->tool_id, req);
        resolve_one(r, s, &open, one, req->decision);
        runner_reply(r, cb, ctx);
    }
    list_release(&open);
}
