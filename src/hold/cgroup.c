#include "hold/cgroup.h"

#include "hold/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel writes space, tab, newline and backslash of a path as \ooo. */
static void unescape(char *path)
{
    char *to = path;
    for (const char *p = path; *p;) {
        bool octal = p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' &&
                     p[3] >= '0' && p[3] <= '7';
        *to++ = octal ? (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0')) : *p;
        p += octal ? 4 : 1;
    }
    *to = '\0';
}

/* A line of mountinfo: id parent major:minor root mountpoint options... - type source options. */
static bool read_mount(char *line, char **root, char **point)
{
    char *rest = line, *word = NULL;
    for (int i = 0; i < 5; i++) {
        word = strsep(&rest, " ");
        if (!word)
            return false;
        if (i == 3)
            *root = word;
    }
    *point = word;
    const char *dash = rest ? strstr(rest, " - ") : NULL;
    if (!dash || strncmp(dash, " - cgroup2 ", 11) != 0)
        return false;
    unescape(*root);
    unescape(*point);
    return true;
}

/* The path behind "0::" of /proc/self/cgroup. Owned, or NULL. */
static char *own_path(const char *cgroup)
{
    for (const char *p = cgroup; p; p = (p = strchr(p, '\n')) ? p + 1 : NULL)
        if (strncmp(p, "0::/", 4) == 0)
            return mu_strndup(p + 3, strcspn(p + 3, "\n"));
    return NULL;
}

/* What is left of path below root; NULL: it is not below it. */
static const char *below(const char *path, const char *root)
{
    size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(path, root, n) != 0 || (path[n] != '/' && path[n] != '\0'))
        return NULL;
    return strcmp(path + n, "/") == 0 ? "" : path + n;
}

char *mu_cgroup_own(const char *mountinfo, const char *cgroup)
{
    char *path = own_path(cgroup), *copy = mu_strdup(mountinfo), *rest = copy, *found = NULL;
    for (char *line; path && !found && (line = strsep(&rest, "\n"));) {
        char *root, *point;
        const char *tail = read_mount(line, &root, &point) ? below(path, root) : NULL;
        if (tail && !strstr(tail, "/../"))
            found = mu_asprintf("%s%s", point, tail);
    }
    free(copy);
    free(path);
    return found;
}

char *mu_cgroup_make(const char *run)
{
    const char *wish = getenv(MU_CGROUP_SWITCH);
    if (wish && strcmp(wish, "off") == 0)
        return NULL;
    size_t n;
    char *mountinfo = mu_proc_read_file("/proc/self/mountinfo", &n);
    char *cgroup = mu_proc_read_file("/proc/self/cgroup", &n);
    char *own = mu_cgroup_own(mountinfo, cgroup);
    char *path = own ? mu_asprintf("%s/" MU_CGROUP_PREFIX "%s", own, run) : NULL;
    free(own);
    free(cgroup);
    free(mountinfo);
    if (path && mkdir(path, 0755) < 0 && errno != EEXIST) {
        free(path);
        path = NULL;
    }
    return path;
}

char *mu_cgroup_read(int fd, const char *run)
{
    size_t n;
    char *text = mu_proc_read_fd(fd, &n);
    char *name = mu_asprintf("/" MU_CGROUP_PREFIX "%s", run);
    size_t end = strlen(name);
    bool fits = text[0] == '/' && n > end && n < MU_CGROUP_PATH_MAX && !strstr(text, "/../") &&
                strlen(text) == n && strcmp(text + n - end, name) == 0;
    free(name);
    if (fits)
        return text;
    free(text);
    return NULL;
}

static int open_in(const char *path, const char *name, int flags)
{
    char *full = path ? mu_asprintf("%s/%s", path, name) : NULL;
    int fd = full ? open(full, flags | O_CLOEXEC) : -1;
    free(full);
    return fd;
}

int mu_cgroup_door(const char *path)
{
    return open_in(path, "cgroup.procs", O_WRONLY);
}

bool mu_cgroup_kill(const char *path)
{
    int fd = open_in(path, "cgroup.kill", O_WRONLY);
    bool done = fd >= 0 && write(fd, "1", 1) == 1;
    if (fd >= 0)
        close(fd);
    return done;
}

static void each_here(const char *path, void (*cb)(void *ctx, pid_t pid), void *ctx)
{
    int fd = open_in(path, "cgroup.procs", O_RDONLY);
    if (fd < 0)
        return;
    size_t n;
    char *text = mu_proc_read_fd(fd, &n), *rest = text;
    close(fd);
    for (char *line; (line = strsep(&rest, "\n"));) {
        long pid = strtol(line, NULL, 10);
        if (pid > 1)
            cb(ctx, (pid_t)pid);
    }
    free(text);
}

/* Each folder below path, then path itself, through visit. */
static void walk(const char *path, int depth, void (*visit)(void *ctx, const char *path), void *ctx)
{
    DIR *dir = depth > 0 ? opendir(path) : NULL;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (e->d_type != DT_DIR || strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        char *full = mu_asprintf("%s/%s", path, e->d_name);
        walk(full, depth - 1, visit, ctx);
        free(full);
    }
    if (dir)
        closedir(dir);
    visit(ctx, path);
}

struct each {
    void (*cb)(void *ctx, pid_t pid);
    void *ctx;
};

static void visit_each(void *ctx, const char *path)
{
    struct each *each = ctx;
    each_here(path, each->cb, each->ctx);
}

void mu_cgroup_each(const char *path, void (*cb)(void *ctx, pid_t pid), void *ctx)
{
    if (path)
        walk(path, MU_CGROUP_DEPTH_MAX, visit_each, &(struct each){cb, ctx});
}

static void visit_remove(void *ctx, const char *path)
{
    *(bool *)ctx = rmdir(path) == 0 || errno == ENOENT;
}

bool mu_cgroup_remove(const char *path)
{
    bool gone = true;
    if (path)
        walk(path, MU_CGROUP_DEPTH_MAX, visit_remove, &gone);
    return gone;
}
