/*
 * `muster hold RUNDIR`: the small process that owns one agent's pipes and process group and
 * outlives the server. It runs what RUNDIR/spec.json says (hold/spec.h), appends what happens to
 * RUNDIR/spool (hold/spool.h), and serves one server at a time on RUNDIR/sock (hold/proto.h).
 *
 *     RUNDIR        0700, made by the server
 *     spec.json     0600, by the server
 *     lock          locked (flock) as long as the holder lives
 *     spool, sock   0600, by the holder
 *     cgroup        0600, by the holder: the path of the run's cgroup, where it has one
 *
 * It puts itself into the background at once, and then says on its standard output exactly one of
 * the lines below; end of file without one means that it died. After that it has no standard
 * streams.
 *
 *     ready                the socket listens; what becomes of the agent is in the spool
 *     held                 another holder has this directory: nothing was done
 *     spent                there is a spool, its holder is gone: nothing was done
 *     failed: <sentence>   nothing was done
 *
 * It ends when the run has ended and the server has acknowledged the whole spool, or has not been
 * connected for MU_HOLD_PATIENCE_MS since: the spool on the disk then tells the rest. SIGTERM asks
 * the agent to end (TERM, then KILL). Memory: about 300 KiB, and what is queued for stdin.
 *
 * Layer: hold. Thread rules: a process of its own; call from main, never with threads.
 */
#ifndef MU_HOLD_HOLD_H
#define MU_HOLD_HOLD_H

enum {
    MU_HOLD_PATIENCE_MS = 60 * 1000,
    MU_HOLD_SPEC_MAX = 4 * 1024 * 1024, /* bytes of spec.json */
};

#define MU_HOLD_READY "ready"
#define MU_HOLD_HELD "held"
#define MU_HOLD_SPENT "spent"
#define MU_HOLD_FAILED "failed: "

/* Returns the exit status in the process that was called (0: a background process was made) and
 * in the holder itself never. */
int mu_hold_main(const char *rundir);

#endif
