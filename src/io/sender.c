#include "io/sender.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

/* One thread, and the part of the batch that it is at. */
struct hand {
    struct mu_sender *sender;
    struct mu_uring *uring;
    struct mu_send *sends;
    size_t n;
    sem_t go;
    pthread_t thread;
};

struct mu_sender {
    struct mu_sender_opts opts;
    struct mu_uring *uring; /* of the loop thread */
    struct hand *hands;     /* NULL: not started yet */
    sem_t done;
    bool ending;
};

ssize_t mu_send_one(const struct mu_send *send_)
{
    struct msghdr msg = {.msg_iov = send_->iov, .msg_iovlen = send_->n};
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    ssize_t n;
    do
        n = send_->iov ? sendmsg(send_->fd, &msg, flags)
                       : send(send_->fd, send_->one.iov_base, send_->one.iov_len, flags);
    while (n < 0 && errno == EINTR);
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == ENOBUFS ? 0 : -errno;
}

static void carry_out(struct mu_uring *uring, struct mu_send *sends, size_t n)
{
    if (uring) {
        mu_uring_run(uring, sends, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (sends[i].n)
            sends[i].result = mu_send_one(&sends[i]);
}

/* ---- threads ---- */

static void await(sem_t *sem)
{
    while (sem_wait(sem) && errno == EINTR)
        continue;
}

static void *work(void *arg)
{
    struct hand *h = arg;
    for (;;) {
        await(&h->go);
        if (h->sender->ending)
            return NULL;
        carry_out(h->uring, h->sends, h->n);
        sem_post(&h->sender->done);
    }
}

/* Signals are the loop's: the threads have all of them blocked. */
static bool start_hands(struct mu_sender *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->hands = mu_alloc((size_t)s->opts.threads * sizeof *s->hands);
    int started = 0;
    for (; started < s->opts.threads; started++) {
        struct hand *h = &s->hands[started];
        h->sender = s;
        h->uring = s->uring ? mu_uring_new() : NULL;
        sem_init(&h->go, 0, 0);
        if (pthread_create(&h->thread, NULL, work, h)) {
            mu_uring_free(h->uring);
            sem_destroy(&h->go);
            break;
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    s->opts.threads = started;
    return started > 0;
}

static void stop_hands(struct mu_sender *s)
{
    s->ending = true;
    for (int i = 0; s->hands && i < s->opts.threads; i++) {
        struct hand *h = &s->hands[i];
        sem_post(&h->go);
        pthread_join(h->thread, NULL);
        mu_uring_free(h->uring);
        sem_destroy(&h->go);
    }
    free(s->hands);
}

static void share(struct mu_sender *s, struct mu_send *sends, size_t n)
{
    size_t parts = (size_t)s->opts.threads + 1, each = n / parts;
    for (int i = 0; i < s->opts.threads; i++) {
        struct hand *h = &s->hands[i];
        h->sends = sends + (size_t)i * each;
        h->n = each;
        sem_post(&h->go);
    }
    carry_out(s->uring, sends + (parts - 1) * each, n - (parts - 1) * each);
    for (int i = 0; i < s->opts.threads; i++)
        await(&s->done);
}

/* ---- the whole ---- */

struct mu_sender *mu_sender_new(const struct mu_sender_opts *opts)
{
    struct mu_sender *s = mu_alloc(sizeof *s);
    s->opts = *opts;
    if (s->opts.threads > MU_SENDER_THREADS_MAX)
        s->opts.threads = MU_SENDER_THREADS_MAX;
    if (opts->uring)
        s->uring = mu_uring_new();
    sem_init(&s->done, 0, 0);
    return s;
}

void mu_sender_free(struct mu_sender *s)
{
    if (!s)
        return;
    stop_hands(s);
    mu_uring_free(s->uring);
    sem_destroy(&s->done);
    free(s);
}

bool mu_sender_batches(const struct mu_sender *s)
{
    return s->uring || s->opts.threads > 0;
}

const char *mu_sender_way(const struct mu_sender *s)
{
    return s->uring ? "io_uring" : "sendmsg";
}

void mu_sender_run(struct mu_sender *s, struct mu_send *sends, size_t n)
{
    bool shared = n >= MU_SENDER_SHARED && s->opts.threads > 0;
    if (shared && (s->hands || start_hands(s)))
        share(s, sends, n);
    else
        carry_out(s->uring, sends, n);
}
