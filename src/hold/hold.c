#include "hold/hold.h"

#include "hold/cgroup.h"
#include "hold/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { FD_SIGNALS, FD_LISTEN, FD_PEER, FD_RUN, FD_COUNT = FD_RUN + MU_RUN_POLLFDS };

struct holder {
    struct mu_hold_spec_owned spec;
    struct mu_run run;
    struct mu_peer peer;
    int signals;
    int listener;
    int64_t alone_since; /* when the server went, or when the run ended without one */
};

static _Noreturn void say(const char *line)
{
    dprintf(STDOUT_FILENO, "%s\n", line);
    _exit(line[0] == 'f' ? 1 : 0);
}

static _Noreturn void fail(const char *fmt, ...) MU_PRINTF(1, 2);
static _Noreturn void fail(const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    dprintf(STDOUT_FILENO, MU_HOLD_FAILED "%s\n", text);
    _exit(1);
}

static void become_holder(void)
{
    sigset_t set;
    setsid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    close_range(STDERR_FILENO + 1, ~0u, 0);
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is an error like a full disk */
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_SETMASK, &set, NULL);
}

static void take_lock(void)
{
    int fd = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        fail("the lock of the run cannot be made: %s", strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        say(MU_HOLD_HELD);
}

static void read_spec(struct mu_hold_spec_owned *spec)
{
    struct mu_buf text = {0};
    ssize_t n = 0;
    int fd = open("spec.json", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail("spec.json cannot be read: %s", strerror(errno));
    do {
        mu_buf_reserve(&text, 16 * 1024);
        n = read(fd, text.data + text.len, 16 * 1024);
        if (n > 0)
            text.len += (size_t)n;
    } while (n > 0 && text.len <= MU_HOLD_SPEC_MAX);
    close(fd);
    if (n < 0)
        fail("spec.json cannot be read: %s", strerror(errno));
    if (text.len > MU_HOLD_SPEC_MAX)
        fail("spec.json is larger than %d bytes", MU_HOLD_SPEC_MAX);
    if (mu_hold_spec_get(text.data, text.len, spec))
        fail("spec.json does not say what to run");
    mu_buf_release(&text);
}

static int listen_here(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "sock"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0177);
    unlink("sock");
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0 || listen(fd, 8) < 0)
        fail("the socket of the run cannot be made: %s", strerror(errno));
    umask(mask);
    return fd;
}

static int make_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        fail("signals cannot be received: %s", strerror(errno));
    return fd;
}

static void leave_streams(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; fd >= 0 && i <= STDERR_FILENO; i++)
        dup2(fd, i);
    if (fd > STDERR_FILENO)
        close(fd);
}

static void take_signals(struct holder *h, int64_t now)
{
    struct signalfd_siginfo info;
    bool child = false;
    while (read(h->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGTERM)
            mu_run_terminate(&h->run, now);
        else
            child = true;
    }
    if (child)
        mu_run_reap(&h->run, now);
}

static void take_connection(struct holder *h)
{
    struct ucred who;
    socklen_t len = sizeof who;
    int fd = accept4(h->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0 || who.uid != geteuid())
        close(fd);
    else
        mu_peer_open(&h->peer, fd, &h->run);
}

static bool is_over(struct holder *h, int64_t now, int64_t *at)
{
    const struct mu_run *r = &h->run;
    if (h->peer.fd >= 0 || !r->ended)
        h->alone_since = now;
    if (!r->cleaned)
        return false;
    if (r->journal.acked == r->journal.size)
        return true;
    if (h->peer.fd >= 0)
        return false;
    *at = h->alone_since + MU_HOLD_PATIENCE_MS;
    return now >= *at;
}

static int timeout_until(int64_t at, int64_t now)
{
    if (at == INT64_MAX)
        return -1;
    if (at <= now)
        return 0;
    return at - now > INT_MAX ? INT_MAX : (int)(at - now);
}

static void serve(struct holder *h)
{
    struct pollfd fds[FD_COUNT];
    for (;;) {
        int64_t now = mu_mono_ms();
        int64_t patience = INT64_MAX;
        if (is_over(h, now, &patience))
            return;
        int64_t at = mu_run_prepare(&h->run, fds + FD_RUN);
        at = patience < at ? patience : at;
        mu_peer_prepare(&h->peer, &h->run, &fds[FD_PEER]);
        fds[FD_SIGNALS] = (struct pollfd){h->signals, POLLIN, 0};
        fds[FD_LISTEN] = (struct pollfd){h->listener, POLLIN, 0};
        if (poll(fds, FD_COUNT, timeout_until(at, now)) < 0 && errno != EINTR)
            return;

        now = mu_mono_ms();
        if (fds[FD_SIGNALS].revents)
            take_signals(h, now);
        mu_run_step(&h->run, fds + FD_RUN, now);
        mu_peer_step(&h->peer, &h->run, &fds[FD_PEER], now);
        if (fds[FD_LISTEN].revents)
            take_connection(h);
    }
}

/* A server that comes when this holder was killed finds the cgroup by the file. */
static char *make_cgroup(const char *run)
{
    char *path = mu_cgroup_make(run);
    int fd = path ? open(MU_CGROUP_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    size_t n = path ? strlen(path) : 0;
    bool noted = fd >= 0 && write(fd, path, n) == (ssize_t)n;
    if (fd >= 0)
        close(fd);
    if (noted)
        return path;
    mu_cgroup_remove(path);
    unlink(MU_CGROUP_FILE);
    free(path);
    return NULL;
}

static _Noreturn void hold(void)
{
    struct holder h = {.peer = {.fd = -1}};
    struct mu_journal journal;

    become_holder();
    take_lock();
    read_spec(&h.spec);
    h.signals = make_signals();
    h.listener = listen_here();
    int rc = mu_journal_open(&journal, "spool");
    if (rc == -EEXIST) {
        unlink("sock");
        say(MU_HOLD_SPENT);
    }
    if (rc)
        fail("the spool of the run cannot be made: %s", mu_strerror(rc));
    dprintf(STDOUT_FILENO, MU_HOLD_READY "\n");
    leave_streams();

    mu_run_init(&h.run, &h.spec.spec, journal, make_cgroup(h.spec.spec.run), mu_mono_ms());
    serve(&h);
    unlink("sock");
    mu_peer_close(&h.peer);
    mu_run_release(&h.run);
    mu_hold_spec_release(&h.spec);
    _exit(0);
}

int mu_hold_main(const char *rundir)
{
    if (chdir(rundir) < 0) {
        dprintf(STDOUT_FILENO, MU_HOLD_FAILED "the directory %s cannot be entered: %s\n", rundir,
                strerror(errno));
        return 1;
    }
    pid_t pid = fork();
    if (pid == 0)
        hold();
    if (pid > 0)
        return 0;
    dprintf(STDOUT_FILENO, MU_HOLD_FAILED "no process can be made: %s\n", strerror(errno));
    return 1;
}
