/*
 * Starts an agent: own session and process group, pipes, clean signals, no descriptor but 0, 1, 2.
 *
 * Layer: hold. Thread rules: only from a process with one thread (it forks).
 */
#ifndef MU_HOLD_SPAWN_H
#define MU_HOLD_SPAWN_H

#include "hold/spec.h"

#include <sys/types.h>

enum { MU_SPAWN_WHY_MAX = 4096 };

/* The holder's ends, all non-blocking and close-on-exec. */
struct mu_spawned {
    pid_t pid;
    int in; /* -1 when stdin is /dev/null */
    int out;
    int err;  /* -1 when it goes where stdout goes */
    int exec; /* reads end of file when the program runs, or else one sentence why it does not */
};

/* 0, or a negative errno with a sentence in why. The caller owns the descriptors and the child.
 * door: of the cgroup that the agent enters first (hold/cgroup.h), or -1; borrowed. */
int mu_spawn(const struct mu_hold_spec *spec, int door, struct mu_spawned *out,
             struct mu_buf *why) MU_MUST_CHECK;

#endif
