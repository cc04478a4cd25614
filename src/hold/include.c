#include "hold/include.h"

#include "wire/records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 48 * 1024 }; /* bytes read at once; whole groups of three */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void mu_include_put(struct mu_buf *out, const char *path)
{
    mu_buf_char(out, MU_INCLUDE_MARK);
    mu_buf_str(out, path);
    mu_buf_char(out, MU_INCLUDE_MARK);
}

/* RFC 4648, section 4. Room for the digits is there. */
static void put_base64(struct mu_buf *out, const unsigned char *in, size_t n)
{
    char *at = out->data + out->len;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)in[i] << 16;
        if (i + 1 < n)
            v |= (uint32_t)in[i + 1] << 8;
        if (i + 2 < n)
            v |= in[i + 2];
        *at++ = digits[v >> 18];
        *at++ = digits[v >> 12 & 63];
        *at++ = i + 1 < n ? digits[v >> 6 & 63] : '=';
        *at++ = i + 2 < n ? digits[v & 63] : '=';
    }
    *at = '\0';
    out->len = (size_t)(at - out->data);
}

/* Reads until in is full or the file ends. */
static ssize_t read_full(int fd, unsigned char *in, size_t want)
{
    size_t have = 0;
    while (have < want) {
        ssize_t n = read(fd, in + have, want - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

/* At most `left` bytes, also of a file that grows while it is read. */
static int put_contents(int fd, size_t left, struct mu_buf *out)
{
    unsigned char *in = mu_alloc(CHUNK);
    ssize_t n = 0;
    do {
        n = read_full(fd, in, left < CHUNK ? left : CHUNK);
        if (n > 0) {
            put_base64(out, in, (size_t)n);
            left -= (size_t)n;
        }
    } while (n == CHUNK);
    free(in);
    return n < 0 ? (int)n : 0;
}

static int put_file(const char *path, struct mu_buf *out)
{
    struct stat st;
    size_t before = out->len;
    int fd = path[0] == '/' ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW) : -1;
    if (fd < 0)
        return path[0] == '/' ? -errno : -EINVAL;
    int rc = fstat(fd, &st) < 0 ? -errno : 0;
    if (!rc && !S_ISREG(st.st_mode))
        rc = -EINVAL;
    if (!rc && st.st_size > MU_LIMIT_IMAGE_BYTES)
        rc = MU_ETOOBIG;
    if (!rc) {
        mu_buf_reserve(out, ((size_t)st.st_size + 2) / 3 * 4);
        rc = put_contents(fd, (size_t)st.st_size, out);
    }
    close(fd);
    if (rc && out->data) {
        out->len = before;
        out->data[before] = '\0';
    }
    return rc;
}

static void say(struct mu_buf *why, const char *path, int rc)
{
    if (why)
        mu_buf_printf(why, "muster: the image %s cannot be given to the agent: %s\n", path,
                      mu_strerror(rc));
}

int mu_include_expand(const char *data, size_t n, struct mu_buf *out, struct mu_buf *why)
{
    const char *end = data + n;
    int files = 0, first = 0;
    while (data < end) {
        const char *mark = memchr(data, MU_INCLUDE_MARK, (size_t)(end - data));
        mu_buf_add(out, data, (size_t)((mark ? mark : end) - data));
        if (!mark)
            break;
        const char *close = memchr(mark + 1, MU_INCLUDE_MARK, (size_t)(end - mark - 1));
        if (!close)
            return first ? first : MU_EPROTO;
        char *path = mu_strndup(mark + 1, (size_t)(close - mark - 1));
        int rc = files++ < MU_LIMIT_IMAGES_PER_PROMPT ? put_file(path, out) : MU_ETOOBIG;
        if (rc)
            say(why, path, rc);
        if (!first)
            first = rc;
        free(path);
        data = close + 1;
    }
    return first;
}
