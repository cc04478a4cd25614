/*
 * Directories that a person names: what a path means, and which directories are in one.
 *
 * Layer: io. Thread rules: no state, any thread; they wait for the disk, and for ever where a
 * network file system hangs.
 *
 * 0 or an error; then `why` has a sentence for a person that names the path and the reason.
 */
#ifndef MU_IO_DIRECTORY_H
#define MU_IO_DIRECTORY_H

#include <limits.h>

#include "base/base.h"

enum {
    MU_DIRECTORY_WHY = 512,
    MU_DIRECTORY_LOOKED_AT = 100000, /* entries of a directory that a listing looks at */
};

/* The directory that ~ means: $HOME, or "/" without one. */
const char *mu_directory_home(void);

/* The directory that path names (absolute, or with ~ before it), as an absolute path without
 * links. -EINVAL: it is no directory that can be read and entered, or no UTF-8. */
int mu_directory_resolve(const char *path, char out[PATH_MAX],
                         char why[MU_DIRECTORY_WHY]) MU_MUST_CHECK;

struct mu_directory_names {
    char **names;
    size_t count;
    bool truncated; /* there are more */
};

/* The names of the directories in a directory (links to directories count), in natural order, those
 * that begin with a dot last, at most limit. A name that is not UTF-8 is left out. *out is released
 * by the caller, after an error too. */
int mu_directory_list(const char *path, size_t limit, struct mu_directory_names *out,
                      char why[MU_DIRECTORY_WHY]) MU_MUST_CHECK;
void mu_directory_names_release(struct mu_directory_names *names);

#endif
