/*
 * The agent inside a holder: its pipes, its stdin queue, its end, and the clean-up behind it.
 *
 * What a run does is a matter of poll(2): mu_run_prepare says what to wait for, mu_run_step takes
 * what came. The spool has no gap: while a record cannot be written (disk full) nothing further is
 * read from the agent, and the write is tried again every MU_RUN_RETRY_MS.
 *
 * The end: the process is reaped, and both pipes are at their end or MU_RUN_LINGER_MS passed (a
 * grandchild may hold them for ever; what is in the pipes then is still taken). Then EXIT is
 * written, and what is left of the run gets TERM, and KILL after MU_RUN_GRACE_MS.
 *
 * Layer: hold. Thread rules: one thread, and only one run in a process (it reaps all children).
 */
#ifndef MU_HOLD_RUN_H
#define MU_HOLD_RUN_H

#include "hold/journal.h"
#include "hold/spawn.h"

#include <poll.h>

enum {
    MU_RUN_RETRY_MS = 1000,
    MU_RUN_LINGER_MS = 2000,
    MU_RUN_GRACE_MS = 1500,
    MU_RUN_RESCAN_MS = 50,
    MU_RUN_STDIN_MAX = 16 * 1024 * 1024, /* queued for stdin; above it inputs wait in the socket.
                                            One input more may be in the queue, whose includes make
                                            it some 140 MB long */
    MU_RUN_POLLFDS = 4,
};

enum mu_run_ladder { MU_LADDER_NONE, MU_LADDER_TERM, MU_LADDER_KILL };

struct mu_run {
    const struct mu_hold_spec *spec; /* borrowed */
    struct mu_journal journal;
    pid_t pid; /* 0: no process */
    int in;    /* -1: closed, as are the others */
    int exec;
    int pipe[2]; /* by enum mu_stream */

    struct mu_buf why; /* the sentence from exec */
    bool started;      /* START is written */
    bool reaped;
    bool ended;   /* the terminal record is written */
    bool cleaned; /* and nothing of the run is left */
    int status;   /* of waitpid */

    struct mu_buf queue; /* for stdin, from queue_at */
    size_t queue_at;
    bool close_in;
    uint64_t last_input;

    struct mu_buf stuck; /* payload of the record that could not be written yet */
    enum mu_spool_kind stuck_kind;
    int64_t stuck_time;
    int64_t retry_at; /* 0: nothing is stuck */

    int64_t linger_at;
    bool draining; /* lingered long enough: only `drain` bytes are still taken */
    size_t drain[2];

    enum mu_run_ladder ladder;
    int64_t ladder_at;
    int64_t rescan; /* ms to the next look at what KILL left, growing to a second */
    char *chunk;    /* MU_SPOOL_PAYLOAD_MAX bytes, owned */
};

/* Takes the open journal, spawns. What fails becomes a FAIL record. */
void mu_run_init(struct mu_run *r, const struct mu_hold_spec *spec, struct mu_journal journal,
                 int64_t now);
void mu_run_release(struct mu_run *r);

/* Fills fds (fd -1: not now); returns the time (mu_mono_ms) to step at the latest, INT64_MAX:
 * no time. */
int64_t mu_run_prepare(const struct mu_run *r, struct pollfd fds[MU_RUN_POLLFDS]);
void mu_run_step(struct mu_run *r, const struct pollfd fds[MU_RUN_POLLFDS], int64_t now);
void mu_run_reap(struct mu_run *r, int64_t now); /* on SIGCHLD */

/* True while an input would be taken; else it stays with the caller. */
bool mu_run_takes_input(const struct mu_run *r);
/* includes: the markers in it are replaced (hold/include.h). What is said of a file that is missing
 * goes into the spool as a line of the agent's stderr, where a person looks for such a thing. */
void mu_run_input(struct mu_run *r, uint64_t seq, const char *data, size_t n, bool includes,
                  int64_t now);
void mu_run_close_stdin(struct mu_run *r);
void mu_run_signal(struct mu_run *r, int sig);
void mu_run_terminate(struct mu_run *r, int64_t now); /* TERM, then KILL */
void mu_run_kill(struct mu_run *r, int64_t now);

#endif
