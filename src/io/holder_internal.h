/*
 * The inside of a run's client, shared by the files holder*.c only.
 *
 *     holder.c          start, attach, the operations, close
 *     holder_link.c     finds the holder: connection, or what it left on the disk
 *     holder_deliver.c  frames and records → callbacks, at a bounded pace
 *     holder_end.c      the ends that no record tells: could not start, lost
 *
 *     look ── lock held ──> connect ── HELLO ──> records come as DATA frames
 *       │                      └─ refused or broken: look again, for PATIENCE_MS
 *       └──── lock free ──> the rest of the spool from the disk; without a terminal record:
 *                           kill what is left of the run, then on_lost
 *
 * Layer: io. Thread rules: the loop's thread only.
 */
#ifndef MU_IO_HOLDER_INTERNAL_H
#define MU_IO_HOLDER_INTERNAL_H

#include "base/buf.h"
#include "hold/proto.h"
#include "io/child.h"
#include "io/holder.h"

#include <uv.h>

enum {
    MU_HOLDER_RETRY_MS = 20,
    MU_HOLDER_LATER_MS = 1000,         /* when descriptors or memory are wanting */
    MU_HOLDER_PATIENCE_MS = 10 * 1000, /* a holder that lives and refuses connections */
    MU_HOLDER_BREAKS_MAX = 20,         /* connections in a row that broke without a record */
    MU_HOLDER_SWEEP_MS = 5 * 1000,     /* killed processes take a moment to go */
};

enum mu_holder_source { FROM_NOWHERE, FROM_SOCKET, FROM_DISK };

struct mu_holder_input {
    uint64_t seq;
    size_t n;
    bool includes;
    struct mu_holder_input *prev;
    struct mu_holder_input *next;
    char data[];
};

struct mu_holder_conn {
    uv_pipe_t pipe;
    uv_connect_t request;
    struct mu_holder *h; /* NULL: dropped */
    bool ready;          /* HELLO came */
    bool reading;
};

struct mu_holder {
    struct uv_loop_s *loop;
    struct mu_holder_cb cb;
    void *ctx;
    char *rundir;
    bool starting; /* by mu_holder_start */
    bool paused;
    bool closing;
    bool ended; /* the last callback of the run was made */
    enum mu_holder_source source;

    struct mu_child *child;
    struct mu_holder_conn *conn;
    int dir;  /* of rundir, while connecting */
    int lock; /* held while the disk is read, else -1 */
    int spool;
    int64_t patience; /* mu_mono_ms at which looking is given up, 0: not looking */
    int breaks;

    uint64_t next;
    uint64_t acked;
    unsigned attaching; /* ATTACH frames that were not answered yet */
    struct mu_buf in;   /* frames, or spool bytes from the disk */
    size_t in_at;
    size_t left; /* bytes of records at in_at */
    bool delivering;
    bool discard_records;
    bool discard_all;
    size_t turn_bytes;
    uint64_t turn;

    struct mu_holder_input *inputs; /* not accepted yet */
    size_t input_bytes;
    uint64_t last_input;
    bool close_stdin;
    bool kill;
    uint64_t signals; /* bit n: signal n, to be sent when connected */

    char *verdict; /* sentence for the end that the timer brings */
    int64_t sweep_until;
    uv_timer_t look_timer;
    uv_timer_t turn_timer;
    int timers;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* holder.c */
void mu_holder_close_fd(int *fd);
int mu_holder_open_in(const char *rundir, const char *name, int flags); /* or a negative errno */
void mu_holder_drop_inputs(struct mu_holder *h, uint64_t up_to);
void mu_holder_put_signals(struct mu_holder *h, struct mu_buf *b);
void mu_holder_put_input(struct mu_buf *b, const struct mu_holder_input *i);

/* holder_link.c */
void mu_holder_look(struct mu_holder *h);
void mu_holder_look_soon(struct mu_holder *h, uint64_t ms);
bool mu_holder_is_ready(const struct mu_holder *h);
void mu_holder_send(struct mu_holder *h, struct mu_buf *bytes); /* takes the bytes */
void mu_holder_drop_conn(struct mu_holder *h);
void mu_holder_broken(struct mu_holder *h);
void mu_holder_update_reading(struct mu_holder *h);
int mu_holder_on_hello(struct mu_holder *h, const struct mu_hold_frame *f) MU_MUST_CHECK;

/* holder_deliver.c */
void mu_holder_deliver(struct mu_holder *h);
void mu_holder_deliver_soon(struct mu_holder *h);
void mu_holder_discard(struct mu_holder *h); /* what the discard flags say; not within a record */

/* holder_end.c */
void mu_holder_give_verdict(struct mu_holder *h, bool failed);
void mu_holder_fail_soon(struct mu_holder *h, char *sentence); /* takes the sentence */
void mu_holder_lose(struct mu_holder *h, const char *sentence);

#endif
