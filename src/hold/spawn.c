#include "hold/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct pipes {
    int in[2];
    int out[2];
    int err[2];
    int exec[2];
    int door; /* borrowed */
};

static bool overridden(const struct mu_hold_spec *spec, const char *entry)
{
    size_t len = strcspn(entry, "=");
    if (strncmp(entry, MU_HOLD_MARKER, len) == 0 && len == strlen(MU_HOLD_MARKER))
        return true;
    for (size_t i = 0; i < spec->n_env; i++) {
        if (strlen(spec->env[i].name) == len && strncmp(entry, spec->env[i].name, len) == 0)
            return true;
    }
    return false;
}

static char **make_environment(const struct mu_hold_spec *spec)
{
    size_t n = 0;
    while (environ[n])
        n++;
    char **env = mu_alloc((n + spec->n_env + 2) * sizeof *env);
    size_t at = 0;
    env[at++] = mu_asprintf(MU_HOLD_MARKER "=%s", spec->run);
    for (size_t i = 0; i < n; i++) {
        if (!overridden(spec, environ[i]))
            env[at++] = mu_strdup(environ[i]);
    }
    for (size_t i = 0; i < spec->n_env; i++) {
        const struct mu_hold_env *e = &spec->env[i];
        if (e->value && strcmp(e->name, MU_HOLD_MARKER) != 0)
            env[at++] = mu_asprintf("%s=%s", e->name, e->value);
    }
    return env;
}

static void free_environment(char **env)
{
    for (size_t i = 0; env[i]; i++)
        free(env[i]);
    free(env);
}

static _Noreturn void give_up(int fd, const char *sentence)
{
    size_t n = strlen(sentence);
    ssize_t done = write(fd, sentence, n < MU_SPAWN_WHY_MAX ? n : MU_SPAWN_WHY_MAX);
    _exit(done < 0 ? 126 : 127);
}

static char *explain_directory(const char *cwd, int err)
{
    if (err == ENOENT)
        return mu_asprintf("the directory %s does not exist", cwd);
    if (err == ENOTDIR)
        return mu_asprintf("%s is not a directory", cwd);
    if (err == EACCES)
        return mu_asprintf("the directory %s cannot be entered: permission denied", cwd);
    return mu_asprintf("the directory %s cannot be entered: %s", cwd, strerror(err));
}

/* The program is there and yet the system says ENOENT: its interpreter is not. */
static char *explain_interpreter(const char *program)
{
    char line[256] = "";
    int fd = open(program, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, line, sizeof line - 1) : 0;
    if (fd >= 0)
        close(fd);
    if (n < 3 || line[0] != '#' || line[1] != '!')
        return mu_asprintf("%s cannot be started: its loader is missing; it was built for another "
                           "system",
                           program);
    char *name = line + 2 + strspn(line + 2, " \t");
    name[strcspn(name, " \t\r\n")] = '\0';
    return mu_asprintf("%s cannot be started: its interpreter %s does not exist", program, name);
}

static char *explain_found(const char *program, int err)
{
    struct stat st;
    if (err == ENOENT && access(program, F_OK) == 0)
        return explain_interpreter(program);
    if (err == ENOENT)
        return mu_asprintf("%s: no such program", program);
    if (err == EACCES && stat(program, &st) == 0 && S_ISDIR(st.st_mode))
        return mu_asprintf("%s is a directory, not a program", program);
    if (err == EACCES && access(program, F_OK) == 0 && access(program, X_OK) != 0)
        return mu_asprintf("%s is not executable", program);
    return mu_asprintf("%s cannot be started: %s", program, strerror(err));
}

/* Where execvp(3) met a file of that name in PATH; owned, NULL when nowhere. */
static char *find_in_path(const char *name)
{
    const char *path = getenv("PATH");
    for (const char *p = path ? path : "/bin:/usr/bin"; *p;) {
        size_t n = strcspn(p, ":");
        char *full = mu_asprintf("%.*s%s%s", (int)n, p, n ? "/" : "./", name);
        if (access(full, F_OK) == 0)
            return full;
        free(full);
        p += n + (p[n] == ':');
    }
    return NULL;
}

static char *explain_exec(const char *name, int err)
{
    if (err == E2BIG)
        return mu_asprintf("%s cannot be started: its arguments and environment are together "
                           "larger than the system allows",
                           name);
    if (strchr(name, '/'))
        return explain_found(name, err);
    char *full = find_in_path(name);
    return full ? explain_found(full, err) : mu_asprintf("%s: not found in PATH", name);
}

static void reset_signals(void)
{
    sigset_t none;
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void child(const struct mu_hold_spec *spec, const struct pipes *p, char **env,
                            pid_t holder)
{
    int report = p->exec[1];
    int in = p->in[0] >= 0 ? p->in[0] : open("/dev/null", O_RDONLY | O_CLOEXEC);

    setsid();
    /* Without the cgroup the agent runs all the same. */
    if (p->door >= 0 && write(p->door, "0", 1) != 1)
        errno = 0;
    /* Should the holder be killed, nobody would hear the agent any more. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != holder)
        _exit(127);
    int err = spec->one_output ? p->out[1] : p->err[1];
    if (in < 0 || dup2(in, 0) < 0 || dup2(p->out[1], 1) < 0 || dup2(err, 2) < 0)
        give_up(report, mu_asprintf("the agent's pipes cannot be set up: %s", strerror(errno)));
    if (chdir(spec->cwd) < 0)
        give_up(report, explain_directory(spec->cwd, errno));
    reset_signals();
    environ = env;
    execvp(spec->argv[0], (char *const *)spec->argv);
    give_up(report, explain_exec(spec->argv[0], errno));
}

static void close_pair(int pair[2])
{
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0)
            close(pair[i]);
        pair[i] = -1;
    }
}

static void close_all(struct pipes *p)
{
    close_pair(p->in);
    close_pair(p->out);
    close_pair(p->err);
    close_pair(p->exec);
}

static int keep(int *end)
{
    int fd = *end;
    *end = -1;
    if (fd >= 0)
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

int mu_spawn(const struct mu_hold_spec *spec, int door, struct mu_spawned *out, struct mu_buf *why)
{
    struct pipes p = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, door};
    int rc = 0;
    char **env = make_environment(spec);
    pid_t holder = getpid();

    if ((spec->stdin_pipe && pipe2(p.in, O_CLOEXEC) < 0) || pipe2(p.out, O_CLOEXEC) < 0 ||
        (!spec->one_output && pipe2(p.err, O_CLOEXEC) < 0) || pipe2(p.exec, O_CLOEXEC) < 0) {
        rc = -errno;
        mu_buf_printf(why, "the agent's pipes cannot be made: %s", strerror(-rc));
        goto out;
    }
    pid_t pid = fork();
    if (pid == 0)
        child(spec, &p, env, holder);
    if (pid < 0) {
        rc = -errno;
        mu_buf_printf(why, "no process can be made for the agent: %s", strerror(-rc));
        goto out;
    }
    *out = (struct mu_spawned){.pid = pid,
                               .in = keep(&p.in[1]),
                               .out = keep(&p.out[0]),
                               .err = keep(&p.err[0]),
                               .exec = keep(&p.exec[0])};
out:
    close_all(&p);
    free_environment(env);
    return rc;
}
