#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "hold/hold.h"

static const char help[] =
    "Usage: muster hold RUNDIR\n"
    "\n"
    "Owns one agent's pipes. `muster serve` starts it; there is no need to call it by hand.\n";

static int run(const struct mu_command *self, int argc, char **argv)
{
    if (argc != 2 || argv[1][0] == '-') {
        fputs(self->help, argc == 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
        return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    return mu_hold_main(argv[1]);
}

const struct mu_command mu_cmd_hold = {
    .name = "hold",
    .help = help,
    .run = run,
};
