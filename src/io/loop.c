#include "io/loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <uv.h>

enum {
    MAX_HOOKS = 8,
    MAX_SIGNALS = 4,
    MAX_EVENTS = 1024, /* of sockets in one turn; the rest come in the next */
};

struct hook {
    mu_loop_cb *cb;
    void *ctx;
};

struct signal_hook {
    uv_signal_t handle;
    void (*cb)(void *ctx, int signum);
    void *ctx;
};

struct mu_loop {
    uv_loop_t uv;
    int sockets; /* an epoll set: sockets, and libuv's own one (data.ptr is NULL) */
    mu_loop_ready_cb *ready;
    void *ready_ctx;
    uv_prepare_t before; /* runs what timers left behind, before the loop waits */
    uv_check_t after;    /* runs what events left behind */
    struct hook hooks[MAX_HOOKS];
    size_t hook_count;
    struct signal_hook signals[MAX_SIGNALS];
    size_t signal_count;
};

static void must(int rc, const char *what)
{
    if (rc == 0)
        return;
    fprintf(stderr, "muster: %s failed: %s\n", what, uv_strerror(rc));
    abort();
}

static void run_hooks(struct mu_loop *loop)
{
    for (size_t i = 0; i < loop->hook_count; i++)
        loop->hooks[i].cb(loop->hooks[i].ctx);
}

static void on_prepare(uv_prepare_t *handle)
{
    run_hooks(handle->data);
}

static void on_check(uv_check_t *handle)
{
    run_hooks(handle->data);
}

struct mu_loop *mu_loop_new(void)
{
    struct mu_loop *loop = mu_alloc(sizeof *loop);
    must(uv_loop_init(&loop->uv), "making the event loop");
    loop->sockets = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN};
    must(loop->sockets < 0 || epoll_ctl(loop->sockets, EPOLL_CTL_ADD, uv_backend_fd(&loop->uv), &e)
             ? -errno
             : 0,
         "making the event loop");
    must(uv_prepare_init(&loop->uv, &loop->before), "making the event loop");
    must(uv_check_init(&loop->uv, &loop->after), "making the event loop");
    loop->before.data = loop;
    loop->after.data = loop;
    uv_prepare_start(&loop->before, on_prepare);
    uv_check_start(&loop->after, on_check);
    uv_unref((uv_handle_t *)&loop->before);
    uv_unref((uv_handle_t *)&loop->after);
    return loop;
}

/* Waits for sockets and for libuv, and serves the sockets. True: libuv has something to do. */
static bool serve_sockets(struct mu_loop *loop)
{
    struct epoll_event events[MAX_EVENTS];
    bool uv_ready = false;
    int n = epoll_wait(loop->sockets, events, MAX_EVENTS, uv_backend_timeout(&loop->uv));
    uv_update_time(&loop->uv);
    for (int i = 0; i < n; i++) {
        if (events[i].data.ptr)
            loop->ready(loop->ready_ctx, events[i].data.ptr, events[i].events);
        else
            uv_ready = true;
    }
    if (n > uv_ready)
        run_hooks(loop);
    return uv_ready;
}

void mu_loop_run(struct mu_loop *loop)
{
    while (uv_loop_alive(&loop->uv))
        if (serve_sockets(loop) || uv_backend_timeout(&loop->uv) == 0)
            uv_run(&loop->uv, UV_RUN_NOWAIT);
}

int mu_loop_sockets(struct mu_loop *loop, mu_loop_ready_cb *ready, void *ctx)
{
    loop->ready = ready;
    loop->ready_ctx = ctx;
    return loop->sockets;
}

uint32_t mu_loop_seconds(const struct mu_loop *loop)
{
    return (uint32_t)(uv_now(&loop->uv) / 1000);
}

void mu_loop_stop(struct mu_loop *loop)
{
    for (size_t i = 0; i < loop->signal_count; i++)
        uv_unref((uv_handle_t *)&loop->signals[i].handle);
}

/* libuv gives a signal that nobody watches any more its default back, which is to kill. */
static void ignore_signals(struct mu_loop *loop)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i < loop->signal_count; i++) {
        uv_signal_t *handle = &loop->signals[i].handle;
        int signum = handle->signum;
        uv_close((uv_handle_t *)handle, NULL);
        signal(signum, SIG_IGN);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void mu_loop_free(struct mu_loop *loop)
{
    uv_close((uv_handle_t *)&loop->before, NULL);
    uv_close((uv_handle_t *)&loop->after, NULL);
    ignore_signals(loop);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    must(uv_loop_close(&loop->uv), "closing the event loop");
    close(loop->sockets);
    free(loop);
}

struct uv_loop_s *mu_loop_uv(struct mu_loop *loop)
{
    return &loop->uv;
}

void mu_loop_on_turn(struct mu_loop *loop, mu_loop_cb *cb, void *ctx)
{
    must(loop->hook_count < MAX_HOOKS ? 0 : UV_ENOSPC, "adding a hook to the event loop");
    loop->hooks[loop->hook_count++] = (struct hook){cb, ctx};
}

struct mu_timer {
    uv_timer_t handle;
    mu_loop_cb *cb;
    void *ctx;
};

static void on_timer(uv_timer_t *handle)
{
    struct mu_timer *t = handle->data;
    t->cb(t->ctx);
}

struct mu_timer *mu_timer_new(struct mu_loop *loop, mu_loop_cb *cb, void *ctx)
{
    struct mu_timer *t = mu_alloc(sizeof *t);
    must(uv_timer_init(&loop->uv, &t->handle), "making a timer");
    t->handle.data = t;
    t->cb = cb;
    t->ctx = ctx;
    return t;
}

void mu_timer_start(struct mu_timer *t, int64_t ms, int64_t repeat)
{
    uv_update_time(t->handle.loop);
    must(uv_timer_start(&t->handle, on_timer, (uint64_t)ms, (uint64_t)repeat), "starting a timer");
}

void mu_timer_stop(struct mu_timer *t)
{
    uv_timer_stop(&t->handle);
}

bool mu_timer_active(const struct mu_timer *t)
{
    return uv_is_active((const uv_handle_t *)&t->handle);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void mu_timer_free(struct mu_timer *t)
{
    if (t)
        uv_close((uv_handle_t *)&t->handle, on_timer_closed);
}

struct work {
    uv_work_t req;
    mu_loop_cb *work;
    mu_loop_cb *done;
    void *ctx;
};

static void on_work(uv_work_t *req)
{
    struct work *w = req->data;
    w->work(w->ctx);
}

static void on_work_done(uv_work_t *req, int status)
{
    MU_UNUSED(status);
    struct work *w = req->data;
    w->done(w->ctx);
    free(w);
}

void mu_loop_work(struct mu_loop *loop, mu_loop_cb *work, mu_loop_cb *done, void *ctx)
{
    struct work *w = mu_alloc(sizeof *w);
    sigset_t all, before;
    *w = (struct work){.work = work, .done = done, .ctx = ctx};
    w->req.data = w;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* for the threads that the first work starts */
    int rc = uv_queue_work(&loop->uv, &w->req, on_work, on_work_done);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    must(rc, "queueing work");
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct signal_hook *hook = handle->data;
    hook->cb(hook->ctx, signum);
}

void mu_loop_on_signal(struct mu_loop *loop, int signum, void (*cb)(void *ctx, int signum),
                       void *ctx)
{
    must(loop->signal_count < MAX_SIGNALS ? 0 : UV_ENOSPC, "watching a signal");
    struct signal_hook *hook = &loop->signals[loop->signal_count++];
    must(uv_signal_init(&loop->uv, &hook->handle), "watching a signal");
    hook->handle.data = hook;
    hook->cb = cb;
    hook->ctx = ctx;
    must(uv_signal_start(&hook->handle, on_signal, signum), "watching a signal");
}
