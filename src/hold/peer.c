#include "hold/peer.h"

#include "hold/proto.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024 };

void mu_peer_open(struct mu_peer *p, int fd, const struct mu_run *run)
{
    struct mu_hold_hello hello = {.pid = getpid(),
                                  .agent = run->started && !run->reaped ? run->pid : 0,
                                  .last_input = run->last_input,
                                  .size = run->journal.size,
                                  .acked = run->journal.acked,
                                  .exited = run->ended};
    mu_peer_close(p);
    *p = (struct mu_peer){.fd = fd};
    mu_hold_put_hello(&p->out, &hello);
}

void mu_peer_close(struct mu_peer *p)
{
    if (p->fd >= 0)
        close(p->fd);
    mu_buf_release(&p->in);
    mu_buf_release(&p->out);
    *p = (struct mu_peer){.fd = -1};
}

static bool has_more(const struct mu_peer *p, const struct mu_run *run)
{
    return p->out.len > 0 || (p->attached && p->next < run->journal.size);
}

static bool may_read(const struct mu_peer *p, const struct mu_run *run)
{
    return p->in.len < p->need || p->need == 0 || mu_run_takes_input(run);
}

void mu_peer_prepare(const struct mu_peer *p, const struct mu_run *run, struct pollfd *fd)
{
    short events = may_read(p, run) ? POLLIN : 0;
    if (has_more(p, run))
        events |= POLLOUT;
    *fd = (struct pollfd){p->fd, events, 0};
}

static int attach(struct mu_peer *p, const struct mu_run *run, uint64_t from)
{
    if (from > run->journal.size)
        return MU_EPROTO;
    if (from < run->journal.acked)
        from = run->journal.acked;
    p->attached = true;
    p->next = from;
    mu_hold_put_u64(&p->out, MU_HOLD_ATTACHED, from, NULL, 0);
    return 0;
}

static int on_frame(struct mu_peer *p, struct mu_run *run, const struct mu_hold_frame *f,
                    int64_t now)
{
    uint64_t v = 0;
    const char *bytes;
    size_t n;
    int sig;

    switch (f->type) {
    case MU_HOLD_ATTACH:
        return mu_hold_get_u64(f, &v, NULL, NULL) ? MU_EPROTO : attach(p, run, v);
    case MU_HOLD_INPUT:
    case MU_HOLD_INPUT_INCLUDES:
        if (mu_hold_get_u64(f, &v, &bytes, &n))
            return MU_EPROTO;
        mu_run_input(run, v, bytes, n, f->type == MU_HOLD_INPUT_INCLUDES, now);
        return 0;
    case MU_HOLD_CLOSE_STDIN:
        mu_run_close_stdin(run);
        return 0;
    case MU_HOLD_SIGNAL:
        if (mu_hold_get_signal(f, &sig))
            return MU_EPROTO;
        mu_run_signal(run, sig);
        return 0;
    case MU_HOLD_KILL:
        mu_run_kill(run, now);
        return 0;
    case MU_HOLD_ACK:
        return mu_hold_get_u64(f, &v, NULL, NULL) ? MU_EPROTO : mu_journal_ack(&run->journal, v);
    default:
        return MU_EPROTO;
    }
}

/* Takes the frames that are complete, as far as the run takes inputs. */
static int take_frames(struct mu_peer *p, struct mu_run *run, int64_t now)
{
    struct mu_hold_frame f;
    size_t at = 0;
    int rc = 0;

    while (rc == 0 && p->in.len > at) {
        rc = mu_hold_frame_next(p->in.data + at, p->in.len - at, &f);
        if (rc)
            break;
        p->need = f.size;
        bool input = f.type == MU_HOLD_INPUT || f.type == MU_HOLD_INPUT_INCLUDES;
        if (input && !mu_run_takes_input(run))
            break;
        rc = on_frame(p, run, &f, now);
        at += f.size;
        p->need = 0;
    }
    mu_buf_drop(&p->in, at);
    if (p->in.len == 0)
        mu_buf_release(&p->in);
    return rc == MU_EAGAIN ? 0 : rc;
}

static int receive(struct mu_peer *p)
{
    mu_buf_reserve(&p->in, READ_SIZE);
    ssize_t n = read(p->fd, p->in.data + p->in.len, READ_SIZE);
    if (n > 0)
        p->in.len += (size_t)n;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return n > 0 ? 0 : MU_EPROTO;
}

static int fill(struct mu_peer *p, const struct mu_run *run)
{
    enum { HEAD = MU_HOLD_FRAME_HEADER + 8 };

    mu_buf_reserve(&p->out, HEAD + MU_HOLD_DATA_MAX);
    ssize_t n = mu_journal_read(&run->journal, p->next, p->out.data + HEAD, MU_HOLD_DATA_MAX);
    if (n <= 0)
        return n < 0 ? (int)n : MU_ECORRUPT;
    mu_hold_put_header(&p->out, MU_HOLD_DATA, 8 + (size_t)n);
    for (int i = 0; i < 8; i++)
        p->out.data[p->out.len++] = (char)(p->next >> (8 * i));
    p->out.len += (size_t)n;
    p->next += (uint64_t)n;
    return 0;
}

static int send_some(struct mu_peer *p, const struct mu_run *run)
{
    if (p->out.len == 0 && p->attached && p->next < run->journal.size) {
        int rc = fill(p, run);
        if (rc)
            return rc;
    }
    if (p->out.len == 0)
        return 0;
    ssize_t n = send(p->fd, p->out.data + p->out_at, p->out.len - p->out_at, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    p->out_at += (size_t)n;
    if (p->out_at == p->out.len) {
        p->out_at = 0;
        mu_buf_clear(&p->out);
        if (!has_more(p, run))
            mu_buf_release(&p->out);
    }
    return 0;
}

void mu_peer_step(struct mu_peer *p, struct mu_run *run, const struct pollfd *fd, int64_t now)
{
    if (p->fd < 0)
        return;
    bool broken = (fd->revents & (POLLERR | POLLNVAL)) != 0;
    if (!broken && fd->revents & (POLLIN | POLLHUP))
        broken = !may_read(p, run) || receive(p) < 0;
    /* What came before the end of the connection still counts. */
    if (take_frames(p, run, now) < 0 || broken)
        mu_peer_close(p);
    else if (send_some(p, run) < 0)
        mu_peer_close(p);
}
