#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"

static const struct mu_command *const commands[] = {&mu_cmd_serve, &mu_cmd_login_url,
                                                    &mu_cmd_agents, &mu_cmd_ps, &mu_cmd_hold};

static void print_help(FILE *out)
{
    fprintf(out, "muster runs coding agents as sessions and shows the state of each in the browser."
                 "\n\nUsage: muster COMMAND [options]\n\nCommands:\n");
    for (size_t i = 0; i < MU_COUNT(commands); i++)
        if (commands[i]->summary)
            fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out,
            "\n  --help     this text; after a command, that command's\n"
            "  --version  the version\n\n"
            "Agents of your own go into agents.json in the data directory: docs/agents-file.md.\n\n"
            "First steps: `muster serve`, then open the link it prints.\n");
}

int mu_cli_main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--version") == 0 || strcmp(word, "version") == 0) {
        printf("muster %s\n", MU_VERSION);
        return 0;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        print_help(stdout);
        return 0;
    }
    for (size_t i = 0; i < MU_COUNT(commands); i++)
        if (strcmp(word, commands[i]->name) == 0)
            return commands[i]->run(commands[i], argc - 1, argv + 1);
    if (*word)
        fprintf(stderr, "muster: there is no command \"%s\". `muster --help` lists them.\n", word);
    else
        print_help(stderr);
    return 2;
}

static int wrong(const struct mu_command *cmd, const char *what, const char *arg)
{
    fprintf(stderr, "muster %s: %s: %s. `muster %s --help` lists the options.\n", cmd->name, what,
            arg, cmd->name);
    return 2;
}

static int take(const struct mu_option *o, const char *value)
{
    if (o->flag)
        *o->flag = true;
    else if (o->value)
        *o->value = value;
    else
        o->each(o->ctx, value);
    return 0;
}

int mu_cli_options(const struct mu_command *cmd, int argc, char **argv,
                   const struct mu_option *options)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(cmd->help, stdout);
            return 1;
        }
        const struct mu_option *o = options;
        size_t n = strcspn(argv[i], "=");
        while (o->name && (strlen(o->name) != n || strncmp(o->name, argv[i], n) != 0))
            o++;
        if (!o->name)
            return wrong(cmd, "unknown option", argv[i]);
        bool inline_value = argv[i][n] == '=';
        if (o->flag && inline_value)
            return wrong(cmd, "this option takes no value", argv[i]);
        const char *value = inline_value ? argv[i] + n + 1 : NULL;
        if (!o->flag && !value && !(value = argv[++i]))
            return wrong(cmd, "a value is missing after", o->name);
        take(o, value);
    }
    return 0;
}

char *mu_cli_data_dir(const char *given)
{
    const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (given && given[0] == '/')
        return mu_strdup(given);
    if (given && *given) {
        char cwd[4096];
        if (!getcwd(cwd, sizeof cwd)) {
            fprintf(stderr, "muster: the current directory cannot be read.\n");
            return NULL;
        }
        return mu_asprintf("%s/%s", cwd, given);
    }
    if (xdg && xdg[0] == '/')
        return mu_asprintf("%s/muster", xdg);
    if (home && home[0] == '/')
        return mu_asprintf("%s/.local/share/muster", home);
    fprintf(stderr, "muster: neither XDG_DATA_HOME nor HOME is set. Say where the data goes with "
                    "--data DIR.\n");
    return NULL;
}
