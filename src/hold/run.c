#include "hold/run.h"

#include "hold/bytes.h"
#include "hold/include.h"
#include "hold/proc.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FD_EXEC, FD_IN, FD_OUT, FD_ERR };

static const enum mu_spool_kind stream_kind[2] = {MU_SPOOL_STDOUT, MU_SPOOL_STDERR};
static const enum mu_spool_kind eof_kind[2] = {MU_SPOOL_EOF_OUT, MU_SPOOL_EOF_ERR};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_stdin(struct mu_run *r)
{
    close_fd(&r->in);
    mu_buf_release(&r->queue);
    r->queue_at = 0;
}

static size_t signal_all(struct mu_run *r, int sig)
{
    return mu_proc_signal_run(r->spec->run, getpid(), sig);
}

static void climb(struct mu_run *r, enum mu_run_ladder step, int64_t now)
{
    bool alive = r->pid && !r->reaped;
    size_t left = alive;
    if (r->ladder > step)
        return;
    r->rescan = r->ladder == step ? r->rescan * 2 : MU_RUN_RESCAN_MS;
    if (r->rescan > MU_RUN_RETRY_MS)
        r->rescan = MU_RUN_RETRY_MS;
    r->ladder = step;
    r->ladder_at = now + (step == MU_LADDER_KILL ? r->rescan : MU_RUN_GRACE_MS);
    if (alive)
        kill(-r->pid, step == MU_LADDER_KILL ? SIGKILL : SIGTERM);
    if (step == MU_LADDER_KILL)
        left += signal_all(r, SIGKILL);
    else if (!alive)
        left += signal_all(r, SIGTERM);
    if (left == 0) {
        r->cleaned = r->ended;
        r->ladder_at = INT64_MAX;
    }
}

static void on_written(struct mu_run *r, enum mu_spool_kind kind, int64_t now)
{
    if (kind == MU_SPOOL_START)
        r->started = true;
    if (kind != MU_SPOOL_FAIL && kind != MU_SPOOL_EXIT)
        return;
    r->ended = true;
    close_stdin(r);
    close_fd(&r->pipe[MU_STREAM_OUT]);
    close_fd(&r->pipe[MU_STREAM_ERR]);
    climb(r, r->ladder == MU_LADDER_KILL ? MU_LADDER_KILL : MU_LADDER_TERM, now);
}

/* Only while nothing is stuck. */
static void append(struct mu_run *r, enum mu_spool_kind kind, const void *data, size_t n,
                   int64_t now)
{
    int64_t time_ms = mu_now_ms();
    if (mu_journal_append(&r->journal, kind, time_ms, data, n) == 0) {
        on_written(r, kind, now);
        return;
    }
    mu_buf_clear(&r->stuck);
    mu_buf_add(&r->stuck, data, n);
    r->stuck_kind = kind;
    r->stuck_time = time_ms;
    r->retry_at = now + MU_RUN_RETRY_MS;
}

static bool unstick(struct mu_run *r, int64_t now)
{
    if (!r->retry_at)
        return true;
    if (now < r->retry_at)
        return false;
    r->retry_at = now + MU_RUN_RETRY_MS;
    if (mu_journal_append(&r->journal, r->stuck_kind, r->stuck_time, r->stuck.data, r->stuck.len) <
        0)
        return false;
    r->retry_at = 0;
    mu_buf_release(&r->stuck);
    on_written(r, r->stuck_kind, now);
    return r->retry_at == 0;
}

void mu_run_init(struct mu_run *r, const struct mu_hold_spec *spec, struct mu_journal journal,
                 int64_t now)
{
    struct mu_spawned s;
    *r = (struct mu_run){.spec = spec,
                         .journal = journal,
                         .in = -1,
                         .exec = -1,
                         .pipe = {-1, -1},
                         .chunk = mu_alloc(MU_SPOOL_PAYLOAD_MAX)};
    if (mu_spawn(spec, &s, &r->why) < 0) {
        r->reaped = true;
        append(r, MU_SPOOL_FAIL, r->why.data, r->why.len, now);
        return;
    }
    r->pid = s.pid;
    r->in = s.in;
    r->exec = s.exec;
    r->pipe[MU_STREAM_OUT] = s.out;
    r->pipe[MU_STREAM_ERR] = s.err;
}

void mu_run_release(struct mu_run *r)
{
    close_stdin(r);
    close_fd(&r->exec);
    close_fd(&r->pipe[MU_STREAM_OUT]);
    close_fd(&r->pipe[MU_STREAM_ERR]);
    mu_buf_release(&r->why);
    mu_buf_release(&r->stuck);
    mu_journal_release(&r->journal);
    free(r->chunk);
}

static bool may_read(const struct mu_run *r)
{
    return r->started && !r->ended && !r->retry_at && !mu_journal_full(&r->journal);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t mu_run_prepare(const struct mu_run *r, struct pollfd fds[MU_RUN_POLLFDS])
{
    int64_t at = INT64_MAX;
    bool reading = may_read(r);

    fds[FD_EXEC] = (struct pollfd){r->retry_at ? -1 : r->exec, POLLIN, 0};
    fds[FD_IN] = (struct pollfd){r->queue.len ? r->in : -1, POLLOUT, 0};
    fds[FD_OUT] = (struct pollfd){reading ? r->pipe[MU_STREAM_OUT] : -1, POLLIN, 0};
    fds[FD_ERR] = (struct pollfd){reading ? r->pipe[MU_STREAM_ERR] : -1, POLLIN, 0};
    if (r->retry_at)
        at = earlier(at, r->retry_at);
    if (r->linger_at && r->started && !r->retry_at && !r->draining && !r->ended)
        at = earlier(at, r->linger_at);
    if (r->ladder != MU_LADDER_NONE && !r->cleaned)
        at = earlier(at, r->ladder_at);
    return at;
}

static void read_exec(struct mu_run *r, int64_t now)
{
    char text[512];
    ssize_t n = read(r->exec, text, sizeof text);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0) {
        mu_buf_add(&r->why, text, (size_t)n);
        return;
    }
    close_fd(&r->exec);
    if (r->why.len) {
        append(r, MU_SPOOL_FAIL, r->why.data, r->why.len, now);
        return;
    }
    struct mu_buf text_start = {0};
    struct mu_spool_start start = {.pid = r->pid,
                                   .pgid = r->pid,
                                   .start_time = mu_proc_start_time(r->pid),
                                   .holder = getpid()};
    mu_spool_put_start(&text_start, &start);
    append(r, MU_SPOOL_START, text_start.data, text_start.len, now);
    mu_buf_release(&text_start);
}

static void write_stdin(struct mu_run *r)
{
    while (r->queue_at < r->queue.len) {
        ssize_t n = write(r->in, r->queue.data + r->queue_at, r->queue.len - r->queue_at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0) {
            close_stdin(r);
            return;
        }
        r->queue_at += (size_t)n;
    }
    mu_buf_release(&r->queue);
    r->queue_at = 0;
    if (r->close_in)
        close_stdin(r);
}

static void read_stream(struct mu_run *r, enum mu_stream stream, int64_t now)
{
    size_t want = MU_SPOOL_PAYLOAD_MAX;
    if (r->draining && r->drain[stream] < want)
        want = r->drain[stream];
    ssize_t n = want ? read(r->pipe[stream], r->chunk, want) : 0;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0) {
        if (r->draining)
            r->drain[stream] -= (size_t)n;
        append(r, stream_kind[stream], r->chunk, (size_t)n, now);
        return;
    }
    close_fd(&r->pipe[stream]);
    if (want)
        append(r, eof_kind[stream], NULL, 0, now);
}

static void begin_draining(struct mu_run *r)
{
    r->draining = true;
    for (int i = 0; i < 2; i++) {
        int left = 0;
        if (r->pipe[i] >= 0 && ioctl(r->pipe[i], FIONREAD, &left) == 0 && left > 0)
            r->drain[i] = (size_t)left;
        else
            close_fd(&r->pipe[i]);
    }
}

static void end(struct mu_run *r, int64_t now)
{
    struct mu_buf text = {0};
    struct mu_exit how = {.kind = MU_EXIT_CODE};
    if (WIFSIGNALED(r->status)) {
        how.kind = MU_EXIT_SIGNAL;
        how.signal = WTERMSIG(r->status);
        how.core = WCOREDUMP(r->status);
    } else {
        how.code = WEXITSTATUS(r->status);
    }
    mu_spool_put_exit(&text, &how);
    append(r, MU_SPOOL_EXIT, text.data, text.len, now);
    mu_buf_release(&text);
}

void mu_run_step(struct mu_run *r, const struct pollfd fds[MU_RUN_POLLFDS], int64_t now)
{
    if (r->ladder != MU_LADDER_NONE && !r->cleaned && now >= r->ladder_at)
        climb(r, MU_LADDER_KILL, now);
    if (fds[FD_IN].revents && r->in >= 0)
        write_stdin(r);
    if (!unstick(r, now))
        return;
    if (fds[FD_EXEC].revents && r->exec >= 0)
        read_exec(r, now);
    for (int i = 0; i < 2; i++) {
        if (fds[FD_OUT + i].revents && r->pipe[i] >= 0 && may_read(r))
            read_stream(r, (enum mu_stream)i, now);
    }
    if (r->ended || !r->started || !r->reaped || r->retry_at)
        return;
    if (!r->draining && now >= r->linger_at)
        begin_draining(r);
    if (r->pipe[MU_STREAM_OUT] < 0 && r->pipe[MU_STREAM_ERR] < 0)
        end(r, now);
}

void mu_run_reap(struct mu_run *r, int64_t now)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != r->pid)
            continue;
        r->reaped = true;
        r->status = status;
        r->linger_at = now + MU_RUN_LINGER_MS;
    }
    if (r->ended && !r->cleaned && signal_all(r, 0) == 0)
        r->cleaned = true;
}

bool mu_run_takes_input(const struct mu_run *r)
{
    return !r->retry_at && r->queue.len - r->queue_at < MU_RUN_STDIN_MAX;
}

static size_t at_most(size_t n, size_t max)
{
    return n < max ? n : max;
}

void mu_run_input(struct mu_run *r, uint64_t seq, const char *data, size_t n, bool includes,
                  int64_t now)
{
    unsigned char number[8];
    struct mu_buf why = {0};
    if (seq <= r->last_input || r->ended)
        return;
    r->last_input = seq;
    if (r->in >= 0 && !r->close_in && n) {
        mu_buf_drop(&r->queue, r->queue_at);
        r->queue_at = 0;
        if (includes) {
            int rc = mu_include_expand(data, n, &r->queue, &why);
            MU_UNUSED(rc); /* why has it */
        } else {
            mu_buf_add(&r->queue, data, n);
        }
        write_stdin(r);
    }
    mu_put_le(number, seq, 8);
    append(r, MU_SPOOL_INPUT, number, sizeof number, now);
    if (why.len && !r->ended && !r->retry_at)
        append(r, MU_SPOOL_STDERR, why.data, at_most(why.len, MU_SPOOL_PAYLOAD_MAX), now);
    mu_buf_release(&why);
}

void mu_run_close_stdin(struct mu_run *r)
{
    r->close_in = true;
    if (r->queue.len == 0)
        close_stdin(r);
}

void mu_run_signal(struct mu_run *r, int sig)
{
    if (r->pid && !r->reaped)
        kill(-r->pid, sig);
    else
        signal_all(r, sig);
}

void mu_run_terminate(struct mu_run *r, int64_t now)
{
    climb(r, MU_LADDER_TERM, now);
}

void mu_run_kill(struct mu_run *r, int64_t now)
{
    climb(r, MU_LADDER_KILL, now);
}
