#include "io/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024, RACES = 64 };

static const char *text_of(int rc)
{
    switch (rc) {
    case -EXDEV:
        return "it leads out of the project's directory";
    case -ELOOP:
        return "it leads through too many symbolic links, or through one that is not followed here";
    case -ENXIO:
        return "it is not a regular file";
    case -EISDIR:
        return "it is a directory";
    case -EAGAIN:
        return "its directories are being changed";
    case MU_EUTF8:
        return "it is not UTF-8 text";
    default:
        return mu_strerror(rc);
    }
}

static int explain(struct mu_buf *why, const char *verb, const char *path, int rc)
{
    if (rc && path[0] != '/')
        mu_buf_printf(why, "%s cannot be %s: the path must be absolute.", path, verb);
    else if (rc == MU_ETOOBIG)
        mu_buf_printf(why, "%s cannot be %s: more than %d bytes at once are too much%s.", path,
                      verb, MU_FILES_BYTES,
                      strcmp(verb, "read") == 0 ? "; ask for some of its lines" : "");
    else if (rc)
        mu_buf_printf(why, "%s cannot be %s: %s.", path, verb, text_of(rc));
    return rc;
}

/* ---- what is inside ---- */

static const char *below(const char *root, const char *path)
{
    size_t n = root ? strlen(root) : 0;
    while (n > 0 && root[n - 1] == '/')
        n--;
    if (!root || strncmp(root, path, n) != 0 || path[n] != '/')
        return NULL;
    const char *rest = path + n + strspn(path + n, "/");
    return *rest ? rest : ".";
}

/* The root's descriptor; *rest is the path from there. */
static int enter(const struct mu_files_root *root, const char *path, const char **rest)
{
    if (path[0] != '/')
        return -EINVAL;
    if (strlen(path) >= PATH_MAX)
        return -ENAMETOOLONG;
    *rest = below(root->path, path);
    if (!*rest && strcmp(root->path, path) == 0)
        *rest = ".";
    if (!*rest) {
        char *real = realpath(root->path, NULL);
        *rest = real && strcmp(real, path) == 0 ? "." : below(real, path);
        free(real);
    }
    if (!*rest)
        return -EXDEV;
    int fd = open(root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Component by component; no link is followed. */
static int walk(int root, const char *path, int flags)
{
    char part[NAME_MAX + 1];
    int fd = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (const char *p = path; fd >= 0 && *p;) {
        size_t n = strcspn(p, "/");
        const char *next = p + n + strspn(p + n, "/");
        if (n > NAME_MAX || (n == 2 && memcmp(p, "..", 2) == 0)) {
            close(fd);
            return n > NAME_MAX ? -ENAMETOOLONG : -EXDEV;
        }
        memcpy(part, p, n);
        part[n] = '\0';
        int into = *next ? O_PATH | O_DIRECTORY : flags;
        int child = n ? openat(fd, part, into | O_NOFOLLOW | O_CLOEXEC) : dup(fd);
        int err = errno;
        close(fd);
        errno = err;
        fd = child;
        p = next;
    }
    return fd < 0 ? -errno : fd;
}

static int beneath(const struct mu_files_root *root, int dir, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC),
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    if (root->no_openat2)
        return walk(dir, path, flags);
    for (int i = 0; i < RACES; i++) {
        long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
        if (fd >= 0)
            return (int)fd;
        if (errno == ENOSYS || errno == EPERM) /* a sandbox says the latter for what it forbids */
            return walk(dir, path, flags);
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
    }
    return -EAGAIN;
}

static int check_regular(int fd, struct stat *st)
{
    if (fstat(fd, st) < 0)
        return -errno;
    if (S_ISREG(st->st_mode))
        return 0;
    return S_ISDIR(st->st_mode) ? -EISDIR : S_ISLNK(st->st_mode) ? -ELOOP : -ENXIO;
}

/* ---- reading ---- */

/* A descriptor to read from; what it is was known before it is opened. */
static int open_regular(const struct mu_files_root *root, int dir, const char *path)
{
    struct stat st;
    char again[64];
    int fd = beneath(root, dir, path, O_PATH);
    if (fd < 0)
        return fd;
    int rc = check_regular(fd, &st);
    if (rc == 0) {
        snprintf(again, sizeof again, "/proc/self/fd/%d", fd);
        rc = open(again, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        rc = rc < 0 ? -errno : rc;
    }
    close(fd);
    return rc;
}

struct lines {
    int64_t at, first, left; /* left negative: all */
    struct mu_buf *out;
    size_t had;
};

static int take(struct lines *l, const char *p, const char *end)
{
    while (p < end && l->left != 0) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline + 1 : end;
        if (l->at >= l->first) {
            if (l->out->len - l->had + (size_t)(stop - p) > MU_FILES_BYTES)
                return MU_ETOOBIG;
            mu_buf_add(l->out, p, (size_t)(stop - p));
            l->left -= newline && l->left > 0;
        }
        l->at += newline != NULL;
        p = stop;
    }
    return 0;
}

static int read_lines(int fd, struct lines *l)
{
    char *chunk = mu_alloc(CHUNK);
    size_t scanned = 0;
    int rc = 0;
    while (rc == 0 && l->left != 0) {
        ssize_t n = read(fd, chunk, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            rc = n < 0 ? -errno : 0;
            break;
        }
        scanned += (size_t)n;
        rc = scanned > MU_FILES_SCAN_BYTES ? MU_ETOOBIG : take(l, chunk, chunk + n);
    }
    free(chunk);
    return rc;
}

int mu_files_read(const struct mu_files_root *root, const char *path, int64_t line, int64_t limit,
                  struct mu_buf *out, struct mu_buf *why)
{
    const char *rest;
    struct lines l = {.at = 1, .first = line, .left = limit, .out = out, .had = out->len};
    int dir = enter(root, path, &rest);
    int fd = dir < 0 ? dir : open_regular(root, dir, rest);
    int rc = fd < 0 ? fd : read_lines(fd, &l);
    if (rc == 0 && out->len > l.had && !mu_utf8_valid(out->data + l.had, out->len - l.had))
        rc = MU_EUTF8;
    if (fd >= 0)
        close(fd);
    if (dir >= 0)
        close(dir);
    return explain(why, "read", path, rc);
}

/* ---- writing ---- */

/* Splits a path at its last slash; both parts are owned. */
static void split(const char *path, char **dir, char **name)
{
    const char *slash = strrchr(path, '/');
    *dir = slash ? mu_strndup(path, (size_t)(slash - path)) : mu_strdup(".");
    *name = mu_strdup(slash ? slash + 1 : path);
}

static bool is_name(const char *name)
{
    return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* The directory, made where it is missing. */
static int open_dir(const struct mu_files_root *root, int dir, const char *path)
{
    char *above, *name;
    int fd = beneath(root, dir, path, O_PATH | O_DIRECTORY);
    if (fd != -ENOENT)
        return fd;
    split(path, &above, &name);
    if (is_name(name)) {
        int parent = open_dir(root, dir, *above ? above : ".");
        fd = parent;
        if (parent >= 0) {
            fd = mkdirat(parent, name, 0777) < 0 && errno != EEXIST ? -errno : 0;
            close(parent);
        }
        if (fd == 0)
            fd = beneath(root, dir, path, O_PATH | O_DIRECTORY);
    }
    free(above);
    free(name);
    return fd;
}

/* The directory of the file that a path means, and the name there, which is no link. */
static int open_parent(const struct mu_files_root *root, int dir, const char *path, char **name)
{
    char target[PATH_MAX];
    char *at = mu_strdup(path);
    int fd = -ELOOP;
    for (int i = 0; i <= MU_FILES_LINKS; i++) {
        char *above;
        free(*name);
        split(at, &above, name);
        fd = is_name(*name) ? open_dir(root, dir, *above ? above : ".") : -EISDIR;
        ssize_t n = fd >= 0 ? readlinkat(fd, *name, target, sizeof target - 1) : -1;
        if (n < 0 || root->no_openat2) {
            free(above);
            break;
        }
        close(fd);
        fd = -ELOOP;
        target[n] = '\0';
        free(at);
        at = target[0] == '/' ? NULL : mu_asprintf("%s/%s", above, target);
        free(above);
        if (!at)
            return -EXDEV;
    }
    free(at);
    return fd;
}

static int write_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done < 0 ? -errno : -EIO;
        data += done;
        n -= (size_t)done;
    }
    return 0;
}

/* Of the file that is there: its mode and owner for the new one. */
static int dress(int fd, const struct stat *old)
{
    if ((old->st_uid != geteuid() || old->st_gid != getegid()) &&
        fchown(fd, old->st_uid, old->st_gid) < 0 && errno != EPERM)
        return -errno;
    return fchmod(fd, old->st_mode & 0777) < 0 ? -errno : 0;
}

static int replace(int dir, const char *name, const char *data, size_t n)
{
    struct stat old;
    char id[MU_ID_SIZE], temporary[MU_ID_SIZE + 16];
    bool there = fstatat(dir, name, &old, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && !S_ISREG(old.st_mode))
        return S_ISDIR(old.st_mode) ? -EISDIR : S_ISLNK(old.st_mode) ? -ELOOP : -ENXIO;
    if (there && faccessat(dir, name, W_OK, AT_EACCESS) < 0)
        return -errno;
    mu_id_new(id);
    snprintf(temporary, sizeof temporary, ".muster-%s.tmp", id);
    int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    int rc = write_all(fd, data, n);
    if (rc == 0 && there)
        rc = dress(fd, &old);
    if (rc == 0 && fsync(fd) < 0)
        rc = -errno;
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && renameat(dir, temporary, dir, name) < 0)
        rc = -errno;
    if (rc)
        unlinkat(dir, temporary, 0);
    return rc;
}

int mu_files_write(const struct mu_files_root *root, const char *path, const char *data, size_t n,
                   struct mu_buf *why)
{
    const char *rest;
    char *name = NULL;
    if (n > MU_FILES_BYTES)
        return explain(why, "written", path, MU_ETOOBIG);
    int dir = enter(root, path, &rest);
    int parent = dir < 0 ? dir : open_parent(root, dir, rest, &name);
    int rc = parent < 0 ? parent : replace(parent, name, data, n);
    if (parent >= 0)
        close(parent);
    if (dir >= 0)
        close(dir);
    free(name);
    return explain(why, "written", path, rc);
}

/* ---- what there is ---- */

/* A path relative to the root. */
static int open_below(const struct mu_files_root *root, const char *path, int flags)
{
    int dir = open(root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -errno;
    int fd = beneath(root, dir, path, flags);
    close(dir);
    return fd;
}

bool mu_files_is_there(const struct mu_files_root *root, const char *path)
{
    struct stat st;
    int fd = open_below(root, path, O_PATH);
    bool is = fd >= 0 && check_regular(fd, &st) == 0;
    if (fd >= 0)
        close(fd);
    return is;
}

int mu_files_open_directory(const struct mu_files_root *root, const char *path)
{
    return open_below(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
}

/* ---- directories ---- */

int mu_files_directory(const struct mu_files_root *root, const char *path, char **out,
                       struct mu_buf *why)
{
    const char *rest;
    char link[64], real[PATH_MAX];
    int dir = enter(root, path, &rest);
    int fd = dir < 0 ? dir : beneath(root, dir, rest, O_PATH | O_DIRECTORY);
    int rc = fd < 0 ? fd : 0;
    *out = NULL;
    if (fd >= 0) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, real, sizeof real - 1);
        rc = n < 0 ? -errno : 0;
        *out = n < 0 ? NULL : mu_strndup(real, (size_t)n);
        close(fd);
    }
    if (dir >= 0)
        close(dir);
    return explain(why, "entered", path, rc);
}
