#include "agent/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const dash_acp_args[] = {"--acp", NULL};
static const struct mu_hold_env gemini_env[] = {{"GEMINI_CLI_NO_RELAUNCH", "true"}};
static const char *const acp_args[] = {"acp", NULL};

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
    {.id = "gemini",
     .name = "Gemini CLI",
     .icon = "gemini",
     .dialect = &mu_dialect_acp,
     .program = "gemini",
     .program_env = "MUSTER_GEMINI",
     .args = dash_acp_args,
     .env = gemini_env,
     .n_env = MU_COUNT(gemini_env),
     .version = "--version",
     .how_to_get = "Install it with `npm install -g @google/gemini-cli`, or set MUSTER_GEMINI to "
                   "the path of the program, and start muster again."},
    {.id = "opencode",
     .name = "opencode",
     .icon = "opencode",
     .dialect = &mu_dialect_acp,
     .program = "opencode",
     .program_env = "MUSTER_OPENCODE",
     .args = acp_args,
     .version = "--version",
     .how_to_get = "Install it with `npm install -g opencode-ai`, or set MUSTER_OPENCODE to the "
                   "path of the program, and start muster again."},
    {.id = "goose",
     .name = "Goose",
     .icon = "goose",
     .dialect = &mu_dialect_acp_ends,
     .program = "goose",
     .program_env = "MUSTER_GOOSE",
     .args = acp_args,
     .version = "--version",
     .how_to_get = "Install it with `curl -fsSL "
                   "https://github.com/aaif-goose/goose/releases/download/stable/download_cli.sh | "
                   "bash`, or set MUSTER_GOOSE to the path of the program, and start muster "
                   "again."},
    {.id = "copilot",
     .name = "GitHub Copilot",
     .icon = "copilot",
     .dialect = &mu_dialect_acp_ends,
     .program = "copilot",
     .program_env = "MUSTER_COPILOT",
     .args = dash_acp_args,
     .version = "--version",
     .how_to_get = "Install it with `npm install -g @github/copilot`, or set MUSTER_COPILOT to the "
                   "path of the program, and start muster again."},
    {.id = "cursor",
     .name = "Cursor",
     .icon = "cursor",
     .dialect = &mu_dialect_acp_ends,
     .program = "cursor-agent",
     .program_env = "MUSTER_CURSOR",
     .args = acp_args,
     .version = "--version",
     .how_to_get = "Install it with `curl https://cursor.com/install -fsS | bash`, or set "
                   "MUSTER_CURSOR to the path of the program, and start muster again."},
    {.id = "claude-acp",
     .name = "Claude Code over ACP",
     .icon = "claude",
     .dialect = &mu_dialect_acp,
     .program = "claude-agent-acp",
     .program_env = "MUSTER_CLAUDE_ACP",
     .how_to_get = "Install it with `npm install -g @agentclientprotocol/claude-agent-acp`, or set "
                   "MUSTER_CLAUDE_ACP to the path of the program, and start muster again."},
    {.id = "codex-acp",
     .name = "Codex over ACP",
     .icon = "codex",
     .dialect = &mu_dialect_acp_ends,
     .program = "codex-acp",
     .program_env = "MUSTER_CODEX_ACP",
     .how_to_get = "Install it with `npm install -g @agentclientprotocol/codex-acp`, or set "
                   "MUSTER_CODEX_ACP to the path of the program, and start muster again."},
    {.id = "shell",
     .name = "Shell",
     .icon = "shell",
     .dialect = &mu_dialect_shell,
     .program = "/bin/sh",
     .how_to_get = "Every Unix system has one."},
};

static const struct mu_dialect *const dialects[] = {
    &mu_dialect_shell, &mu_dialect_text,     &mu_dialect_claude,
    &mu_dialect_codex, &mu_dialect_acp_ends,
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

static bool names(const struct mu_hold_env *env, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(env[i].name, name) == 0)
            return true;
    return false;
}

int mu_agent_put_spec(const struct mu_agent_start *start, const struct mu_hold_spec *own,
                      struct mu_buf *out)
{
    size_t n_args = 0, n_argv = 0, at = 0, n_env = 0;
    while (start->args && start->args[n_args])
        n_args++;
    while (own->argv[n_argv])
        n_argv++;
    const char **argv = mu_alloc((n_argv + n_args + 1) * sizeof *argv);
    struct mu_hold_env *env = mu_alloc((own->n_env + start->n_env + 1) * sizeof *env);
    argv[at++] = own->argv[0];
    for (size_t i = 0; i < n_args; i++)
        argv[at++] = start->args[i];
    for (size_t i = 1; i < n_argv; i++)
        argv[at++] = own->argv[i];
    for (size_t i = 0; i < own->n_env; i++)
        if (!names(start->env, start->n_env, own->env[i].name))
            env[n_env++] = own->env[i];
    for (size_t i = 0; i < start->n_env; i++)
        env[n_env++] = start->env[i];
    struct mu_hold_spec spec = *own;
    spec.run = start->run_id;
    spec.cwd = start->cwd;
    spec.argv = argv;
    spec.env = env;
    spec.n_env = n_env;
    int rc = mu_hold_spec_put(out, &spec);
    free(env);
    free(argv);
    return rc;
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
