#include "io/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <utlist.h>
#include <uv.h>

#include "base/log.h"
#include "wire/records.h"

enum {
    READ_SIZE = 65536,
    INLINE_FRAMES = 2,
    MAX_LISTENERS = 4,
    BACKLOG = 4096,
    GATHER_MAX = 512,    /* buffers in one write */
    COUNTED_MAX = 65536, /* a longer reply (a snapshot) counts as this much of lane 1 */
    LINGER_SECONDS = 2,  /* how long a peer may go on sending after the last word to it */
};

/* Frames that wait, in order; the first ones need no memory of their own. */
struct queue {
    struct mu_bytes *few[INLINE_FRAMES];
    struct mu_bytes **many; /* all of them, once they are more */
    uint32_t len, cap;
};

struct mu_conn {
    uv_tcp_t tcp;
    struct mu_net *net;
    struct mu_conn *prev, *next;             /* all connections */
    struct mu_conn *dirty_prev, *dirty_next; /* those with something to write at the turn's end */
    void *user;
    struct queue out;
    struct write *under_way;
    uint32_t unsent;       /* bytes queued or under way */
    uint32_t unsent_first; /* of these, lane 1, long frames counted in part */
    uint32_t progress_at;  /* second of the last progress of a write under way */
    uint32_t progress_left;
    uint8_t end;                                         /* enum mu_conn_end */
    bool dirty, finishing, closing, refused_lane2, held; /* held: not read while it does not read */
    bool lingering;                                      /* all is said; what comes is dropped */
};

/* A write that the socket did not take at once. Owns its frames. */
struct write {
    uv_write_t req;
    struct mu_conn *conn;
    size_t bytes, count;
    struct mu_bytes *frames[];
};

struct mu_net {
    struct mu_loop *loop;
    const struct mu_net_cb *cb;
    void *ctx;
    size_t max_conns;
    uv_tcp_t listeners[MAX_LISTENERS];
    size_t listener_count;
    bool listening;
    struct mu_timer *sweep;
    struct mu_conn *conns, *dirty;
    struct mu_net_stats stats;
    char read_buffer[READ_SIZE];
};

static uint32_t now_s(void)
{
    return (uint32_t)(mu_mono_ms() / 1000);
}

static struct mu_bytes **queue_items(struct queue *q)
{
    return q->many ? q->many : q->few;
}

static void queue_push(struct queue *q, struct mu_bytes *frame)
{
    uint32_t cap = q->many ? q->cap : INLINE_FRAMES;
    if (q->len == cap) {
        struct mu_bytes **grown = mu_realloc(q->many, cap * 2 * sizeof *grown * 2);
        if (!q->many)
            memcpy(grown, q->few, sizeof q->few);
        q->many = grown;
        q->cap = cap * 4;
    }
    queue_items(q)[q->len++] = mu_bytes_ref(frame);
}

static void queue_reset(struct queue *q)
{
    free(q->many);
    *q = (struct queue){0};
}

static void queue_drop_all(struct queue *q)
{
    for (uint32_t i = 0; i < q->len; i++)
        mu_bytes_unref(queue_items(q)[i]);
    queue_reset(q);
}

static void mark_dirty(struct mu_conn *c)
{
    if (c->dirty)
        return;
    c->dirty = true;
    DL_APPEND2(c->net->dirty, c, dirty_prev, dirty_next);
}

static void unmark_dirty(struct mu_conn *c)
{
    if (!c->dirty)
        return;
    c->dirty = false;
    DL_DELETE2(c->net->dirty, c, dirty_prev, dirty_next);
}

static void on_conn_closed(uv_handle_t *handle)
{
    struct mu_conn *c = handle->data;
    struct mu_net *net = c->net;
    unmark_dirty(c);
    queue_drop_all(&c->out);
    DL_DELETE(net->conns, c);
    net->stats.open--;
    if (c->user)
        net->cb->on_closed(c->user, (enum mu_conn_end)c->end);
    free(c);
}

static void conn_end(struct mu_conn *c, enum mu_conn_end end)
{
    if (c->closing)
        return;
    c->closing = true;
    c->end = (uint8_t)end;
    if (end == MU_END_SLOW)
        c->net->stats.slow_cut++;
    unmark_dirty(c);
    uv_close((uv_handle_t *)&c->tcp, on_conn_closed);
}

void mu_conn_close(struct mu_conn *c)
{
    conn_end(c, MU_END_LOCAL);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf);
static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

/* Says that nothing more comes, and waits for the peer to end too: a socket that is closed with
 * unread bytes in it resets the connection, and the peer may lose the answer. */
static void linger(struct mu_conn *c)
{
    uv_os_fd_t fd;
    if (c->lingering)
        return;
    c->lingering = true;
    c->progress_at = now_s();
    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) || shutdown(fd, SHUT_WR) ||
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read))
        conn_end(c, MU_END_LOCAL);
}

/* After something was written: tells a listener that lane 2 is open again, or ends. */
static void after_write(struct mu_conn *c)
{
    if (c->closing)
        return;
    if (c->unsent == 0 && c->finishing) {
        linger(c);
        return;
    }
    if (c->held && c->unsent <= MU_LIMIT_FIRST_LANE_BYTES / 2) {
        c->held = false;
        mu_conn_pause(c, false);
    }
    if (c->refused_lane2 && c->unsent <= MU_LIMIT_STATE_LANE_BYTES / 2) {
        c->refused_lane2 = false;
        c->net->cb->on_drained(c->user);
    }
}

static void on_written(uv_write_t *req, int status)
{
    struct write *w = req->data;
    struct mu_conn *c = w->conn;
    c->under_way = NULL;
    c->unsent -= (uint32_t)w->bytes;
    if (c->unsent == 0)
        c->unsent_first = 0;
    for (size_t i = 0; i < w->count; i++)
        mu_bytes_unref(w->frames[i]);
    free(w);
    if (status < 0) {
        conn_end(c, MU_END_PEER);
        return;
    }
    if (c->out.len)
        mark_dirty(c);
    after_write(c);
}

/* Hands what the socket did not take to libuv, which writes it when it can. */
static void write_rest(struct mu_conn *c, struct mu_bytes **frames, size_t count, size_t skip)
{
    struct write *w = mu_alloc(sizeof *w + count * sizeof *w->frames);
    uv_buf_t *bufs = mu_alloc(count * sizeof *bufs);
    w->conn = c;
    w->count = count;
    w->req.data = w;
    for (size_t i = 0; i < count; i++) {
        w->frames[i] = frames[i];
        bufs[i] = uv_buf_init(frames[i]->data + skip, (unsigned)(frames[i]->len - skip));
        w->bytes += frames[i]->len - skip;
        skip = 0;
    }
    c->under_way = w;
    c->progress_at = now_s();
    c->progress_left = (uint32_t)w->bytes;
    if (uv_write(&w->req, (uv_stream_t *)&c->tcp, bufs, (unsigned)count, on_written)) {
        c->under_way = NULL;
        for (size_t i = 0; i < count; i++)
            mu_bytes_unref(w->frames[i]);
        free(w);
        conn_end(c, MU_END_PEER);
    }
    free(bufs);
}

/* One gathered write of at most GATHER_MAX frames. Returns frames written whole; *skip gets the
 * bytes of the next one that went out. Negative: the connection broke. */
static int write_some(struct mu_conn *c, struct mu_bytes **frames, size_t count, size_t *skip)
{
    uv_buf_t bufs[GATHER_MAX];
    size_t n = count < GATHER_MAX ? count : GATHER_MAX;
    for (size_t i = 0; i < n; i++)
        bufs[i] = uv_buf_init(frames[i]->data, (unsigned)frames[i]->len);
    int sent = uv_try_write((uv_stream_t *)&c->tcp, bufs, (unsigned)n);
    c->net->stats.writes++;
    *skip = 0;
    if (sent == UV_EAGAIN)
        return 0;
    if (sent < 0)
        return -1;
    c->net->stats.bytes_out += sent;
    c->unsent -= (uint32_t)sent;
    size_t left = (size_t)sent, whole = 0;
    while (whole < n && left >= frames[whole]->len) {
        left -= frames[whole]->len;
        whole++;
    }
    *skip = left;
    return (int)whole;
}

/* Writes what is queued as far as the socket takes it. */
static void conn_write(struct mu_conn *c)
{
    struct queue q = c->out;
    c->out = (struct queue){0};
    struct mu_bytes **frames = queue_items(&q);
    size_t done = 0, skip = 0;
    while (done < q.len) {
        int n = write_some(c, frames + done, q.len - done, &skip);
        if (n < 0) {
            c->out = q;
            for (size_t i = 0; i < done; i++)
                mu_bytes_unref(queue_items(&c->out)[i]);
            memmove(queue_items(&c->out), queue_items(&c->out) + done,
                    (q.len - done) * sizeof *frames);
            c->out.len -= (uint32_t)done;
            conn_end(c, MU_END_PEER);
            return;
        }
        size_t asked = q.len - done < GATHER_MAX ? q.len - done : GATHER_MAX;
        done += (size_t)n;
        if ((size_t)n < asked)
            break;
    }
    for (size_t i = 0; i < done; i++)
        mu_bytes_unref(frames[i]);
    if (done < q.len)
        write_rest(c, frames + done, q.len - done, skip);
    else
        c->unsent_first = 0;
    queue_reset(&q);
}

static void conn_flush(struct mu_conn *c)
{
    unmark_dirty(c);
    if (c->closing)
        return;
    if (!c->under_way && c->out.len)
        conn_write(c);
    after_write(c);
}

bool mu_conn_send(struct mu_conn *c, int lane, struct mu_bytes *frame)
{
    if (c->closing || c->finishing)
        return false;
    if (c->unsent > MU_LIMIT_STATE_LANE_BYTES && !c->under_way)
        conn_write(c); /* much was queued in this turn: is the peer slow, or only the turn long? */
    if (c->closing)
        return false;
    if (lane == 2 && c->unsent > MU_LIMIT_STATE_LANE_BYTES) {
        c->refused_lane2 = true;
        return false;
    }
    if (lane == 1 && c->unsent_first > MU_LIMIT_FIRST_LANE_BYTES) {
        conn_end(c, MU_END_SLOW);
        return false;
    }
    queue_push(&c->out, frame);
    c->unsent += (uint32_t)frame->len;
    if (lane == 1)
        c->unsent_first += (uint32_t)(frame->len < COUNTED_MAX ? frame->len : COUNTED_MAX);
    if (c->unsent > MU_LIMIT_FIRST_LANE_BYTES && !c->held) {
        mu_conn_pause(c, true);
        c->held = true;
    }
    mark_dirty(c);
    return true;
}

void mu_conn_finish(struct mu_conn *c)
{
    if (c->closing || c->finishing)
        return;
    c->finishing = true;
    uv_read_stop((uv_stream_t *)&c->tcp);
    conn_flush(c);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    MU_UNUSED(suggested);
    struct mu_conn *c = handle->data;
    *buf = uv_buf_init(c->net->read_buffer, READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct mu_conn *c = stream->data;
    if (n < 0) {
        conn_end(c, c->lingering ? MU_END_LOCAL : MU_END_PEER);
        return;
    }
    c->net->stats.bytes_in += n;
    if (n > 0 && !c->closing && !c->finishing)
        c->net->cb->on_data(c->user, buf->base, (size_t)n);
}

void mu_conn_pause(struct mu_conn *c, bool paused)
{
    if (c->closing || c->finishing)
        return;
    if (paused)
        uv_read_stop((uv_stream_t *)&c->tcp);
    else
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

size_t mu_conn_unsent(const struct mu_conn *c)
{
    return c->unsent;
}

void mu_conn_peer(const struct mu_conn *c, char *out, size_t cap)
{
    struct sockaddr_storage addr;
    int len = sizeof addr;
    char ip[64] = "?";
    int port = 0;
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&addr, &len) == 0) {
        if (addr.ss_family == AF_INET6) {
            uv_ip6_name((struct sockaddr_in6 *)&addr, ip, sizeof ip);
            port = ntohs(((struct sockaddr_in6 *)&addr)->sin6_port);
        } else {
            uv_ip4_name((struct sockaddr_in *)&addr, ip, sizeof ip);
            port = ntohs(((struct sockaddr_in *)&addr)->sin_port);
        }
    }
    snprintf(out, cap, "%s:%d", ip, port);
}

static void on_accept(uv_stream_t *server, int status)
{
    struct mu_net *net = server->data;
    if (status < 0) {
        mu_log(MU_LOG_WARN, "accept_failed", "reason", uv_strerror(status), NULL);
        return;
    }
    struct mu_conn *c = mu_alloc(sizeof *c);
    c->net = net;
    uv_tcp_init(mu_loop_uv(net->loop), &c->tcp);
    c->tcp.data = c;
    DL_APPEND(net->conns, c);
    net->stats.open++;
    if (uv_accept(server, (uv_stream_t *)&c->tcp)) {
        conn_end(c, MU_END_PEER);
        return;
    }
    net->stats.accepted++;
    uv_tcp_nodelay(&c->tcp, 1);
    if ((size_t)net->stats.open > net->max_conns || !(c->user = net->cb->on_open(net->ctx, c))) {
        net->stats.refused++;
        conn_end(c, MU_END_LOCAL);
        return;
    }
    if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read))
        conn_end(c, MU_END_PEER);
}

/* A write that stands still for too long ends its connection. */
static void sweep_progress(struct mu_conn *c, uint32_t now)
{
    if (!c->under_way)
        return;
    uint32_t left = (uint32_t)uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp);
    if (left != c->progress_left) {
        c->progress_left = left;
        c->progress_at = now;
    } else if (now - c->progress_at >= MU_LIMIT_DRAIN_SECONDS) {
        conn_end(c, MU_END_SLOW);
    }
}

static void on_sweep(void *ctx)
{
    struct mu_net *net = ctx;
    uint32_t now = now_s();
    struct mu_conn *c, *tmp;
    DL_FOREACH_SAFE(net->conns, c, tmp)
    {
        if (c->closing)
            continue;
        sweep_progress(c, now);
        if (c->lingering && now - c->progress_at > LINGER_SECONDS)
            conn_end(c, MU_END_LOCAL);
        if (!c->closing && !c->finishing)
            net->cb->on_sweep(c->user, now);
    }
}

static void on_turn(void *ctx)
{
    mu_net_flush(ctx);
}

struct mu_net *mu_net_new(struct mu_loop *loop, const struct mu_net_cb *cb, void *ctx,
                          size_t max_conns)
{
    struct mu_net *net = mu_alloc(sizeof *net);
    net->loop = loop;
    net->cb = cb;
    net->ctx = ctx;
    net->max_conns = max_conns;
    net->sweep = mu_timer_new(loop, on_sweep, net);
    mu_timer_start(net->sweep, 1000, 1000);
    mu_loop_on_turn(loop, on_turn, net);
    return net;
}

/* Splits "[::1]:4747" or "127.0.0.1:4747" and fills addr. */
static int parse_addr(const char *text, struct sockaddr_storage *addr)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof host)
        return -EINVAL;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = 0;
    char *end;
    long port = strtol(colon + 1, &end, 10);
    if (*end || end == colon + 1 || port < 0 || port > 65535)
        return -EINVAL;
    size_t n = strlen(host);
    if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = 0;
        return uv_ip6_addr(host + 1, (int)port, (struct sockaddr_in6 *)addr) ? -EINVAL : 0;
    }
    const char *ip = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    return uv_ip4_addr(ip, (int)port, (struct sockaddr_in *)addr) ? -EINVAL : 0;
}

int mu_net_is_loopback(const char *text)
{
    struct sockaddr_storage addr = {0};
    int rc = parse_addr(text, &addr);
    if (rc)
        return rc;
    if (addr.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&addr)->sin6_addr);
    return (ntohl(((struct sockaddr_in *)&addr)->sin_addr.s_addr) >> 24) == 127;
}

int mu_net_listen(struct mu_net *net, const char *text, int *port)
{
    struct sockaddr_storage addr = {0};
    int rc = parse_addr(text, &addr);
    if (rc)
        return rc;
    if (net->listener_count == MAX_LISTENERS)
        return -ENOSPC;
    uv_tcp_t *tcp = &net->listeners[net->listener_count];
    uv_tcp_init(mu_loop_uv(net->loop), tcp);
    tcp->data = net;
    rc = uv_tcp_bind(tcp, (struct sockaddr *)&addr, 0);
    if (!rc)
        rc = uv_listen((uv_stream_t *)tcp, BACKLOG, on_accept);
    net->listener_count++;
    net->listening = true;
    if (rc)
        return rc; /* libuv's codes are negative errno */
    int len = sizeof addr;
    rc = uv_tcp_getsockname(tcp, (struct sockaddr *)&addr, &len);
    *port = ntohs(addr.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&addr)->sin6_port
                                             : ((struct sockaddr_in *)&addr)->sin_port);
    return rc;
}

void mu_net_stop_listening(struct mu_net *net)
{
    if (!net->listening)
        return;
    net->listening = false;
    for (size_t i = 0; i < net->listener_count; i++)
        uv_close((uv_handle_t *)&net->listeners[i], NULL);
}

void mu_net_close(struct mu_net *net)
{
    mu_net_stop_listening(net);
    mu_timer_free(net->sweep);
    net->sweep = NULL;
    struct mu_conn *c, *tmp;
    DL_FOREACH_SAFE(net->conns, c, tmp) conn_end(c, MU_END_LOCAL);
}

void mu_net_free(struct mu_net *net)
{
    free(net);
}

void mu_net_each(struct mu_net *net, void (*cb)(void *user, void *arg), void *arg)
{
    struct mu_conn *c, *tmp;
    DL_FOREACH_SAFE(net->conns, c, tmp)
    {
        if (!c->closing)
            cb(c->user, arg);
    }
}

void mu_net_flush(struct mu_net *net)
{
    while (net->dirty)
        conn_flush(net->dirty);
}

void mu_net_stats(const struct mu_net *net, struct mu_net_stats *out)
{
    *out = net->stats;
}
