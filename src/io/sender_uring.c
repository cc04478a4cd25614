#include <stdlib.h>

#include "io/sender.h"

#ifdef MU_HAVE_URING

#include <errno.h>
#include <liburing.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RING = 256 }; /* writes in one submission */

struct mu_uring {
    struct io_uring ring;
    struct msghdr msgs[RING];
};

static void prepare(struct mu_uring *u, size_t at, struct mu_send *s)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    if (s->iov) {
        u->msgs[at] = (struct msghdr){.msg_iov = s->iov, .msg_iovlen = s->n};
        io_uring_prep_sendmsg(sqe, s->fd, &u->msgs[at], (unsigned)flags);
    } else {
        io_uring_prep_send(sqe, s->fd, s->one.iov_base, s->one.iov_len, flags);
    }
    io_uring_sqe_set_data(sqe, s);
}

static unsigned reap(struct mu_uring *u)
{
    struct io_uring_cqe *cqe;
    unsigned head, n = 0;
    io_uring_for_each_cqe(&u->ring, head, cqe)
    {
        struct mu_send *s = io_uring_cqe_get_data(cqe);
        s->result = cqe->res == -EAGAIN || cqe->res == -ENOBUFS ? 0 : cqe->res;
        n++;
    }
    io_uring_cq_advance(&u->ring, n);
    return n;
}

static _Noreturn void give_up(int rc)
{
    fprintf(stderr, "muster: io_uring takes no writes any more: %s\n", strerror(-rc));
    abort();
}

/* Submits what was prepared and takes every answer. The kernel neither waits for a socket
 * (MSG_DONTWAIT) nor loses an entry; what it cannot take now it takes at the next call. */
static void submit(struct mu_uring *u, unsigned n)
{
    while (n > 0) {
        int rc = io_uring_submit_and_wait(&u->ring, n);
        if (rc < 0 && rc != -EINTR && rc != -EAGAIN && rc != -EBUSY && rc != -ENOMEM)
            give_up(rc);
        n -= reap(u);
    }
}

void mu_uring_run(struct mu_uring *u, struct mu_send *sends, size_t n)
{
    unsigned prepared = 0;
    for (size_t i = 0; i < n; i++) {
        if (!sends[i].n)
            continue;
        prepare(u, prepared++, &sends[i]);
        if (prepared == RING) {
            submit(u, prepared);
            prepared = 0;
        }
    }
    submit(u, prepared);
}

/* A kernel may offer rings and not what is needed of them. */
static bool works(struct mu_uring *u)
{
    int pair[2];
    char text[2] = "x", got[2] = "";
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return false;
    struct mu_send s = {.fd = pair[0], .n = 1, .one = {text, 1}};
    mu_uring_run(u, &s, 1);
    bool ok = s.result == 1 && read(pair[1], got, 1) == 1 && got[0] == 'x';
    close(pair[0]);
    close(pair[1]);
    return ok;
}

struct mu_uring *mu_uring_new(void)
{
    struct mu_uring *u = mu_alloc(sizeof *u);
    if (io_uring_queue_init(RING, &u->ring, 0)) {
        free(u);
        return NULL;
    }
    if (!works(u)) {
        mu_uring_free(u);
        return NULL;
    }
    return u;
}

void mu_uring_free(struct mu_uring *u)
{
    if (!u)
        return;
    io_uring_queue_exit(&u->ring);
    free(u);
}

#else

struct mu_uring *mu_uring_new(void)
{
    return NULL;
}

void mu_uring_free(struct mu_uring *u)
{
    MU_UNUSED(u);
}

void mu_uring_run(struct mu_uring *u, struct mu_send *sends, size_t n)
{
    MU_UNUSED(u);
    MU_UNUSED(sends);
    MU_UNUSED(n);
}

#endif
