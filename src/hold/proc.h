/*
 * Processes of a run, found through /proc: what descends from a root process, what bears the run's
 * marker (MUSTER_RUN=<run>) in its environment, and what is in the run's cgroup. Together they also
 * find what left the agent's process group or session.
 *
 * Layer: hold. Thread rules: no state, any thread. Cost: one pass over /proc, a few milliseconds.
 */
#ifndef MU_HOLD_PROC_H
#define MU_HOLD_PROC_H

#include "base/base.h"

#include <sys/types.h>

/* What /proc/PID/stat says. */
struct mu_proc_stat {
    pid_t parent;
    bool dead;     /* a zombie, or about to be gone */
    int64_t cpu;   /* user and system, in clock ticks */
    int64_t start; /* field 22, in clock ticks since boot */
    int64_t rss_pages;
};
bool mu_proc_read(pid_t pid, struct mu_proc_stat *out); /* false: there is no such process */

/* A file whose size nobody knows before, at most MU_PROC_FILE_MAX bytes of it; n of them, and a NUL
 * behind them. Owned, never NULL: nothing where it cannot be read. */
enum { MU_PROC_FILE_MAX = 4 * 1024 * 1024 };
char *mu_proc_read_file(const char *path, size_t *n);
char *mu_proc_read_fd(int fd, size_t *n); /* fd stays open; -1: nothing */

/* Field 22 of /proc/PID/stat, in clock ticks since boot; -1 when there is no such process. */
int64_t mu_proc_start_time(pid_t pid);

/* Sends sig (0: only counts) to every living process that descends from root (0: not looked at),
 * bears the marker of run, or is in the cgroup (NULL: none); never to the caller nor to root.
 * Returns how many there were. */
size_t mu_proc_signal_run(const char *run, pid_t root, const char *cgroup, int sig);

#endif
