/*
 * What the parts of the codex dialect share: codex.c drives the process, with codex_options.c;
 * codex_lines.c reads its lines, codex_thread.c the answers of the handshake; codex_items.c makes
 * events of what a turn consists of, codex_errors.c sentences of what went wrong; codex_ask.c has
 * the requests that codex makes, codex_answer.c how they are answered.
 *
 * `codex app-server` speaks JSON-RPC by lines, without the member "jsonrpc". A process has one
 * thread (the conversation) and one turn at a time; threads of sub-agents run beside it, and only
 * their requests for leave matter here. The protocol's schema is printed by
 * `codex app-server generate-json-schema --out DIR`; seen with codex 0.169.
 *
 * Layer: agent, private to the dialect.
 */
#ifndef MU_AGENT_CODEX_H
#define MU_AGENT_CODEX_H

#include "agent/agent.h"
#include "agent/jsonrpc.h"
#include "agent/text.h"

/* Where the handshake is. */
enum mu_codex_phase {
    MU_CODEX_NEW,     /* nothing was written */
    MU_CODEX_GREETED, /* `initialize` was, and waits for its answer */
    MU_CODEX_AGREED,  /* that has come; there is no thread yet */
    MU_CODEX_RESUMES, /* `thread/resume` waits for its answer */
    MU_CODEX_STARTS,  /* `thread/start` does */
    MU_CODEX_READY,   /* there is a thread */
};

enum {
    MU_CODEX_ID = 72,               /* bytes of an id of codex's, with its NUL */
    MU_CODEX_TOOLS = 64,            /* tool calls that may be open */
    MU_CODEX_LIVE_BYTES = 16384,    /* of a command's output that are shown while it runs */
    MU_CODEX_CHANGES_BYTES = 65536, /* of a file change that are shown with its request */
};

/* Tokens since the thread began; in: with those read from or written to a cache. */
struct mu_codex_tokens {
    int64_t in, read, written, out;
};

struct mu_codex {
    struct mu_lines lines;
    struct mu_words words; /* stderr since the turn began */
    int64_t phase;         /* enum mu_codex_phase */
    int64_t next_id;       /* of our last request */
    int64_t awaited;       /* our request whose answer the phase or the turn waits for; 0: none */
    int64_t turns;         /* ended so far */
    int64_t retries;       /* of the turn */
    int64_t asked;         /* requests of codex so far */
    int64_t overridden;    /* options (bits) that this process was told */
    int64_t shown;         /* bytes of the live output that were shown */
    bool in_turn;          /* a prompt was given and its turn has not ended */
    bool cancelling;       /* the turn is to end as soon as it has an id */
    bool resumed;          /* the thread is one that was there before */
    bool puzzled;          /* it was said that codex asks unknown things */
    bool counted;          /* `total` is known */
    bool used_any;         /* the turn has told what it used */
    struct mu_codex_tokens total;
    struct mu_codex_tokens used; /* by the turn */
    char run_id[MU_CODEX_ID];
    char thread[MU_CODEX_ID];  /* ours, or the one to resume */
    char turn[MU_CODEX_ID];    /* that runs; empty: not known */
    char live_id[MU_CODEX_ID]; /* the command whose output is shown while it runs */
    char model[104];
    char error[MU_ERROR_SIZE]; /* what went wrong in the turn */
    json_t *cwd;               /* string */
    json_t *options;           /* of the session; an object or NULL */
    json_t *base;              /* what the thread has without them: an object or NULL */
    json_t *prompt;            /* input of a turn that waits for the thread; NULL: none */
    json_t *open;              /* array: {"n", "id", "method"} of requests without an answer */
    json_t *tools;             /* object: of an open tool call's id → {"title", "diffs"?} */
    struct mu_buf live;        /* of live_id: the output so far */
};

/* A line that is read. */
struct mu_codex_line {
    struct mu_codex *codex;
    const json_t *params; /* of a notification or request; may be NULL */
    const char *raw;
    size_t raw_n;
    mu_agent_cb *cb;
    void *ctx;
};

/* Reads one line of stdout. What is not JSON, or not known, is passed over. */
void mu_codex_line(struct mu_codex *c, const char *line, size_t n, mu_agent_cb *cb, void *ctx);

/* ---- for all parts ---- */

/* With the line it came from. */
void mu_codex_emit(const struct mu_codex_line *l, struct mu_agent_event ev);
void mu_codex_notice(const struct mu_codex_line *l, const char *text, bool failed);
/* Bytes for stdin, which are released. */
void mu_codex_send(const struct mu_codex_line *l, struct mu_buf *bytes);
/* Copies an id; false, and an empty one, when it is none. */
bool mu_codex_id(char out[MU_CODEX_ID], const char *id);

/* ---- codex.c ---- */

/* Appends the first request of the handshake that is still to be made, or turn/start. */
void mu_codex_go_on(struct mu_codex *c, struct mu_buf *out);
void mu_codex_put_interrupt(struct mu_codex *c, struct mu_buf *out);
/* Forgets what belongs to a turn. */
void mu_codex_clear_turn(struct mu_codex *c);

/* ---- codex_options.c ---- */

const char *mu_codex_check_options(const json_t *options);
/* Tells a turn the options that are set, and what codex had by itself of those that were set
 * before. */
void mu_codex_put_options(struct mu_codex *c, json_t *params);
/* The model of the next turn, or NULL. */
const char *mu_codex_model(const struct mu_codex *c);

/* ---- codex_lines.c ---- */

/* The turn is over; nothing when none runs. text: the error, or NULL. */
void mu_codex_end_turn(const struct mu_codex_line *l, enum mu_turn_outcome outcome,
                       const char *text);
/* It is over because codex answered a request of ours with an error. what: "the message". */
void mu_codex_refused(const struct mu_codex_line *l, const char *what, const json_t *error);
void mu_codex_note_model(const struct mu_codex_line *l, const char *model);
void mu_codex_note_title(const struct mu_codex_line *l, const char *title);

/* ---- codex_thread.c ---- */

/* The answers to `initialize`, and to `thread/start` or `thread/resume`. */
void mu_codex_greeted(const struct mu_codex_line *l, const struct mu_rpc_message *m);
void mu_codex_thread(const struct mu_codex_line *l, const struct mu_rpc_message *m);

/* ---- codex_items.c ---- */

void mu_codex_item(const struct mu_codex_line *l, const json_t *item, bool done);
void mu_codex_output(const struct mu_codex_line *l);
void mu_codex_plan(const struct mu_codex_line *l);
/* A command as a person would type it: what is inside of `bash -lc '…'`. Appended. */
void mu_codex_command(const char *command, struct mu_buf *out);

/* ---- codex_errors.c ---- */

/* The sentence of an error of a turn, and what to do about it. Appended; never empty. */
void mu_codex_error_text(const json_t *error, struct mu_buf *out);

/* ---- codex_ask.c, codex_answer.c ---- */

enum mu_codex_ask {
    MU_CODEX_ASK_COMMAND,
    MU_CODEX_ASK_FILES,
    MU_CODEX_ASK_PERMISSIONS,
    MU_CODEX_ASK_QUESTION,
    MU_CODEX_ASK_MCP,
    MU_CODEX_ASK_OLD_COMMAND, /* of codex before threads */
    MU_CODEX_ASK_OLD_FILES,
    MU_CODEX_ASKS
};

/* The kind of a request, by its method; MU_CODEX_ASKS: unknown. */
size_t mu_codex_ask_kind(const char *method);
/* What such a request is answered with. */
json_t *mu_codex_result(size_t kind, const struct mu_agent_answer *answer);
/* What a field of a form is called; its answer goes by that. */
const char *mu_codex_field_text(const char *key, const json_t *field);
/* Copies a member that is there and not null. */
void mu_codex_copy(json_t *to, const char *key, const json_t *from);
void mu_codex_request(const struct mu_codex_line *l, const json_t *id, const char *method);
void mu_codex_resolved(const struct mu_codex_line *l);
void mu_codex_answer(struct mu_codex *c, const struct mu_agent_answer *answer, struct mu_buf *out);

#endif
