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

/* It has a time limit of its own now. */
static void sweep_soon(struct mu_conn *c)
{
    c->net->due[c->slot] = 0;
}

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
    sweep_soon(c);
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

/* Names the frames from `from` on for one write, at most max. *bytes: of all of them. */
static uint32_t name_pieces(struct mu_conn *c, uint32_t from, struct iovec *iov, uint32_t max,
                            size_t *bytes)
{
    struct mu_bytes **frames = frames_of(c) + from;
    uint32_t n = c->len - from < max ? c->len - from : max;
    size_t skip = c->skip;
    *bytes = 0;
    for (uint32_t i = 0; i < n; i++) {
        iov[i] = (struct iovec){frames[i]->data + skip, frames[i]->len - skip};
        *bytes += iov[i].iov_len;
        skip = 0;
    }
    return n;
}

/* Notes that a write of `asked` bytes from frame `from` on came to `sent` (as in mu_send). Returns
 * how many frames are out whole by it; c->skip becomes that of the next one. */
static uint32_t note_write(struct mu_conn *c, uint32_t from, ssize_t sent, size_t asked)
{
    struct mu_bytes **frames = frames_of(c);
    uint32_t at = from;
    c->net->stats.writes++;
    if (sent < 0) {
        mu_conn_end(c, MU_END_PEER);
        return 0;
    }
    size_t bytes = (size_t)sent + c->skip;
    c->net->stats.bytes_out += sent;
    c->unsent -= (uint32_t)sent;
    if (sent > 0 || !c->blocked)
        c->progress_at = mu_net_now(c->net);
    while (at < c->len && bytes >= frames[at]->len)
        bytes -= frames[at++]->len;
    c->skip = (uint32_t)bytes;
    c->blocked = (size_t)sent < asked;
    if (c->blocked)
        sweep_soon(c);
    return at - from;
}

static void drop_written(struct mu_conn *c, uint32_t done)
{
    queue_drop(c, done);
    if (!c->len)
        c->unsent_first = 0;
    arm(c, c->blocked ? c->armed | EPOLLOUT : c->armed & ~(unsigned)EPOLLOUT);
}

/* Writes what is queued as far as the socket takes it. */
static void conn_write(struct mu_conn *c)
{
    struct iovec iov[GATHER_MAX];
    uint32_t done = 0;
    bool again = true; /* a socket that took no more is tried once */
    while (done < c->len && again) {
        size_t asked;
        struct mu_send send = {.fd = c->fd, .iov = iov};
        send.n = name_pieces(c, done, iov, GATHER_MAX, &asked);
        if (send.n == 1) {
            send.iov = NULL;
            send.one = iov[0];
        }
        done += note_write(c, done, mu_send_one(&send), asked);
        if (c->closing)
            return;
        again = !c->blocked;
    }
    drop_written(c, done);
}

/* ---- writing with others ---- */

void mu_conn_collect(struct mu_conn *c, struct mu_batch *batch)
{
    struct mu_send *send = &batch->sends[batch->n++];
    *send = (struct mu_send){.fd = c->fd, .owner = c};
    if (c->closing || c->blocked || !c->len)
        return;
    if (c->len == 1) {
        size_t bytes;
        send->n = name_pieces(c, 0, &send->one, 1, &bytes);
        return;
    }
    uint32_t room = (uint32_t)(MU_NET_PIECES - batch->pieces_n);
    size_t bytes;
    send->iov = batch->pieces + batch->pieces_n;
    send->n = name_pieces(c, 0, send->iov, room < GATHER_MAX ? room : GATHER_MAX, &bytes);
    batch->pieces_n += send->n;
}

void mu_conn_sent(const struct mu_send *send)
{
    struct mu_conn *c = send->owner;
    size_t asked = 0;
    if (!send->n)
        return;
    for (uint32_t i = 0; i < send->n; i++)
        asked += send->iov ? send->iov[i].iov_len : send->one.iov_len;
    uint32_t done = note_write(c, 0, send->result, asked);
    if (!c->closing)
        drop_written(c, done);
    if (!c->closing && c->len && !c->blocked)
        conn_write(c);
}

void mu_conn_written(struct mu_conn *c)
{
    after_write(c);
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

/* A frame that need not be queued. */
static ssize_t write_alone(struct mu_conn *c, struct mu_bytes *frame)
{
    struct mu_send send = {.fd = c->fd, .n = 1, .one = {frame->data, frame->len}};
    ssize_t sent = mu_send_one(&send);
    c->net->stats.writes++;
    if (sent > 0)
        c->net->stats.bytes_out += sent;
    return sent;
}

bool mu_conn_send_now(struct mu_conn *c, int lane, struct mu_bytes *frame)
{
    ssize_t sent = 0;
    if (c->net->batch)
        return mu_conn_send(c, lane, frame);
    if (!c->len && !c->closing && !c->finishing) {
        sent = write_alone(c, frame);
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

/* It sends nothing more. Where it said so, it may still read (RFC 9293, 3.6): what is queued goes
 * out. */
static void peer_ended(struct mu_conn *c, bool said)
{
    if (said && c->unsent && !c->finishing)
        mu_conn_hang_up(c);
    else
        mu_conn_end(c, c->lingering ? MU_END_LOCAL : MU_END_PEER);
}

static void conn_read(struct mu_conn *c)
{
    struct mu_net *net = c->net;
    ssize_t n = recv(c->fd, net->read_buffer, MU_NET_READ_SIZE, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        peer_ended(c, n == 0);
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
uint32_t mu_conn_sweep(struct mu_conn *c, uint32_t now)
{
    if (c->closing)
        return 0;
    if (c->blocked && now - c->progress_at >= MU_LIMIT_DRAIN_SECONDS)
        mu_conn_end(c, MU_END_SLOW);
    else if (c->lingering && now - c->progress_at > LINGER_SECONDS)
        mu_conn_end(c, MU_END_LOCAL);
    else if (!c->finishing)
        return c->net->cb->on_sweep(c->user, now);
    return 0;
}

void *mu_conn_user(const struct mu_conn *c)
{
    return c->user;
}

size_t mu_conn_unsent(const struct mu_conn *c)
{
    return c->unsent;
}
