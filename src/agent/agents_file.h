/*
 * The agents file, DIR/agents.json: agents that a person adds, and changes to those that muster
 * brings. docs/agents-file.md says every member.
 *
 *     {"agents": [{"id": "aider", "command": "aider", "args": ["--yes"], "dialect": "text"}]}
 *
 * Strict: what is not known, of another type or over a limit is an error with the line, so that no
 * session runs with an agent that was meant otherwise.
 *
 * Layer: agent. Pure but for allocation.
 */
#ifndef MU_AGENT_AGENTS_FILE_H
#define MU_AGENT_AGENTS_FILE_H

#include "agent/agent.h"

#define MU_AGENTS_FILE_NAME "agents.json"

enum {
    MU_AGENTS_FILE_BYTES = 256 * 1024,
    MU_AGENTS_FILE_AGENTS = 64,
    MU_AGENTS_FILE_ARGS = 64, /* of one agent */
    MU_AGENTS_FILE_ENV = 64,  /* of one agent */
    MU_AGENTS_FILE_ID = 32,   /* bytes, as are those below */
    MU_AGENTS_FILE_NAME_BYTES = 64,
    MU_AGENTS_FILE_COMMAND = 1024,
    MU_AGENTS_FILE_VALUE = 16 * 1024, /* of an argument, of a variable */
    MU_AGENTS_FILE_WORD = 64,         /* icon, version, the name of a variable */
    MU_AGENTS_FILE_SENTENCE = 400,    /* how_to_get */
};

struct mu_agents_file {
    struct mu_agent *agents; /* n of them; what they point to lives as long as this */
    size_t n;
    void *json;
};

/* Reads text[0..n). 0 and an owned *out; or MU_EPROTO and a sentence in why that begins with
 * "path:line: ". path is only shown. */
int mu_agents_file_parse(const char *path, const char *text, size_t n, struct mu_agents_file **out,
                         struct mu_buf *why) MU_MUST_CHECK;
void mu_agents_file_free(struct mu_agents_file *file); /* NULL allowed */

#endif
