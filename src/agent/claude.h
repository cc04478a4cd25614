/*
 * What the two halves of the claude dialect share: claude.c drives the process, claude_lines.c
 * reads its lines.
 *
 * Layer: agent, private to the dialect.
 */
#ifndef MU_AGENT_CLAUDE_H
#define MU_AGENT_CLAUDE_H

#include "agent/agent.h"
#include "agent/text.h"

struct mu_claude {
    struct mu_lines lines;
    struct mu_words words; /* stderr since the last prompt */
    bool in_turn;          /* a prompt was given and its result has not come */
    bool heard;            /* it printed something since the prompt */
    bool no_conversation;  /* it was told to resume what it does not know */
    int64_t turns;         /* results so far */
    char session[72];      /* its session id, as told last */
    char model[104];
    int64_t cost_microusd; /* of the process so far, as told last */
};

/* Reads one line of stdout. What is not JSON, or not known, is passed over. */
void mu_claude_line(struct mu_claude *c, const char *line, size_t n, mu_agent_cb *cb, void *ctx);

#endif
