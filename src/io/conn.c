#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "io/conn_internal.h"
#include "wire/records.h"

enum {
    GATHER_MAX = 512,    /* frames in one write */
    COUNTED_MAX = 65536, /* a longer reply (a snapshot) counts as this much of lane 1 */
    LINGER_SECONDS = 2,  /* how long a peer may go on sending after the last word to it */
};

/* ---- the queue ---- */

static struct mu_bytes **frames_of(struct mu_conn *c)
{
    return c->cap ? c->out.many : c->out.few;
}

static void queue_push(struct mu_conn *c, struct mu_bytes *frame)
{
    uint32_t room = c->cap ? c->cap : MU_CONN_INLINE_FRAMES;
    if (c->len == room) {
        struct mu_bytes **grown = mu_realloc(c->cap ? c->out.many : NULL, room * 4 * sizeof *grown);
        if (!c->cap)
            memcpy(grown, c->out.few, sizeof c->out.few);
        c->out.many = grown;
        c->cap = room * 4;
    }
    frames_of(c)[c->len++] = mu_bytes_ref(frame);
}

/* Lets go of the first n frames. */
static void queue_drop(struct mu_conn *c, uint32_t n)
{
    struct mu_bytes **frames = frames_of(c);
    for (uint32_t i = 0; i < n; i++)
        mu_bytes_unref(frames[i]);
    c->len -= n;
    if (c->len) {
        memmove(frames, frames + n, c->len * sizeof *frames);
    } else if (c->cap) {
        free(c->out.many);
        c->cap = 0;
    }
}

/* ---- events ---- */

static void arm(struct mu_conn *c, unsigned events)
{
    if (events == c->armed)
        return;
    struct epoll_event e = {.events = events, .data.ptr = c};
    c->armed = (uint8_t)events;
    if (epoll_ctl(c->net->epoll, EPOLL_CTL_MOD, c->fd, &e))
        mu_conn_end(c, MU_END_PEER);
}

static bool reads(const struct mu_conn *c)
{
    return c->finishing ? c->lingering : !c->paused && !c->held;
}

/* What is not read is taken out of the set when bytes come (mu_conn_ready), not before: most pauses
 * are over by then. */
static void set_reading(struct mu_conn *c)
{
    if (reads(c))
        arm(c, c->armed | EPOLLIN);
}

struct mu_conn *mu_conn_new(struct mu_net *net, int fd)
{
    struct mu_conn *c = mu_alloc(sizeof *c);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    c->net = net;
    c->fd = fd;
    c->armed = EPOLLIN;
    if (epoll_ctl(net->epoll, EPOLL_CTL_ADD, fd, &e)) {
        close(fd);
        free(c);
        return NULL;
    }
    return c;
}

void mu_conn_free(struct mu_conn *c)
{
    queue_drop(c, c->len);
    free(c);
}

/* Leaves the set before the close: a child that was forked a moment ago may hold the socket too,
 * and the set would go on naming this connection. */
void mu_conn_end(struct mu_conn *c, enum mu_conn_end end)
{
    struct mu_net *net = c->net;
    if (c->closing)
        return;
    c->closing = true;
    c->end = (uint8_t)end;
    if (end == MU_END_SLOW)
        net->stats.slow_cut++;
    epoll_ctl(net->epoll, EPOLL_CTL_DEL, c->fd, NULL);
    close(c->fd);
    c->fd = -1;
    if (net->ended_count == net->ended_cap) {
        net->ended_cap = net->ended_cap ? net->ended_cap * 2 : 16;
        net->ended = mu_realloc(net->ended, net->ended_cap * sizeof(struct mu_conn *));
    }
    net->ended[net->ended_count++] = c;
}

void mu_conn_close(struct mu_conn *c)
{
    mu_conn_end(c, MU_END_LOCAL);
}

/* ---- writing ---- */

static void mark_dirty(struct mu_conn *c)
{
    struct mu_net *net = c->net;
    if (c->dirty)
        return;
    c->dirty = true;
    c->dirty_next = NULL;
    if (net->dirty)
        net->dirty_last->dirty_next = c;
    else
        net->dirty = c;
    net->dirty_last = c;
}

/* Says that nothing more comes, and waits for the peer to end too: a socket that is closed with
 * unread bytes in it resets the connection, and the peer may lose the answer. */
static void linger(struct mu_conn *c)
{
    if (c->lingering)
        return;
    c->lingering = true;
    c->progress_at = mu_net_now(c->net);
    if (shutdown(c->fd, SHUT_WR))
        mu_conn_end(c, MU_END_LOCAL);
    else
        set_reading(c);
}

/* After something was written: tells a listener that lane 2 is open again, or ends. */
static void after_write(struct mu_conn *c)
{
    if (c->closing)
        return;
    if (c->unsent == 0 && c->finishing) {
        if (c->hangs_up)
            mu_conn_end(c, MU_END_LOCAL);
        else
            linger(c);
        return;
    }
    if (c->held && c->unsent <= MU_LIMIT_FIRST_LANE_BYTES / 2) {
        c->held = false;
        set_reading(c);
    }
    if (c->refused_lane2 && c->unsent <= MU_LIMIT_STATE_LANE_BYTES / 2) {
        c->refused_lane2 = false;
        c->net->cb->on_drained(c->user);
    }
}

/* What a write gave: bytes, 0 when the socket takes none, or a negative errno. */
static ssize_t written(struct mu_conn *c, ssize_t sent)
{
    c->net->stats.writes++;
    if (sent < 0)
        return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? 0 : -errno;
    c->net->stats.bytes_out += sent;
    return sent;
}

static ssize_t write_one(struct mu_conn *c, const struct mu_bytes *frame, size_t skip)
{
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    return written(c, send(c->fd, frame->data + skip, frame->len - skip, flags));
}

static ssize_t write_gathered(struct mu_conn *c, struct mu_bytes **frames, size_t n, size_t *asked)
{
    struct iovec iov[GATHER_MAX];
    size_t skip = c->skip;
    *asked = 0;
    for (size_t i = 0; i < n; i++) {
        iov[i] = (struct iovec){frames[i]->data + skip, frames[i]->len - skip};
        *asked += iov[i].iov_len;
        skip = 0;
    }
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = n};
    return written(c, sendmsg(c->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT));
}

/* One write of the frames from `from` on; *asked: bytes that were offered to the socket. */
static ssize_t write_some(struct mu_conn *c, uint32_t from, size_t *asked)
{
    struct mu_bytes **frames = frames_of(c) + from;
    size_t n = c->len - from < GATHER_MAX ? c->len - from : GATHER_MAX;
    ssize_t sent;
    if (n == 1) {
        *asked = frames[0]->len - c->skip;
        sent = write_one(c, frames[0], c->skip);
    } else {
        sent = write_gathered(c, frames, n, asked);
    }
    if (sent > 0)
        c->unsent -= (uint32_t)sent;
    return sent;
}

/* Frames, from `from` on, that went out whole with those bytes; c->skip is that of the next one. */
static uint32_t frames_done(struct mu_conn *c, uint32_t from, size_t bytes)
{
    struct mu_bytes **frames = frames_of(c);
    uint32_t at = from;
    bytes += c->skip;
    while (at < c->len && bytes >= frames[at]->len)
        bytes -= frames[at++]->len;
    c->skip = (uint32_t)bytes;
    return at - from;
}

/* Writes what is queued as far as the socket takes it. */
static void conn_write(struct mu_conn *c)
{
    uint32_t done = 0;
    bool was_blocked = c->blocked;
    c->blocked = false;
    while (done < c->len && !c->blocked) {
        size_t asked;
        ssize_t sent = write_some(c, done, &asked);
        if (sent < 0) {
            mu_conn_end(c, MU_END_PEER);
            return;
        }
        if (sent > 0 || !was_blocked)
            c->progress_at = mu_net_now(c->net);
        done += frames_done(c, done, (size_t)sent);
        c->blocked = (size_t)sent < asked;
    }
    queue_drop(c, done);
    if (!c->len)
        c->unsent_first = 0;
    if (c->blocked != was_blocked)
        arm(c, c->blocked ? c->armed | EPOLLOUT : c->armed & ~(unsigned)EPOLLOUT);
}

void mu_conn_flush(struct mu_conn *c)
{
    if (c->closing)
        return;
    if (!c->blocked && c->len)
        conn_write(c);
    after_write(c);
}

static bool enqueue(struct mu_conn *c, int lane, struct mu_bytes *frame)
{
    if (c->closing || c->finishing)
        return false;
    if (c->unsent > MU_LIMIT_STATE_LANE_BYTES && !c->blocked)
        conn_write(c); /* much was queued in this turn: is the peer slow, or only the turn long? */
    if (c->closing)
        return false;
    if (lane == 2 && c->unsent > MU_LIMIT_STATE_LANE_BYTES) {
        c->refused_lane2 = true;
        return false;
    }
    if (lane == 1 && c->unsent_first > MU_LIMIT_FIRST_LANE_BYTES) {
        mu_conn_end(c, MU_END_SLOW);
        return false;
    }
    queue_push(c, frame);
    c->unsent += (uint32_t)frame->len;
    if (lane == 1)
        c->unsent_first += (uint32_t)(frame->len < COUNTED_MAX ? frame->len : COUNTED_MAX);
    if (c->unsent > MU_LIMIT_FIRST_LANE_BYTES)
        c->held = true;
    return true;
}

bool mu_conn_send(struct mu_conn *c, int lane, struct mu_bytes *frame)
{
    if (!enqueue(c, lane, frame))
        return false;
    mark_dirty(c);
    return true;
}

bool mu_conn_send_now(struct mu_conn *c, int lane, struct mu_bytes *frame)
{
    ssize_t sent = 0;
    if (!c->len && !c->closing && !c->finishing) {
        sent = write_one(c, frame, 0);
        if (sent == (ssize_t)frame->len)
            return true;
        if (sent < 0) {
            mu_conn_end(c, MU_END_PEER);
            return false;
        }
    }
    if (!enqueue(c, lane, frame))
        return false;
    if (sent) {
        c->skip = (uint32_t)sent;
        c->unsent -= (uint32_t)sent;
    }
    if (!c->blocked)
        mark_dirty(c);
    return true;
}

void mu_conn_hang_up(struct mu_conn *c)
{
    c->hangs_up = true;
    mu_conn_finish(c);
}

void mu_conn_finish(struct mu_conn *c)
{
    if (c->closing || c->finishing)
        return;
    c->finishing = true;
    mu_conn_flush(c);
}

/* ---- reading ---- */

static void conn_read(struct mu_conn *c)
{
    struct mu_net *net = c->net;
    ssize_t n = recv(c->fd, net->read_buffer, MU_NET_READ_SIZE, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        mu_conn_end(c, c->lingering ? MU_END_LOCAL : MU_END_PEER);
        return;
    }
    net->stats.bytes_in += n;
    if (!c->finishing)
        net->cb->on_data(c->user, net->read_buffer, (size_t)n);
}

/* One read a turn: a peer that floods takes its turn like every other. */
void mu_conn_ready(struct mu_conn *c, uint32_t events)
{
    if (c->closing)
        return;
    if (events & EPOLLOUT) {
        conn_write(c);
        after_write(c);
        if (c->closing)
            return;
    }
    if (reads(c)) {
        if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
            conn_read(c);
    } else if (events & (EPOLLERR | EPOLLHUP)) {
        mu_conn_end(c, MU_END_PEER);
    } else if (events & EPOLLIN) {
        arm(c, c->armed & ~(unsigned)EPOLLIN);
    }
}

void mu_conn_pause(struct mu_conn *c, bool paused)
{
    if (c->closing || c->finishing)
        return;
    c->paused = paused;
    set_reading(c);
}

/* ---- the rest ---- */

/* A write that stands still for too long ends its connection. */
void mu_conn_sweep(struct mu_conn *c)
{
    uint32_t now = mu_net_now(c->net);
    if (c->closing)
        return;
    if (c->blocked && now - c->progress_at >= MU_LIMIT_DRAIN_SECONDS)
        mu_conn_end(c, MU_END_SLOW);
    else if (c->lingering && now - c->progress_at > LINGER_SECONDS)
        mu_conn_end(c, MU_END_LOCAL);
    else if (!c->finishing)
        c->net->cb->on_sweep(c->user, now);
}

void *mu_conn_user(const struct mu_conn *c)
{
    return c->user;
}

size_t mu_conn_unsent(const struct mu_conn *c)
{
    return c->unsent;
}
