/*
 * One run of an agent as the server sees it: starts a holder (`muster hold RUNDIR`), or finds the
 * one that a former server started, and follows the run's spool (hold/spool.h) from an offset.
 *
 * The contract with the caller:
 *
 *   - Records come in order, each exactly once since the offset asked for. Every record callback
 *     carries its own offset and `next`, the offset behind it. The caller commits `next` with what
 *     it derived from the record, and after the commit says mu_holder_ack(next): from then on the
 *     bytes below it may be gone from the disk.
 *   - A run ends with exactly one of on_exit, on_lost, on_never_started; nothing follows it except
 *     after mu_holder_rewind. Then the caller commits, acks, closes, and removes the directory.
 *   - Inputs are numbered by the caller from 1 without gaps, for the whole run and across servers.
 *     An input is on its way for good when on_input_done names it; what was not named before a
 *     crash is given again with the same number, and the holder ignores one that it has already.
 *   - When the store cannot commit: pause, later rewind to the last committed offset, resume.
 *
 * No operation calls back from within; callbacks come from the loop. Any operation, close
 * included, may be called from a callback. Operations on a run that is not connected yet (or again)
 * are kept and carried out when it is.
 *
 * A flood does not starve the loop: at most about MU_HOLDER_TURN_BYTES of records per loop turn.
 * A run costs a socket and, only between two reads, what is left of one frame (< 130 KiB).
 *
 * Layer: io. Thread rules: the loop's thread only.
 */
#ifndef MU_IO_HOLDER_H
#define MU_IO_HOLDER_H

#include "base/base.h"
#include "hold/spec.h"
#include "hold/spool.h"

struct uv_loop_s;
struct mu_holder;

enum {
    MU_HOLDER_TURN_BYTES = 256 * 1024,
    MU_HOLDER_INPUT_MAX = 8 * 1024 * 1024,    /* one input */
    MU_HOLDER_PENDING_MAX = 16 * 1024 * 1024, /* all inputs that the holder has not accepted yet */
};

/* Every member may be NULL: the event is then passed over. data and text are borrowed for the
 * call. time_ms is when the holder saw it. */
struct mu_holder_cb {
    /* Connected, and again after each reconnection: the highest input that the holder has. */
    void (*on_ready)(void *ctx, uint64_t last_input);
    /* The agent's process runs. */
    void (*on_start)(void *ctx, const struct mu_spool_start *start, uint64_t offset, uint64_t next,
                     int64_t time_ms);
    /* One record of output, 1..MU_SPOOL_PAYLOAD_MAX bytes, cut wherever the reads were. */
    void (*on_output)(void *ctx, enum mu_stream stream, const char *data, size_t n, uint64_t offset,
                      uint64_t next, int64_t time_ms);
    void (*on_input_done)(void *ctx, uint64_t seq, uint64_t offset, uint64_t next, int64_t time_ms);
    /* The agent closed that stream; it may live on. */
    void (*on_eof)(void *ctx, enum mu_stream stream, uint64_t offset, uint64_t next,
                   int64_t time_ms);
    /* The run ended, or could not be started (MU_EXIT_FAILED; when not even a spool could be made,
     * offset and next are 0). */
    void (*on_exit)(void *ctx, const struct mu_exit *how, uint64_t offset, uint64_t next,
                    int64_t time_ms);
    /* The holder is gone without a last word; what it left of the agent has been killed. reason is
     * a sentence. Not a record: the offset stays. */
    void (*on_lost)(void *ctx, const char *reason);
    /* Only after attach: the directory holds no spool, so the agent never ran. */
    void (*on_never_started)(void *ctx);
};

struct mu_holder_start {
    const char *exe;    /* the program that knows `hold RUNDIR`; NULL: this program itself */
    const char *rundir; /* absolute; made with mode 0700 (its parent must exist) */
    struct mu_hold_spec spec;
};

/* Starts a run and follows it from offset 0. Everything in `how` is copied. Never fails at once:
 * what goes wrong comes as on_exit with MU_EXIT_FAILED. A directory that already has a spool is
 * not started again but followed. Returns owned: give it back with mu_holder_close. */
struct mu_holder *mu_holder_start(struct uv_loop_s *loop, const struct mu_holder_start *how,
                                  const struct mu_holder_cb *cb, void *ctx) MU_MUST_CHECK;

/* Follows a run that a former server started, from a committed offset. Holder alive: connects.
 * Gone: reads what is left of the spool from the disk. Should the spool begin only above `from`
 * (an older database was put back), delivery begins there, to be seen by the first offset. A run
 * whose terminal record was committed is not attached to; its directory is just removed. */
struct mu_holder *mu_holder_attach(struct uv_loop_s *loop, const char *rundir, uint64_t from,
                                   const struct mu_holder_cb *cb, void *ctx) MU_MUST_CHECK;

/* Writes n bytes to the agent's stdin, copied; includes: with the files that they name put in by
 * the holder (hold/include.h). seq as said above. -EALREADY: this or a later number was given
 * before; MU_ETOOBIG, -ENOBUFS: over one of the limits above; -EPIPE: the run has ended. */
int mu_holder_input(struct mu_holder *h, uint64_t seq, const void *data, size_t n,
                    bool includes) MU_MUST_CHECK;
/* Closes the agent's stdin behind the inputs given so far. */
void mu_holder_close_stdin(struct mu_holder *h);
/* A signal (1..63) to the agent's whole process group. It, and kill, may overtake inputs that the
 * holder has not accepted yet: they must arrive when the agent does not read its stdin. */
void mu_holder_signal(struct mu_holder *h, int sig);
/* SIGKILL to the group, to all that descends from the agent and to all that bears its marker. */
void mu_holder_kill(struct mu_holder *h);

/* Everything below offset is durably consumed. Lower than before, or above what was
 * delivered: ignored. */
void mu_holder_ack(struct mu_holder *h, uint64_t offset);

/* Stops and continues delivery. While paused no record callback comes (on_ready may). */
void mu_holder_pause(struct mu_holder *h);
void mu_holder_resume(struct mu_holder *h);
/* Delivers again from a record boundary that is not below the acknowledged offset (-EINVAL).
 * Stays paused if it was. */
int mu_holder_rewind(struct mu_holder *h, uint64_t offset) MU_MUST_CHECK;

/* Lets go of the run without harming it. What was not written to the holder yet (an ack behind
 * megabytes of input) is dropped; a holder whose last ack is missing ends by itself a minute after
 * its run. No callback but done comes after this call; then the
 * memory is gone. done may be NULL. */
void mu_holder_close(struct mu_holder *h, void (*done)(void *ctx), void *ctx);

/* Deletes the directory of a run that ended (after on_exit and its ack, on_lost or
 * on_never_started). A holder that is still cleaning up behind its agent does not mind.
 * 0 also when there is no such directory; else a negative errno. */
int mu_holder_remove(const char *rundir) MU_MUST_CHECK;

#endif
