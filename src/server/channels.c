/* The channels `projects`, `session:{id}` (`inbox`: inbox.c), and `bench:*` for the load generator.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "server/internal.h"

static struct mu_store *store_of(const struct mu_client *c)
{
    return c->srv->opts.store;
}

/* Join and sync parameters; a value that is no object says nothing. */
static int read_params(const json_t *json, struct mu_rec_join_params *out)
{
    struct mu_rec_why why;
    *out = (struct mu_rec_join_params){0};
    return json_is_object(json) ? mu_rec_decode(&mu_join_params_desc, json, out, &why) : 0;
}

static enum mu_code code_of(int rc)
{
    return rc == 0         ? MU_CODE_OK
           : rc == -ENOENT ? MU_CODE_SESSION_NOT_FOUND
           : rc == -EINVAL ? MU_CODE_INVALID_FIELD
                           : mu_sync_code(rc);
}

/* Decodes an event's payload as a record. False: the client was answered. */
static bool payload_as(struct mu_client *c, struct mu_phx_msg *msg, const struct mu_rec_desc *desc,
                       void *rec)
{
    json_t *json;
    struct mu_rec_why why;
    if (msg->binary || mu_phx_payload(msg, &json)) {
        mu_socket_reply_error(c, msg, MU_CODE_BAD_REQUEST, NULL);
        return false;
    }
    if (mu_rec_decode(desc, json, rec, &why)) {
        mu_socket_reply_error(c, msg, MU_CODE_INVALID_FIELD, why.text);
        return false;
    }
    return true;
}

static void unknown_event(struct mu_client *c, const struct mu_phx_msg *msg)
{
    mu_socket_reply_error(c, msg, MU_CODE_UNKNOWN_EVENT, NULL);
}

/* An event whose answer comes later, from the runner. */
struct asked {
    struct mu_client *client;
    struct mu_phx_msg *msg; /* envelope only */
    bool with_row;          /* the answer is the session's row */
};

struct mu_phx_msg *mu_channel_envelope(const struct mu_phx_msg *msg)
{
    struct mu_phx_msg *envelope = mu_alloc(sizeof *envelope);
    *envelope = *msg;
    envelope->payload = NULL;
    envelope->payload_n = 0;
    envelope->json = NULL;
    return envelope;
}

static struct asked *ask(struct mu_client *c, const struct mu_phx_msg *msg)
{
    struct asked *a = mu_alloc(sizeof *a);
    a->client = c;
    a->msg = mu_channel_envelope(msg);
    mu_client_ref(c);
    return a;
}

static void on_outcome(void *ctx, const struct mu_outcome *o)
{
    struct asked *a = ctx;
    struct mu_buf json = {0};
    if (o->code) {
        mu_socket_reply_error(a->client, a->msg, o->code, o->message);
    } else {
        if (o->sent)
            mu_rec_encode(&json, &mu_send_message_reply_desc, o->sent);
        else if (a->with_row && o->session)
            mu_rec_encode(&json, &mu_session_desc, o->session);
        else
            mu_buf_str(&json, "{}");
        mu_socket_reply(a->client, a->msg, "ok", json.data, json.len);
    }
    mu_buf_release(&json);
    mu_client_unref(a->client);
    free(a->msg);
    free(a);
}

/* ---- projects ---- */

static bool projects_match(const struct mu_client *c, const char *topic)
{
    MU_UNUSED(c);
    return strcmp(topic, "projects") == 0;
}

static enum mu_code projects_join(struct mu_client *c, const char *topic, const json_t *params,
                                  struct mu_buf *response, const char **message)
{
    MU_UNUSED(topic);
    MU_UNUSED(message);
    struct mu_rec_join_params p;
    int rc = read_params(params, &p);
    if (rc)
        return code_of(rc);
    rc = mu_sync_projects(store_of(c), p.since, response);
    mu_rec_clear(&mu_join_params_desc, &p);
    return code_of(rc);
}

/* An event that asks for a join's reply again: the sync after a gap. */
static void answer_sync(struct mu_client *c, const struct mu_channel *channel,
                        struct mu_phx_msg *msg)
{
    json_t *json = NULL;
    struct mu_buf response = {0};
    const char *message = NULL;
    mu_runner_flush(c->srv->opts.runner);
    enum mu_code code = msg->binary || mu_phx_payload(msg, &json)
                            ? MU_CODE_BAD_REQUEST
                            : channel->join(c, msg->topic, json, &response, &message);
    if (code)
        mu_socket_reply_error(c, msg, code, message);
    else
        mu_socket_reply(c, msg, "ok", response.data, response.len);
    mu_buf_release(&response);
}

static void on_create_session(struct mu_client *c, struct mu_phx_msg *msg)
{
    struct mu_rec_create_session_call call;
    if (!payload_as(c, msg, &mu_create_session_call_desc, &call))
        return;
    struct mu_rec_create_session rec = {
        .agent = call.agent, .name = call.name, .options = call.options};
    if (call.has & MU_HAS(create_session_call, name))
        rec.has |= MU_HAS(create_session, name);
    if (call.has & MU_HAS(create_session_call, options))
        rec.has |= MU_HAS(create_session, options);
    struct asked *a = ask(c, msg);
    a->with_row = true;
    mu_runner_create_session(c->srv->opts.runner, call.project_id, &rec, on_outcome, a);
    mu_rec_clear(&mu_create_session_call_desc, &call);
}

static void on_snapshot(struct mu_client *c, struct mu_phx_msg *msg)
{
    struct mu_rec_snapshot call;
    if (!payload_as(c, msg, &mu_snapshot_desc, &call))
        return;
    mu_slices_ask(c->srv->slices, c, msg, call.after);
    mu_rec_clear(&mu_snapshot_desc, &call);
}

static void projects_event(struct mu_client *c, struct mu_sub *sub, struct mu_phx_msg *msg)
{
    MU_UNUSED(sub);
    if (strcmp(msg->event, MU_CALL_projects_SYNC) == 0)
        answer_sync(c, &mu_channel_projects, msg);
    else if (strcmp(msg->event, MU_CALL_projects_SNAPSHOT) == 0)
        on_snapshot(c, msg);
    else if (strcmp(msg->event, MU_CALL_projects_CREATE_SESSION) == 0)
        on_create_session(c, msg);
    else
        unknown_event(c, msg);
}

static void projects_heal(struct mu_conn *conn, struct mu_sub *sub, int64_t since)
{
    struct mu_client *c = mu_conn_user(conn);
    struct mu_rec_since from = {.epoch = mu_store_epoch(store_of(c)), .rev = since};
    struct mu_buf json = {0};
    if (mu_sync_projects(store_of(c), &from, &json) == 0)
        mu_socket_push(c, sub, MU_PUSH_projects_SYNC, json.data, json.len);
    else
        mu_socket_close(c, MU_WS_INTERNAL_ERROR, "the store cannot be read");
    mu_buf_release(&json);
}

const struct mu_channel mu_channel_projects = {
    .match = projects_match,
    .join = projects_join,
    .event = projects_event,
    .kind = {.send = mu_conn_send,
             .send_now = mu_conn_send_now,
             .heal = projects_heal,
             .closed = mu_socket_sub_closed},
};

/* ---- session:{id} ---- */

static const char *session_id(const char *topic)
{
    return topic + strlen("session:");
}

static bool session_match(const struct mu_client *c, const char *topic)
{
    MU_UNUSED(c);
    return strncmp(topic, "session:", strlen("session:")) == 0 && mu_id_valid(session_id(topic));
}

static enum mu_code session_join(struct mu_client *c, const char *topic, const json_t *params,
                                 struct mu_buf *response, const char **message)
{
    MU_UNUSED(message);
    struct mu_rec_join_params p;
    int rc = read_params(params, &p);
    if (rc)
        return code_of(rc);
    const json_t *seq = json_object_get(params, "since_seq");
    struct mu_sync_from from = {
        .since = p.since, .has_seq = json_is_integer(seq), .seq = p.since_seq};
    rc = mu_sync_session(store_of(c), session_id(topic), &from, response);
    mu_rec_clear(&mu_join_params_desc, &p);
    return code_of(rc);
}

static void session_heal(struct mu_conn *conn, struct mu_sub *sub, int64_t since)
{
    struct mu_client *c = mu_conn_user(conn);
    struct mu_rec_since rev = {.epoch = mu_store_epoch(store_of(c)), .rev = since};
    struct mu_sync_from from = {.since = &rev};
    struct mu_buf json = {0};
    if (mu_sync_session(store_of(c), session_id(mu_sub_topic(sub)), &from, &json) == 0)
        mu_socket_push(c, sub, MU_PUSH_session_SYNC, json.data, json.len);
    else
        mu_socket_close(c, MU_WS_INTERNAL_ERROR, "the store cannot be read");
    mu_buf_release(&json);
}

static void on_send_message(struct mu_client *c, const char *id, struct mu_phx_msg *msg)
{
    struct mu_rec_send_message rec;
    if (!payload_as(c, msg, &mu_send_message_desc, &rec))
        return;
    mu_runner_prompt(c->srv->opts.runner, id, &rec, on_outcome, ask(c, msg));
    mu_rec_clear(&mu_send_message_desc, &rec);
}

static void on_answer_permission(struct mu_client *c, const char *id, struct mu_phx_msg *msg)
{
    struct mu_rec_answer_permission rec;
    if (!payload_as(c, msg, &mu_answer_permission_desc, &rec))
        return;
    mu_runner_answer(c->srv->opts.runner, id, &rec, on_outcome, ask(c, msg));
    mu_rec_clear(&mu_answer_permission_desc, &rec);
}

static void on_edit_queue(struct mu_client *c, const char *id, struct mu_phx_msg *msg)
{
    struct mu_rec_edit_queue rec;
    if (!payload_as(c, msg, &mu_edit_queue_desc, &rec))
        return;
    mu_runner_edit_queue(c->srv->opts.runner, id, &rec, on_outcome, ask(c, msg));
    mu_rec_clear(&mu_edit_queue_desc, &rec);
}

static void on_mark_read(struct mu_client *c, const char *id, struct mu_phx_msg *msg)
{
    struct mu_rec_mark_read rec;
    if (payload_as(c, msg, &mu_mark_read_desc, &rec))
        mu_runner_read(c->srv->opts.runner, id, rec.seq, on_outcome, ask(c, msg));
}

static void session_event(struct mu_client *c, struct mu_sub *sub, struct mu_phx_msg *msg)
{
    const char *id = session_id(mu_sub_topic(sub));
    if (strcmp(msg->event, MU_CALL_session_SEND_MESSAGE) == 0)
        on_send_message(c, id, msg);
    else if (strcmp(msg->event, MU_CALL_session_CANCEL) == 0)
        mu_runner_cancel(c->srv->opts.runner, id, on_outcome, ask(c, msg));
    else if (strcmp(msg->event, MU_CALL_session_ANSWER_PERMISSION) == 0)
        on_answer_permission(c, id, msg);
    else if (strcmp(msg->event, MU_CALL_session_EDIT_QUEUE) == 0)
        on_edit_queue(c, id, msg);
    else if (strcmp(msg->event, MU_CALL_session_MARK_READ) == 0)
        on_mark_read(c, id, msg);
    else if (strcmp(msg->event, MU_CALL_session_SYNC) == 0 ||
             strcmp(msg->event, MU_CALL_session_SUBSCRIBE) == 0)
        answer_sync(c, &mu_channel_session_topic, msg);
    else
        unknown_event(c, msg);
}

const struct mu_channel mu_channel_session_topic = {
    .match = session_match,
    .join = session_join,
    .event = session_event,
    .kind = {.send = mu_conn_send,
             .send_now = mu_conn_send_now,
             .heal = session_heal,
             .closed = mu_socket_sub_closed},
};

/* ---- bench:*: an event is acknowledged, where it has a ref, and broadcast as it came ---- */

static bool bench_match(const struct mu_client *c, const char *topic)
{
    return c->srv->opts.bench_topics && strncmp(topic, "bench:", strlen("bench:")) == 0;
}

static enum mu_code bench_join(struct mu_client *c, const char *topic, const json_t *params,
                               struct mu_buf *response, const char **message)
{
    MU_UNUSED(c);
    MU_UNUSED(topic);
    MU_UNUSED(params);
    MU_UNUSED(message);
    mu_buf_str(response, "{}");
    return MU_CODE_OK;
}

static void bench_event(struct mu_client *c, struct mu_sub *sub, struct mu_phx_msg *msg)
{
    MU_UNUSED(sub);
    if (msg->binary || msg->payload_n == 0 || msg->payload[0] != '{') {
        mu_socket_reply_error(c, msg, MU_CODE_BAD_REQUEST, "The payload must be an object.");
        return;
    }
    if (!mu_phx_ref_null(&msg->ref))
        mu_socket_reply(c, msg, "ok", "{}", 2);
    mu_hub_publish(c->srv->opts.hub, msg->topic, msg->event, msg->payload, msg->payload_n);
}

const struct mu_channel mu_channel_bench = {
    .match = bench_match,
    .join = bench_join,
    .event = bench_event,
    .open = true,
    .kind = {.send = mu_conn_send, .send_now = mu_conn_send_now, .closed = mu_socket_sub_closed},
};
