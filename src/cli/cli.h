/*
 * The commands of the program, one file each.
 *
 * Layer: cli. A command gets its own arguments (argv[0] is its name) and returns the process's exit
 * status: 0, 1 when it failed (a sentence was printed on stderr), 2 when it was called wrongly.
 */
#ifndef MU_CLI_CLI_H
#define MU_CLI_CLI_H

#include "base/base.h"

struct mu_command {
    const char *name;
    const char *summary; /* one line for `muster --help`; NULL: not shown */
    const char *help;    /* what `muster NAME --help` prints */
    int (*run)(const struct mu_command *self, int argc, char **argv);
};

extern const struct mu_command mu_cmd_serve, mu_cmd_hold, mu_cmd_login_url, mu_cmd_agents,
    mu_cmd_ps;

/* Finds argv[0]'s command and runs it; knows --help and --version. */
int mu_cli_main(int argc, char **argv);

/* One option of a command: "--data" takes a value, a flag does not. */
struct mu_option {
    const char *name;
    const char **value; /* where the value goes; NULL for a flag */
    bool *flag;
    void (*each)(void *ctx, const char *value); /* instead of value: may come several times */
    void *ctx;
};

/* Reads argv against options (ended by a NULL name). 0 to go on; 1 after --help was printed; 2
 * after a sentence about what is wrong. */
int mu_cli_options(const struct mu_command *cmd, int argc, char **argv,
                   const struct mu_option *options);

/* The data directory: what --data gave, else $XDG_DATA_HOME/muster, else ~/.local/share/muster;
 * made absolute. Returned owned, or NULL after a sentence. */
char *mu_cli_data_dir(const char *given);

#endif
