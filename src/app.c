#include "app.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "hub/hub.h"
#include "io/conn.h"
#include "io/loop.h"
#include "runner/runner.h"
#include "server/access.h"
#include "server/server.h"
#include "store/store.h"

struct app {
    const struct mu_app_opts *opts;
    struct mu_store_why why;
    int lock_fd;
    struct mu_loop *loop;
    struct mu_store *store;
    struct mu_access *access;
    struct mu_hub *hub;
    struct mu_runner *runner;
    struct mu_server *server;
    char *listen_host;
    struct mu_agents_file *agents;
    bool stopping;
    struct mu_timer *patience; /* with a file system that does not answer */
    int waits;
};

static MU_PRINTF(2, 3) int fail(struct app *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(a->why.text, sizeof a->why.text, fmt, ap);
    va_end(ap);
    return -EINVAL;
}

/* ---- the data directory ---- */

/* mkdir -p; what is made is for this user only. */
static int make_dirs(const char *path)
{
    char *copy = mu_strdup(path);
    int rc = 0;
    for (char *slash = strchr(copy + 1, '/'); slash && !rc; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        rc = mkdir(copy, 0700) < 0 && errno != EEXIST ? -errno : 0;
        *slash = '/';
    }
    if (!rc && mkdir(copy, 0700) < 0 && errno != EEXIST)
        rc = -errno;
    free(copy);
    return rc;
}

/* A directory that holds files, but no database of muster's, is somebody else's. */
static int check_not_foreign(struct app *a)
{
    const char *dir = a->opts->dir;
    DIR *d = opendir(dir);
    if (!d)
        return fail(a, "The data directory %s cannot be read: %s.", dir, strerror(errno));
    bool own = false, other = false;
    for (struct dirent *e; (e = readdir(d));) {
        if (strcmp(e->d_name, "muster.db") == 0 || strcmp(e->d_name, "lock") == 0)
            own = true;
        else if (strcmp(e->d_name, MU_AGENTS_FILE_NAME) != 0 && strcmp(e->d_name, ".") != 0 &&
                 strcmp(e->d_name, "..") != 0)
            other = true;
    }
    closedir(d);
    if (other && !own)
        return fail(a,
                    "The directory %s holds files that are not muster's. Give an empty or a new "
                    "directory with --data.",
                    dir);
    return 0;
}

static int lock_dir(struct app *a)
{
    const char *dir = a->opts->dir;
    char *path = mu_asprintf("%s/lock", dir);
    a->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(path);
    if (a->lock_fd < 0)
        return fail(a, "The data directory %s cannot be written: %s.", dir, strerror(errno));
    if (flock(a->lock_fd, LOCK_EX | LOCK_NB) == 0) {
        if (ftruncate(a->lock_fd, 0) < 0 || dprintf(a->lock_fd, "%d\n", (int)getpid()) < 0)
            return fail(a, "The file %s/lock cannot be written: %s.", dir, strerror(errno));
        return 0;
    }
    char pid[16] = "?";
    ssize_t n = pread(a->lock_fd, pid, sizeof pid - 1, 0);
    pid[n > 0 ? strcspn(pid, "\n") : 1] = 0;
    return fail(a,
                "Another muster (pid %s) uses the data directory %s. Stop it, or give another "
                "directory with --data.",
                pid, dir);
}

static int open_dir(struct app *a)
{
    const char *dir = a->opts->dir;
    int rc = make_dirs(dir);
    struct stat st;
    if (rc)
        return fail(a, "The data directory %s cannot be made: %s.", dir, mu_strerror(rc));
    if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
        return fail(a, "The data directory %s is not a directory.", dir);
    if (st.st_uid != geteuid())
        return fail(a, "The data directory %s belongs to another user.", dir);
    rc = check_not_foreign(a);
    if (!rc)
        rc = lock_dir(a);
    if (!rc && chmod(dir, 0700) < 0)
        rc = fail(a, "The data directory %s cannot be made private: %s.", dir, strerror(errno));
    return rc;
}

/* Says where the server listens, for `muster login-url` and other commands. */
static int write_server_file(struct app *a, const char *url)
{
    char *path = mu_asprintf("%s/server.json", a->opts->dir);
    char *tmp = mu_asprintf("%s.new", path);
    json_t *json = json_pack("{s:i, s:s}", "pid", (int)getpid(), "url", url);
    int rc = json_dump_file(json, tmp, JSON_COMPACT) || rename(tmp, path) < 0;
    json_decref(json);
    if (rc)
        rc = fail(a, "The file %s cannot be written: %s.", path, strerror(errno));
    free(tmp);
    free(path);
    return rc;
}

char *mu_app_login_url(const char *dir)
{
    char *path = mu_asprintf("%s/server.json", dir), *url = NULL;
    json_t *json = json_load_file(path, 0, NULL);
    const char *base = json_string_value(json_object_get(json, "url"));
    struct mu_store_why why;
    if (!base) {
        fprintf(stderr,
                "muster: no server has used the data directory %s yet. Start one with "
                "`muster serve --data %s`.\n",
                dir, dir);
    } else {
        char *code = mu_access_login_code(dir, &why);
        if (code)
            url = mu_asprintf("%s/login?code=%s", base, code);
        else
            fprintf(stderr, "muster: %s\n", why.text);
        free(code);
    }
    json_decref(json);
    free(path);
    return url;
}

/* ---- the agents file ---- */

/* At most one byte more than the file may have. A negative errno; -ENOENT: there is none. */
static int read_agents(const char *path, struct mu_buf *text)
{
    struct stat st = {0};
    ssize_t n = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int rc = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;
    if (!rc && !S_ISREG(st.st_mode))
        rc = -EINVAL;
    while (!rc && n > 0 && text->len <= MU_AGENTS_FILE_BYTES) {
        mu_buf_reserve(text, MU_AGENTS_FILE_BYTES + 1);
        n = read(fd, text->data + text->len, MU_AGENTS_FILE_BYTES + 1 - text->len);
        rc = n < 0 ? -errno : 0;
        text->len += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

int mu_app_agents(const char *dir, struct mu_agents_file **out)
{
    char *path = mu_asprintf("%s/" MU_AGENTS_FILE_NAME, dir);
    struct mu_buf text = {0}, why = {0};
    *out = NULL;
    int rc = read_agents(path, &text);
    if (!rc)
        rc = mu_agents_file_parse(path, text.data, text.len, out, &why);
    else if (rc != -ENOENT)
        mu_buf_printf(&why, "%s cannot be read: %s.", path, mu_strerror(rc));
    if (*out)
        mu_agents_use((*out)->agents, (*out)->n);
    if (why.len)
        fprintf(stderr, "muster: %s\n", why.data);
    mu_buf_release(&why);
    mu_buf_release(&text);
    free(path);
    return rc == -ENOENT ? 0 : rc;
}

void mu_app_agents_release(struct mu_agents_file *file)
{
    mu_agents_use(NULL, 0);
    mu_agents_file_free(file);
}

/* ---- start ---- */

/* As many descriptors as the system lets this process have: one per connection. */
static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int check_address(struct app *a)
{
    const struct mu_app_opts *o = a->opts;
    int loopback = mu_net_is_loopback(o->listen);
    if (loopback < 0)
        return fail(a,
                    "--listen %s is not an address: give a numeric one and a port, such as "
                    "127.0.0.1:4747 or [::1]:4747.",
                    o->listen);
    if (!loopback && o->bench_topics)
        return fail(a, "--bench-topics works on a loopback address only: anybody could publish.");
    if (!loopback && !o->allow_remote)
        return fail(a,
                    "--listen %s is not a loopback address. Whoever reaches this server and signs "
                    "in runs commands as you, and the connection is not encrypted. If that is "
                    "meant, add --allow-remote (and --allow-host for the names it is reached by).",
                    o->listen);
    if (!loopback)
        mu_log(MU_LOG_WARN, "remote_allowed", "listen", o->listen, "reason",
               "--allow-remote: whoever signs in runs commands as this user, and HTTP is not "
               "encrypted; put a TLS proxy before it",
               NULL);
    return 0;
}

static int open_store(struct app *a, bool *first)
{
    int rc = mu_store_open(a->opts->dir, &a->store, &a->why);
    if (rc)
        return rc;
    a->listen_host =
        mu_strndup(a->opts->listen, (size_t)(strrchr(a->opts->listen, ':') - a->opts->listen));
    struct mu_access_opts access = {.store = a->store,
                                    .dir = a->opts->dir,
                                    .listen_host = a->listen_host,
                                    .hosts = a->opts->hosts,
                                    .host_count = a->opts->host_count};
    rc = mu_access_new(&access, &a->access, first, &a->why);
    if (!rc && (rc = mu_store_commit(a->store)))
        fail(a, "The database in %s cannot be written: %s.", a->opts->dir, mu_strerror(rc));
    return rc;
}

/* A time that a test makes shorter; 0: as usual. */
static int64_t ms_from(const char *variable)
{
    const char *text = getenv(variable);
    return text ? strtoll(text, NULL, 10) : 0;
}

static void make_modules(struct app *a)
{
    a->hub = mu_hub_new();
    struct mu_runner_opts runner = {.loop = a->loop,
                                    .store = a->store,
                                    .hub = a->hub,
                                    .data_dir = a->opts->dir,
                                    .exe = a->opts->exe,
                                    .keep_ms = ms_from("MUSTER_AGENT_KEEP_MS"),
                                    .quiet_ms = ms_from("MUSTER_QUIET_MS"),
                                    .start_ms = ms_from("MUSTER_START_MS")};
    a->runner = mu_runner_new(&runner);
    mu_hub_gather(a->hub, a->loop);
    struct mu_server_opts server = {.loop = a->loop,
                                    .store = a->store,
                                    .hub = a->hub,
                                    .runner = a->runner,
                                    .access = a->access,
                                    .version = MU_VERSION,
                                    .data_dir = a->opts->dir,
                                    .bench_topics = a->opts->bench_topics,
                                    .send = a->opts->send};
    a->server = mu_server_new(&server);
}

static int listen_now(struct app *a, bool first)
{
    int port;
    int rc = mu_server_listen(a->server, a->opts->listen, &port);
    if (rc == -EADDRINUSE)
        return fail(a,
                    "The address %s is in use by another program. Stop it, or give another port "
                    "with --listen.",
                    a->opts->listen);
    if (rc)
        return fail(a, "Listening on %s failed: %s.", a->opts->listen, mu_strerror(rc));
    mu_access_set_port(a->access, port);
    bool any = strcmp(a->listen_host, "0.0.0.0") == 0 || strcmp(a->listen_host, "[::]") == 0;
    char *url = mu_asprintf("http://%s:%d", any ? "127.0.0.1" : a->listen_host, port);
    rc = write_server_file(a, url);
    if (!rc) {
        mu_log(MU_LOG_INFO, "listening", "url", url, "data", a->opts->dir, "version", MU_VERSION,
               NULL);
        /* For the person who started it: on stdout, not in the log. */
        char *link = first || isatty(STDOUT_FILENO) ? mu_app_login_url(a->opts->dir) : NULL;
        if (link)
            printf("Open this link to sign in (once, within 10 minutes):\n\n  %s\n\n", link);
        fflush(stdout);
        free(link);
    }
    free(url);
    return rc;
}

/* ---- stop ---- */

enum { PATIENCE_MS = 50, PATIENCE_WAITS = 40 };

/* A thread that waits for a disk cannot be ended but with the process. All else is done by then. */
static void on_patience(void *ctx)
{
    struct app *a = ctx;
    bool held_up = mu_server_is_held_up(a->server);
    if (held_up && a->waits++ < PATIENCE_WAITS)
        return;
    mu_timer_free(a->patience);
    if (!held_up)
        return;
    mu_log(MU_LOG_WARN, "lookups_left", "reason", "a file system does not answer", NULL);
    mu_store_close(a->store);
    fflush(NULL);
    _exit(0);
}

static void on_server_closed(void *ctx)
{
    struct app *a = ctx;
    mu_loop_stop(a->loop);
    if (!mu_server_is_held_up(a->server))
        return;
    a->patience = mu_timer_new(a->loop, on_patience, a);
    mu_timer_start(a->patience, PATIENCE_MS, PATIENCE_MS);
}

static void on_runner_closed(void *ctx)
{
    struct app *a = ctx;
    mu_server_shutdown(a->server, on_server_closed, a);
}

static void on_signal(void *ctx, int signum)
{
    struct app *a = ctx;
    if (a->stopping)
        return;
    a->stopping = true;
    mu_log(MU_LOG_INFO, "stopping", "signal", mu_log_num(signum), NULL);
    mu_runner_flush(a->runner);
    mu_runner_close(a->runner, on_runner_closed, a);
}

static void release(struct app *a)
{
    if (a->loop)
        mu_loop_free(a->loop); /* first: its last callbacks may reach the modules */
    mu_server_free(a->server);
    if (a->runner)
        mu_runner_free(a->runner);
    mu_hub_free(a->hub);
    mu_access_free(a->access);
    mu_store_close(a->store);
    if (a->lock_fd >= 0)
        close(a->lock_fd);
    free(a->listen_host);
    mu_app_agents_release(a->agents);
}

/* One line on stderr, whatever SQLite had to say. */
static void say_why(struct app *a)
{
    for (char *p = a->why.text; (p = strchr(p, '\n'));)
        *p = ' ';
    fprintf(stderr, "muster: %s\n", a->why.text);
}

int mu_app_serve(const struct mu_app_opts *opts)
{
    struct app a = {.opts = opts, .lock_fd = -1};
    bool first = false, said = false;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is an error like a full disk */
    raise_descriptors();
    int rc = check_address(&a);
    if (!rc)
        rc = open_dir(&a);
    if (!rc)
        said = (rc = mu_app_agents(opts->dir, &a.agents)) != 0;
    if (!rc)
        rc = open_store(&a, &first);
    if (rc)
        goto out;
    a.loop = mu_loop_new();
    mu_loop_on_signal(a.loop, SIGINT, on_signal, &a);
    mu_loop_on_signal(a.loop, SIGTERM, on_signal, &a);
    make_modules(&a);
    rc = listen_now(&a, first);
    if (rc) /* closes what was made, without having served */
        mu_runner_close(a.runner, on_runner_closed, &a);
    mu_loop_run(a.loop);
out:
    if (rc && !said)
        say_why(&a);
    release(&a);
    return said ? 2 : rc ? 1 : 0;
}
