/*
 * The files of a project, as paths relative to its directory: from what git prints, or by a walk.
 *
 * Only what is UTF-8. A walk goes breadth first, so that a bound cuts off what lies deepest; it
 * leaves out `.git`, `node_modules` and other hidden directories, and goes through no symbolic
 * link.
 *
 * Layer: io. Thread rules: a list belongs to one thread at a time; walking waits for the disk.
 */
#ifndef MU_IO_FILE_LIST_H
#define MU_IO_FILE_LIST_H

#include "base/buf.h"

struct mu_file_list {
    struct mu_buf text; /* NUL-terminated paths, one behind the other */
    uint32_t *at;       /* where each begins */
    size_t count;
    bool truncated; /* there are more: a bound was reached, or the time was over */
};

struct mu_file_bounds {
    size_t files; /* entries that a walk looks at; paths in a list */
    size_t bytes; /* of paths */
};

/* Takes out[0..n), paths each with a NUL behind it (`git ls-files -z`); what follows the last NUL
 * is half a path and left out, as are directories ("sub/"), and a path that stands there again
 * right after itself (git's of a conflict). */
void mu_file_list_parse(struct mu_file_list *list, const char *out, size_t n,
                        const struct mu_file_bounds *bounds);
/* 0 or a negative errno where the directory itself cannot be read. */
int mu_file_list_walk(struct mu_file_list *list, const char *root,
                      const struct mu_file_bounds *bounds) MU_MUST_CHECK;
void mu_file_list_release(struct mu_file_list *list);

#endif
