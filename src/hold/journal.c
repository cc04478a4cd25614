#include "hold/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

int mu_journal_open(struct mu_journal *j, const char *path)
{
    const char *max = getenv("MUSTER_HOLD_SPOOL_MAX");
    *j = (struct mu_journal){.max = max ? strtoull(max, NULL, 10) : 0, .punched = MU_JOURNAL_KEPT};
    if (!j->max)
        j->max = MU_JOURNAL_MAX_DEFAULT;
    j->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return j->fd < 0 ? -errno : 0;
}

void mu_journal_release(struct mu_journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    j->fd = -1;
}

static int write_all(int fd, struct iovec *iov, int count, off_t at)
{
    while (count > 0) {
        ssize_t n = pwritev(fd, iov, count, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        at += n;
        while (count > 0 && (size_t)n >= iov->iov_len) {
            n -= (ssize_t)iov->iov_len;
            iov++;
            count--;
        }
        if (count > 0) {
            iov->iov_base = (char *)iov->iov_base + n;
            iov->iov_len -= (size_t)n;
        }
    }
    return 0;
}

int mu_journal_append(struct mu_journal *j, enum mu_spool_kind kind, int64_t time_ms,
                      const void *data, size_t n)
{
    unsigned char header[MU_SPOOL_HEADER];
    struct iovec iov[2] = {{header, sizeof header}, {(void *)data, n}};

    mu_spool_header(header, kind, time_ms, n);
    int rc = write_all(j->fd, iov, n ? 2 : 1, (off_t)j->size);
    if (rc == 0)
        j->size += sizeof header + n;
    else if (ftruncate(j->fd, (off_t)j->size) < 0)
        return rc;
    return rc;
}

ssize_t mu_journal_read(const struct mu_journal *j, uint64_t offset, char *out, size_t n)
{
    struct mu_spool_record record;
    size_t whole = 0;

    if (n > j->size - offset)
        n = (size_t)(j->size - offset);
    ssize_t got = pread(j->fd, out, n, (off_t)offset);
    if (got < 0)
        return -errno;
    while (whole < (size_t)got) {
        int rc = mu_spool_next(out + whole, (size_t)got - whole, &record);
        if (rc == MU_EAGAIN && whole > 0)
            break;
        if (rc)
            return MU_ECORRUPT;
        whole += record.size;
    }
    return (ssize_t)whole;
}

int mu_journal_ack(struct mu_journal *j, uint64_t offset)
{
    if (offset > j->size)
        return -EINVAL;
    if (offset <= j->acked)
        return 0;
    j->acked = offset;
    if (j->acked >= j->punched + MU_JOURNAL_PUNCH_STEP) {
        uint64_t to = j->acked - j->acked % 4096;
        int rc = fallocate(j->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)j->punched,
                           (off_t)(to - j->punched));
        if (rc == 0)
            j->punched = to;
    }
    return 0;
}

bool mu_journal_full(const struct mu_journal *j)
{
    return j->size - j->acked >= j->max;
}
