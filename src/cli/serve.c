#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "base/log.h"
#include "cli/cli.h"

static const char help[] =
    "Usage: muster serve [options]\n"
    "\n"
    "Runs the server: the page, the API and the channels, on one address.\n"
    "\n"
    "  --listen ADDR      where to listen (default 127.0.0.1:4747; port 0: any free one)\n"
    "  --data DIR         where the data is kept (default $XDG_DATA_HOME/muster, or\n"
    "                     ~/.local/share/muster)\n"
    "  --allow-remote     lets --listen name an address that is not loopback: whoever\n"
    "                     signs in there runs commands as you, unencrypted\n"
    "  --allow-host NAME  a host name, or name:port, that the server is reached by beside\n"
    "                     its address; may come several times (16 at most)\n"
    "  --log-level LEVEL  debug, info (default), warn or error\n"
    "  --log-json         log lines as JSON objects\n"
    "  --io-uring WAY     auto (default): writes to many browsers go through io_uring where\n"
    "                     the kernel allows it; off\n"
    "  --send-threads N   threads that share such writes with the main one: 0 to 15, or\n"
    "                     auto (default): half as many as there are cores, at most 4\n"
    "  --bench-topics     topics `bench:*` for a load generator (loopback only)\n"
    "  --help             this text\n"
    "\n"
    "DIR/agents.json adds agents; `muster agents` checks it. A mistake in it ends `muster serve`\n"
    "with status 2.\n"
    "\n"
    "Stop it with Ctrl-C or SIGTERM. Agents go on without it and are taken up again at the\n"
    "next start.\n";

static void add_host(void *ctx, const char *value)
{
    struct mu_app_opts *o = ctx;
    if (o->host_count < MU_APP_HOSTS_MAX)
        o->hosts[o->host_count++] = value;
    else
        fprintf(stderr, "muster serve: --allow-host %s is ignored: 16 at most.\n", value);
}

/* 0, or 2 after a sentence. */
static int read_send(const char *uring, const char *threads, struct mu_sender_opts *out)
{
    bool cores = strcmp(threads, "auto") == 0;
    char *end = NULL;
    long n = cores ? MU_SENDER_AUTO : strtol(threads, &end, 10);
    out->uring = strcmp(uring, "auto") == 0;
    out->threads = (int)n;
    if (!out->uring && strcmp(uring, "off") != 0)
        fprintf(stderr, "muster serve: --io-uring %s: it is auto or off.\n", uring);
    else if (!cores && (end == threads || *end || n < 0 || n > MU_SENDER_THREADS_MAX))
        fprintf(stderr, "muster serve: --send-threads %s: it is auto, or a number from 0 to 15.\n",
                threads);
    else
        return 0;
    return 2;
}

static int run(const struct mu_command *self, int argc, char **argv)
{
    struct mu_app_opts o = {.listen = "127.0.0.1:4747"};
    const char *data = NULL, *level_word = "info", *uring = "auto", *threads = "auto";
    bool json = false;
    enum mu_log_level level;
    const struct mu_option options[] = {
        {.name = "--listen", .value = &o.listen},
        {.name = "--data", .value = &data},
        {.name = "--allow-remote", .flag = &o.allow_remote},
        {.name = "--allow-host", .each = add_host, .ctx = &o},
        {.name = "--log-level", .value = &level_word},
        {.name = "--log-json", .flag = &json},
        {.name = "--io-uring", .value = &uring},
        {.name = "--send-threads", .value = &threads},
        {.name = "--bench-topics", .flag = &o.bench_topics},
        {0},
    };
    int rc = mu_cli_options(self, argc, argv, options);
    if (rc)
        return rc == 1 ? 0 : rc;
    if (mu_log_level_parse(level_word, &level)) {
        fprintf(stderr, "muster serve: --log-level %s: it is debug, info, warn or error.\n",
                level_word);
        return 2;
    }
    if (read_send(uring, threads, &o.send))
        return 2;
    mu_log_setup(level, json);
    char *dir = mu_cli_data_dir(data);
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (!dir || n < 0) {
        if (dir)
            fprintf(stderr, "muster: /proc/self/exe cannot be read: %s.\n", strerror(errno));
        free(dir);
        return 1;
    }
    exe[n] = 0;
    o.dir = dir;
    o.exe = exe;
    rc = mu_app_serve(&o);
    free(dir);
    return rc;
}

const struct mu_command mu_cmd_serve = {
    .name = "serve",
    .summary = "run the server",
    .help = help,
    .run = run,
};
