/*
 * The inside of connections, shared by conn.c and net.c only.
 *
 *     net.c    listeners, accepting, the sweep, the end of a turn
 *     conn.c   one connection: queue, writing, reading, its end
 *
 * Sockets are in the loop's own epoll set, not in libuv's: an idle connection is 88 bytes instead
 * of the 250 of a uv_tcp_t alone, see docs/decisions/0022-sockets-of-our-own.md.
 *
 * A connection that has ended is closed at once and freed at the end of the turn, because events of
 * the same wait may still name it.
 *
 * Layer: io. Loop thread only.
 */
#ifndef MU_IO_CONN_INTERNAL_H
#define MU_IO_CONN_INTERNAL_H

#include "io/conn.h"
#include "io/sender.h"

enum {
    MU_NET_READ_SIZE = 65536,
    MU_NET_LISTENERS = 4,
    MU_CONN_INLINE_FRAMES = 2,
    MU_NET_BATCH = 1024,  /* connections that are written to at once */
    MU_NET_PIECES = 4096, /* frames of these, where one has several */
};

struct mu_conn {
    struct mu_net *net;
    union {
        struct mu_bytes *few[MU_CONN_INLINE_FRAMES]; /* frames that wait, in order: cap is 0 */
        struct mu_bytes **many;                      /* once they are more */
    } out;
    uint32_t len, cap;     /* frames in out, room in many */
    uint32_t skip;         /* bytes of the first frame that went out */
    uint32_t unsent;       /* bytes queued */
    uint32_t unsent_first; /* of these, lane 1, long frames counted in part */
    int fd;
    uint8_t end;   /* enum mu_conn_end */
    uint8_t armed; /* events that are waited for: EPOLLIN, EPOLLOUT */
    bool dirty : 1;
    bool blocked : 1;   /* the socket took no more: EPOLLOUT will tell */
    bool paused : 1;    /* not read, as the owner wished */
    bool held : 1;      /* not read while the peer does not read */
    bool finishing : 1; /* nothing more is handed on or queued */
    bool lingering : 1; /* all is said; what comes is dropped */
    bool hangs_up : 1;  /* the peer has said its last: no lingering */
    bool closing : 1;
    bool refused_lane2 : 1;
    /* What a push does not need is behind the first 64 bytes. */
    uint32_t progress_at; /* second of the last progress while blocked, or of the end of sending */
    uint32_t slot;        /* in net->conns */
    void *user;
    struct mu_conn *dirty_next; /* those with something to write at the turn's end */
};

struct mu_listener {
    struct mu_net *net;
    int fd;
};

/* The writes that go out at once at the end of a turn. */
struct mu_batch {
    struct mu_send sends[MU_NET_BATCH];
    struct iovec pieces[MU_NET_PIECES];
    size_t n, pieces_n;
};

struct mu_net {
    struct mu_loop *loop;
    const struct mu_net_cb *cb;
    void *ctx;
    size_t max_conns;
    int epoll;
    struct mu_listener listeners[MU_NET_LISTENERS];
    size_t listener_count;
    bool listening;
    bool accept_paused; /* no descriptors or memory: the sweep tries again */
    struct mu_timer *sweep;
    struct mu_conn **conns; /* all of them */
    uint32_t *due;          /* of each: the second from which on it is to be swept */
    size_t count, cap;
    struct mu_conn *dirty, *dirty_last; /* linked by dirty_next */
    struct mu_conn **ended;             /* to be freed at the end of the turn */
    size_t ended_count, ended_cap;
    struct mu_sender *sender;
    struct mu_batch *batch; /* NULL: each write is made by itself */
    struct mu_net_stats stats;
    char read_buffer[MU_NET_READ_SIZE];
};

/* Takes the socket. NULL: it cannot be watched, and was closed. */
struct mu_conn *mu_conn_new(struct mu_net *net, int fd);
void mu_conn_end(struct mu_conn *c, enum mu_conn_end end);
void mu_conn_free(struct mu_conn *c);
void mu_conn_ready(struct mu_conn *c, uint32_t events);
void mu_conn_flush(struct mu_conn *c);
/* Adds what is queued to the batch, which has room for a connection. What is written together:
 * first every result is noted (mu_conn_sent), then the owners hear of it (mu_conn_written), for an
 * owner may send to connections of the same batch. */
void mu_conn_collect(struct mu_conn *c, struct mu_batch *batch);
void mu_conn_sent(const struct mu_send *send);
void mu_conn_written(struct mu_conn *c);
/* Keeps the time limits; returns when to call again. */
uint32_t mu_conn_sweep(struct mu_conn *c, uint32_t now);

#endif
