/*
 * Processes of a run, found through /proc: what descends from a root process, and what bears the
 * run's marker (MUSTER_RUN=<run>) in its environment. Together they also find what left the
 * agent's process group or session.
 *
 * Layer: hold. Thread rules: no state, any thread. Cost: one pass over /proc, a few milliseconds.
 */
#ifndef MU_HOLD_PROC_H
#define MU_HOLD_PROC_H

#include "base/base.h"

#include <sys/types.h>

/* Field 22 of /proc/PID/stat, in clock ticks since boot; -1 when there is no such process. */
int64_t mu_proc_start_time(pid_t pid);

/* Sends sig (0: only counts) to every living process that descends from root (0: not looked at) or
 * bears the marker of run; never to the caller nor to root. Returns how many there were. */
size_t mu_proc_signal_run(const char *run, pid_t root, int sig);

#endif
