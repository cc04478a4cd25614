#include "io/holder_internal.h"

#include "hold/cgroup.h"
#include "hold/hold.h"
#include "hold/proc.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void mu_holder_give_verdict(struct mu_holder *h, bool failed)
{
    char *reason = h->verdict;
    struct mu_exit how = {.kind = MU_EXIT_FAILED, .reason = reason};
    h->verdict = NULL;
    h->ended = true;
    mu_holder_drop_inputs(h, UINT64_MAX);
    if (failed && h->cb.on_exit)
        h->cb.on_exit(h->ctx, &how, h->next, h->next, mu_now_ms());
    if (!failed && h->cb.on_lost)
        h->cb.on_lost(h->ctx, reason);
    free(reason);
}

static void on_fail_timer(uv_timer_t *timer)
{
    mu_holder_give_verdict(timer->data, true);
}

/* Takes the sentence. */
void mu_holder_fail_soon(struct mu_holder *h, char *sentence)
{
    free(h->verdict);
    h->verdict = sentence;
    uv_timer_start(&h->look_timer, on_fail_timer, 0, 0);
}

/* What the specification says; without one the directory's name is the best there is. */
static void read_run_id(struct mu_holder *h, char run[MU_ID_SIZE * 2])
{
    struct mu_hold_spec_owned spec;
    struct mu_buf text = {0};
    int fd = mu_holder_open_in(h->rundir, "spec.json", O_RDONLY);
    for (ssize_t n = 1; fd >= 0 && n > 0 && text.len <= MU_HOLD_SPEC_MAX;) {
        mu_buf_reserve(&text, 16 * 1024);
        n = read(fd, text.data + text.len, 16 * 1024);
        if (n > 0)
            text.len += (size_t)n;
    }
    mu_holder_close_fd(&fd);
    if (mu_hold_spec_get(text.data ? text.data : "", text.len, &spec) == 0) {
        snprintf(run, MU_ID_SIZE * 2, "%s", spec.spec.run);
        mu_hold_spec_release(&spec);
    } else {
        const char *slash = strrchr(h->rundir, '/');
        snprintf(run, MU_ID_SIZE * 2, "%s", slash ? slash + 1 : h->rundir);
    }
    mu_buf_release(&text);
}

static char *read_cgroup(struct mu_holder *h, const char *run)
{
    int fd = mu_holder_open_in(h->rundir, MU_CGROUP_FILE, O_RDONLY);
    char *path = mu_cgroup_read(fd, run);
    mu_holder_close_fd(&fd);
    return path;
}

static void sweep_group(struct mu_holder *h)
{
    struct mu_spool_start start;
    char head[MU_SPOOL_HEAD];
    int fd = mu_holder_open_in(h->rundir, "spool", O_RDONLY);
    ssize_t n = fd >= 0 ? pread(fd, head, sizeof head, 0) : -1;
    mu_holder_close_fd(&fd);
    if (n <= 0 || mu_spool_find_start(head, (size_t)n, &start))
        return;
    /* Another process may have got the number meanwhile. */
    if (mu_proc_start_time((pid_t)start.pid) == start.start_time)
        kill((pid_t)-start.pgid, SIGKILL);
}

static void give_never_started(struct mu_holder *h)
{
    h->ended = true;
    if (h->cb.on_never_started)
        h->cb.on_never_started(h->ctx);
}

/* KILL to whatever is left of the run; how many there were. */
static size_t sweep(struct mu_holder *h)
{
    char run[MU_ID_SIZE * 2];
    sweep_group(h);
    read_run_id(h, run);
    char *cgroup = read_cgroup(h, run);
    size_t left = mu_proc_signal_run(run, 0, cgroup, SIGKILL);
    if (left == 0)
        mu_cgroup_remove(cgroup);
    free(cgroup);
    return left;
}

void mu_holder_sweep_killed(struct mu_holder *h)
{
    enum { PASSES = 5 };
    char *sock = mu_asprintf("%s/sock", h->rundir);
    if (access(sock, F_OK) == 0) {
        for (int i = 0; i < PASSES && sweep(h) > 0; i++)
            continue;
        unlink(sock);
    }
    free(sock);
}

static void on_sweep_timer(uv_timer_t *timer)
{
    struct mu_holder *h = timer->data;
    if (sweep(h) > 0 && mu_mono_ms() < h->sweep_until)
        uv_timer_start(&h->look_timer, on_sweep_timer, MU_HOLDER_RETRY_MS, 0);
    else if (h->verdict)
        mu_holder_give_verdict(h, false);
    else
        give_never_started(h);
}

/* NULL: there is no spool; when its files were taken away, processes may be left nevertheless. */
void mu_holder_lose(struct mu_holder *h, const char *sentence)
{
    mu_str_set(&h->verdict, sentence);
    h->source = FROM_NOWHERE;
    h->sweep_until = mu_mono_ms() + MU_HOLDER_SWEEP_MS;
    uv_timer_start(&h->look_timer, on_sweep_timer, 0, 0);
}
