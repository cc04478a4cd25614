/* A connection: HTTP requests until one becomes a WebSocket. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "server/internal.h"

#define SOCKET_PATH "/socket/websocket"

static uint32_t now_s(const struct mu_client *c)
{
    return mu_net_now(c->srv->net);
}

void mu_client_ref(struct mu_client *c)
{
    c->refs++;
}

void mu_client_unref(struct mu_client *c)
{
    if (--c->refs)
        return;
    mu_http_parser_free(c->http);
    free(c->waiting);
    free(c);
}

static void *on_open(void *ctx, struct mu_conn *conn)
{
    struct mu_server *srv = ctx;
    if (srv->shutting_down)
        return NULL;
    struct mu_client *c = mu_alloc(sizeof *c);
    c->srv = srv;
    c->conn = conn;
    c->refs = 1;
    c->http = mu_http_parser_new(MU_LIMIT_BODY_BYTES);
    mu_http_parser_limit(c->http, mu_api_body_limit, c);
    c->heard_at = c->request_at = now_s(c);
    return c;
}

static void on_closed(void *user, enum mu_conn_end end)
{
    struct mu_client *c = user;
    if (end == MU_END_SLOW)
        mu_log(MU_LOG_WARN, "connection_cut", "reason", "the peer does not read", NULL);
    c->conn = NULL;
    if (c->socket)
        mu_socket_free(c);
    mu_client_unref(c);
}

static void on_drained(void *user)
{
    struct mu_client *c = user;
    if (c->socket)
        mu_socket_drained(c);
}

static void send_bytes(struct mu_client *c, struct mu_buf *out)
{
    if (c->conn) {
        struct mu_bytes *bytes = mu_bytes_new(out->data, out->len);
        mu_conn_send(c->conn, 1, bytes);
        mu_bytes_unref(bytes);
    }
    mu_buf_release(out);
}

/* Where a request goes, once Host and Origin are known to be right. */
static void route(struct mu_client *c, const struct mu_http_req *req)
{
    if (strcmp(req->path, SOCKET_PATH) == 0)
        mu_socket_upgrade(c, req);
    else if (!mu_api_handle(c, req))
        mu_static_handle(c, req);
}

static void handle(struct mu_client *c)
{
    const struct mu_http_req *req = mu_http_request(c->http);
    struct mu_access *access = c->srv->opts.access;
    c->srv->requests++;
    c->busy = true;
    c->head = req->method == MU_HTTP_HEAD;
    c->last = !req->keep_alive || c->srv->shutting_down;
    enum mu_code refused = !mu_access_host_ok(access, req)     ? MU_CODE_FORBIDDEN_HOST
                           : !mu_access_origin_ok(access, req) ? MU_CODE_FORBIDDEN_ORIGIN
                                                               : MU_CODE_OK;
    if (refused) {
        c->srv->refused++;
        mu_log(MU_LOG_WARN, "refused", "code", mu_code_name(refused), "host",
               mu_http_header(req, "host"), "origin", mu_http_header(req, "origin"), NULL);
        if (strcmp(req->path, SOCKET_PATH) == 0)
            mu_answer(c, mu_code_status(refused), NULL, 0, NULL, 0); /* as Phoenix does */
        else
            mu_answer_error(c, refused, NULL);
        return;
    }
    route(c, req);
}

static void refuse_bad(struct mu_client *c)
{
    int status = mu_http_error_status(c->http);
    struct mu_buf body = {0}, out = {0};
    const char *text = mu_http_error_text(c->http);
    enum mu_code code = MU_CODE_BAD_REQUEST;
    if (status == 413)
        code = mu_api_too_large(c, mu_http_request(c->http), &text);
    if (code == MU_CODE_UNAUTHORIZED)
        status = mu_code_status(code);
    mu_error_json(&body, code, text);
    static const struct mu_http_field type[] = {{"Content-Type", "application/json"}};
    mu_http_response(&out, status, type, 1, body.data, body.len, MU_HTTP_LAST);
    mu_buf_release(&body);
    send_bytes(c, &out);
    mu_conn_finish(c->conn);
}

/* Keeps what came behind a request whose answer is not ready, and reads no more meanwhile. */
static void hold_back(struct mu_client *c, const char *data, size_t n)
{
    mu_conn_pause(c->conn, true);
    if (n == 0)
        return;
    c->waiting = mu_realloc(c->waiting, c->waiting_n + n);
    memcpy(c->waiting + c->waiting_n, data, n);
    c->waiting_n += (uint32_t)n;
}

static void feed_http(struct mu_client *c, char *data, size_t n)
{
    while (c->conn && c->http && !c->ended) {
        if (c->busy) {
            hold_back(c, data, n);
            return;
        }
        size_t used = 0;
        if (n && mu_http_idle(c->http))
            c->request_at = now_s(c);
        int rc = mu_http_feed(c->http, data, n, &used);
        data += used;
        n -= used;
        if (rc < 0) {
            refuse_bad(c);
            return;
        }
        if (rc == 0) {
            if (mu_http_wants_continue(c->http)) {
                struct mu_buf out = {0};
                mu_http_continue(&out);
                send_bytes(c, &out);
            }
            return;
        }
        handle(c);
    }
    if (c->conn && c->socket && n)
        mu_socket_data(c, data, n);
}

static void on_data(void *user, char *data, size_t n)
{
    struct mu_client *c = user;
    c->heard_at = now_s(c);
    mu_client_ref(c);
    if (c->socket)
        mu_socket_data(c, data, n);
    else
        feed_http(c, data, n);
    mu_client_unref(c);
}

/* The request is answered: on to the next, or the end. */
static void answered(struct mu_client *c)
{
    c->busy = false;
    if (!c->conn)
        return;
    if (c->last) {
        c->ended = true;
        mu_conn_finish(c->conn);
        return;
    }
    mu_http_next(c->http);
    mu_conn_pause(c->conn, false);
    if (!c->waiting_n)
        return;
    char *data = c->waiting;
    size_t n = c->waiting_n;
    c->waiting = NULL;
    c->waiting_n = 0;
    feed_http(c, data, n);
    free(data);
}

void mu_answer(struct mu_client *c, int status, const struct mu_http_field *fields, size_t n_fields,
               const void *body, size_t n)
{
    const struct mu_http_req *req = c->http ? mu_http_request(c->http) : NULL;
    if (req) /* the path without the query: that of a sign-in link holds its code */
        mu_log(MU_LOG_DEBUG, "request", "method", mu_http_method_name(req->method), "path",
               req->path, "status", mu_log_num(status), NULL);
    struct mu_buf out = {0};
    mu_http_response(&out, status, fields, n_fields, body, n,
                     (c->head ? MU_HTTP_NO_BODY : 0u) | (c->last ? MU_HTTP_LAST : 0u));
    send_bytes(c, &out);
    answered(c);
}

void mu_answer_bytes(struct mu_client *c, struct mu_bytes *response)
{
    if (c->conn)
        mu_conn_send(c->conn, 1, response);
    answered(c);
}

void mu_answer_json(struct mu_client *c, int status, const char *json, size_t n)
{
    static const struct mu_http_field fields[] = {{"Content-Type", "application/json"},
                                                  {"Cache-Control", "no-store"},
                                                  {"X-Content-Type-Options", "nosniff"}};
    mu_answer(c, status, fields, MU_COUNT(fields), json, n);
}

void mu_answer_rec(struct mu_client *c, int status, const struct mu_rec_desc *desc, const void *rec)
{
    struct mu_buf json = {0};
    mu_rec_encode(&json, desc, rec);
    mu_answer_json(c, status, json.data, json.len);
    mu_buf_release(&json);
}

void mu_error_json(struct mu_buf *out, enum mu_code code, const char *message)
{
    struct mu_rec_error_body body = {.code = mu_code_name(code),
                                     .message = message ? message : mu_code_text(code)};
    struct mu_rec_error_response error = {.error = &body};
    mu_rec_encode(out, &mu_error_response_desc, &error);
}

void mu_answer_error(struct mu_client *c, enum mu_code code, const char *message)
{
    struct mu_buf json = {0};
    mu_error_json(&json, code, message);
    mu_answer_json(c, mu_code_status(code), json.data, json.len);
    mu_buf_release(&json);
}

static uint32_t on_sweep(void *user, uint32_t now)
{
    struct mu_client *c = user;
    if (mu_conn_unsent(c->conn))
        return 0; /* the time limit for draining is the connection's own */
    if (c->socket) {
        if (now - c->heard_at < MU_LIMIT_IDLE_SECONDS)
            return c->heard_at + MU_LIMIT_IDLE_SECONDS;
        mu_socket_close(c, MU_WS_PROTOCOL_ERROR, "no heartbeat");
        return 0;
    }
    uint32_t under_way = now - c->request_at, quiet = now - c->heard_at;
    bool idle = mu_http_idle(c->http);
    if (c->busy)
        return 0;
    if (idle ? quiet >= MU_LIMIT_IDLE_SECONDS
             : under_way >= (mu_http_in_head(c->http) ? MU_LIMIT_REQUEST_HEAD_SECONDS
                                                      : MU_LIMIT_REQUEST_SECONDS))
        mu_conn_close(c->conn);
    return 0;
}

static void on_head_timer(void *ctx)
{
    struct mu_server *s = ctx;
    mu_hub_sweep(s->opts.hub, mu_mono_ms(), MU_LIMIT_HEAD_SECONDS * INT64_C(1000));
}

struct mu_server *mu_server_new(const struct mu_server_opts *opts)
{
    static const struct mu_net_cb net_cb = {
        .on_open = on_open,
        .on_data = on_data,
        .on_drained = on_drained,
        .on_closed = on_closed,
        .on_sweep = on_sweep,
    };
    struct mu_server *s = mu_alloc(sizeof *s);
    s->opts = *opts;
    s->started_at = mu_now_ms();
    s->lookups = mu_lookups_new(opts->loop, MU_LIMIT_LOOKUP_SECONDS * INT64_C(1000));
    s->searches = mu_searches_new(s);
    s->slices = mu_slices_new(s);
    s->net = mu_net_new(opts->loop, &net_cb, s, MU_LIMIT_CONNECTIONS, &opts->send);
    s->head_timer = mu_timer_new(opts->loop, on_head_timer, s);
    mu_timer_start(s->head_timer, 1000, 1000);
    return s;
}

int mu_server_listen(struct mu_server *s, const char *addr, int *port)
{
    return mu_net_listen(s->net, addr, port);
}

/* ---- shutdown: WebSockets are told to come back, a batch at a time ---- */

enum { CLOSE_BATCH = 2000, CLOSE_PAUSE_MS = 100, CLOSE_WAITS = 5 };

static void close_one(void *user, void *arg)
{
    struct mu_client *c = user;
    int *left = arg;
    if (*left <= 0)
        return;
    if (c->socket) {
        mu_socket_close(c, MU_WS_RESTART, "restart");
    } else if (!c->busy) {
        mu_conn_finish(c->conn);
    } else {
        return;
    }
    (*left)--;
}

static void close_batch(void *ctx)
{
    struct mu_server *s = ctx;
    int left = CLOSE_BATCH;
    mu_net_each(s->net, close_one, &left);
    mu_net_flush(s->net);
    if (left == 0) {
        mu_timer_start(s->close_timer, CLOSE_PAUSE_MS, 0);
        return;
    }
    struct mu_net_stats stats;
    mu_net_stats(s->net, &stats);
    if (stats.open && s->close_waits++ < CLOSE_WAITS) {
        mu_timer_start(s->close_timer, CLOSE_PAUSE_MS, 0);
        return;
    }
    mu_net_close(s->net);
    mu_timer_free(s->close_timer);
    mu_timer_free(s->head_timer);
    mu_slices_close(s->slices);
    mu_searches_close(s->searches);
    mu_lookups_close(s->lookups);
    s->closed(s->closed_ctx);
}

void mu_server_shutdown(struct mu_server *s, mu_loop_cb *done, void *ctx)
{
    s->shutting_down = true;
    s->closed = done;
    s->closed_ctx = ctx;
    s->close_timer = mu_timer_new(s->opts.loop, close_batch, s);
    mu_net_stop_listening(s->net);
    mu_timer_start(s->close_timer, 0, 0);
}

bool mu_server_is_held_up(const struct mu_server *s)
{
    return mu_lookups_under_way(s->lookups);
}

void mu_server_free(struct mu_server *s)
{
    if (!s)
        return;
    mu_net_free(s->net);
    mu_slices_free(s->slices);
    mu_searches_free(s->searches);
    mu_lookups_free(s->lookups);
    free(s);
}
