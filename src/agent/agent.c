#include "agent/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct mu_agent known[] = {
    {.id = "claude",
     .name = "Claude Code",
     .icon = "claude",
     .dialect = &mu_dialect_claude,
     .program = "claude",
     .program_env = "MUSTER_CLAUDE",
     .version = "--version",
     .how_to_get = "Install it with `npm install -g @anthropic-ai/claude-code`, or set "
                   "MUSTER_CLAUDE to the path of the program, and start muster again."},
    {.id = "codex",
     .name = "Codex",
     .icon = "codex",
     .dialect = &mu_dialect_codex,
     .program = "codex",
     .program_env = "MUSTER_CODEX",
     .version = "--version",
     .how_to_get = "Install it with `npm install -g @openai/codex`, or set MUSTER_CODEX to the "
                   "path of the program, and start muster again."},
    {.id = "shell",
     .name = "Shell",
     .icon = "shell",
     .dialect = &mu_dialect_shell,
     .program = "/bin/sh",
     .how_to_get = "Every Unix system has one."},
};

size_t mu_agent_count(void)
{
    return MU_COUNT(known);
}

const struct mu_agent *mu_agent_at(size_t i)
{
    return &known[i];
}

const struct mu_agent *mu_agent_find(const char *id)
{
    for (size_t i = 0; i < mu_agent_count(); i++)
        if (strcmp(mu_agent_at(i)->id, id) == 0)
            return mu_agent_at(i);
    return NULL;
}

const char *mu_agent_program(const struct mu_agent *agent)
{
    const char *other = agent->program_env ? getenv(agent->program_env) : NULL;
    return other && *other ? other : agent->program;
}

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

bool mu_agent_locate(const char *program, char *out, size_t cap)
{
    if (strchr(program, '/'))
        return is_program(program) && (size_t)snprintf(out, cap, "%s", program) < cap;
    const char *path = getenv("PATH");
    for (const char *p = path ? path : ""; *p;) {
        size_t n = strcspn(p, ":");
        if (n > 0 && (size_t)snprintf(out, cap, "%.*s/%s", (int)n, p, program) < cap &&
            is_program(out))
            return true;
        p += n + (p[n] == ':');
    }
    return false;
}
