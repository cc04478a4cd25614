#include "io/sender.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { PART = 64 }; /* writes that are taken at once of a batch that is shared */

struct hand {
    struct mu_sender *sender;
    struct mu_uring *uring;
    sem_t go;
    pthread_t thread;
};

struct mu_sender {
    struct mu_sender_opts opts;
    struct mu_uring *uring; /* of the loop thread */
    struct hand *hands;     /* NULL: not started yet */
    atomic_bool ending;
    /* The batch that is shared. Parts are taken from its end by whoever has time; who has taken one
     * may look at `sends`, which stays until all are written. */
    struct mu_send *sends;
    uint32_t number;          /* of the batch */
    _Atomic uint64_t untaken; /* number << 32 | writes that nobody has taken */
    atomic_size_t unwritten;
    sem_t done; /* posted by the thread that has written the last part */
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

/* Takes a part; false: none is left. The number keeps a thread that is late from taking a part of
 * one batch by the count of another. */
static bool take(struct mu_sender *s, size_t *from, size_t *n)
{
    uint64_t seen = atomic_load(&s->untaken), left;
    do {
        left = seen & UINT32_MAX;
        *n = left < PART ? left : PART;
        if (!left)
            return false;
    } while (!atomic_compare_exchange_weak(&s->untaken, &seen, seen - *n));
    *from = left - *n;
    return true;
}

/* Takes parts while there are any. True: the last of the batch's writes was one of these. */
static bool help(struct mu_sender *s, struct mu_uring *uring)
{
    size_t from, n;
    bool last = false;
    while (take(s, &from, &n)) {
        carry_out(uring, s->sends + from, n);
        last = atomic_fetch_sub(&s->unwritten, n) == n;
    }
    return last;
}

static void *work(void *arg)
{
    struct hand *h = arg;
    for (;;) {
        await(&h->go);
        if (h->sender->ending)
            return NULL;
        if (help(h->sender, h->uring))
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
    s->sends = sends;
    atomic_store(&s->unwritten, n);
    atomic_store(&s->untaken, (uint64_t)++s->number << 32 | n);
    for (int i = 0; i < s->opts.threads; i++)
        sem_post(&s->hands[i].go);
    if (!help(s, s->uring))
        await(&s->done);
}

/* ---- the whole ---- */

int mu_sender_threads_for(int cores)
{
    int half = cores / 2;
    return half < MU_SENDER_AUTO_MAX ? half : MU_SENDER_AUTO_MAX;
}

/* Those that this process may use: taskset and containers' sets of cores count. */
static int cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
}

struct mu_sender *mu_sender_new(const struct mu_sender_opts *opts)
{
    struct mu_sender *s = mu_alloc(sizeof *s);
    s->opts = *opts;
    if (s->opts.threads == MU_SENDER_AUTO)
        s->opts.threads = mu_sender_threads_for(cores());
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
