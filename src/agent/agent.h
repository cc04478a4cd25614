/*
 * Dialects: how muster talks with one kind of agent, and what the agent's output means.
 *
 * Layer: agent. Pure but for allocation: bytes in, events out; bytes for stdin out. Loop thread
 * only, by custom; nothing is shared.
 *
 * One struct mu_dialect per kind, one `void *` state per run (agent process). Adding a kind is a
 * file with its struct, and a line in agent.c.
 *
 * Output comes in pieces that are cut anywhere; feeding it in other pieces gives the same events
 * but for how streaming text is split. A dialect that works by lines holds an incomplete line back
 * and says how much of the piece that is (the return value of feed): so the runner knows from where
 * output has to be read again after a restart. Everything else that output alone cannot restore
 * goes into save, and comes back in open.
 *
 * A dialect that has a handshake says what it wants to write in answer to output with SEND: such
 * bytes are an input like a prompt, stored in the transaction in which the output was consumed, so
 * that a crash neither loses nor repeats them. A prompt that comes before the handshake is done is
 * kept in the state (and in save) until then.
 *
 * Requests that the agent makes of its host (files, terminals) come as SERVE, and are answered
 * through served, in any order; those not answered yet are in save, and resumed asks for them
 * again.
 */
#ifndef MU_AGENT_AGENT_H
#define MU_AGENT_AGENT_H

#include "base/base.h"
#include "base/buf.h"
#include "core/session.h"
#include "hold/spec.h"
#include "hold/spool.h"
#include "wire/records.h"

enum mu_agent_event_kind {
    MU_AG_TEXT,        /* message, text[0..n): more of the message that streams; valid UTF-8 */
    MU_AG_FINAL,       /* message, text: the whole block; replaces what was streamed of it */
    MU_AG_RESET,       /* what was streamed of the block will come again */
    MU_AG_TOOL_CALL,   /* id, name, title, input; parent */
    MU_AG_TOOL_UPDATE, /* id, and what is known better by now (else NULL): title, input, text: the
                          output so far, diffs */
    MU_AG_TOOL_RESULT, /* id, text: its output, failed; diffs, images */
    MU_AG_PLAN,        /* input: the turn's plan as it is now, see PLAN below */
    MU_AG_NOTICE,      /* text: for a person; failed: something went wrong and the turn goes on */
    MU_AG_CLI_SESSION, /* id: the agent's name for the conversation, to resume it by */
    MU_AG_TITLE,       /* text: the agent's title for the conversation */
    MU_AG_FACTS,       /* metadata: members to set in the row's metadata, see FACTS below */
    MU_AG_SEND,        /* text[0..n): bytes for stdin; includes */
    MU_AG_SERVE,       /* id, name: the method, input: its parameters */
    MU_AG_ASKED,       /* id, name, title, input, tool_id, suggestions: may the tool be used?
                          what it would change in files is the input's "diffs"
                          questions: a question to the person */
    MU_AG_ANSWERED,    /* id: what was asked is taken back */
    MU_AG_TURN_BEGAN,  /* the agent began a turn by itself, without a prompt; TURN_DONE ends it */
    MU_AG_TURN_DONE,   /* outcome, text (the error), usage */
};

/*
 * PLAN: a JSON array [{"text", "status": "pending" | "in_progress" | "completed"}]. One record a
 * turn, replaced by each PLAN event.
 *
 * FACTS: a JSON object with any of
 *   "model": "name", "mode": "id" — what is in use now
 *   "modes": [{"id", "name", "description"?}], "models": [the same] — what a session may choose
 *   "commands": [{"name", "description"?, "hint"?}] — slash commands that a prompt may begin with
 *   "context": {"used": tokens, "size": tokens}
 * null takes a member away. A value is at most MU_FACT_BYTES long as JSON.
 *
 * diffs: a JSON array [{"path", "old": text or null (a new file), "new": text or null (deleted)}],
 * or [{"path", "patch": "unified diff"}].
 * images: a JSON array [{"type": "image/png", "data": base64}], checked by whoever stores them.
 */
enum { MU_FACT_BYTES = 16 * 1024 };

/* What a turn used. Counts are of this turn alone; -1: not told. */
struct mu_agent_usage {
    int64_t input_tokens; /* without those read from a cache */
    int64_t output_tokens;
    int64_t cache_read_tokens;
    int64_t cache_write_tokens;
    int64_t cost_microusd; /* millionths of a dollar */
};

/* What an agent said. Every pointer is borrowed for the call, and NULL where it does not apply. */
struct mu_agent_event {
    enum mu_agent_event_kind kind;
    enum mu_message_kind message;
    const char *text; /* NUL-terminated except in TEXT */
    size_t n;
    const char *id;
    const char *name;
    const char *title;       /* of a tool call: one line, for a person */
    const char *input;       /* JSON */
    const char *parent;      /* the tool call in which another agent made this one */
    const char *tool_id;     /* ASKED: the tool call that it is about */
    const char *suggestions; /* ASKED: JSON, the rules that would allow it for good */
    const char *questions;   /* ASKED: JSON, see the record `permission` */
    const char *diffs;
    const char *images;
    const char *metadata;
    const struct mu_agent_usage *usage;
    const char *raw; /* raw[0..raw_n): the line that this came from, to be kept beside the record */
    size_t raw_n;
    enum mu_turn_outcome outcome;
    bool failed;
    bool includes; /* SEND: there are includes in it (hold/include.h) */
};
typedef void mu_agent_cb(void *ctx, const struct mu_agent_event *ev);

/* What a person answers. Borrowed; input and suggestions as they were asked. */
struct mu_agent_answer {
    const char *id;
    enum mu_permission_decision decision;
    const char *message;     /* with a denial: what the agent is told */
    const char *input;       /* JSON object or NULL */
    const char *suggestions; /* JSON or NULL */
    const char *answers;     /* to a question: JSON object, or NULL */
};

/* A prompt. Borrowed. */
struct mu_agent_image {
    const char *path; /* absolute, a file that stays */
    const char *type; /* "image/png", … */
};
struct mu_agent_prompt {
    const char *text;
    const struct mu_agent_image *images; /* n_images of them: only for a dialect that takes them */
    size_t n_images;
};

/* What a run is started from. Borrowed. */
struct mu_agent_start {
    const char *run_id;
    const char *program;           /* name or path of the agent's program */
    const char *const *args;       /* of the agent, before the dialect's own; NULL-terminated */
    const struct mu_hold_env *env; /* of the agent, over the dialect's own; n_env of them */
    size_t n_env;
    const char *cwd;
    const char *prompt;
    const char *cli_session_id; /* to resume, or NULL */
    const char *options;        /* JSON object of the session, checked by check_options; or NULL */
};

/* How a request of SERVE ended. Borrowed. */
struct mu_agent_served {
    const char *id;
    const char *result; /* JSON, or NULL: it failed */
    const char *error;  /* a sentence, when it failed */
};

/* What a turn became by the end of its process. */
struct mu_agent_end {
    enum mu_turn_outcome outcome;
    bool passing; /* ERROR: it never had the prompt, and the cause may be gone in a moment */
    char text[MU_ERROR_SIZE]; /* the error, or the notice of a new start; empty: none */
};

struct mu_dialect {
    const char *id;
    bool long_lived;     /* a process serves many turns; else one, and its end is the turn's end */
    bool ends_on_cancel; /* what a cancelled turn had started goes on in its process: end that, too
                          */
    bool takes_images;
    bool closes_stdin; /* stdin ends behind the prompt: the process waits for that */
    size_t prompt_max; /* bytes */

    /* A sentence about what is wrong with a session's options, or NULL. options: JSON object. */
    const char *(*check_options)(const json_t *options);
    /* Appends the specification of a run as JSON (hold/spec.h). 0 or an error of mu_hold_spec_put:
     * the prompt or path is not UTF-8. */
    int (*spec)(const struct mu_agent_start *start, struct mu_buf *out);

    /* The state of a run, owned: at its beginning (saved NULL), or as it was saved (start NULL). */
    void *(*open)(const struct mu_agent_start *start, const json_t *saved);
    void (*close)(void *state);
    void (*save)(const void *state, struct mu_buf *json);

    /* Appends what is written to stdin: a prompt (with includes exactly when it has images); a
     * request to end the turn; an answer. Nothing appended: it goes another way (argv), later
     * (SEND), or there is no such request (signals). */
    void (*prompt)(void *state, const struct mu_agent_prompt *prompt, struct mu_buf *out);
    void (*interrupt)(void *state, const char *request_id, struct mu_buf *out);
    void (*answer)(void *state, const struct mu_agent_answer *answer, struct mu_buf *out);
    /* The session has other options: appends what tells the running process. NULL: they count from
     * its next start. options: JSON object, checked; or NULL: none. */
    void (*configure)(void *state, const json_t *options, struct mu_buf *out);
    /* Appends the answer to a request of SERVE. NULL: there is no such request. */
    void (*served)(void *state, const struct mu_agent_served *served, struct mu_buf *out);
    /* After a restart of the server: emits SERVE for what is not answered. NULL: nothing. */
    void (*resumed)(void *state, mu_agent_cb *cb, void *ctx);

    /* A piece of output. Returns how many bytes at its end belong to something incomplete: n when
     * all do, which then may have begun in an earlier piece. */
    size_t (*feed)(void *state, enum mu_stream stream, const char *data, size_t n, mu_agent_cb *cb,
                   void *ctx);
    /* The process has ended: emits what was held back, and says what that makes of a turn that is
     * open. answered: every input that it was given reached it. */
    void (*exited)(void *state, const struct mu_exit *how, bool answered, struct mu_agent_end *out,
                   mu_agent_cb *cb, void *ctx);
};

extern const struct mu_dialect mu_dialect_acp;
extern const struct mu_dialect mu_dialect_acp_ends; /* the same, with ends_on_cancel */
extern const struct mu_dialect mu_dialect_claude;
extern const struct mu_dialect mu_dialect_codex;
extern const struct mu_dialect mu_dialect_shell;
extern const struct mu_dialect mu_dialect_text;

/* The dialect of that id; NULL: there is none. mu_dialect_at(n): the nth of all, NULL behind them.
 */
const struct mu_dialect *mu_dialect_find(const char *id);
const struct mu_dialect *mu_dialect_at(size_t n);

/* An agent that a session can have. */
struct mu_agent {
    const char *id;
    const char *name;
    const struct mu_dialect *dialect;
    const char *program;           /* looked for in PATH, or a path */
    const char *program_env;       /* a variable that names another program, or NULL */
    const char *const *args;       /* NULL-terminated, or NULL */
    const struct mu_hold_env *env; /* n_env of them */
    size_t n_env;
    const char *version;    /* option that prints the version, or NULL */
    const char *how_to_get; /* a sentence */
    const char *icon;       /* the name of an icon of the page, or NULL */
};

/* The agents there are: those that muster brings, and those of the agents file. */
size_t mu_agent_count(void);
const struct mu_agent *mu_agent_at(size_t i);
const struct mu_agent *mu_agent_find(const char *id); /* NULL: unknown */

/* The agent that muster brings under that id, whatever the agents file says; NULL: none. */
const struct mu_agent *mu_agent_builtin(const char *id);

/* Adds n agents, borrowed: one with the id of an agent that muster brings replaces it. Before
 * anything asks for agents, and once; NULL and 0 takes them away, at the program's end. */
void mu_agents_use(const struct mu_agent *agents, size_t n);

/* What a dialect's spec appends: its own command line and environment (run and cwd are taken from
 * start), with the agent's arguments behind the program, and the agent's environment over its own.
 * As mu_hold_spec_put. */
int mu_agent_put_spec(const struct mu_agent_start *start, const struct mu_hold_spec *own,
                      struct mu_buf *out) MU_MUST_CHECK;

/* The program of an agent: what its variable says in this process, or its own name. */
const char *mu_agent_program(const struct mu_agent *agent);
/* Where that program is: copied to out; false when it is not there or may not be run. */
bool mu_agent_locate(const char *program, char *out, size_t cap);

#endif
