#include "io/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/natural.h"

/* How much of a path is shown to a person. */
static int shown(const char *path)
{
    size_t n = strlen(path);
    return (int)(n > 300 ? mu_utf8_cut(path, 300) : n);
}

static const char *reason(int err)
{
    switch (err) {
    case ENOENT:
        return "there is no such directory";
    case ENOTDIR:
        return "a part of it is not a directory";
    case EACCES:
        return "a directory above it may not be entered by muster's user";
    case ELOOP:
        return "its symbolic links lead in a circle";
    default:
        return mu_strerror(-err);
    }
}

const char *mu_directory_home(void)
{
    const char *home = getenv("HOME");
    return home && *home ? home : "/";
}

/* Absolute, with ~ replaced. */
static bool expand(const char *path, char full[PATH_MAX], char why[MU_DIRECTORY_WHY])
{
    bool tilde = path[0] == '~' && (path[1] == '/' || path[1] == '\0');
    int n =
        snprintf(full, PATH_MAX, "%s%s", tilde ? mu_directory_home() : "", tilde ? path + 1 : path);
    if (full[0] != '/')
        snprintf(why, MU_DIRECTORY_WHY, "The path must be absolute: it must begin with / or ~/.");
    else if (n < 0 || n >= PATH_MAX)
        snprintf(why, MU_DIRECTORY_WHY, "The path is too long.");
    else if (!mu_utf8_valid(full, strlen(full)))
        snprintf(why, MU_DIRECTORY_WHY, "The path is not valid UTF-8.");
    else
        return true;
    return false;
}

int mu_directory_resolve(const char *path, char out[PATH_MAX], char why[MU_DIRECTORY_WHY])
{
    char full[PATH_MAX];
    struct stat st;
    why[0] = '\0';
    if (!expand(path, full, why))
        return -EINVAL;
    if (!realpath(full, out))
        snprintf(why, MU_DIRECTORY_WHY, "%.*s: %s.", shown(full), full, reason(errno));
    else if (stat(out, &st) || !S_ISDIR(st.st_mode))
        snprintf(why, MU_DIRECTORY_WHY, "%.*s is not a directory.", shown(full), full);
    else if (access(out, R_OK | X_OK))
        snprintf(why, MU_DIRECTORY_WHY, "%.*s may not be read by muster's user.", shown(full),
                 full);
    else if (!mu_utf8_valid(out, strlen(out)))
        snprintf(why, MU_DIRECTORY_WHY, "The path is not valid UTF-8.");
    return why[0] == '\0' ? 0 : -EINVAL;
}

/* ---- listing ---- */

static bool is_directory(int dir, const struct dirent *e)
{
    struct stat st;
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
        return false;
    if (e->d_type == DT_DIR)
        return true;
    return (e->d_type == DT_LNK || e->d_type == DT_UNKNOWN) &&
           fstatat(dir, e->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static int by_name(const void *a, const void *b)
{
    const char *p = *(char *const *)a, *q = *(char *const *)b;
    if ((*p == '.') != (*q == '.'))
        return *p == '.' ? 1 : -1;
    return mu_natural_cmp(p, q);
}

static int read_names(DIR *d, struct mu_directory_names *out)
{
    size_t cap = 0, seen = 0;
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(d);
        if (!e)
            return -errno;
        if (seen++ == MU_DIRECTORY_LOOKED_AT) {
            out->truncated = true;
            return 0;
        }
        if (!is_directory(dirfd(d), e) || !mu_utf8_valid(e->d_name, strlen(e->d_name)))
            continue;
        if (out->count == cap) {
            cap = cap ? cap * 2 : 64;
            out->names = mu_realloc(out->names, cap * sizeof *out->names);
        }
        out->names[out->count++] = mu_strdup(e->d_name);
    }
}

int mu_directory_list(const char *path, size_t limit, struct mu_directory_names *out,
                      char why[MU_DIRECTORY_WHY])
{
    *out = (struct mu_directory_names){0};
    why[0] = '\0';
    DIR *d = opendir(path);
    int rc = d ? read_names(d, out) : -errno;
    if (d)
        closedir(d);
    if (rc)
        snprintf(why, MU_DIRECTORY_WHY, "%.*s cannot be read: %s.", shown(path), path, reason(-rc));
    if (out->count)
        qsort(out->names, out->count, sizeof *out->names, by_name);
    while (out->count > limit) {
        free(out->names[--out->count]);
        out->truncated = true;
    }
    return rc;
}

void mu_directory_names_release(struct mu_directory_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->names[i]);
    free(names->names);
    *names = (struct mu_directory_names){0};
}
