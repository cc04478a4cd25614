/*
 * What the parts of the claude dialect share.
 *
 *   claude.c          how it is started, its state, what it is told, how it ended
 *   claude_lines.c    its lines: text, tools, and what it says of itself
 *   claude_control.c  the control protocol: what it asks, and what it answers
 *   claude_tools.c    what tools mean: titles, diffs, images, the plan
 *   claude_result.c   the end of a turn: what it used, and why it failed
 *
 * When a turn ends: claude may begin turns by itself (a background command has ended); such a turn
 * is told as one, so that prompts wait for its end. One that was given just before is taken up
 * afterwards. Then the next result is not the prompt's. Each
 * result of a version since about 2.1.300 names the prompts that it answers; and every version that
 * was seen says `idle` when nothing is left to do, which ends the turn with the last result. A
 * version that was not seen to say so yet ends it with the first result.
 *
 * Layer: agent, private to the dialect.
 */
#ifndef MU_AGENT_CLAUDE_H
#define MU_AGENT_CLAUDE_H

#include "agent/agent.h"
#include "agent/text.h"

enum {
    MU_CLAUDE_TASKS = 100,           /* of its plan that are kept */
    MU_CLAUDE_TASK_BYTES = 200,      /* of the text of one */
    MU_CLAUDE_NOTICE_BYTES = 2000,   /* of a notice */
    MU_CLAUDE_DIFF_BYTES = 24 << 10, /* of a tool's diffs; what is larger is left out */
};

/* A result that waits for `idle`. */
struct mu_claude_result {
    bool present;
    enum mu_turn_outcome outcome;
    char text[MU_ERROR_SIZE];
    struct mu_agent_usage usage;
};

struct mu_claude {
    struct mu_lines lines;
    struct mu_words words; /* stderr since the last prompt */
    bool in_turn;          /* a prompt was given and its result has not come */
    bool own_turn;         /* it began a turn by itself, which has not ended */
    bool heard;            /* it took up something since the prompt */
    bool resumes;          /* it was started to resume a conversation */
    bool no_conversation;  /* it was told to resume what it does not know */
    bool initialized;      /* it was sent `initialize` */
    bool told_modes;       /* FACTS modes */
    bool says_idle;        /* it has said `idle` once */
    bool busy;             /* it said `running`, and not `idle` since */
    bool lost_line;        /* a line too long was skipped in this turn */
    int64_t turns;         /* ended so far */
    int64_t requests;      /* control requests so far, for their ids */
    char session[72];      /* its session id, as told last */
    char prompt[40];       /* the uuid of the prompt given last */
    char model[104];       /* in use */
    char mode[32];         /* in use */
    char want_model[104];  /* of the options, as given last; empty: none */
    char want_mode[32];
    char refused[400];     /* a notice for the next turn */
    char limit[24];        /* the state of the plan's limit, as told last */
    int64_t cost_microusd; /* of the process so far, as told last */
    int64_t open_microusd; /* of it, what no turn was charged with */
    int64_t context_used;  /* tokens, of the last answer; 0: not known */
    json_t *tasks;         /* array of {"id", "call", "text", "status"}; or NULL */
    struct mu_claude_result result;
};

/* A line at hand. */
struct mu_claude_line {
    struct mu_claude *claude;
    const json_t *json;
    const char *raw;
    size_t raw_n;
    mu_agent_cb *cb;
    void *ctx;
};

/* ---- claude_lines.c ---- */
/* Reads one line of stdout. What is not JSON, or not known, is passed over. */
void mu_claude_line(struct mu_claude *c, const char *line, size_t n, mu_agent_cb *cb, void *ctx);
/* With the line as raw. */
void mu_claude_emit(const struct mu_claude_line *l, struct mu_agent_event ev);
/* Takes facts. */
void mu_claude_facts(const struct mu_claude_line *l, json_t *facts);
void mu_claude_notice(const struct mu_claude_line *l, bool failed, const char *text);
void mu_claude_note_mode(const struct mu_claude_line *l, const char *mode);
void mu_claude_note_model(const struct mu_claude_line *l, const char *model);
void mu_claude_note_session(const struct mu_claude_line *l);

/* ---- claude_control.c ---- */
void mu_claude_control_request(const struct mu_claude_line *l);
void mu_claude_control_response(const struct mu_claude_line *l);
void mu_claude_modes(const struct mu_claude_line *l); /* FACTS modes, once */
void mu_claude_commands(const struct mu_claude_line *l, const json_t *commands); /* FACTS */
bool mu_claude_is_mode(const char *word);
/* Append a request of ours. */
void mu_claude_put_initialize(struct mu_claude *c, struct mu_buf *out);
void mu_claude_put_mode(struct mu_claude *c, const char *mode, struct mu_buf *out);
void mu_claude_put_model(struct mu_claude *c, const char *model, struct mu_buf *out);

/* ---- claude_tools.c ---- */
/* One line that says what a tool is to do; or NULL. Borrowed from input, or static. */
const char *mu_claude_title(const char *tool, const json_t *input);
/* A tool that only changes the plan: emits PLAN as it follows from the call, or from its result. */
bool mu_claude_plan_call(const struct mu_claude_line *l, const json_t *block);
bool mu_claude_plan_result(const struct mu_claude_line *l, const json_t *block);
void mu_claude_plan_prompt(struct mu_claude *c); /* a new turn: a plan that is done is forgotten */
/* Owned JSON, or NULL: what a call is to change, and what it changed (diffs); a result's images. */
char *mu_claude_call_diffs(const char *tool, const json_t *input);
char *mu_claude_result_diffs(const json_t *result);
char *mu_claude_images(const json_t *content);

/* ---- claude_result.c ---- */
void mu_claude_on_result(const struct mu_claude_line *l);
void mu_claude_on_idle(const struct mu_claude_line *l);
/* The process has ended: a result that waits ends the turn. */
void mu_claude_end_result(struct mu_claude *c, mu_agent_cb *cb, void *ctx);
/* What to do about an error whose words are known; or NULL. */
const char *mu_claude_advice(const char *words, int status);

#endif
