#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "hold/census.h"

static const char help[] =
    "Usage: muster ps [--json] [--data DIR]\n"
    "\n"
    "Lists every process that muster is answerable for: the holders of this user, the agents they\n"
    "run, and whatever the agents have started (tools), as the system tells it. It needs no "
    "server.\n"
    "\n"
    "  --data DIR  only those of this data directory\n"
    "  --json      an object {\"processes\": [...], \"totals\": {...}} instead of the table\n"
    "  --help      this text\n"
    "\n"
    "CPU is the processor time so far; %CPU that time as a share of the process's age. Processes\n"
    "whose holder was killed are listed by the mark in their environment, or their cgroup; their\n"
    "data directory is not known then, and --data leaves them out unless it has the run's folder.\n"
    "Exit status: 0, also when nothing runs; 1 when the processes cannot be read.\n";

enum { WIDTH_DEFAULT = 160, COMMAND_MIN = 24 };

struct totals {
    size_t sessions, holders, agents, tools;
    int64_t cpu_ms, rss;
};

static const char *const kinds[] = {"holder", "agent", "tool"};

static bool is_of(const struct mu_census_row *row, const char *dir)
{
    if (row->dir) {
        char *real = realpath(row->dir, NULL);
        bool same = strcmp(real ? real : row->dir, dir) == 0;
        free(real);
        return same;
    }
    char *path = mu_asprintf("%s/runs/%s", dir, row->run);
    bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

static struct totals add_up(const struct mu_census *c)
{
    struct totals t = {0};
    for (size_t i = 0; i < c->n; i++) {
        const struct mu_census_row *row = &c->rows[i];
        /* Where nobody says which session it is, each run is one. */
        t.sessions += i == 0 || strcmp(row->session, c->rows[i - 1].session) != 0 ||
                      (!row->session[0] && strcmp(row->run, c->rows[i - 1].run) != 0);
        t.holders += row->kind == MU_CENSUS_HOLDER;
        t.agents += row->kind == MU_CENSUS_AGENT;
        t.tools += row->kind == MU_CENSUS_TOOL;
        t.cpu_ms += row->cpu_ms;
        t.rss += row->rss;
    }
    return t;
}

static double share(const struct mu_census_row *row)
{
    return row->age_ms > 0 ? 100.0 * (double)row->cpu_ms / (double)row->age_ms : 0;
}

/* ---- the table ---- */

static const char *show_age(int64_t ms, char out[16])
{
    int64_t s = ms / 1000;
    if (s >= 86400)
        snprintf(out, 16, "%" PRId64 "d%02dh", s / 86400 % 100000, (int)(s / 3600 % 24));
    else if (s >= 3600)
        snprintf(out, 16, "%dh%02dm", (int)(s / 3600), (int)(s / 60 % 60));
    else if (s >= 60)
        snprintf(out, 16, "%dm%02ds", (int)(s / 60), (int)(s % 60));
    else
        snprintf(out, 16, "%ds", (int)(s > 0 ? s : 0));
    return out;
}

static double mebibytes(int64_t bytes)
{
    return (double)bytes / (1024 * 1024);
}

/* How many columns the terminal has; one that is none has WIDTH_DEFAULT. */
static int width(void)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : WIDTH_DEFAULT;
}

static void print_table(const struct mu_census *c)
{
    struct totals t = add_up(c);
    char age[16];
    int used = printf("%-36s  %-10s  %-6s  %7s  %7s  %8s  %5s  %9s  ", "SESSION", "AGENT", "KIND",
                      "PID", "AGE", "CPU", "%CPU", "RSS");
    int left = width() - used;
    size_t room = (size_t)(left > COMMAND_MIN ? left : COMMAND_MIN);
    puts("COMMAND");
    for (size_t i = 0; i < c->n; i++) {
        const struct mu_census_row *row = &c->rows[i];
        size_t n = strlen(row->command);
        n = n > room ? mu_utf8_cut(row->command, room) : n;
        printf("%-36s  %-10s  %-6s  %7ld  %7s  %7.1fs  %5.1f  %5.1f MiB  %.*s\n",
               row->session[0] ? row->session : "?", row->agent[0] ? row->agent : "?",
               kinds[row->kind], (long)row->pid, show_age(row->age_ms, age),
               (double)row->cpu_ms / 1000, share(row), mebibytes(row->rss), (int)n, row->command);
    }
    printf("\n%zu sessions, %zu processes: %zu holders, %zu agents, %zu tools; %.1f s CPU, %.1f "
           "MiB.\n",
           t.sessions, c->n, t.holders, t.agents, t.tools, (double)t.cpu_ms / 1000,
           mebibytes(t.rss));
}

/* ---- JSON ---- */

static void put_word(struct mu_buf *b, const char *name, const char *value)
{
    mu_buf_printf(b, ",\"%s\":", name);
    mu_buf_json(b, value && *value ? value : NULL);
}

static void print_json(const struct mu_census *c)
{
    struct totals t = add_up(c);
    struct mu_buf b = {0};
    mu_buf_str(&b, "{\"processes\":[");
    for (size_t i = 0; i < c->n; i++) {
        const struct mu_census_row *row = &c->rows[i];
        mu_buf_printf(&b, "%s{\"pid\":%ld,\"parent\":%ld", i ? "," : "", (long)row->pid,
                      (long)row->parent);
        put_word(&b, "kind", kinds[row->kind]);
        put_word(&b, "session", row->session);
        put_word(&b, "agent", row->agent);
        put_word(&b, "run", row->run);
        put_word(&b, "data", row->dir);
        put_word(&b, "command", row->command);
        mu_buf_printf(&b,
                      ",\"age_ms\":%" PRId64 ",\"cpu_ms\":%" PRId64
                      ",\"cpu_percent\":%.1f,\"rss_bytes\":%" PRId64 "}",
                      row->age_ms, row->cpu_ms, share(row), row->rss);
    }
    mu_buf_printf(&b,
                  "],\"totals\":{\"sessions\":%zu,\"processes\":%zu,\"holders\":%zu,\"agents\":%zu,"
                  "\"tools\":%zu,\"cpu_ms\":%" PRId64 ",\"rss_bytes\":%" PRId64 "}}",
                  t.sessions, c->n, t.holders, t.agents, t.tools, t.cpu_ms, t.rss);
    puts(b.data);
    mu_buf_release(&b);
}

/* ---- the command ---- */

static void keep_only(struct mu_census *c, const char *dir)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->n; i++) {
        struct mu_census_row row = c->rows[i];
        if (is_of(&row, dir)) {
            c->rows[kept++] = row;
        } else {
            free(row.dir);
            free(row.command);
        }
    }
    c->n = kept;
}

static int run(const struct mu_command *self, int argc, char **argv)
{
    const char *data = NULL;
    bool json = false;
    const struct mu_option options[] = {
        {.name = "--json", .flag = &json}, {.name = "--data", .value = &data}, {0}};
    struct mu_census c;
    int rc = mu_cli_options(self, argc, argv, options);
    if (rc)
        return rc == 1 ? 0 : rc;
    char *given = data ? mu_cli_data_dir(data) : NULL;
    char *dir = given ? realpath(given, NULL) : NULL;
    if (data && !dir) {
        if (given)
            fprintf(stderr, "muster ps: the data directory %s: %s.\n", given, strerror(errno));
        free(given);
        return 1;
    }
    free(given);
    rc = mu_census_take(&c);
    if (rc)
        fprintf(stderr, "muster ps: /proc cannot be read: %s.\n", mu_strerror(rc));
    if (dir)
        keep_only(&c, dir);
    if (!rc && json)
        print_json(&c);
    else if (!rc && c.n == 0)
        puts("Nothing runs.");
    else if (!rc)
        print_table(&c);
    mu_census_release(&c);
    free(dir);
    return rc ? 1 : 0;
}

const struct mu_command mu_cmd_ps = {
    .name = "ps",
    .summary = "list the processes that muster is answerable for",
    .help = help,
    .run = run,
};
