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
    {.id = "shell",
     .name = "Shell",
     .icon = "shell",
     .dialect = &mu_dialect_shell,
     .program = "/bin/sh",
     .how_to_get = "Every Unix system has one."},
};

static const struct mu_dialect *const dialects[] = {
    &mu_dialect_shell,
    &mu_dialect_text,
    &mu_dialect_claude,
};

static struct {
    const struct mu_agent *rows;
    size_t n;
} added;

const struct mu_dialect *mu_dialect_at(size_t n)
{
    return n < MU_COUNT(dialects) ? dialects[n] : NULL;
}

const struct mu_dialect *mu_dialect_find(const char *id)
{
    for (size_t i = 0; i < MU_COUNT(dialects); i++)
        if (strcmp(dialects[i]->id, id) == 0)
            return dialects[i];
    return NULL;
}

const struct mu_agent *mu_agent_builtin(const char *id)
{
    for (size_t i = 0; i < MU_COUNT(known); i++)
        if (strcmp(known[i].id, id) == 0)
            return &known[i];
    return NULL;
}

void mu_agents_use(const struct mu_agent *agents, size_t n)
{
    added.rows = agents;
    added.n = n;
}

size_t mu_agent_count(void)
{
    size_t n = MU_COUNT(known);
    for (size_t i = 0; i < added.n; i++)
        n += !mu_agent_builtin(added.rows[i].id);
    return n;
}

/* Those that muster brings first, each as the file has it, then the file's own in its order. */
const struct mu_agent *mu_agent_at(size_t i)
{
    const struct mu_agent *own = i < MU_COUNT(known) ? &known[i] : NULL;
    size_t at = MU_COUNT(known);
    for (size_t k = 0; k < added.n; k++) {
        const struct mu_agent *a = &added.rows[k];
        if (own ? strcmp(own->id, a->id) == 0 : !mu_agent_builtin(a->id) && at++ == i)
            return a;
    }
    return own;
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
