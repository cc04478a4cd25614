/*
 * The server at the other end of the holder's socket: takes its frames, sends it the spool at the
 * pace of the socket (never more than one frame of DATA is waiting).
 *
 * Layer: hold. Thread rules: one thread.
 */
#ifndef MU_HOLD_PEER_H
#define MU_HOLD_PEER_H

#include "hold/run.h"

struct mu_peer {
    int fd; /* -1: nobody is connected */
    struct mu_buf in;
    size_t need; /* bytes of `in` at which its first frame can be complete */
    struct mu_buf out;
    size_t out_at;
    bool attached;
    uint64_t next; /* offset of the next DATA */
};

/* Takes over a connected descriptor, non-blocking, and says HELLO. */
void mu_peer_open(struct mu_peer *p, int fd, const struct mu_run *run);
void mu_peer_close(struct mu_peer *p);

/* As for a run: what to wait for, and what to do. The connection is closed when the other side
 * closes it or breaks the protocol. */
void mu_peer_prepare(const struct mu_peer *p, const struct mu_run *run, struct pollfd *fd);
void mu_peer_step(struct mu_peer *p, struct mu_run *run, const struct pollfd *fd, int64_t now);

#endif
