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

static char *text_of(const char *db, const char *word)
{
    struct stat st;
    if (stat(db, &st))
        return NULL;
    return mu_asprintf("%s %ju\n", word, (uintmax_t)st.st_ino);
}

bool mu_seal_fits(const char *db, const char *word)
{
    char found[128] = "";
    char *path = seal_path(db);
    char *wanted = text_of(db, word);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, found, sizeof found - 1) : -1;
    found[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
    bool fits = *word == '\0' || mu_str_eq(found, wanted);
    free(wanted);
    free(path);
    return fits;
}

void mu_seal_write(const char *db, const char *word)
{
    char *path = seal_path(db);
    char *draft = mu_asprintf("%s.new", path);
    char *text = text_of(db, word);
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
