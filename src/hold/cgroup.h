/*
 * The cgroup of a run: what a process can leave neither by a session of its own nor by a cleared
 * environment, and what outlives the holder.
 *
 * Where the holder's own cgroup (cgroup v2) may be written, the run gets the child `muster-<run>`
 * of it, and the agent is put there before its program starts. Where it may not (no cgroup v2, not
 * delegated, MUSTER_CGROUP=off), there is none, and everything below does nothing: the holder then
 * has descent and the marker alone. The path is also written to RUNDIR/cgroup, so that a server
 * finds what a killed holder left.
 *
 * Layer: hold. Thread rules: no state, any thread. Cost: a few small files of the kernel's.
 */
#ifndef MU_HOLD_CGROUP_H
#define MU_HOLD_CGROUP_H

#include "base/buf.h"

#include <sys/types.h>

#define MU_CGROUP_FILE "cgroup"    /* in RUNDIR */
#define MU_CGROUP_PREFIX "muster-" /* and the run's id: the name of the cgroup */
#define MU_CGROUP_SWITCH "MUSTER_CGROUP"

enum {
    MU_CGROUP_PATH_MAX = 4096,
    MU_CGROUP_DEPTH_MAX = 16, /* below it; deeper ones are left to cgroup.kill */
};

/* The folder of the process's own cgroup, from the texts of /proc/self/mountinfo and
 * /proc/self/cgroup. Owned; NULL: there is no cgroup v2, or it is not visible here. */
char *mu_cgroup_own(const char *mountinfo, const char *cgroup);

/* Makes the cgroup of a run. Owned, its path; NULL: none. */
char *mu_cgroup_make(const char *run);
/* Its path as RUNDIR/cgroup told it, checked to be that of this run. Owned, or NULL. */
char *mu_cgroup_read(int fd, const char *run);

/* An open cgroup.procs, to write "0" to from a process that is to enter; -1: none. */
int mu_cgroup_door(const char *path);

/* SIGKILL to everything in it. False: this kernel has no such thing, or there is no cgroup. */
bool mu_cgroup_kill(const char *path);

/* The pids in it and in what was made below it, each through cb. */
void mu_cgroup_each(const char *path, void (*cb)(void *ctx, pid_t pid), void *ctx);

/* Removes it and what was made below it. True: it is gone, or there was none; false: something
 * still lives in it. */
bool mu_cgroup_remove(const char *path);

#endif
