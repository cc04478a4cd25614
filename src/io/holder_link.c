#include "io/holder_internal.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

enum { SCRATCH = 64 * 1024 };

static _Thread_local char scratch[SCRATCH];

static void on_look_timer(uv_timer_t *timer)
{
    mu_holder_look(timer->data);
}

void mu_holder_look_soon(struct mu_holder *h, uint64_t ms)
{
    uv_timer_start(&h->look_timer, on_look_timer, ms, 0);
}

struct write {
    uv_write_t request;
    struct mu_buf bytes;
};

static void on_written(uv_write_t *request, int status)
{
    struct write *w = request->data;
    MU_UNUSED(status);
    mu_buf_release(&w->bytes);
    free(w);
}

/* Takes the bytes. */
void mu_holder_send(struct mu_holder *h, struct mu_buf *bytes)
{
    struct write *w = mu_alloc(sizeof *w);
    w->request.data = w;
    w->bytes = *bytes;
    *bytes = (struct mu_buf){0};
    uv_buf_t out = uv_buf_init(w->bytes.data, (unsigned)w->bytes.len);
    if (uv_write(&w->request, (uv_stream_t *)&h->conn->pipe, &out, 1, on_written) < 0)
        on_written(&w->request, 0);
}

bool mu_holder_is_ready(const struct mu_holder *h)
{
    return h->conn && h->conn->ready;
}

static void on_conn_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void mu_holder_drop_conn(struct mu_holder *h)
{
    struct mu_holder_conn *c = h->conn;
    mu_holder_close_fd(&h->dir);
    if (!c)
        return;
    c->h = NULL;
    h->conn = NULL;
    h->source = FROM_NOWHERE;
    h->discard_all = true;
    mu_holder_discard(h);
    h->attaching = 0;
    uv_close((uv_handle_t *)&c->pipe, on_conn_closed);
}

void mu_holder_broken(struct mu_holder *h)
{
    mu_holder_drop_conn(h);
    if (h->ended || h->closing)
        return;
    if (++h->breaks > MU_HOLDER_BREAKS_MAX)
        mu_holder_lose(h, "the holder of the agent's pipes gave answers that cannot be understood");
    else
        mu_holder_look_soon(h, h->breaks > 1 ? MU_HOLDER_RETRY_MS : 0);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    MU_UNUSED(handle);
    MU_UNUSED(size);
    *buf = uv_buf_init(scratch, sizeof scratch);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct mu_holder_conn *c = stream->data;
    struct mu_holder *h = c->h;
    if (!h || n == 0)
        return;
    if (n < 0) {
        mu_holder_broken(h);
        return;
    }
    mu_buf_add(&h->in, buf->base, (size_t)n);
    mu_holder_deliver(h);
}

void mu_holder_update_reading(struct mu_holder *h)
{
    struct mu_holder_conn *c = h->conn;
    if (!c || h->source != FROM_SOCKET)
        return;
    bool want = !h->paused && h->turn_bytes < MU_HOLDER_TURN_BYTES;
    if (!c->ready || h->ended)
        want = true;
    if (want && !c->reading)
        uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
    if (!want && c->reading)
        uv_read_stop((uv_stream_t *)&c->pipe);
    c->reading = want;
}

static bool is_own_user(uv_pipe_t *pipe)
{
    struct ucred who;
    socklen_t len = sizeof who;
    int fd;
    return uv_fileno((uv_handle_t *)pipe, &fd) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.uid == geteuid();
}

static void on_connected(uv_connect_t *request, int status)
{
    struct mu_holder_conn *c = request->data;
    struct mu_holder *h = c->h;
    if (!h)
        return;
    mu_holder_close_fd(&h->dir);
    if (status < 0) {
        mu_holder_drop_conn(h);
        if (status != UV_ECONNREFUSED && status != UV_ENOENT)
            h->patience = 0;
        mu_holder_look_soon(h, MU_HOLDER_RETRY_MS);
    } else if (!is_own_user(&c->pipe)) {
        mu_holder_drop_conn(h);
        mu_holder_lose(h, "the socket of the run belongs to another user");
    } else {
        h->source = FROM_SOCKET;
        mu_holder_update_reading(h);
    }
}

/* A socket's path may not exceed 107 bytes; through the open directory any run's does not. */
static void connect_holder(struct mu_holder *h)
{
    char path[64];
    h->dir = open(h->rundir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d/sock", h->dir);
    struct mu_holder_conn *c = mu_alloc(sizeof *c);
    c->h = h;
    c->pipe.data = c->request.data = c;
    uv_pipe_init(h->loop, &c->pipe, 0);
    h->conn = c;
    uv_pipe_connect(&c->request, &c->pipe, path, on_connected);
}

int mu_holder_on_hello(struct mu_holder *h, const struct mu_hold_frame *f)
{
    struct mu_hold_hello hello;
    struct mu_buf b = {0};
    struct mu_holder_input *i;

    if (h->conn->ready || mu_hold_get_hello(f, &hello))
        return MU_EPROTO;
    if (h->next > hello.size) {
        mu_holder_drop_conn(h);
        mu_holder_lose(
            h, "the spool of the agent's output is shorter than what was read of it before");
        return 0;
    }
    h->conn->ready = true;
    h->patience = 0;
    mu_holder_drop_inputs(h, hello.last_input);
    mu_hold_put_u64(&b, MU_HOLD_ATTACH, h->next, NULL, 0);
    h->attaching = 1;
    mu_holder_put_signals(h, &b);
    if (h->acked)
        mu_hold_put_u64(&b, MU_HOLD_ACK, h->acked, NULL, 0);
    DL_FOREACH(h->inputs, i)
    mu_holder_put_input(&b, i);
    if (h->close_stdin)
        mu_hold_put_empty(&b, MU_HOLD_CLOSE_STDIN);
    mu_holder_send(h, &b);
    if (h->cb.on_ready)
        h->cb.on_ready(h->ctx, hello.last_input);
    return 0;
}

/* Want of descriptors or of memory here is no reason to give a living agent up. */
static void look_later(struct mu_holder *h, const char *why)
{
    mu_log(MU_LOG_WARN, "holder_unreachable", "why", why, NULL);
    h->patience = 0;
    mu_holder_look_soon(h, MU_HOLDER_LATER_MS);
}

static void read_disk(struct mu_holder *h)
{
    mu_holder_close_fd(&h->spool);
    h->spool = mu_holder_open_in(h->rundir, "spool", O_RDONLY);
    if (h->spool >= 0) {
        h->source = FROM_DISK;
        h->discard_all = true;
        mu_holder_discard(h);
        mu_holder_deliver_soon(h);
        return;
    }
    mu_holder_close_fd(&h->lock);
    if (h->spool != -ENOENT) {
        look_later(h, "the spool of the agent's output cannot be opened");
    } else if (h->starting) {
        mu_str_set(&h->verdict, "the holder of the agent's pipes ended before it began");
        mu_holder_give_verdict(h, true);
    } else {
        h->ended = true;
        if (h->cb.on_never_started)
            h->cb.on_never_started(h->ctx);
    }
}

void mu_holder_look(struct mu_holder *h)
{
    int64_t now = mu_mono_ms();
    if (!h->patience)
        h->patience = now + MU_HOLDER_PATIENCE_MS;
    mu_holder_close_fd(&h->lock);
    h->lock = mu_holder_open_in(h->rundir, "lock", O_RDWR);
    if (h->lock == -ENOENT || (h->lock >= 0 && flock(h->lock, LOCK_EX | LOCK_NB) == 0)) {
        read_disk(h);
        return;
    }
    bool held = h->lock >= 0;
    mu_holder_close_fd(&h->lock);
    if (held && now >= h->patience)
        mu_holder_lose(h, "the holder of the agent's pipes does not answer");
    else if (held)
        connect_holder(h);
    else
        look_later(h, "the lock of the run cannot be opened");
}
