/*
 * What the server and a holder say to each other over RUNDIR/sock, a Unix stream socket. A codec
 * without I/O.
 *
 * A frame is u32 length of what follows, u8 type, payload; integers are little-endian. A longer
 * frame than MU_HOLD_FRAME_MAX ends the connection. One server at a time: a new connection
 * replaces the old one. Both ends check that the other's user is their own (SO_PEERCRED).
 *
 *     holder: HELLO    at once after accept
 *     server: ATTACH   from here
 *     holder: ATTACHED, then DATA without gaps from there: what is spooled, then what follows
 *     server: INPUT, INPUT_INCLUDES, CLOSE_STDIN, SIGNAL, KILL, ACK   at any time
 *
 * After another ATTACH, DATA frames before its ATTACHED are of the former one and are dropped.
 * ATTACH below HELLO's "acked" is answered from there.
 *
 * Layer: hold. Thread rules: pure functions, any thread.
 */
#ifndef MU_HOLD_PROTO_H
#define MU_HOLD_PROTO_H

#include "base/buf.h"

enum {
    MU_HOLD_FRAME_HEADER = 5,
    MU_HOLD_INPUT_BYTES_MAX = 8 * 1024 * 1024,
    MU_HOLD_FRAME_MAX = MU_HOLD_INPUT_BYTES_MAX + 64,
    MU_HOLD_DATA_MAX = 128 * 1024, /* bytes of spool in one DATA frame */
};

enum mu_hold_frame_type {
    /* server → holder */
    MU_HOLD_ATTACH = 1,         /* u64 offset, a record boundary */
    MU_HOLD_INPUT = 2,          /* u64 seq, bytes for stdin; a seq that is not new is ignored */
    MU_HOLD_CLOSE_STDIN = 3,    /* behind the inputs so far */
    MU_HOLD_SIGNAL = 4,         /* i32 signal, to the process group */
    MU_HOLD_KILL = 5,           /* SIGKILL to everything of the run */
    MU_HOLD_ACK = 6,            /* u64 offset: below it the server needs nothing any more */
    MU_HOLD_INPUT_INCLUDES = 7, /* as INPUT; the holder expands its includes (include.h) */
    /* holder → server */
    MU_HOLD_HELLO = 64,    /* JSON, struct mu_hold_hello */
    MU_HOLD_ATTACHED = 65, /* u64 offset */
    MU_HOLD_DATA = 66,     /* u64 offset, whole records */
};

struct mu_hold_hello {
    int64_t pid;         /* of the holder */
    int64_t agent;       /* pid of the agent, 0: not running (yet) */
    uint64_t last_input; /* highest accepted input, 0: none */
    uint64_t size;       /* of the spool */
    uint64_t acked;
    bool exited; /* the terminal record is written */
};

struct mu_hold_frame {
    enum mu_hold_frame_type type;
    const char *data; /* payload, borrowed from the buffer that was read */
    size_t n;
    size_t size; /* of the whole frame */
};

/* The frame at the beginning of data[0..n). 0; MU_EAGAIN: incomplete; MU_ETOOBIG; MU_EPROTO. */
int mu_hold_frame_next(const char *data, size_t n, struct mu_hold_frame *out) MU_MUST_CHECK;

/* Appends a frame: its header alone for n bytes of payload that follow, one with a u64 and bytes
 * (bytes may be NULL when n is 0), and so on. */
void mu_hold_put_header(struct mu_buf *b, enum mu_hold_frame_type type, size_t n);
void mu_hold_put_empty(struct mu_buf *b, enum mu_hold_frame_type type);
void mu_hold_put_u64(struct mu_buf *b, enum mu_hold_frame_type type, uint64_t v, const void *bytes,
                     size_t n);
void mu_hold_put_signal(struct mu_buf *b, int sig);
void mu_hold_put_hello(struct mu_buf *b, const struct mu_hold_hello *hello);

/* The payloads. 0 or MU_EPROTO. rest (NULL: must be empty) is what follows the u64. */
int mu_hold_get_u64(const struct mu_hold_frame *f, uint64_t *v, const char **rest,
                    size_t *n) MU_MUST_CHECK;
int mu_hold_get_signal(const struct mu_hold_frame *f, int *sig) MU_MUST_CHECK;
int mu_hold_get_hello(const struct mu_hold_frame *f, struct mu_hold_hello *out) MU_MUST_CHECK;

#endif
