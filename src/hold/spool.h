/*
 * The spool: what one agent process did, as an append-only file of records, RUNDIR/spool. The
 * holder writes it; the server reads it, through the holder's socket while the holder lives and
 * from the disk when it is gone. This is the codec, without I/O.
 *
 * A record is a header of 20 bytes, little-endian, and a payload of at most MU_SPOOL_PAYLOAD_MAX:
 *
 *      0  u32  magic "MUS1"
 *      4  u32  payload length
 *      8  u8   kind (enum mu_spool_kind)
 *      9  3    zero
 *     12  i64  time, milliseconds since 1970
 *     20  ...  payload
 *
 * An offset into the spool is a count of bytes from its beginning and always a record boundary.
 * FAIL and EXIT are terminal: exactly one of them is the last record of a run that ended. A spool
 * may end in a torn record (the holder was killed while it wrote); it is ignored.
 *
 * Layer: hold. Thread rules: pure functions, any thread.
 */
#ifndef MU_HOLD_SPOOL_H
#define MU_HOLD_SPOOL_H

#include "base/buf.h"

enum {
    MU_SPOOL_HEADER = 20,
    MU_SPOOL_PAYLOAD_MAX = 64 * 1024,
    MU_SPOOL_RECORD_MAX = MU_SPOOL_HEADER + MU_SPOOL_PAYLOAD_MAX,
};

enum mu_spool_kind {
    MU_SPOOL_START = 1,  /* JSON, struct mu_spool_start: the agent runs */
    MU_SPOOL_STDOUT = 2, /* bytes as the agent printed them */
    MU_SPOOL_STDERR = 3,
    MU_SPOOL_INPUT = 4,   /* u64 seq: that input is in the holder's queue for the agent's stdin */
    MU_SPOOL_EOF_OUT = 5, /* empty: stdout was closed */
    MU_SPOOL_EOF_ERR = 6, /* empty: stderr was closed */
    MU_SPOOL_FAIL = 7,    /* terminal; UTF-8: why the agent could not be started, a sentence */
    MU_SPOOL_EXIT = 8,    /* terminal; JSON {"code":n} or {"signal":n,"core":bool} */
};

enum mu_stream { MU_STREAM_OUT, MU_STREAM_ERR };

/* How an agent process ended. */
enum mu_exit_kind {
    MU_EXIT_CODE,   /* it returned `code` */
    MU_EXIT_SIGNAL, /* `signal` killed it */
    MU_EXIT_FAILED, /* it was never running: see `reason` */
};

struct mu_exit {
    enum mu_exit_kind kind;
    int code;
    int signal;
    bool core;          /* a core dump was written */
    const char *reason; /* for a person, always set: "exit 1", "killed by SIGSEGV",
                           "claude: not found in PATH"; borrowed for the call */
};

struct mu_spool_start {
    int64_t pid; /* the agent, leader of its session and process group */
    int64_t pgid;
    int64_t start_time; /* field 22 of /proc/PID/stat: tells a reused pid */
    int64_t holder;     /* pid of the holder */
};

struct mu_spool_record {
    enum mu_spool_kind kind;
    int64_t time_ms;
    const char *data; /* borrowed from the buffer that was read */
    size_t n;
    size_t size; /* header and payload: add it to the offset */
};

/* The record at the beginning of data[0..n). 0; MU_EAGAIN: incomplete, at the end of a spool it is
 * the torn record; MU_ECORRUPT: not a record. */
int mu_spool_next(const char *data, size_t n, struct mu_spool_record *out) MU_MUST_CHECK;

/* Writes the header of a record with n <= MU_SPOOL_PAYLOAD_MAX bytes of payload. */
void mu_spool_header(unsigned char out[MU_SPOOL_HEADER], enum mu_spool_kind kind, int64_t time_ms,
                     size_t n);

/* The payloads that are not plain bytes. The encoders append to b; the decoders give 0 or
 * MU_ECORRUPT. A decoded mu_exit's reason points into text[MU_EXIT_TEXT]. */
enum { MU_EXIT_TEXT = 96 };
void mu_spool_put_start(struct mu_buf *b, const struct mu_spool_start *s);
int mu_spool_get_start(const char *data, size_t n, struct mu_spool_start *out) MU_MUST_CHECK;
void mu_spool_put_exit(struct mu_buf *b, const struct mu_exit *how);
int mu_spool_get_exit(const char *data, size_t n, struct mu_exit *out,
                      char text[MU_EXIT_TEXT]) MU_MUST_CHECK;
/* START in the beginning of a spool, data[0..n): inputs that came before the agent ran stand before
 * it. MU_SPOOL_HEAD bytes are enough. */
enum { MU_SPOOL_HEAD = 4096 };
int mu_spool_find_start(const char *data, size_t n, struct mu_spool_start *out) MU_MUST_CHECK;
int mu_spool_get_input(const char *data, size_t n, uint64_t *seq) MU_MUST_CHECK;

/* The sentence of mu_exit.reason for a code or a signal. */
void mu_exit_describe(const struct mu_exit *how, char text[MU_EXIT_TEXT]);

#endif
