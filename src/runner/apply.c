#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runner/internal.h"
#include "runner/serve.h"

/* ---- a session in memory ---- */

static void drop_value(struct sess *s)
{
    mu_rec_free(&mu_session_desc, s->row);
    free((char *)s->s.run_id);
    free((char *)s->s.turn_id);
    free((char *)s->s.now_id);
}

static void take_value(struct sess *s, const struct mu_session *v)
{
    struct sess old = *s;
    s->row = mu_rec_clone(&mu_session_desc, &v->row);
    s->s = (struct mu_session){.row = *s->row,
                               .run_id = mu_strdup(v->run_id),
                               .turn_id = mu_strdup(v->turn_id),
                               .now_id = mu_strdup(v->now_id),
                               .cancelling = v->cancelling,
                               .user_named = v->user_named};
    drop_value(&old);
}

static void on_session(void *ctx, const struct mu_rec_session *row,
                       const struct mu_session_private *priv)
{
    struct sess *s = ctx;
    take_value(s, &(struct mu_session){.row = *row,
                                       .run_id = priv->run_id,
                                       .turn_id = priv->turn_id,
                                       .now_id = priv->now_id,
                                       .cancelling = priv->cancelling,
                                       .user_named = priv->user_named});
    s->quiet = watch_is_quiet(row->metadata);
}

struct sess *sess_get(struct mu_runner *r, const char *id)
{
    struct sess *s;
    HASH_FIND_STR(r->sessions, id, s);
    if (s || strlen(id) >= sizeof s->id)
        return s;
    s = mu_alloc(sizeof *s);
    if (mu_store_get_session(r->store, id, on_session, s) != 0) {
        free(s);
        return NULL;
    }
    snprintf(s->id, sizeof s->id, "%s", id);
    HASH_ADD_STR(r->sessions, id, s);
    sess_loose(r, s);
    return s;
}

void sess_free(struct mu_runner *r, struct sess *s)
{
    HASH_DEL(r->sessions, s);
    sess_unlist(r, s);
    if (s->run)
        s->run->sess = NULL;
    mu_buf_release(&s->pending);
    drop_value(s);
    free(s);
}

void sess_gone(struct mu_runner *r, const char *id)
{
    struct sess *s;
    HASH_FIND_STR(r->sessions, id, s);
    if (!s)
        return;
    if (s->run) {
        terminals_of_run_end(s->run);
        runner_action(r, EFFECT_STOP, s->run);
    }
    sess_free(r, s);
}

/* ---- pushes ---- */

void sess_push_record(struct mu_runner *r, const char *topic, const char *event,
                      const struct mu_rec_desc *desc, const void *rec)
{
    struct mu_buf payload = {0};
    mu_rec_encode(&payload, desc, rec);
    runner_push(r, topic, event, 0, &payload);
}

static void push_message(struct mu_runner *r, const struct sess *s, const struct mu_rec_message *m)
{
    char topic[MU_TOPIC_SIZE];
    mu_channel_session(s->id, topic);
    struct mu_rec_message_added added = {.sessionId = s->id, .message = m};
    if (runner_hears(r, topic))
        sess_push_record(r, topic, MU_PUSH_session_MESSAGE_ADDED, &mu_message_added_desc, &added);
}

void sess_push_error(struct mu_runner *r, struct sess *s, const char *text, bool fatal)
{
    char topic[MU_TOPIC_SIZE];
    mu_channel_session(s->id, topic);
    struct mu_rec_error error = {.sessionId = s->id, .message = text, .fatal = fatal};
    if (runner_hears(r, topic))
        sess_push_record(r, topic, MU_PUSH_session_ERROR, &mu_error_desc, &error);
}

static void push_row(struct mu_runner *r, const char *topic, const char *event,
                     const struct mu_rec_session *row, uint32_t changed)
{
    if (!runner_hears(r, topic))
        return;
    struct mu_buf fields = {0};
    mu_buf_str(&fields, "\"sessionId\":");
    mu_buf_json(&fields, row->id);
    mu_buf_char(&fields, ',');
    mu_rec_encode_fields(&fields, &mu_session_desc, row,
                         changed & ~(MU_HAS(session, id) | MU_HAS(session, rev)));
    runner_push(r, topic, event, row->rev, &fields);
}

static void push_update(struct mu_runner *r, const struct sess *s, const struct mu_update *u)
{
    char topic[MU_TOPIC_SIZE];
    mu_channel_session(s->id, topic);
    push_row(r, topic, MU_PUSH_session_SESSION_UPDATED, &u->next.row, u->changed);
    push_row(r, "projects", MU_PUSH_projects_SESSION_UPDATED, &u->next.row, u->changed);
}

static void on_queued(void *ctx, const struct mu_rec_queued_prompt *item)
{
    struct mu_list *queue = ctx;
    struct mu_rec_queued_prompt *copy = mu_rec_clone(&mu_queued_prompt_desc, item);
    struct mu_rec_queued_prompt *items =
        mu_realloc((void *)queue->items, (queue->count + 1) * sizeof *items);
    items[queue->count++] = *copy;
    queue->items = items;
    free(copy);
}

void sess_push_queue(struct mu_runner *r, const struct sess *s)
{
    char topic[MU_TOPIC_SIZE];
    mu_channel_session(s->id, topic);
    if (!runner_hears(r, topic))
        return;
    struct mu_rec_queue_updated *u = mu_alloc(sizeof *u);
    u->sessionId = mu_strdup(s->id);
    if (mu_store_queue_each(r->store, s->id, on_queued, &u->queue) == 0)
        sess_push_record(r, topic, MU_PUSH_session_QUEUE_UPDATED, &mu_queue_updated_desc, u);
    mu_rec_free(&mu_queue_updated_desc, u);
}

static void push_complete(struct mu_runner *r, const struct sess *s, const struct mu_update *u)
{
    char topic[MU_TOPIC_SIZE];
    mu_channel_session(s->id, topic);
    if (!runner_hears(r, topic))
        return;
    struct mu_rec_message_complete done = {.sessionId = s->id,
                                           .rev = u->next.row.rev,
                                           .cancelled = u->cancelled,
                                           .error_message = u->next.row.error_message};
    sess_push_record(r, topic, MU_PUSH_session_MESSAGE_COMPLETE, &mu_message_complete_desc, &done);
}

/* ---- carrying an update out ---- */

static void store_update(struct mu_runner *r, struct sess *s, const struct mu_event *ev,
                         struct mu_update *u, char ids[MU_UPDATE_MESSAGES][MU_ID_SIZE])
{
    int64_t rev = u->changed ? mu_store_next_rev(r->store) : u->next.row.rev;
    u->next.row.rev = rev;
    for (size_t i = 0; i < u->message_count; i++) {
        struct mu_rec_message *m = &u->messages[i];
        m->rev = rev;
        if (!m->id) {
            mu_id_new(ids[i]);
            m->id = ids[i];
        }
        runner_note(r, mu_store_put_message(r->store, m));
        if (m->kind == MU_message_kind_USER && m->metadata)
            images_use(r, m);
        else if (m->kind != MU_message_kind_USER)
            sess_keep_raw(r, s, m->id);
    }
    if (u->queue == MU_QUEUE_PUT)
        runner_note(
            r, mu_store_queue_put(r->store, u->next.row.id, ev->id, ev->text, ev->now, ev->images));
    else if (u->queue == MU_QUEUE_DELETE)
        runner_note(r, mu_store_queue_delete(r->store, u->next.row.id, ev->id));
    struct mu_session_private priv = {.run_id = u->next.run_id,
                                      .turn_id = u->next.turn_id,
                                      .now_id = u->next.now_id,
                                      .cancelling = u->next.cancelling,
                                      .user_named = u->next.user_named};
    if (u->changed || u->private_changed)
        runner_note(r, mu_store_put_session(r->store, &u->next.row, &priv));
}

/* The turn has ended: what is known of it goes into the prompt that began it. One that the agent
 * began by itself has none. */
static void put_turn(struct mu_runner *r, const struct sess *s, const struct mu_event *ev,
                     const struct mu_update *u)
{
    struct mu_rec_message *m = sess_message(r, s->s.turn_id);
    struct facts_turn turn = {.started_at = s->s.row.turn_started_at,
                              .ended_at = ev->now,
                              .outcome = u->cancelled ? MU_TURN_CANCELLED
                                         : u->fatal   ? MU_TURN_ERROR
                                                      : MU_TURN_OK,
                              .row_metadata = u->next.row.metadata,
                              .usage = ev->usage};
    if (!m)
        return;
    char *metadata = facts_turn(m->metadata, &turn);
    free((char *)m->metadata);
    m->metadata = metadata;
    m->rev = u->next.row.rev;
    runner_note(r, mu_store_put_message(r->store, m));
    push_message(r, s, m);
    mu_rec_free(&mu_message_desc, m);
}

static void publish_update(struct mu_runner *r, struct sess *s, const struct mu_update *u)
{
    for (size_t i = 0; i < u->message_count; i++)
        push_message(r, s, &u->messages[i]);
    if (u->queue != MU_QUEUE_SAME)
        sess_push_queue(r, s);
    if (u->changed)
        push_update(r, s, u);
    if (u->error)
        sess_push_error(r, s, u->error, u->fatal);
    if (u->completed)
        push_complete(r, s, u);
}

static void start_run(struct mu_runner *r, struct sess *s, const char *prompt, const char *metadata)
{
    char why[256];
    char *id = mu_strdup(s->s.run_id);
    struct mu_rec_message *first = prompt ? NULL : sess_message(r, s->s.turn_id);
    const char *text = prompt ? prompt : first ? first->text : NULL;
    if (first)
        metadata = first->metadata;
    if (!text || !(s->run = run_new(r, s, id, text, metadata, why))) {
        struct mu_update out;
        struct mu_event ev = {.kind = MU_EV_RUN_ENDED,
                              .now = mu_now_ms(),
                              .outcome = MU_TURN_ERROR,
                              .text = text ? why : "The prompt is not there any more."};
        sess_apply(r, s, &ev, &out);
    }
    mu_rec_free(&mu_message_desc, first);
    free(id);
}

struct chosen {
    const char *wanted; /* an id, or empty: the first */
    char *id, *text, *metadata;
    struct mu_runner *r;
};

static void choose_queued(void *ctx, const struct mu_rec_queued_prompt *item)
{
    struct chosen *q = ctx;
    if (q->id || (*q->wanted && strcmp(q->wanted, item->id) != 0))
        return;
    q->id = mu_strdup(item->id);
    q->text = mu_strdup(item->text);
    q->metadata = images_metadata(q->r, &item->images, true);
}

static void start_next(struct mu_runner *r, struct sess *s, const char *wanted)
{
    struct chosen q = {.wanted = wanted, .r = r};
    int rc = mu_store_queue_each(r->store, s->id, choose_queued, &q);
    if (rc == 0 && q.id) {
        struct mu_update out;
        struct mu_event ev = {.kind = MU_EV_NEXT,
                              .now = mu_now_ms(),
                              .id = q.id,
                              .text = q.text,
                              .metadata = q.metadata};
        sess_apply(r, s, &ev, &out);
    }
    free(q.id);
    free(q.text);
    free(q.metadata);
}

static void act(struct mu_runner *r, struct sess *s, const struct mu_event *ev,
                const struct mu_update *u)
{
    unsigned actions = u->actions;
    bool prompts =
        ev->kind == MU_EV_PROMPT || ev->kind == MU_EV_NEXT || ev->kind == MU_EV_QUEUE_NOW;
    const char *prompt = prompts ? ev->text : NULL;
    const char *metadata = prompts ? ev->metadata : NULL;
    if (actions & MU_DO_START_RUN)
        start_run(r, s, prompt, metadata);
    if ((actions & MU_DO_FEED) && s->run)
        run_feed(s->run, prompt, metadata);
    if ((actions & MU_DO_INTERRUPT) && s->run)
        run_interrupt(s->run);
    if (actions & MU_DO_NEXT)
        start_next(r, s, u->start_id);
}

/* States only: what was asked and answered is nobody's business in a log. */
static void log_change(const struct sess *s, const struct mu_update *u)
{
    if (u->changed & (MU_HAS(session, state) | MU_HAS(session, waiting_for)))
        mu_log(MU_LOG_INFO, "session", "id", s->id, "agent", u->next.row.agent, "state",
               mu_session_state_text(u->next.row.state), "rev", mu_log_num(u->next.row.rev), NULL);
}

static bool nothing(const struct mu_update *u)
{
    return !u->changed && !u->private_changed && u->message_count == 0 &&
           u->queue == MU_QUEUE_SAME && u->actions == 0;
}

bool sess_apply(struct mu_runner *r, struct sess *s, const struct mu_event *given,
                struct mu_update *out)
{
    char run_id[MU_ID_SIZE];
    char ids[MU_UPDATE_MESSAGES][MU_ID_SIZE];
    struct mu_event event = *given;
    const struct mu_event *ev = &event;
    if (!event.run_id) {
        mu_id_new(run_id);
        event.run_id = run_id;
    }
    mu_session_step(&s->s, ev, out);
    if (out->refused)
        return false;
    if (nothing(out))
        return true;
    const char *broken = mu_session_check(&out->next);
    if (broken)
        mu_log(MU_LOG_ERROR, "session_rule_broken", "session", s->id, "rule", broken, NULL);
    if (out->closed)
        ask_close(r, s->id);
    store_update(r, s, ev, out, ids);
    if (out->completed)
        put_turn(r, s, ev, out);
    publish_update(r, s, out);
    log_change(s, out);
    if (!out->next.run_id && s->run) {
        if (out->actions & MU_DO_LET_GO)
            run_let_go(s->run);
        s->run->sess = NULL;
        s->run = NULL;
        sess_loose(r, s);
    }
    struct run *run = s->run;
    take_value(s, &out->next);
    if (out->completed && run && run == s->run)
        run_quiet(run, out->cancelled);
    watch_stepped(r, s, ev);
    act(r, s, ev, out);
    return true;
}

/* ---- messages ---- */

void sess_add_message(struct mu_runner *r, struct sess *s, enum mu_message_kind kind,
                      const char *text, const char *metadata, bool streaming, char id[MU_ID_SIZE],
                      int64_t *seq)
{
    struct mu_update out;
    mu_id_new(id);
    struct mu_rec_message m = {
        .id = id, .kind = kind, .text = text, .metadata = metadata, .streaming = streaming};
    struct mu_event ev = {.kind = MU_EV_MESSAGE, .now = mu_now_ms(), .message = &m};
    sess_apply(r, s, &ev, &out);
    if (seq)
        *seq = s->s.row.last_seq;
}

void sess_put_message(struct mu_runner *r, struct sess *s, struct mu_rec_message *m)
{
    m->rev = mu_store_next_rev(r->store);
    runner_note(r, mu_store_put_message(r->store, m));
    push_message(r, s, m);
}

static void on_message(void *ctx, const struct mu_rec_message *m)
{
    *(struct mu_rec_message **)ctx = mu_rec_clone(&mu_message_desc, m);
}

struct mu_rec_message *sess_message(struct mu_runner *r, const char *id)
{
    struct mu_rec_message *m = NULL;
    if (id && mu_store_get_message(r->store, id, on_message, &m) != 0)
        return NULL;
    return m;
}

void sess_keep_raw(struct mu_runner *r, struct sess *s, const char *message_id)
{
    const struct mu_agent_event *ev = r->raw;
    if (!ev || !ev->raw_n)
        return;
    r->raw = NULL;
    size_t n =
        ev->raw_n <= MU_LIMIT_RAW_BYTES ? ev->raw_n : mu_utf8_cut(ev->raw, MU_LIMIT_RAW_BYTES);
    if (s->tr.raw_bytes + (int64_t)n > RUNNER_RAW_TURN_BYTES)
        return;
    s->tr.raw_bytes += (int64_t)n;
    runner_note(r, mu_store_put_raw(r->store, message_id, ev->raw, n, (int64_t)ev->raw_n));
}
