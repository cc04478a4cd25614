/* The Phoenix socket: which topics a connection has joined, and where its messages go. The rules
 * are those of phoenixframework/phoenix 1.8.12, lib/phoenix/socket.ex. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "server/internal.h"

struct mu_socket {
    struct mu_ws_parser ws;
    struct mu_sub **subs; /* what is joined */
    uint32_t count, cap;
    uint8_t vsn;
    bool closing;
    bool peer_closed; /* a close frame came */
    char *access;     /* the sign-in or token that it was opened with; NULL: the owner's */
};

static const struct mu_channel *const channels[] = {
    &mu_channel_projects,
    &mu_channel_session_topic,
    &mu_channel_inbox,
    &mu_channel_bench,
};

static const struct mu_channel *channel_for(const struct mu_client *c, const char *topic)
{
    for (size_t i = 0; i < MU_COUNT(channels); i++)
        if (channels[i]->match(c, topic))
            return channels[i];
    return NULL;
}

/* The channel of a subscription: kinds are members of channels. */
static const struct mu_channel *channel_of(const struct mu_sub *sub)
{
    return (const struct mu_channel *)((const char *)mu_sub_kind(sub) -
                                       offsetof(struct mu_channel, kind));
}

static void send_owned(struct mu_client *c, struct mu_bytes *frame)
{
    if (c->conn)
        mu_conn_send(c->conn, 1, frame);
    mu_bytes_unref(frame);
}

static void send_control(struct mu_client *c, enum mu_ws_opcode op, const void *data, size_t n)
{
    send_owned(c, mu_ws_frame_bytes(op, data, n));
}

static int sub_find(const struct mu_socket *s, const char *topic)
{
    for (int i = 0; i < (int)s->count; i++)
        if (strcmp(mu_sub_topic(s->subs[i]), topic) == 0)
            return i;
    return -1;
}

static void sub_forget(struct mu_socket *s, int at)
{
    s->subs[at] = s->subs[--s->count];
}

void mu_socket_sub_closed(struct mu_conn *conn, struct mu_sub *sub)
{
    struct mu_client *c = mu_conn_user(conn);
    int at = c->socket ? sub_find(c->socket, mu_sub_topic(sub)) : -1;
    if (at >= 0)
        sub_forget(c->socket, at);
}

static void reply_raw(struct mu_client *c, const struct mu_phx_ref *join_ref,
                      const struct mu_phx_msg *msg, const char *status, const char *response,
                      size_t n)
{
    send_owned(c,
               mu_phx_frame_reply(msg->vsn, join_ref, &msg->ref, msg->topic, status, response, n));
}

void mu_socket_reply(struct mu_client *c, const struct mu_phx_msg *msg, const char *status,
                     const char *response, size_t n)
{
    if (c->conn && c->socket)
        reply_raw(c, &msg->join_ref, msg, status, response, n);
}

void mu_socket_reply_error(struct mu_client *c, const struct mu_phx_msg *msg, enum mu_code code,
                           const char *message)
{
    struct mu_rec_error_body body = {.code = mu_code_name(code),
                                     .message = message ? message : mu_code_text(code)};
    struct mu_buf json = {0};
    mu_rec_encode(&json, &mu_error_body_desc, &body);
    mu_socket_reply(c, msg, "error", json.data, json.len);
    mu_buf_release(&json);
}

void mu_socket_push(struct mu_client *c, const struct mu_sub *sub, const char *event,
                    const char *json, size_t n)
{
    struct mu_phx_ref join_ref;
    mu_sub_join_ref(sub, &join_ref);
    send_owned(c, mu_phx_frame_push((enum mu_phx_vsn)c->socket->vsn, &join_ref, mu_sub_topic(sub),
                                    event, json, n));
}

static void reply_reason(struct mu_client *c, const struct mu_phx_msg *msg, const char *reason,
                         bool with_join_ref)
{
    struct mu_buf json = {0};
    mu_buf_printf(&json, "{\"reason\":\"%s\"}", reason);
    reply_raw(c, with_join_ref ? &msg->join_ref : NULL, msg, "error", json.data, json.len);
    mu_buf_release(&json);
}

static void close_sub(struct mu_client *c, const struct mu_phx_msg *msg,
                      const struct mu_phx_ref *join_ref)
{
    send_owned(c, mu_phx_frame_close(msg->vsn, join_ref, msg->topic));
}

/* What a channel's own pushes bear: the join_ref, or the ref where a V1 client sent none. */
static const struct mu_phx_ref *own_ref(const struct mu_phx_msg *msg)
{
    return mu_phx_ref_null(&msg->join_ref) ? &msg->ref : &msg->join_ref;
}

static void join_now(struct mu_client *c, struct mu_phx_msg *msg)
{
    struct mu_socket *s = c->socket;
    const struct mu_channel *channel = channel_for(c, msg->topic);
    json_t *params = NULL;
    const char *message = NULL;
    struct mu_buf response = {0};
    if (!channel) {
        reply_reason(c, msg, "unmatched topic", false);
        return;
    }
    if (s->count >= MU_LIMIT_TOPICS_PER_CONNECTION && !channel->open) {
        reply_reason(c, msg, "too many channels joined", true);
        return;
    }
    mu_runner_flush(c->srv->opts.runner);
    enum mu_code code =
        !msg->binary && mu_phx_payload(msg, &params) ? MU_CODE_BAD_REQUEST : MU_CODE_OK;
    if (!code)
        code = channel->join(c, msg->topic, params, &response, &message);
    if (code) {
        mu_socket_reply_error(c, msg, code, message);
    } else {
        struct mu_sub *sub =
            mu_hub_subscribe(c->srv->opts.hub, msg->topic, c->conn, &channel->kind, msg->vsn,
                             own_ref(msg), mu_store_rev(c->srv->opts.store));
        if (s->count == s->cap) {
            s->cap = s->cap ? s->cap * 2 : 2;
            s->subs = mu_realloc(s->subs, s->cap * sizeof *s->subs);
        }
        s->subs[s->count++] = sub;
        mu_socket_reply(c, msg, "ok", response.data, response.len);
    }
    mu_buf_release(&response);
}

/* A second join of a topic ends the first: its phx_close follows the new join's reply. */
static void on_join(struct mu_client *c, struct mu_phx_msg *msg)
{
    int at = sub_find(c->socket, msg->topic);
    if (at < 0) {
        join_now(c, msg);
        return;
    }
    struct mu_sub *old = c->socket->subs[at];
    struct mu_phx_ref old_ref;
    mu_sub_join_ref(old, &old_ref);
    sub_forget(c->socket, at);
    mu_hub_unsubscribe(c->srv->opts.hub, old);
    join_now(c, msg);
    close_sub(c, msg, &old_ref);
}

static void on_leave(struct mu_client *c, struct mu_phx_msg *msg, int at)
{
    if (at < 0) {
        mu_socket_reply(c, msg, "ok", "{}", 2);
        return;
    }
    struct mu_sub *sub = c->socket->subs[at];
    struct mu_phx_ref ref;
    mu_sub_join_ref(sub, &ref);
    sub_forget(c->socket, at);
    mu_hub_unsubscribe(c->srv->opts.hub, sub);
    reply_raw(c, &ref, msg, "ok", "{}", 2);
    close_sub(c, msg, &ref);
}

static void dispatch(struct mu_client *c, struct mu_phx_msg *msg)
{
    if (strcmp(msg->topic, MU_PHX_TOPIC) == 0 && strcmp(msg->event, MU_PHX_HEARTBEAT) == 0) {
        reply_raw(c, NULL, msg, "ok", "{}", 2);
        return;
    }
    if (strcmp(msg->event, MU_PHX_JOIN) == 0) {
        on_join(c, msg);
        return;
    }
    const struct mu_channel *channel = channel_for(c, msg->topic);
    if (channel && channel->open && strcmp(msg->event, MU_PHX_LEAVE) != 0) {
        channel->event(c, NULL, msg);
        return;
    }
    int at = sub_find(c->socket, msg->topic);
    if (at >= 0 && !mu_phx_ref_null(&msg->join_ref) &&
        !mu_sub_is_of(c->socket->subs[at], &msg->join_ref))
        return; /* of a join that is over */
    if (strcmp(msg->event, MU_PHX_LEAVE) == 0)
        on_leave(c, msg, at);
    else if (at < 0)
        reply_reason(c, msg, "unmatched topic", false);
    else
        channel_of(c->socket->subs[at])->event(c, c->socket->subs[at], msg);
}

static int on_message(void *ctx, enum mu_ws_opcode op, char *data, size_t n)
{
    struct mu_client *c = ctx;
    struct mu_phx_msg msg;
    int rc = mu_phx_decode(&msg, (enum mu_phx_vsn)c->socket->vsn, op == MU_WS_BINARY, data, n);
    if (rc) {
        mu_socket_close(c, MU_WS_INTERNAL_ERROR, "not a Phoenix message");
        return 1;
    }
    dispatch(c, &msg);
    mu_phx_msg_release(&msg);
    return !c->conn || c->socket->closing;
}

static int on_ping(void *ctx, char *data, size_t n)
{
    send_control(ctx, MU_WS_PONG, data, n);
    return 0;
}

static int on_close(void *ctx, uint16_t code, const char *reason, size_t n)
{
    MU_UNUSED(reason);
    MU_UNUSED(n);
    struct mu_client *c = ctx;
    c->socket->peer_closed = true;
    mu_socket_close(c, code == MU_WS_NO_STATUS ? MU_WS_NO_STATUS : MU_WS_NORMAL, NULL);
    return 1;
}

void mu_socket_data(struct mu_client *c, char *data, size_t n)
{
    static const struct mu_ws_cb cb = {
        .on_message = on_message,
        .on_ping = on_ping,
        .on_close = on_close,
    };
    if (c->socket->closing)
        return;
    int rc = mu_ws_feed(&c->socket->ws, data, n, &cb, c);
    if (rc < 0 && c->socket)
        mu_socket_close(c, mu_ws_error_code(rc), NULL);
}

void mu_socket_drained(struct mu_client *c)
{
    mu_runner_flush(c->srv->opts.runner);
    for (uint32_t i = 0; c->socket && i < c->socket->count; i++)
        mu_sub_drained(c->socket->subs[i]);
}

static void leave_all(struct mu_client *c)
{
    while (c->socket->count)
        mu_hub_unsubscribe(c->srv->opts.hub, c->socket->subs[--c->socket->count]);
}

void mu_socket_close(struct mu_client *c, uint16_t code, const char *reason)
{
    if (!c->socket || c->socket->closing || !c->conn)
        return;
    c->socket->closing = true;
    leave_all(c);
    struct mu_buf frame = {0};
    mu_ws_close_frame(&frame, code, reason);
    send_owned(c, mu_bytes_new(frame.data, frame.len));
    mu_buf_release(&frame);
    if (!c->conn)
        return;
    if (c->socket->peer_closed)
        mu_conn_hang_up(c->conn);
    else
        mu_conn_finish(c->conn);
}

static void close_if_opened_with(void *user, void *arg)
{
    struct mu_client *c = user;
    if (c->socket && c->socket->access && strcmp(c->socket->access, arg) == 0)
        mu_socket_close(c, MU_WS_POLICY, "signed out");
}

void mu_socket_close_access(struct mu_server *s, const char *id)
{
    mu_net_each(s->net, close_if_opened_with, (void *)id);
}

const char *mu_socket_access(const struct mu_client *c)
{
    return c->socket && c->socket->access ? c->socket->access : "";
}

void mu_socket_free(struct mu_client *c)
{
    leave_all(c);
    if (c->socket->access)
        mu_access_note_use(c->srv->opts.access, c->socket->access);
    free(c->socket->access);
    mu_ws_release(&c->socket->ws);
    free(c->socket->subs);
    free(c->socket);
    c->socket = NULL;
}

/* ---- the upgrade ---- */

static void refuse(struct mu_client *c, int status, const char *text)
{
    mu_answer(c, status, NULL, 0, text, text ? strlen(text) : 0);
}

/* The order of checks is Phoenix's: method, (origin), subprotocol, who asks, version, headers. */
static int check_upgrade(struct mu_client *c, const struct mu_http_req *req,
                         const struct mu_phx_offer *offer, enum mu_phx_vsn *vsn,
                         char accept[MU_WS_ACCEPT_SIZE], struct mu_who *who, const char **text)
{
    char version[32];
    const char *key = mu_http_header(req, "sec-websocket-key");
    const char *ws_version = mu_http_header(req, "sec-websocket-version");
    *text = NULL;
    if (req->method != MU_HTTP_GET)
        return 400;
    if (offer->offered && !offer->phoenix)
        return 403;
    if (!mu_access_signed_in(c->srv->opts.access, req, offer->token, who))
        return 401;
    int rc = mu_http_query(req, "vsn", version, sizeof version);
    if ((rc && rc != -ENOENT) || mu_phx_vsn_parse(rc ? NULL : version, vsn))
        return 403;
    if (!req->upgrade)
        *text = "This address takes WebSocket upgrades only.\n";
    else if (!key || mu_ws_accept_key(key, accept))
        *text = "Sec-WebSocket-Key is missing or wrong.\n";
    else if (!ws_version || strcmp(ws_version, "13") != 0)
        *text = "Sec-WebSocket-Version must be 13.\n";
    return *text ? 400 : 101;
}

static void begin_socket(struct mu_client *c, enum mu_phx_vsn vsn, const struct mu_who *who,
                         const char *accept, bool phoenix)
{
    struct mu_buf out = {0};
    c->socket = mu_alloc(sizeof *c->socket);
    c->socket->vsn = (uint8_t)vsn;
    c->socket->access = who->id[0] ? mu_strdup(who->id) : NULL;
    mu_ws_init(&c->socket->ws, MU_LIMIT_FRAME_BYTES);
    c->busy = false;
    c->srv->upgrades++;
    mu_http_parser_free(c->http);
    c->http = NULL;
    mu_http_switch(&out, accept, phoenix ? "phoenix" : NULL);
    send_owned(c, mu_bytes_new(out.data, out.len));
    mu_buf_release(&out);
}

void mu_socket_upgrade(struct mu_client *c, const struct mu_http_req *req)
{
    struct mu_phx_offer offer;
    enum mu_phx_vsn vsn = MU_PHX_V1;
    char accept[MU_WS_ACCEPT_SIZE];
    const char *text;
    struct mu_who who;
    if (mu_phx_offer_parse(&offer, mu_http_header(req, "sec-websocket-protocol"))) {
        refuse(c, 401, NULL);
        return;
    }
    int status = check_upgrade(c, req, &offer, &vsn, accept, &who, &text);
    bool phoenix = offer.phoenix;
    mu_phx_offer_release(&offer);
    if (status == 101)
        begin_socket(c, vsn, &who, accept, phoenix);
    else
        refuse(c, status, text);
}
