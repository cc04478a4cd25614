#include "io/child.h"

#include "base/buf.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

struct mu_child {
    uv_process_t process;
    uv_pipe_t out;
    uv_timer_t timer;
    int handles;
    bool exited;
    bool eof;
    bool bounded; /* one that prints more than max is killed */
    int status;
    size_t max;
    struct mu_buf text;
    mu_child_done *done;
    void *ctx;
};

static _Thread_local char scratch[4096];

static void on_closed(uv_handle_t *handle)
{
    struct mu_child *c = handle->data;
    if (--c->handles > 0)
        return;
    mu_buf_reserve(&c->text, 1);
    c->text.data[c->text.len] = '\0';
    if (c->done)
        c->done(c->ctx, c->status, c->text.data, c->text.len);
    mu_buf_release(&c->text);
    free(c);
}

static void finish(struct mu_child *c)
{
    if (!c->exited || !c->eof)
        return;
    uv_close((uv_handle_t *)&c->process, on_closed);
    uv_close((uv_handle_t *)&c->out, on_closed);
    uv_close((uv_handle_t *)&c->timer, on_closed);
}

static void on_exit_status(uv_process_t *process, int64_t status, int sig)
{
    struct mu_child *c = process->data;
    if (c->status != -ETIMEDOUT && c->status != MU_ETOOBIG)
        c->status = sig ? 128 + sig : (int)status;
    c->exited = true;
    finish(c);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    MU_UNUSED(handle);
    MU_UNUSED(size);
    *buf = uv_buf_init(scratch, sizeof scratch);
}

/* Ends it; what it has started may hold the pipe for ever, so nothing more is read. */
static void give_up(struct mu_child *c, int status)
{
    c->status = status;
    mu_child_kill(c);
    if (!c->eof) {
        uv_read_stop((uv_stream_t *)&c->out);
        c->eof = true;
        finish(c);
    }
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct mu_child *c = stream->data;
    if (n > 0) {
        size_t room = c->max - c->text.len;
        mu_buf_add(&c->text, buf->base, (size_t)n < room ? (size_t)n : room);
        if ((size_t)n > room && c->bounded)
            give_up(c, MU_ETOOBIG);
    } else if (n < 0 && !c->eof) {
        uv_read_stop(stream);
        c->eof = true;
        finish(c);
    }
}

static void on_timeout(uv_timer_t *timer)
{
    give_up(timer->data, -ETIMEDOUT);
}

struct mu_child *mu_child_run(struct uv_loop_s *loop, const char *file, const char *const *argv,
                              bool detached, uint64_t timeout_ms, mu_child_done *done, void *ctx)
{
    struct mu_child *c = mu_alloc(sizeof *c);
    c->done = done;
    c->ctx = ctx;
    c->handles = 3;
    c->max = MU_CHILD_OUT_MAX;
    c->process.data = c->out.data = c->timer.data = c;
    uv_pipe_init(loop, &c->out, 0);
    uv_timer_init(loop, &c->timer);

    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&c->out},
        {.flags = UV_IGNORE},
    };
    uv_process_options_t options = {
        .file = file ? file : argv[0],
        .args = (char **)argv,
        .exit_cb = on_exit_status,
        .stdio = stdio,
        .stdio_count = 3,
        .flags = detached ? UV_PROCESS_DETACHED : 0,
    };
    c->status = uv_spawn(loop, &c->process, &options);
    if (c->status < 0) {
        c->exited = c->eof = true;
        finish(c);
        return c;
    }
    uv_read_start((uv_stream_t *)&c->out, on_alloc, on_read);
    if (timeout_ms)
        uv_timer_start(&c->timer, on_timeout, timeout_ms, 0);
    return c;
}

void mu_child_bound(struct mu_child *c, size_t max)
{
    c->bounded = true;
    c->max = max;
}

void mu_child_kill(struct mu_child *c)
{
    if (!c->exited)
        uv_process_kill(&c->process, SIGKILL);
}

void mu_child_forget(struct mu_child *c)
{
    c->done = NULL;
}
