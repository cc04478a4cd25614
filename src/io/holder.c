#include "io/holder_internal.h"

#include "hold/hold.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

void mu_holder_close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

int mu_holder_open_in(const char *rundir, const char *name, int flags)
{
    char *path = mu_asprintf("%s/%s", rundir, name);
    int fd = open(path, flags | O_CLOEXEC, 0600);
    int rc = fd < 0 ? -errno : fd;
    free(path);
    return rc;
}

void mu_holder_drop_inputs(struct mu_holder *h, uint64_t up_to)
{
    struct mu_holder_input *i, *tmp;
    DL_FOREACH_SAFE(h->inputs, i, tmp)
    {
        if (i->seq > up_to)
            break;
        DL_DELETE(h->inputs, i);
        h->input_bytes -= i->n;
        free(i);
    }
}

void mu_holder_put_signals(struct mu_holder *h, struct mu_buf *b)
{
    for (int sig = 1; sig < 64; sig++) {
        if (h->signals & (1ull << sig))
            mu_hold_put_signal(b, sig);
    }
    h->signals = 0;
    if (h->kill)
        mu_hold_put_empty(b, MU_HOLD_KILL);
}

static void send_u64(struct mu_holder *h, enum mu_hold_frame_type type, uint64_t v)
{
    struct mu_buf b = {0};
    mu_hold_put_u64(&b, type, v, NULL, 0);
    mu_holder_send(h, &b);
}

static struct mu_holder *new_holder(struct uv_loop_s *loop, const char *rundir,
                                    const struct mu_holder_cb *cb, void *ctx)
{
    struct mu_holder *h = mu_alloc(sizeof *h);
    h->loop = loop;
    h->cb = *cb;
    h->ctx = ctx;
    h->rundir = mu_strdup(rundir);
    h->dir = h->lock = h->spool = -1;
    h->timers = 2;
    uv_timer_init(loop, &h->look_timer);
    uv_timer_init(loop, &h->turn_timer);
    h->look_timer.data = h->turn_timer.data = h;
    return h;
}

static void on_child(void *ctx, int status, const char *out, size_t n)
{
    struct mu_holder *h = ctx;
    int len = (int)strcspn(out, "\n");
    size_t prefix = strlen(MU_HOLD_FAILED);
    MU_UNUSED(n);
    h->child = NULL;
    if (strncmp(out, MU_HOLD_FAILED, prefix) == 0)
        mu_holder_fail_soon(h, mu_asprintf("the agent could not be started: %.*s",
                                           len - (int)prefix, out + prefix));
    else if (len > 0)
        mu_holder_look_soon(h, 0);
    else if (status < 0)
        mu_holder_fail_soon(h,
                            mu_asprintf("the holder of the agent's pipes could not be started: %s",
                                        uv_strerror(status)));
    else
        mu_holder_fail_soon(h, mu_strdup("the holder of the agent's pipes ended before it began"));
}

static int write_spec(const char *rundir, const struct mu_hold_spec *spec)
{
    struct mu_buf text = {0};
    int fd = -1, rc = mu_hold_spec_put(&text, spec);
    if (rc)
        goto out;
    if (text.len > MU_HOLD_SPEC_MAX) {
        rc = MU_ETOOBIG;
        goto out;
    }
    if (mkdir(rundir, 0700) < 0 && errno != EEXIST) {
        rc = -errno;
        goto out;
    }
    /* A holder that is there already reads a whole file, the old or the new one. */
    rc = fd = mu_holder_open_in(rundir, "spec.json.new", O_WRONLY | O_CREAT | O_TRUNC);
    if (fd < 0)
        goto out;
    rc = 0;
    for (size_t at = 0; rc == 0 && at < text.len;) {
        ssize_t n = write(fd, text.data + at, text.len - at);
        at += n > 0 ? (size_t)n : 0;
        rc = n < 0 && errno != EINTR ? -errno : 0;
    }
    char *from = mu_asprintf("%s/spec.json.new", rundir);
    char *to = mu_asprintf("%s/spec.json", rundir);
    if (rc == 0 && rename(from, to) < 0)
        rc = -errno;
    free(from);
    free(to);
out:
    mu_holder_close_fd(&fd);
    mu_buf_release(&text);
    return rc;
}

struct mu_holder *mu_holder_start(struct uv_loop_s *loop, const struct mu_holder_start *how,
                                  const struct mu_holder_cb *cb, void *ctx)
{
    struct mu_holder *h = new_holder(loop, how->rundir, cb, ctx);
    const char *argv[] = {how->exe ? how->exe : "muster", "hold", how->rundir, NULL};
    h->starting = true;
    int rc = write_spec(how->rundir, &how->spec);
    if (rc == 0) {
        h->child =
            mu_child_run(loop, how->exe ? how->exe : "/proc/self/exe", argv, true, 0, on_child, h);
    } else {
        mu_holder_fail_soon(
            h, mu_asprintf("the agent could not be started: its run directory %s cannot be "
                           "written: %s",
                           how->rundir, mu_strerror(rc)));
    }
    return h;
}

struct mu_holder *mu_holder_attach(struct uv_loop_s *loop, const char *rundir, uint64_t from,
                                   const struct mu_holder_cb *cb, void *ctx)
{
    struct mu_holder *h = new_holder(loop, rundir, cb, ctx);
    h->next = h->acked = from;
    mu_holder_look_soon(h, 0);
    return h;
}

void mu_holder_put_input(struct mu_buf *b, const struct mu_holder_input *i)
{
    mu_hold_put_u64(b, i->includes ? MU_HOLD_INPUT_INCLUDES : MU_HOLD_INPUT, i->seq, i->data, i->n);
}

int mu_holder_input(struct mu_holder *h, uint64_t seq, const void *data, size_t n, bool includes)
{
    if (h->ended || h->close_stdin)
        return -EPIPE;
    if (seq <= h->last_input)
        return -EALREADY;
    if (n > MU_HOLDER_INPUT_MAX)
        return MU_ETOOBIG;
    if (h->input_bytes + n > MU_HOLDER_PENDING_MAX)
        return -ENOBUFS;
    struct mu_holder_input *i = mu_alloc(sizeof *i + n);
    i->seq = seq;
    i->n = n;
    i->includes = includes;
    if (n)
        memcpy(i->data, data, n);
    DL_APPEND(h->inputs, i);
    h->input_bytes += n;
    h->last_input = seq;
    if (mu_holder_is_ready(h)) {
        struct mu_buf b = {0};
        mu_holder_put_input(&b, i);
        mu_holder_send(h, &b);
    }
    return 0;
}

void mu_holder_close_stdin(struct mu_holder *h)
{
    struct mu_buf b = {0};
    if (h->close_stdin)
        return;
    h->close_stdin = true;
    if (!mu_holder_is_ready(h))
        return;
    mu_hold_put_empty(&b, MU_HOLD_CLOSE_STDIN);
    mu_holder_send(h, &b);
}

/* An input that the holder cannot take (the agent does not read) would be in the way on this
 * connection: on a new one the signals go first. */
static void send_signals(struct mu_holder *h)
{
    struct mu_buf b = {0};
    if (!mu_holder_is_ready(h) || h->ended)
        return;
    if (h->inputs) {
        mu_holder_drop_conn(h);
        mu_holder_look_soon(h, 0);
        return;
    }
    mu_holder_put_signals(h, &b);
    mu_holder_send(h, &b);
}

void mu_holder_signal(struct mu_holder *h, int sig)
{
    if (sig < 1 || sig > 63)
        return;
    h->signals |= 1ull << sig;
    send_signals(h);
}

void mu_holder_kill(struct mu_holder *h)
{
    h->kill = true;
    send_signals(h);
}

void mu_holder_ack(struct mu_holder *h, uint64_t offset)
{
    if (offset <= h->acked || offset > h->next)
        return;
    h->acked = offset;
    if (mu_holder_is_ready(h))
        send_u64(h, MU_HOLD_ACK, offset);
}

void mu_holder_pause(struct mu_holder *h)
{
    h->paused = true;
    mu_holder_update_reading(h);
}

void mu_holder_resume(struct mu_holder *h)
{
    if (!h->paused)
        return;
    h->paused = false;
    mu_holder_deliver_soon(h);
}

int mu_holder_rewind(struct mu_holder *h, uint64_t offset)
{
    if (offset < h->acked || offset > h->next)
        return -EINVAL;
    h->next = offset;
    h->ended = false;
    h->discard_records = true;
    if (h->source == FROM_DISK)
        h->discard_all = true;
    mu_holder_discard(h);
    if (mu_holder_is_ready(h)) {
        send_u64(h, MU_HOLD_ATTACH, offset);
        h->attaching++;
    } else if (h->source == FROM_DISK) {
        mu_holder_deliver_soon(h);
    } else if (!h->conn && !h->child) {
        mu_holder_look_soon(h, 0);
    }
    return 0;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct mu_holder *h = handle->data;
    if (--h->timers > 0)
        return;
    void (*closed)(void *) = h->closed;
    void *ctx = h->closed_ctx;
    mu_holder_drop_inputs(h, UINT64_MAX);
    mu_buf_release(&h->in);
    free(h->verdict);
    free(h->rundir);
    free(h);
    if (closed)
        closed(ctx);
}

void mu_holder_close(struct mu_holder *h, void (*done)(void *ctx), void *ctx)
{
    h->closing = true;
    h->closed = done;
    h->closed_ctx = ctx;
    mu_holder_drop_conn(h);
    mu_holder_close_fd(&h->lock);
    mu_holder_close_fd(&h->spool);
    if (h->child)
        mu_child_forget(h->child);
    uv_close((uv_handle_t *)&h->look_timer, on_timer_closed);
    uv_close((uv_handle_t *)&h->turn_timer, on_timer_closed);
}

int mu_holder_remove(const char *rundir)
{
    DIR *dir = opendir(rundir);
    if (!dir)
        return errno == ENOENT ? 0 : -errno;
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlinkat(dirfd(dir), e->d_name, 0);
    }
    closedir(dir);
    return rmdir(rundir) < 0 && errno != ENOENT ? -errno : 0;
}
