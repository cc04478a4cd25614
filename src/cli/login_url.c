#include <stdio.h>
#include <stdlib.h>

#include "app.h"
#include "cli/cli.h"

static const char help[] =
    "Usage: muster login-url [--data DIR]\n"
    "\n"
    "Prints a link that signs a browser in to the server that uses the data directory. It works\n"
    "once and for 10 minutes; the browser then stays signed in for 30 days.\n";

static int run(const struct mu_command *self, int argc, char **argv)
{
    const char *data = NULL;
    const struct mu_option options[] = {{.name = "--data", .value = &data}, {0}};
    int rc = mu_cli_options(self, argc, argv, options);
    if (rc)
        return rc == 1 ? 0 : rc;
    char *dir = mu_cli_data_dir(data);
    char *url = dir ? mu_app_login_url(dir) : NULL;
    if (url)
        puts(url);
    rc = url ? 0 : 1;
    free(url);
    free(dir);
    return rc;
}

const struct mu_command mu_cmd_login_url = {
    .name = "login-url",
    .summary = "print a one-time link that signs a browser in",
    .help = help,
    .run = run,
};
