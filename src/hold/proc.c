#include "hold/proc.h"

#include "base/buf.h"
#include "hold/spec.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENVIRON_MAX = 4 * 1024 * 1024 };

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

static bool read_stat(pid_t pid, char *state, long *parent, long long *start)
{
    char path[64], text[1024];
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
    return rest && sscanf(rest + 1,
                          " %c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
                          "%*d %*d %lld",
                          state, parent, start) == 3;
}

int64_t mu_proc_start_time(pid_t pid)
{
    char state;
    long parent;
    long long start;
    return read_stat(pid, &state, &parent, &start) ? start : -1;
}

static bool bears_marker(pid_t pid, const char *marker, struct mu_buf *scratch)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/environ", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    mu_buf_clear(scratch);
    while (scratch->len < ENVIRON_MAX) {
        mu_buf_reserve(scratch, 4096);
        ssize_t n = read(fd, scratch->data + scratch->len, 4096);
        if (n <= 0)
            break;
        scratch->len += (size_t)n;
    }
    close(fd);
    mu_buf_char(scratch, '\0');

    size_t len = strlen(marker) + 1;
    for (char *p = scratch->data; p < scratch->data + scratch->len; p += strlen(p) + 1) {
        if (strncmp(p, marker, len) == 0)
            return true;
    }
    return false;
}

static void table_read(struct table *t)
{
    size_t cap = 0;
    DIR *dir = opendir("/proc");
    memset(t, 0, sizeof *t);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char state;
        long parent;
        long long start;
        pid_t pid = isdigit((unsigned char)e->d_name[0]) ? (pid_t)strtol(e->d_name, NULL, 10) : 0;
        if (pid <= 1 || !read_stat(pid, &state, &parent, &start))
            continue;
        if (t->n == cap) {
            cap = cap ? cap * 2 : 256;
            t->rows = mu_realloc(t->rows, cap * sizeof *t->rows);
        }
        bool dead = state == 'Z' || state == 'X';
        t->rows[t->n++] = (struct process){.pid = pid, .parent = (pid_t)parent, .dead = dead};
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

size_t mu_proc_signal_run(const char *run, pid_t root, int sig)
{
    struct table t;
    struct mu_buf scratch = {0};
    size_t found = 0;
    char *marker = mu_asprintf(MU_HOLD_MARKER "=%s", run);

    table_read(&t);
    if (root)
        mark_descendants(&t, root);
    for (size_t i = 0; i < t.n; i++) {
        struct process *p = &t.rows[i];
        if (p->dead || p->pid == getpid() || p->pid == root)
            continue;
        if (!p->ours && !bears_marker(p->pid, marker, &scratch))
            continue;
        if (kill(p->pid, sig) == 0)
            found++;
    }
    free(t.rows);
    free(marker);
    mu_buf_release(&scratch);
    return found;
}
