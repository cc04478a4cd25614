/*
 * Many writes to many sockets at once: what a publish to thousands of connections comes down to.
 *
 * Layer: io. Called by the loop thread alone; the writes themselves may run on other threads.
 *
 * Three ways, chosen when the sender is made:
 *   - a system call for each write;
 *   - io_uring: a few hundred writes are handed to the kernel with one system call. Where the
 * kernel forbids it (seccomp, sysctl kernel.io_uring_disabled) or the build has no liburing, the
 * sender falls back to the first way by itself;
 *   - threads, beside either: a batch of MU_SENDER_SHARED writes or more is shared among the loop
 *     thread and `threads` others: each takes a part, and another one while there are any, so a
 *     thread that gets no core is waited for no longer than for the part that it has. They start
 *     with the first such batch; until then they cost nothing.
 * Figures: docs/decisions/0023-writes-together.md.
 */
#ifndef MU_IO_SENDER_H
#define MU_IO_SENDER_H

#include <sys/types.h>
#include <sys/uio.h>

#include "base/base.h"

enum {
    MU_SENDER_SHARED = 256,     /* writes from which on a batch is shared among threads */
    MU_SENDER_THREADS_MAX = 15, /* beside the loop's */
    MU_SENDER_AUTO = -1,        /* threads as the cores allow */
    MU_SENDER_AUTO_MAX = 4,     /* of these, at most */
};

struct mu_sender;

struct mu_sender_opts {
    int threads; /* beside the loop's: 0 … MU_SENDER_THREADS_MAX, or MU_SENDER_AUTO */
    bool uring;  /* where it can be had */
};

/* One write. n = 0: none, the entry is passed over. */
struct mu_send {
    int fd;
    uint32_t n;        /* pieces */
    struct iovec *iov; /* borrowed until run returns; NULL: the one piece is `one` */
    struct iovec one;
    ssize_t result; /* bytes, 0 when the socket takes none now, or a negative errno */
    void *owner;
};

/* Never NULL. */
struct mu_sender *mu_sender_new(const struct mu_sender_opts *opts);
void mu_sender_free(struct mu_sender *s); /* ends the threads; NULL allowed */
/* Whether collecting writes pays: false when each is a system call of its own on this thread. */
bool mu_sender_batches(const struct mu_sender *s);
/* "io_uring", or "sendmsg". */
const char *mu_sender_way(const struct mu_sender *s);
/* Threads beside the loop's for so many cores: half as many, at most MU_SENDER_AUTO_MAX. */
int mu_sender_threads_for(int cores);
/* Carries out n writes, each to another socket, without waiting for any; fills in the results. */
void mu_sender_run(struct mu_sender *s, struct mu_send *sends, size_t n);

/* One write by a system call of its own; the result as in mu_send. */
ssize_t mu_send_one(const struct mu_send *send);

/* ---- sender_uring.c, for sender.c alone ---- */

struct mu_uring;
/* NULL where the kernel or the build has none. */
struct mu_uring *mu_uring_new(void);
void mu_uring_free(struct mu_uring *u);
void mu_uring_run(struct mu_uring *u, struct mu_send *sends, size_t n);

#endif
