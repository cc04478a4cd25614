#include "io/file_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/files.h"

/* False: a bound is reached. */
static bool add(struct mu_file_list *list, const char *path, size_t n,
                const struct mu_file_bounds *bounds)
{
    if (list->count >= bounds->files || list->text.len + n + 1 > bounds->bytes) {
        list->truncated = true;
        return false;
    }
    if ((list->count & (list->count - 1)) == 0) /* none, or a power of two */
        list->at = mu_realloc(list->at, (list->count ? list->count * 2 : 1) * sizeof *list->at);
    list->at[list->count++] = (uint32_t)list->text.len;
    mu_buf_add(&list->text, path, n);
    mu_buf_char(&list->text, '\0');
    return true;
}

void mu_file_list_parse(struct mu_file_list *list, const char *out, size_t n,
                        const struct mu_file_bounds *bounds)
{
    const char *end = out + n, *before = "";
    for (const char *p = out; p < end;) {
        const char *nul = memchr(p, '\0', (size_t)(end - p));
        if (!nul) {
            list->truncated = true;
            return;
        }
        size_t len = (size_t)(nul - p);
        if (len && p[len - 1] != '/' && strcmp(p, before) != 0 && mu_utf8_valid(p, len) &&
            !add(list, p, len, bounds))
            return;
        before = p;
        p = nul + 1;
    }
}

/* ---- the walk ---- */

struct walk {
    struct mu_files_root root;
    struct mu_file_list *list;
    const struct mu_file_bounds *bounds;
    struct mu_buf queue; /* NUL-terminated directories that are yet to be read */
    size_t next;         /* the first of them in queue */
    size_t seen;
};

static bool is_skipped(const char *name)
{
    return name[0] == '.' || strcmp(name, "node_modules") == 0;
}

static unsigned char type_of(int dir, const struct dirent *e)
{
    struct stat st;
    if (e->d_type != DT_UNKNOWN)
        return e->d_type;
    if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW))
        return DT_UNKNOWN;
    return S_ISREG(st.st_mode)   ? DT_REG
           : S_ISDIR(st.st_mode) ? DT_DIR
           : S_ISLNK(st.st_mode) ? DT_LNK
                                 : DT_UNKNOWN;
}

/* One entry of the directory `path` ("" is the root). False: a bound is reached. */
static bool look_at(struct walk *w, int dir, const char *path, const struct dirent *e)
{
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
        return true;
    if (w->seen++ >= w->bounds->files) {
        w->list->truncated = true;
        return false;
    }
    unsigned char type = type_of(dir, e);
    if (!mu_utf8_valid(e->d_name, strlen(e->d_name)) || (type == DT_DIR && is_skipped(e->d_name)))
        return true;
    if (type != DT_DIR && type != DT_REG && type != DT_LNK)
        return true;
    char *full = mu_asprintf("%s%s%s", path, *path ? "/" : "", e->d_name);
    size_t n = strlen(full);
    bool more = true;
    if (type != DT_DIR)
        more = n >= PATH_MAX || add(w->list, full, n, w->bounds);
    else if (n < PATH_MAX && w->queue.len + n < w->bounds->bytes)
        mu_buf_add(&w->queue, full, n + 1);
    else
        w->list->truncated = true;
    free(full);
    return more;
}

static int read_directory(struct walk *w, const char *path, bool *more)
{
    int fd = mu_files_open_directory(&w->root, *path ? path : ".");
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        int rc = fd < 0 ? fd : -errno;
        if (fd >= 0)
            close(fd);
        return rc;
    }
    for (const struct dirent *e; *more && (e = readdir(d));)
        *more = look_at(w, dirfd(d), path, e);
    closedir(d);
    return 0;
}

int mu_file_list_walk(struct mu_file_list *list, const char *root,
                      const struct mu_file_bounds *bounds)
{
    struct walk w = {.root = {.path = root}, .list = list, .bounds = bounds};
    bool more = true;
    int rc = read_directory(&w, "", &more);
    while (!rc && more && w.next < w.queue.len) {
        char *path = mu_strdup(w.queue.data + w.next); /* the queue grows meanwhile */
        w.next += strlen(path) + 1;
        MU_UNUSED(read_directory(&w, path, &more)); /* what may not be read has no files for us */
        free(path);
    }
    mu_buf_release(&w.queue);
    return rc;
}

void mu_file_list_release(struct mu_file_list *list)
{
    mu_buf_release(&list->text);
    free(list->at);
    *list = (struct mu_file_list){0};
}
