/*
 * TCP: a listener, and connections that hand on what arrives and write what is queued.
 *
 * Layer: io. Loop thread only.
 *
 * Reading uses one buffer, borrowed for the callback; one read a turn, so a peer that floods takes
 * its turn like every other. At most MU_NET_ACCEPTS connections are accepted in a turn; where the
 * process has no descriptor left, the rest wait in the kernel's queue and are tried again every
 * second. Writing: frames (ref-counted, immutable) are queued and go out with one gathered write
 * per connection at the end of the loop's turn; what the socket does not take waits until it takes
 * more.
 *
 * Two lanes. Lane 1 (replies, errors, closes) is always queued, in order. Lane 2 (state, streams)
 * is refused while more than MU_LIMIT_STATE_LANE_BYTES are unsent; when the socket has drained,
 * on_drained tells. A connection whose lane 1 grows past MU_LIMIT_FIRST_LANE_BYTES behind a peer
 * that does not read, or that makes no progress for MU_LIMIT_DRAIN_SECONDS, is cut off.
 *
 * A peer that ends its own side (half-close) gets what is queued, then its connection ends.
 */
#ifndef MU_IO_CONN_H
#define MU_IO_CONN_H

#include "base/base.h"
#include "base/buf.h"
#include "io/loop.h"
#include "io/sender.h"

struct mu_net;
struct mu_conn;

enum mu_conn_end {
    MU_END_PEER,  /* the peer closed, or the connection broke */
    MU_END_LOCAL, /* mu_conn_close or mu_conn_finish */
    MU_END_SLOW,  /* it did not read: lane 1 too long, or no progress */
};

enum {
    MU_NET_ACCEPTS = 512,
};

struct mu_net_cb {
    /* A connection was accepted: returns what becomes its user pointer, or NULL to drop it. */
    void *(*on_open)(void *ctx, struct mu_conn *conn);
    /* Bytes arrived; data may be written to, and is borrowed for the call. */
    void (*on_data)(void *user, char *data, size_t n);
    /* Lane 2 was refused, and can be used again. */
    void (*on_drained)(void *user);
    /* The connection is over; conn must not be used after this call. */
    void (*on_closed)(void *user, enum mu_conn_end end);
    /* Time limits are kept here. now: as mu_net_now. Returns the second from which on it is to be
     * called again; 0: the next one. */
    uint32_t (*on_sweep)(void *user, uint32_t now);
};

/* Borrows cb and ctx. max_conns: past it connections are accepted and closed at once. send: how
 * much is written at once at the end of a turn. */
struct mu_net *mu_net_new(struct mu_loop *loop, const struct mu_net_cb *cb, void *ctx,
                          size_t max_conns, const struct mu_sender_opts *send);

/* Listens on "127.0.0.1:4747", "[::1]:0" or "localhost:4747"; numeric addresses only. *port gets
 * the real port. 0, -EINVAL for a malformed address, or another negative errno. */
int mu_net_listen(struct mu_net *net, const char *addr, int *port) MU_MUST_CHECK;
/* True when addr names a loopback address; -EINVAL when it is malformed. */
int mu_net_is_loopback(const char *addr) MU_MUST_CHECK;

/* Seconds of a monotonic clock, read once a turn. */
uint32_t mu_net_now(const struct mu_net *net);

void mu_net_stop_listening(struct mu_net *net);
/* Closes everything at once; then the loop may end, and net is freed with mu_net_free. */
void mu_net_close(struct mu_net *net);
void mu_net_free(struct mu_net *net);
/* Calls cb for each connection. */
void mu_net_each(struct mu_net *net, void (*cb)(void *user, void *arg), void *arg);
/* Writes what is queued now; the loop does so at the end of each turn. Not from a callback of
 * mu_net_cb, which may come from such writing. */
void mu_net_flush(struct mu_net *net);

struct mu_net_stats {
    int64_t open, accepted, refused, slow_cut, bytes_in, bytes_out, writes;
};
void mu_net_stats(const struct mu_net *net, struct mu_net_stats *out);

/* Queues a frame; takes a reference of its own. lane is 1 or 2. False: not queued (lane 2 is
 * full, or the connection is ending). */
bool mu_conn_send(struct mu_conn *conn, int lane, struct mu_bytes *frame);
/* The same, written at once where nothing is queued before it: spares a publisher that goes through
 * many connections, and has nothing more for them in this turn, a second way through them all. */
bool mu_conn_send_now(struct mu_conn *conn, int lane, struct mu_bytes *frame);
/* Writes what is queued, then ends the sending side, and closes when the peer has ended too or 2
 * seconds later. Nothing more is handed on or queued. */
void mu_conn_finish(struct mu_conn *conn);
/* The same, and closes when it is written: the peer has said that it sends nothing more. */
void mu_conn_hang_up(struct mu_conn *conn);
/* Closes at once. on_closed is called later, from the loop. */
void mu_conn_close(struct mu_conn *conn);
/* Stops and starts reading: back-pressure on the peer. */
void mu_conn_pause(struct mu_conn *conn, bool paused);
void *mu_conn_user(const struct mu_conn *conn); /* what on_open returned */
size_t mu_conn_unsent(const struct mu_conn *conn);

#endif
