/*
 * How what an agent says becomes messages: which message is open, where it is cut, and what a turn
 * may add at most.
 *
 * Layer: core. Pure but for the allocation of saved state; any thread.
 *
 * Text comes in pieces. The first piece of a kind opens a message that streams; pieces of that kind
 * are appended to it; another kind, another message, or the end of the turn closes it. A message
 * holds at most MESSAGE_BYTES: the rest goes into the next. A turn adds at most TURN_BYTES: what is
 * more is counted, and its last MU_TRANSCRIPT_TAIL bytes are added when the turn ends, behind a
 * notice that says how much is missing.
 *
 * What is to be done comes as operations, in order. The caller carries them out; for OPEN it fills
 * in `id`, `seq` and `created_at` of the transcript before it returns.
 */
#ifndef MU_CORE_TRANSCRIPT_H
#define MU_CORE_TRANSCRIPT_H

#include "base/base.h"
#include "base/buf.h"
#include "wire/records.h"

enum { MU_TRANSCRIPT_TAIL = 4096, MU_TRANSCRIPT_TOOLS = 32, MU_TRANSCRIPT_TOOL_ID = 128 };

struct mu_transcript_tool {
    char tool_id[MU_TRANSCRIPT_TOOL_ID]; /* the agent's id of the call */
    char id[MU_ID_SIZE];                 /* of the message */
};

struct mu_transcript {
    bool open; /* a message streams: the five that follow are its own */
    enum mu_message_kind kind;
    char id[MU_ID_SIZE];
    int64_t seq;
    int64_t created_at;
    int64_t bytes;      /* of its text so far */
    int64_t units;      /* the same in UTF-16 code units: the next piece's `at` */
    int64_t closed;     /* bytes of this block in messages that were closed because full */
    int64_t turn_bytes; /* added by this turn */
    int64_t dropped;    /* not added */
    int64_t raw_bytes;  /* of the agent's own lines kept in this turn */
    char tail[MU_TRANSCRIPT_TAIL]; /* the end of what was not added */
    size_t tail_len;
    char plan[MU_ID_SIZE]; /* the message with the turn's plan; empty: none */
    struct mu_transcript_tool tools[MU_TRANSCRIPT_TOOLS]; /* calls without a result yet */
    size_t tool_count;
};

enum mu_transcript_op_kind {
    MU_TR_OPEN,    /* a new message of `kind`, streaming, without text */
    MU_TR_APPEND,  /* text[0..n) to the open message, at `at` */
    MU_TR_RENEW,   /* the open message has no text (any more) and is of `kind` */
    MU_TR_REPLACE, /* the open message is closed with text[0..n) as the whole of it */
    MU_TR_CLOSE,   /* the open message is closed with the text it has */
    MU_TR_ADD,     /* a message of `kind` with text[0..n), closed */
};

struct mu_transcript_op {
    enum mu_transcript_op_kind kind;
    enum mu_message_kind message;
    const char *text; /* borrowed for the call; NUL-terminated only by chance */
    size_t n;
    int64_t at;
};
typedef void mu_transcript_cb(void *ctx, const struct mu_transcript_op *op);

/* A piece of streaming text, whole characters of UTF-8. */
void mu_transcript_text(struct mu_transcript *t, enum mu_message_kind kind, const char *text,
                        size_t n, mu_transcript_cb *cb, void *ctx);
/* The whole text of a block: replaces what was streamed of it, or is a message of its own. */
void mu_transcript_final(struct mu_transcript *t, enum mu_message_kind kind, const char *text,
                         size_t n, mu_transcript_cb *cb, void *ctx);
/* What was streamed of the block counts for nothing: it comes again. */
void mu_transcript_reset(struct mu_transcript *t, mu_transcript_cb *cb, void *ctx);
/* Closes the open message. */
void mu_transcript_close(struct mu_transcript *t, mu_transcript_cb *cb, void *ctx);
/* Closes, tells what was not kept, and forgets the turn. */
void mu_transcript_end_turn(struct mu_transcript *t, mu_transcript_cb *cb, void *ctx);

/* Takes n bytes (of a tool's input or output) from what the turn may add; false: no room, and they
 * are counted as not kept. */
bool mu_transcript_charge(struct mu_transcript *t, size_t n);

/* Tool calls that wait for their result. put forgets the oldest when there are too many, and this
 * one when its id is too long: true, and lost is the message of the call that no result will find.
 * take copies the message's id and forgets the call, find only copies it; false when it is not
 * known. */
bool mu_transcript_tool_put(struct mu_transcript *t, const char *tool_id, const char *message_id,
                            char lost[MU_ID_SIZE]);
bool mu_transcript_tool_find(const struct mu_transcript *t, const char *tool_id,
                             char out[MU_ID_SIZE]);
bool mu_transcript_tool_take(struct mu_transcript *t, const char *tool_id, char out[MU_ID_SIZE]);

/* The length of UTF-8 text in UTF-16 code units. */
int64_t mu_transcript_units(const char *text, size_t n);

/* The state as JSON, and back (NULL or another form: the state of a beginning). */
void mu_transcript_save(const struct mu_transcript *t, struct mu_buf *out);
void mu_transcript_load(struct mu_transcript *t, const json_t *saved);

#endif
