#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "cli/cli.h"

static const char help[] =
    "Usage: muster agents [--data DIR]\n"
    "\n"
    "Lists the agents that a session can have: those that muster brings and those of\n"
    "DIR/agents.json, with their dialects and where their programs are. Exit status 2 when there "
    "is\n"
    "a mistake in agents.json: it says the line and the reason.\n";

enum { PATH_SIZE = 4096 };

static void print_row(const struct mu_agent *agent, int id_width)
{
    char path[PATH_SIZE];
    const char *program = mu_agent_program(agent);
    printf("%-*s  %-7s  ", id_width, agent->id, agent->dialect->id);
    if (mu_agent_locate(program, path, sizeof path))
        printf("%s\n", path);
    else
        printf("%s was not found. %s\n", program, agent->how_to_get);
}

static void print_all(void)
{
    int width = 2;
    for (size_t i = 0; i < mu_agent_count(); i++) {
        int n = (int)strlen(mu_agent_at(i)->id);
        width = n > width ? n : width;
    }
    printf("%-*s  %-7s  %s\n", width, "ID", "DIALECT", "PROGRAM");
    for (size_t i = 0; i < mu_agent_count(); i++)
        print_row(mu_agent_at(i), width);
}

static int run(const struct mu_command *self, int argc, char **argv)
{
    const char *data = NULL;
    const struct mu_option options[] = {{.name = "--data", .value = &data}, {0}};
    int rc = mu_cli_options(self, argc, argv, options);
    if (rc)
        return rc == 1 ? 0 : rc;
    struct mu_agents_file *file = NULL;
    char *dir = mu_cli_data_dir(data);
    if (!dir)
        return 1;
    rc = mu_app_agents(dir, &file) ? 2 : 0;
    if (rc == 0)
        print_all();
    mu_app_agents_release(file);
    free(dir);
    return rc;
}

const struct mu_command mu_cmd_agents = {
    .name = "agents",
    .summary = "list the agents, and check agents.json",
    .help = help,
    .run = run,
};
