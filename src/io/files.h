/*
 * Text files of a project, for an agent that asks its host to read and write them.
 *
 * A path is absolute, and the file is inside a root directory (the project's): it is resolved from
 * that directory by the kernel (openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS), so that
 * neither `..` nor a symbolic link, not even one that is put there meanwhile, leads out. A link
 * whose target is an absolute path counts as leading out. Where the system has no openat2, or a
 * sandbox forbids it, no symbolic link below the root is followed at all.
 *
 * Only regular files: a FIFO, socket or device is not even opened. Only UTF-8.
 *
 * Layer: io. Thread rules: no state, any thread; they wait for the disk, so they belong off the
 * loop. 0 or an error; then `why` has a sentence for the agent or a person (appended).
 */
#ifndef MU_IO_FILES_H
#define MU_IO_FILES_H

#include "base/buf.h"

enum {
    MU_FILES_BYTES = 4 * 1024 * 1024,        /* that one read gives, or one write takes */
    MU_FILES_SCAN_BYTES = 256 * 1024 * 1024, /* that are passed over to find a line */
    MU_FILES_LINKS = 16, /* symbolic links that a written file's name may be behind */
};

struct mu_files_root {
    const char *path; /* absolute */
    bool no_openat2;  /* for tests: as on a system that has no openat2 */
};

/* Appends the lines line, line + 1, … (1 is the first; 0 is as 1), at most limit of them (negative:
 * all), with their ends of line. Nothing when the file has not that many. */
int mu_files_read(const struct mu_files_root *root, const char *path, int64_t line, int64_t limit,
                  struct mu_buf *out, struct mu_buf *why) MU_MUST_CHECK;

/* Makes or replaces a file: what is there is whole at every moment, the old or the new text. The
 * file keeps its mode (and its owner, where the system allows it); a new one is 0644 without the
 * umask's bits. Directories that are missing are made. A file that may not be written is not
 * replaced. */
int mu_files_write(const struct mu_files_root *root, const char *path, const char *data, size_t n,
                   struct mu_buf *why) MU_MUST_CHECK;

/* True when path, relative to the root, leads to a regular file inside it. */
bool mu_files_is_there(const struct mu_files_root *root, const char *path);

/* A descriptor of a directory inside the root, to read its entries from; path is relative ("." is
 * the root itself). A negative errno otherwise. */
int mu_files_open_directory(const struct mu_files_root *root, const char *path) MU_MUST_CHECK;

/* Where a directory inside the root really is; *out is owned. */
int mu_files_directory(const struct mu_files_root *root, const char *path, char **out,
                       struct mu_buf *why) MU_MUST_CHECK;

#endif
