/*
 * The holder's end of the spool file: appends whole records, reads them back, and gives the disk
 * space of what the server has consumed back to the system.
 *
 * Layer: hold. Thread rules: one thread.
 */
#ifndef MU_HOLD_JOURNAL_H
#define MU_HOLD_JOURNAL_H

#include "hold/spool.h"

#include <sys/types.h>

/* Unacknowledged bytes at which the agent's output is not read any more until the server has
 * consumed some. The environment variable MUSTER_HOLD_SPOOL_MAX (bytes) overrides it. */
#define MU_JOURNAL_MAX_DEFAULT (256ull * 1024 * 1024)
enum {
    MU_JOURNAL_PUNCH_STEP = 1024 * 1024,
    MU_JOURNAL_KEPT = 4096, /* the first block stays: START tells later whom to clean up behind */
};

struct mu_journal {
    int fd;
    uint64_t size;
    uint64_t acked;
    uint64_t punched; /* from MU_JOURNAL_KEPT to here the file is a hole */
    uint64_t max;
};

/* Makes a new file, 0600. -EEXIST when there is one. */
int mu_journal_open(struct mu_journal *j, const char *path) MU_MUST_CHECK;
void mu_journal_release(struct mu_journal *j);

/* A whole record or nothing: a negative errno leaves the spool as it was. */
int mu_journal_append(struct mu_journal *j, enum mu_spool_kind kind, int64_t time_ms,
                      const void *data, size_t n) MU_MUST_CHECK;
/* As many whole records from offset as fit into out[0..n); their bytes, 0 at the end, or a
 * negative errno or MU_ECORRUPT when offset is not a record boundary. */
ssize_t mu_journal_read(const struct mu_journal *j, uint64_t offset, char *out,
                        size_t n) MU_MUST_CHECK;
/* -EINVAL above the size; lower than before is ignored. */
int mu_journal_ack(struct mu_journal *j, uint64_t offset) MU_MUST_CHECK;
bool mu_journal_full(const struct mu_journal *j);

#endif
