#include "store/seal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* DIR/muster.db → DIR/muster.seal */
static char *seal_path(const char *db)
{
    size_t n = strlen(db);
    size_t keep = n > 3 && strcmp(db + n - 3, ".db") == 0 ? n - 3 : n;
    return mu_asprintf("%.*s.seal", (int)keep, db);
}

/* "<word> <inode> <birth> <change>": the word stands in the database too; inode and birth tell a
 * file from one that was put in its place; the time of its last change, "-" while a server writes,
 * tells whether it was touched since it was left. */
static char *text_of(const char *db, const char *word, bool at_rest)
{
    struct statx st;
    if (statx(AT_FDCWD, db, 0, STATX_INO | STATX_BTIME | STATX_CTIME, &st))
        return NULL;
    char change[64] = "-";
    if (at_rest)
        snprintf(change, sizeof change, "%jd.%09u", (intmax_t)st.stx_ctime.tv_sec,
                 st.stx_ctime.tv_nsec);
    return mu_asprintf("%s %ju %jd.%09u %s", word, (uintmax_t)st.stx_ino,
                       (intmax_t)st.stx_btime.tv_sec, st.stx_btime.tv_nsec, change);
}

static void read_seal(const char *db, char *out, size_t cap)
{
    char *path = seal_path(db);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, out, cap - 1) : -1;
    out[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
    free(path);
}

bool mu_seal_fits(const char *db, const char *word)
{
    char found[256];
    read_seal(db, found, sizeof found);
    size_t n = strlen(found);
    bool at_rest = n < 2 || strcmp(found + n - 2, " -") != 0;
    char *wanted = text_of(db, word, at_rest);
    bool fits = *word == '\0' || mu_str_eq(found, wanted);
    free(wanted);
    return fits;
}

void mu_seal_write(const char *db, const char *word, bool at_rest)
{
    char *path = seal_path(db);
    char *draft = mu_asprintf("%s.new", path);
    char *text = text_of(db, word, at_rest);
    int fd = text ? open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        size_t n = strlen(text);
        bool good = write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
        close(fd);
        if (!good || rename(draft, path))
            unlink(draft);
    }
    free(text);
    free(draft);
    free(path);
}
