#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/internal.h"
#include "runner/serve.h"

/* ---- transcript operations → store and pushes ---- */

static void open_streaming(struct run *run, enum mu_message_kind kind)
{
    struct mu_transcript *t = &run->sess->tr;
    t->created_at = mu_now_ms();
    sess_add_message(run->r, run->sess, kind, "", NULL, true, t->id, &t->seq);
}

static void append(struct run *run, const struct mu_transcript_op *op)
{
    struct mu_runner *r = run->r;
    struct sess *s = run->sess;
    char topic[MU_TOPIC_SIZE];
    runner_note(r, mu_store_append_text(r->store, s->tr.id, op->text, op->n));
    r->stats.output_bytes += (int64_t)op->n;
    mu_channel_session(s->id, topic);
    if (!runner_hears(r, topic))
        return;
    char *text = mu_strndup(op->text, op->n);
    struct mu_rec_stream_output out = {
        .sessionId = s->id, .message_id = s->tr.id, .at = op->at, .text = text};
    struct mu_buf payload = {0};
    mu_rec_encode(&payload, &mu_stream_output_desc, &out);
    runner_push(r, topic, MU_PUSH_session_STREAM_OUTPUT, 0, &payload);
    free(text);
}

static void put_open(struct run *run, const char *text, size_t n, bool streaming)
{
    const struct mu_transcript *t = &run->sess->tr;
    char *copy = mu_strndup(text, n);
    struct mu_rec_message m = {.id = t->id,
                               .session_id = run->sess->id,
                               .seq = t->seq,
                               .kind = t->kind,
                               .text = copy,
                               .streaming = streaming,
                               .created_at = t->created_at};
    sess_put_message(run->r, run->sess, &m);
    if (!streaming)
        sess_keep_raw(run->r, run->sess, t->id);
    free(copy);
}

static void close_open(struct run *run)
{
    struct mu_rec_message *m = sess_message(run->r, run->sess->tr.id);
    if (!m)
        return;
    m->streaming = false;
    sess_put_message(run->r, run->sess, m);
    mu_rec_free(&mu_message_desc, m);
}

static void add_whole(struct run *run, const struct mu_transcript_op *op)
{
    char id[MU_ID_SIZE];
    char *text = mu_strndup(op->text, op->n);
    sess_add_message(run->r, run->sess, op->message, text, NULL, false, id, NULL);
    run->r->stats.output_bytes += (int64_t)op->n;
    free(text);
}

static void on_op(void *ctx, const struct mu_transcript_op *op)
{
    struct run *run = ctx;
    switch (op->kind) {
    case MU_TR_OPEN:
        open_streaming(run, op->message);
        break;
    case MU_TR_APPEND:
        append(run, op);
        break;
    case MU_TR_RENEW:
        put_open(run, "", 0, true);
        break;
    case MU_TR_REPLACE:
        put_open(run, op->text, op->n, false);
        break;
    case MU_TR_CLOSE:
        close_open(run);
        break;
    case MU_TR_ADD:
        add_whole(run, op);
        break;
    }
}

void output_drain(struct run *run)
{
    struct sess *s = run->sess;
    if (!s || s->pending.len == 0)
        return;
    struct mu_buf text = s->pending;
    s->pending = (struct mu_buf){0};
    run_mark(run, RUN_DERIVED);
    mu_transcript_text(&s->tr, s->pending_kind, text.data, text.len, on_op, run);
    mu_buf_release(&text);
}

/* ---- agent events ---- */

static void on_text(struct run *run, const struct mu_agent_event *ev)
{
    struct sess *s = run->sess;
    if (s->s.row.state != MU_session_state_WORKING)
        return;
    if (s->pending.len && s->pending_kind != ev->message)
        output_drain(run);
    s->pending_kind = ev->message;
    mu_buf_add(&s->pending, ev->text, ev->n);
    if (s->pending.len >= RUNNER_PENDING_BYTES)
        output_drain(run);
    else
        runner_start_tick(run->r);
}

/* had: the bytes of what it replaces, which are charged already. */
static json_t *limited(struct mu_transcript *t, const char *text, size_t n, size_t had)
{
    size_t keep = n > RUNNER_TOOL_BYTES ? mu_utf8_cut(text, RUNNER_TOOL_BYTES) : n;
    if (keep > had && !mu_transcript_charge(t, keep - had))
        return json_string("… not kept: the turn has more output than its limit.");
    json_t *s = json_stringn(text, keep);
    return s ? s : json_string("");
}

static void set_text(json_t *meta, const char *key, struct mu_transcript *t, const char *text,
                     size_t n)
{
    size_t had = json_string_length(json_object_get(meta, key));
    json_object_set_new(meta, key, limited(t, text, n, had));
    if (n > RUNNER_TOOL_BYTES) {
        char name[32];
        snprintf(name, sizeof name, "%s_bytes", key);
        json_object_set_new(meta, name, json_integer((json_int_t)n));
    }
}

/* JSON itself, or its beginning as text where it is too long. */
static void set_json(json_t *meta, const char *key, struct mu_transcript *t, const char *text)
{
    size_t n = strlen(text);
    json_t *json =
        n <= RUNNER_TOOL_BYTES ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
    if (json && mu_transcript_charge(t, n)) {
        json_object_set_new(meta, key, json);
        return;
    }
    json_decref(json);
    set_text(meta, key, t, text, n);
}

static char *shortened(const char *text, size_t max)
{
    bool fits = !text || strlen(text) <= max;
    return fits ? mu_strdup(text)
                : mu_asprintf("%.*s…", (int)mu_utf8_cut(text, max - sizeof "…"), text);
}

char *output_name(const char *name)
{
    return shortened(name, RUNNER_NAME_BYTES);
}

static void set_name(json_t *meta, const char *key, const char *name)
{
    char *text = output_name(name);
    json_object_set_new(meta, key, json_string(text));
    free(text);
}

char *output_title(const char *tool, const char *title)
{
    size_t n = title ? strcspn(title, "\r\n") : 0;
    bool cut = title && (title[n] || n > RUNNER_TITLE_BYTES);
    if (n > RUNNER_TITLE_BYTES)
        n = mu_utf8_cut(title, RUNNER_TITLE_BYTES);
    if (n == 0)
        return mu_strdup(tool ? tool : "");
    return mu_asprintf("%s%s%.*s%s", tool ? tool : "", tool ? ": " : "", (int)n, title,
                       cut ? "…" : "");
}

/* What a tool call is known to be by now. */
static void renew_tool(struct run *run, struct mu_rec_message *m, const struct mu_agent_event *ev,
                       const char *status)
{
    struct mu_transcript *t = &run->sess->tr;
    json_t *meta = m->metadata ? json_loads(m->metadata, JSON_ALLOW_NUL, NULL) : NULL;
    if (!meta)
        meta = json_object();
    if (status)
        json_object_set_new(meta, "status", json_string(status));
    if (ev->input)
        set_json(meta, "input", t, ev->input);
    if (ev->text)
        set_text(meta, "output", t, ev->text, ev->n);
    if (ev->diffs)
        set_json(meta, "diffs", t, ev->diffs);
    if (ev->title) {
        free((char *)m->text);
        m->text = output_title(json_string_value(json_object_get(meta, "tool")), ev->title);
    }
    free((char *)m->metadata);
    m->metadata = json_dumps(meta, JSON_COMPACT);
    sess_put_message(run->r, run->sess, m);
    if (status)
        sess_keep_raw(run->r, run->sess, m->id);
    json_decref(meta);
}

/* No result will be known for the call of that message. */
static void leave_tool(struct run *run, const char *message_id)
{
    struct mu_rec_message *m = sess_message(run->r, message_id);
    if (m)
        renew_tool(run, m, &(struct mu_agent_event){.kind = MU_AG_TOOL_UPDATE}, "unfinished");
    mu_rec_free(&mu_message_desc, m);
}

static void on_tool_call(struct run *run, const struct mu_agent_event *ev)
{
    struct sess *s = run->sess;
    mu_transcript_close(&s->tr, on_op, run);
    json_t *meta = json_pack("{s:s}", "status", "running");
    set_name(meta, "tool", ev->name);
    set_name(meta, "tool_id", ev->id);
    if (ev->parent)
        set_name(meta, "parent", ev->parent);
    if (ev->input)
        set_json(meta, "input", &s->tr, ev->input);
    if (ev->diffs)
        set_json(meta, "diffs", &s->tr, ev->diffs);
    char *text = output_title(json_string_value(json_object_get(meta, "tool")), ev->title);
    char *json = json_dumps(meta, JSON_COMPACT);
    char id[MU_ID_SIZE], lost[MU_ID_SIZE];
    sess_add_message(run->r, s, MU_message_kind_TOOL, text, json, false, id, NULL);
    if (mu_transcript_tool_put(&s->tr, ev->id, id, lost))
        leave_tool(run, lost);
    free(json);
    free(text);
    json_decref(meta);
}

static void on_tool_update(struct run *run, const struct mu_agent_event *ev)
{
    char id[MU_ID_SIZE];
    bool known = mu_transcript_tool_find(&run->sess->tr, ev->id, id);
    struct mu_rec_message *m = known ? sess_message(run->r, id) : NULL;
    if (!m)
        return;
    renew_tool(run, m, ev, NULL);
    mu_rec_free(&mu_message_desc, m);
}

static json_int_t count_images(const char *images)
{
    json_int_t n = 0;
    for (const char *at = images; (at = strstr(at, "\"data\":")); at++)
        n++;
    return n;
}

/* Stored off the loop: until that is done the message says that they are left out. */
static void take_images(struct run *run, struct mu_rec_message *m, const char *images)
{
    json_int_t n = count_images(images);
    json_t *meta = n && m->metadata ? json_loads(m->metadata, JSON_ALLOW_NUL, NULL) : NULL;
    if (!meta)
        return;
    json_object_set_new(meta, "images_left_out", json_integer(n));
    free((char *)m->metadata);
    m->metadata = json_dumps(meta, JSON_COMPACT);
    json_decref(meta);
    images_shown(run->r, run->sess->id, m->id, images);
}

static void on_tool_result(struct run *run, const struct mu_agent_event *ev)
{
    char id[MU_ID_SIZE];
    bool known = mu_transcript_tool_take(&run->sess->tr, ev->id, id);
    struct mu_rec_message *m = known ? sess_message(run->r, id) : NULL;
    if (!m)
        return;
    if (ev->images)
        take_images(run, m, ev->images);
    renew_tool(run, m, ev, ev->failed ? "failed" : "done");
    mu_rec_free(&mu_message_desc, m);
}

void output_end_turn(struct run *run)
{
    const struct mu_transcript *t = &run->sess->tr;
    output_drain(run);
    for (size_t i = 0; i < t->tool_count; i++)
        leave_tool(run, t->tools[i].id);
    mu_transcript_end_turn(&run->sess->tr, on_op, run);
}

/* The plan as a list that a client without a view for it can show. */
static char *plan_text(const json_t *steps)
{
    struct mu_buf text = {0};
    size_t i;
    json_t *step;
    json_array_foreach((json_t *)steps, i, step)
    {
        const char *status = json_string_value(json_object_get(step, "status"));
        const char *what = json_string_value(json_object_get(step, "text"));
        bool done = status && strcmp(status, "completed") == 0;
        mu_buf_printf(&text, "%s- [%s] %s", i ? "\n" : "", done ? "x" : " ", what ? what : "");
    }
    return mu_buf_take(&text);
}

static void put_plan(struct run *run, const char *text, const char *metadata)
{
    struct sess *s = run->sess;
    struct mu_rec_message *m = *s->tr.plan ? sess_message(run->r, s->tr.plan) : NULL;
    if (!m) {
        mu_transcript_close(&s->tr, on_op, run);
        sess_add_message(run->r, s, MU_message_kind_PLAN, text, metadata, false, s->tr.plan, NULL);
        return;
    }
    mu_str_set((char **)&m->text, text);
    mu_str_set((char **)&m->metadata, metadata);
    sess_put_message(run->r, s, m);
    runner_note(run->r, mu_store_drop_raw(run->r->store, m->id));
    sess_keep_raw(run->r, s, m->id);
    mu_rec_free(&mu_message_desc, m);
}

static void on_plan(struct run *run, const struct mu_agent_event *ev)
{
    struct mu_transcript *t = &run->sess->tr;
    size_t n = strlen(ev->input);
    json_t *steps = n <= RUNNER_TOOL_BYTES ? json_loads(ev->input, JSON_ALLOW_NUL, NULL) : NULL;
    if (json_array_size(steps) > 0 && run->sess->s.row.state == MU_session_state_WORKING &&
        mu_transcript_charge(t, n)) {
        json_t *meta = json_pack("{s:O}", "plan", steps);
        char *metadata = json_dumps(meta, JSON_COMPACT);
        char *text = plan_text(steps);
        put_plan(run, text, metadata);
        free(text);
        free(metadata);
        json_decref(meta);
    }
    json_decref(steps);
}

static void step(struct run *run, struct mu_event *ev)
{
    struct mu_update out;
    ev->now = mu_now_ms();
    sess_apply(run->r, run->sess, ev, &out);
}

static void notice(struct run *run, const char *text, bool failed)
{
    char *shown = shortened(text, RUNNER_NOTICE_BYTES);
    step(run, &(struct mu_event){.kind = MU_EV_NOTICE, .text = shown, .on = failed});
    free(shown);
}

static const char *const decided[] = {
    [MU_permission_decision_NONE] = "Not answered",
    [MU_permission_decision_ALLOW] = "Allowed",
    [MU_permission_decision_ALLOW_ALWAYS] = "Allowed from now on",
    [MU_permission_decision_DENY] = "Denied",
    [MU_permission_decision_DENY_INTERRUPT] = "Denied, and the turn ended",
};

static void set_decision(struct mu_rec_message *m, struct mu_transcript *t,
                         const struct mu_rec_answer_permission *answer)
{
    json_t *meta = m->metadata ? json_loads(m->metadata, JSON_ALLOW_NUL, NULL) : NULL;
    if (!meta)
        meta = json_object();
    json_object_set_new(meta, "decision",
                        json_string(mu_permission_decision_text(answer->decision)));
    if (answer->message && *answer->message)
        set_text(meta, "decision_message", t, answer->message, strlen(answer->message));
    if (answer->answers)
        set_json(meta, "answers", t, answer->answers);
    free((char *)m->metadata);
    m->metadata = json_dumps(meta, JSON_COMPACT);
    json_decref(meta);
}

void output_decided(struct run *run, const struct mu_rec_permission *asked, const char *tool_id,
                    const struct mu_rec_answer_permission *answer)
{
    struct sess *s = run->sess;
    char id[MU_ID_SIZE];
    struct mu_rec_message *m =
        tool_id && mu_transcript_tool_find(&s->tr, tool_id, id) ? sess_message(run->r, id) : NULL;
    output_drain(run);
    run_mark(run, RUN_DERIVED);
    if (m) {
        set_decision(m, &s->tr, answer);
        sess_put_message(run->r, s, m);
        mu_rec_free(&mu_message_desc, m);
        return;
    }
    char *text = mu_asprintf("%s: %s", decided[answer->decision], asked->title);
    notice(run, text, false);
    free(text);
}

static void on_facts(struct run *run, const struct mu_agent_event *ev)
{
    char *metadata = facts_merge(run->sess->s.row.metadata, ev->metadata);
    step(run, &(struct mu_event){.kind = MU_EV_FACTS, .metadata = metadata});
    free(metadata);
}

/* The model is the one of the session's facts, as far as they tell it. */
static void put_usage(struct run *run, const struct mu_agent_usage *used)
{
    const struct mu_session *s = &run->sess->s;
    json_t *facts = s->row.metadata ? json_loads(s->row.metadata, JSON_ALLOW_NUL, NULL) : NULL;
    struct mu_store_usage row = {
        .turn_id = s->turn_id,
        .session_id = s->row.id,
        .project_id = s->row.project_id,
        .agent = s->row.agent,
        .model = json_string_value(json_object_get(facts, "model")),
        .started_at = s->row.turn_started_at,
        .ended_at = mu_now_ms(),
        .input_tokens = used->input_tokens,
        .output_tokens = used->output_tokens,
        .cache_read_tokens = used->cache_read_tokens,
        .cache_write_tokens = used->cache_write_tokens,
        .cost_microusd = used->cost_microusd,
    };
    runner_note(run->r, mu_store_put_usage(run->r->store, &row));
    json_decref(facts);
}

static void on_turn_done(struct run *run, const struct mu_agent_event *ev)
{
    if (run->sess->s.row.state != MU_session_state_WORKING)
        return;
    output_end_turn(run);
    run->r->raw = ev;
    char *metadata = NULL, *told = NULL;
    if (ev->usage) {
        struct mu_agent_usage used = facts_clean_usage(ev->usage);
        metadata = facts_usage(run->sess->s.row.metadata, &used);
        put_usage(run, &used);
        told = facts_used(&used);
    }
    step(run, &(struct mu_event){.kind = MU_EV_TURN_DONE,
                                 .outcome = ev->outcome,
                                 .text = ev->text,
                                 .metadata = metadata,
                                 .usage = told});
    free(metadata);
    free(told);
}

/* Its clock as an idle process starts again when the turn has ended. */
static void on_turn_began(struct run *run)
{
    char id[MU_ID_SIZE];
    mu_id_new(id);
    if (run->closing)
        return;
    step(run, &(struct mu_event){.kind = MU_EV_TURN_BEGAN, .id = id});
    mu_timer_stop(run->timer);
}

static void on_send(struct run *run, const struct mu_agent_event *ev)
{
    struct mu_buf bytes = {0};
    mu_buf_add(&bytes, ev->text, ev->n);
    if (!run->closing)
        run_input(run, &bytes, ev->includes);
    mu_buf_release(&bytes);
}

/* The line of TURN_DONE is for its error: it is set where the turn ends. */
static bool makes_message(enum mu_agent_event_kind kind)
{
    return kind == MU_AG_FINAL || kind == MU_AG_TOOL_CALL || kind == MU_AG_TOOL_RESULT ||
           kind == MU_AG_PLAN || kind == MU_AG_NOTICE;
}

void output_event(void *ctx, const struct mu_agent_event *ev)
{
    struct run *run = ctx;
    struct mu_runner *r = run->r;
    struct sess *s = run->sess;
    if (!s)
        return;
    r->stats.lines++;
    if (ev->kind == MU_AG_TEXT) {
        on_text(run, ev);
        return;
    }
    output_drain(run);
    run_mark(run, RUN_DERIVED);
    r->raw = makes_message(ev->kind) ? ev : NULL;
    switch (ev->kind) {
    case MU_AG_TEXT:
        break;
    case MU_AG_FINAL:
        mu_transcript_final(&s->tr, ev->message, ev->text, ev->n, on_op, run);
        break;
    case MU_AG_RESET:
        mu_transcript_reset(&s->tr, on_op, run);
        break;
    case MU_AG_TOOL_CALL:
        on_tool_call(run, ev);
        break;
    case MU_AG_TOOL_RESULT:
        on_tool_result(run, ev);
        break;
    case MU_AG_TOOL_UPDATE:
        on_tool_update(run, ev);
        break;
    case MU_AG_PLAN:
        on_plan(run, ev);
        break;
    case MU_AG_TITLE:
        step(run, &(struct mu_event){.kind = MU_EV_TITLE, .text = ev->text});
        break;
    case MU_AG_FACTS:
        on_facts(run, ev);
        break;
    case MU_AG_SEND:
        on_send(run, ev);
        break;
    case MU_AG_SERVE:
        serve_request(run, ev);
        break;
    case MU_AG_NOTICE:
        mu_transcript_close(&s->tr, on_op, run);
        notice(run, ev->text, ev->failed);
        break;
    case MU_AG_CLI_SESSION:
        step(run, &(struct mu_event){.kind = MU_EV_CLI_SESSION, .id = ev->id});
        break;
    case MU_AG_ASKED:
        ask_open(run, ev);
        break;
    case MU_AG_ANSWERED:
        ask_withdrawn(run, ev->id);
        break;
    case MU_AG_TURN_BEGAN:
        on_turn_began(run);
        break;
    case MU_AG_TURN_DONE:
        on_turn_done(run, ev);
        break;
    }
    r->raw = NULL;
}
