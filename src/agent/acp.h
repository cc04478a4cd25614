/*
 * The Agent Client Protocol, version 1, over stdin and stdout: https://agentclientprotocol.com.
 * What the parts of the dialect share: acp.c drives the process, acp_open.c shakes hands,
 * acp_choose.c sets mode and model,
 * acp_lines.c reads what comes in a turn, acp_tool.c its tool calls, acp_done.c the turn's end,
 * acp_ask.c the requests of the agent.
 *
 * The way of a prompt: `initialize`; then `session/resume`, `session/load` or `session/new`; after
 * a load, see below; then the mode and the model, where they are not what is wanted; then
 * `session/prompt`. It is kept in the state until that is written.
 *
 * What a load replays is not the turn's, and an agent may answer the load before its replay ends
 * (Gemini CLI does). So muster asks for a method that no agent has, `_muster/sync`, and takes the
 * replay to be over when one such round trip went by in which nothing of it came. In general, what
 * is said counts for the transcript only while the answer to a `session/prompt` is due.
 *
 * The mode of a session that names none: the agent's own, except where the agent starts in one that
 * lets a model decide what is asked (`auto`, `agent`: claude-agent-acp from 0.101, codex-acp from
 * 2): then the first that it offers of `default`, `ask`, `workspace-write`, `read-only`. A person
 * who wants another says so in the session's options.
 *
 * Muster offers to write files and to run terminals. It serves requests to read, but does not offer
 * it: an agent that reads the disk itself sees the same, and Gemini CLI 0.61 cannot make a new file
 * where its question whether there is one goes through its host (it does not understand the error).
 *
 * A mode that the agent does not have is a notice, and the turn goes on. A model that it does not
 * take is an error of the turn: lists of models are not complete, so that the agent is asked.
 *
 * Layer: agent, private to the dialect.
 */
#ifndef MU_AGENT_ACP_H
#define MU_AGENT_ACP_H

#include "agent/agent.h"
#include "agent/jsonrpc.h"
#include "agent/text.h"

enum {
    ACP_VERSION = 1,
    ACP_NAME = 64,              /* bytes of the agent's name in sentences, with the NUL */
    ACP_SESSION = 512,          /* bytes of a session id, with the NUL; a longer one is an error */
    ACP_OPTION = 200,           /* bytes of the id of a mode or model that an option may have */
    ACP_CHOICES = 32,           /* answers that one request for leave may offer */
    ACP_CHOICE = 256,           /* bytes of the id of one */
    ACP_SERVED = 64,            /* requests for files and terminals that are open at once */
    ACP_SERVED_BYTES = 4 << 20, /* of the parameters of one; four times as much of all */
    ACP_TOOLS = 256,            /* tool calls of a turn that are told apart */
    ACP_TOOL_OUTPUT = 32 << 10, /* bytes of a tool's output that come in pieces */
};

enum acp_phase {
    ACP_NEW,     /* nothing was written */
    ACP_INIT,    /* the answer to initialize is due */
    ACP_KNOWN,   /* the agent is known, and has no session */
    ACP_OPENING, /* the answer to session/new, load or resume is due */
    ACP_SYNCING, /* a load was answered, its replay may go on */
    ACP_SETTING, /* mode and model are being set */
    ACP_READY,
};

/* Requests of ours whose answer is awaited. */
enum acp_call {
    ACP_CALL_INIT,
    ACP_CALL_OPEN,
    ACP_CALL_SYNC,
    ACP_CALL_MODE,
    ACP_CALL_MODEL,
    ACP_CALL_PROMPT,
    ACP_CALLS
};

/* How a session is opened. */
enum acp_way { ACP_RESUME, ACP_LOAD, ACP_CREATE };

/* A thing that a session has one of: its mode, its model. */
struct acp_choice {
    json_t *offered; /* array of {"id", "name"}, or NULL: there is no choice */
    bool cut;        /* there are more than are kept */
    char now[ACP_OPTION + 1];
    char asked[ACP_OPTION + 1]; /* what the request that is open sets */
    char config[ACP_OPTION +
                1]; /* the configuration option that sets it; empty: a method of its own */
};

struct mu_acp {
    struct mu_lines lines;
    struct mu_words words; /* stderr since the last prompt */
    enum acp_phase phase;
    enum acp_way way;
    char run_id[MU_ID_SIZE];
    char name[ACP_NAME];
    char *cwd;
    char *resume; /* the session to resume, or NULL */
    char session[ACP_SESSION];
    char login[512]; /* the ways to log in that the agent named, as words */
    json_t *options; /* of the session, or NULL */
    json_t *prompt;  /* {"text", "images"} that waits for the session, or NULL */
    json_t *asked;   /* object: our id → {"rpc", "tool", "options": [{"id", "kind"}]} */
    json_t *serving; /* object: our id → {"rpc", "method", "params"} */
    json_t *tools;   /* object: its id → {"done", "output"}; of this turn */
    struct acp_choice mode;
    struct acp_choice model;
    int64_t calls[ACP_CALLS]; /* ids; 0: none */
    int64_t last_id;          /* of our requests */
    int64_t last_asked;       /* counts both kinds of requests of the agent */
    int64_t turns;            /* answers to prompts so far */
    int64_t cost_microusd;    /* of the session, as told last; -1: not told */
    int64_t cost_before;      /* the same at the turn's begin; -1: not known */
    size_t serving_bytes;
    bool in_turn;   /* a prompt was given and its end was not told */
    bool cancelled; /* it was taken back before it was written */
    bool heard;     /* it printed something since the prompt */
    bool can_load;
    bool can_resume;
    bool can_see;      /* images */
    bool stopping;     /* it was told to end while no prompt was written */
    bool replayed;     /* something of a replay came since the last sync */
    bool said_odd;     /* the notice of things that are not known was given */
    bool model_failed; /* what it says now is an error of the model's side */
};

/* ---- one line of output ---- */

struct acp_line {
    struct mu_acp *acp;
    mu_agent_cb *cb;
    void *ctx;
    const char *raw;
    size_t raw_n;
};

void acp_emit(const struct acp_line *l, struct mu_agent_event ev);
void acp_notice(const struct acp_line *l, bool failed, const char *fmt, ...) MU_PRINTF(3, 4);
/* Emits what was appended to bytes as SEND, and releases it. */
void acp_send(const struct acp_line *l, struct mu_buf *bytes, bool includes);
/* Once in the life of a process: something came that muster does not know. */
void acp_odd(const struct acp_line *l, const char *what, const char *kind);
/* Reads a line. What is no message is passed over. */
void mu_acp_line(const struct acp_line *l);
/* Is there a turn that the agent works on? */
bool acp_prompted(const struct mu_acp *c);

/* ---- requests of ours ---- */

/* Appends one and remembers its id. Takes params. */
void acp_call(struct mu_acp *c, enum acp_call call, const char *method, json_t *params,
              struct mu_buf *out);
/* The member sessionId and nothing else. */
json_t *acp_session(const struct mu_acp *c);
void acp_put_initialize(struct mu_acp *c, struct mu_buf *out);
/* How a session is opened next: the best way that the agent has and that was not tried. */
void acp_put_open(struct mu_acp *c, struct mu_buf *out);
/* The prompt that waits. Takes it out of the state. true: there are includes in it. */
bool acp_put_prompt(struct mu_acp *c, struct mu_buf *out);
/* Mode and model as the session wants them. true: something was appended. */
bool acp_put_model(struct mu_acp *c, struct mu_buf *out);
bool acp_put_settings(struct mu_acp *c, const struct acp_line *l, struct mu_buf *out);
void acp_on_answer(const struct acp_line *l, enum acp_call call, const struct mu_rpc_message *m);

/* ---- what it says ---- */

/* Takes value. */
void acp_fact(const struct acp_line *l, const char *key, json_t *value);
/* The agent did not take the mode or the model that it was asked to. */
void acp_on_not_set(const struct acp_line *l, enum acp_call call, const json_t *error);
/* Modes and models of an answer, or of an update. */
void acp_read_choices(const struct acp_line *l, const json_t *body);
void acp_set_now(const struct acp_line *l, struct acp_choice *choice, const char *key,
                 const char *id);
/* Entries with `content` and `status`, as PLAN. */
void acp_give_plan(const struct acp_line *l, const json_t *entries);
void acp_on_tool(const struct acp_line *l, const json_t *update);
/* A tool call that is asked about must be in the transcript. */
void acp_know_tool(const struct acp_line *l, const json_t *call);
void acp_tool_denied(struct mu_acp *c, const char *tool_id);
/* The turn ends: what has no result yet gets one. */
void acp_end_tools(const struct acp_line *l, bool failed);
const char *acp_tool_name(const json_t *call);
/* What a tool changes in files, in the form of agent.h; owned, NULL where it tells of nothing. */
json_t *acp_diffs(const json_t *call);
/* The text of a content block, appended. false: muster does not know its kind. */
bool acp_block_text(const json_t *block, struct mu_buf *out);
void acp_on_cost(struct mu_acp *c, const json_t *cost);

/* ---- the end of a turn ---- */

void acp_on_prompt_answer(const struct acp_line *l, const struct mu_rpc_message *m);
/* A turn whose prompt was never written. text: the error, or NULL: it was cancelled. */
void acp_end_early(const struct acp_line *l, const char *text);
/* The sentence of an error, with what to do about it. */
void acp_error_text(const struct mu_acp *c, const json_t *error, struct mu_buf *out);
/* What it says alone, without a full stop. */
void acp_reason(const json_t *error, struct mu_buf *out);
void acp_drop_stop(struct mu_buf *text); /* its full stop, so that a sentence can go on */
bool acp_needs_login(const json_t *error);

/* ---- requests of the agent ---- */

void acp_on_request(const struct acp_line *l, const struct mu_rpc_message *m);
void acp_on_cancel_request(const struct acp_line *l, const json_t *params);
void acp_put_answer(struct mu_acp *c, const struct mu_agent_answer *answer, struct mu_buf *out);
void acp_put_cancel(struct mu_acp *c, struct mu_buf *out);
void acp_put_served(struct mu_acp *c, const struct mu_agent_served *served, struct mu_buf *out);
void acp_serve_again(struct mu_acp *c, mu_agent_cb *cb, void *ctx);

/* ---- small things ---- */

#endif
