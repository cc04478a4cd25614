#include "hold/proc.h"

#include "base/buf.h"
#include "hold/cgroup.h"
#include "hold/spec.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct process {
    pid_t pid;
    pid_t parent;
    bool dead;
    bool ours;
};

struct table {
    struct process *rows;
    size_t n;
};

bool mu_proc_read(pid_t pid, struct mu_proc_stat *out)
{
    char path[64], text[1024];
    char state;
    long parent;
    unsigned long long user, system;
    long long start, rss;
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return false;
    text[n] = '\0';
    /* The name is in parentheses and may hold any byte: the last ')' ends it. */
    char *rest = strrchr(text, ')');
    if (!rest || sscanf(rest + 1,
                        " %c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d "
                        "%*d %*d %lld %*u %lld",
                        &state, &parent, &user, &system, &start, &rss) != 6)
        return false;
    *out = (struct mu_proc_stat){.parent = (pid_t)parent,
                                 .dead = state == 'Z' || state == 'X',
                                 .cpu = (int64_t)(user + system),
                                 .start = start,
                                 .rss_pages = rss};
    return true;
}

char *mu_proc_read_fd(int fd, size_t *n)
{
    struct mu_buf text = {0};
    ssize_t got = 1;
    while (fd >= 0 && got > 0 && text.len < MU_PROC_FILE_MAX) {
        mu_buf_reserve(&text, 4096);
        got = read(fd, text.data + text.len, 4096);
        if (got > 0)
            text.len += (size_t)got;
    }
    *n = text.len;
    mu_buf_char(&text, '\0');
    return mu_buf_take(&text);
}

char *mu_proc_read_file(const char *path, size_t *n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = mu_proc_read_fd(fd, n);
    if (fd >= 0)
        close(fd);
    return text;
}

int64_t mu_proc_start_time(pid_t pid)
{
    struct mu_proc_stat st;
    return mu_proc_read(pid, &st) ? st.start : -1;
}

static bool bears_marker(pid_t pid, const char *marker)
{
    char path[64];
    size_t n;
    bool found = false;
    snprintf(path, sizeof path, "/proc/%ld/environ", (long)pid);
    char *text = mu_proc_read_file(path, &n);
    for (char *p = text; !found && p < text + n; p += strlen(p) + 1)
        found = strcmp(p, marker) == 0;
    free(text);
    return found;
}

static void table_read(struct table *t)
{
    size_t cap = 0;
    DIR *dir = opendir("/proc");
    memset(t, 0, sizeof *t);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        struct mu_proc_stat st;
        pid_t pid = isdigit((unsigned char)e->d_name[0]) ? (pid_t)strtol(e->d_name, NULL, 10) : 0;
        if (pid <= 1 || !mu_proc_read(pid, &st))
            continue;
        if (t->n == cap) {
            cap = cap ? cap * 2 : 256;
            t->rows = mu_realloc(t->rows, cap * sizeof *t->rows);
        }
        t->rows[t->n++] = (struct process){.pid = pid, .parent = st.parent, .dead = st.dead};
    }
    if (dir)
        closedir(dir);
}

static bool is_ours(const struct table *t, pid_t pid)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->rows[i].pid == pid)
            return t->rows[i].ours;
    }
    return false;
}

static void mark_descendants(struct table *t, pid_t root)
{
    for (bool grown = true; grown;) {
        grown = false;
        for (size_t i = 0; i < t->n; i++) {
            struct process *p = &t->rows[i];
            if (!p->ours && (p->parent == root || is_ours(t, p->parent)))
                grown = p->ours = true;
        }
    }
}

static void mark_member(void *ctx, pid_t pid)
{
    struct table *t = ctx;
    for (size_t i = 0; i < t->n; i++) {
        if (t->rows[i].pid == pid)
            t->rows[i].ours = true;
    }
}

size_t mu_proc_signal_run(const char *run, pid_t root, const char *cgroup, int sig)
{
    struct table t;
    size_t found = 0;
    char *marker = mu_asprintf(MU_HOLD_MARKER "=%s", run);

    table_read(&t);
    if (cgroup && sig == SIGKILL)
        mu_cgroup_kill(cgroup);
    mu_cgroup_each(cgroup, mark_member, &t);
    if (root)
        mark_descendants(&t, root);
    for (size_t i = 0; i < t.n; i++) {
        struct process *p = &t.rows[i];
        if (p->dead || p->pid == getpid() || p->pid == root)
            continue;
        if (!p->ours && !bears_marker(p->pid, marker))
            continue;
        if (kill(p->pid, sig) == 0)
            found++;
    }
    free(t.rows);
    free(marker);
    return found;
}
