#include "store/images.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_SUFFIX ".new"

/* ---- what an image is ---- */

const char *mu_image_sniff(const void *data, size_t n)
{
    const char *d = data;
    if (n >= 8 && memcmp(d, "\x89PNG\r\n\x1a\n", 8) == 0)
        return "image/png";
    if (n >= 3 && memcmp(d, "\xff\xd8\xff", 3) == 0)
        return "image/jpeg";
    if (n >= 6 && (memcmp(d, "GIF87a", 6) == 0 || memcmp(d, "GIF89a", 6) == 0))
        return "image/gif";
    if (n >= 12 && memcmp(d, "RIFF", 4) == 0 && memcmp(d + 8, "WEBP", 4) == 0)
        return "image/webp";
    return NULL;
}

bool mu_image_id_valid(const char *id)
{
    return strspn(id, "0123456789abcdef") == MU_IMAGE_ID_SIZE - 1 &&
           id[MU_IMAGE_ID_SIZE - 1] == '\0';
}

void mu_image_id(const void *data, size_t n, char out[MU_IMAGE_ID_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!EVP_Digest(data, n, digest, &size, EVP_sha256(), NULL))
        abort();
    for (unsigned i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* ---- files ---- */

static char *path_of(const char *dir, const char *id, const char *suffix)
{
    return mu_asprintf("%s/%s%s", dir, id, suffix);
}

static int write_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        data += done;
        n -= (size_t)done;
    }
    return 0;
}

static int sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

static int write_new(const char *dir, const char *path, const char *id, const void *data, size_t n)
{
    char *tmp = path_of(dir, id, NEW_SUFFIX);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int rc = fd < 0 ? -errno : write_all(fd, data, n);
    if (!rc && fsync(fd) < 0)
        rc = -errno;
    if (fd >= 0 && close(fd) < 0 && !rc)
        rc = -errno;
    if (!rc && rename(tmp, path) < 0)
        rc = -errno;
    if (!rc)
        rc = sync_dir(dir);
    else
        unlink(tmp);
    free(tmp);
    return rc;
}

int mu_image_write(const char *dir, const char *id, const void *data, size_t n)
{
    struct stat st;
    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return -errno;
    char *path = path_of(dir, id, "");
    bool there = lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == n;
    int rc = 0;
    if (!there || utimensat(AT_FDCWD, path, NULL, 0) < 0)
        rc = write_new(dir, path, id, data, n);
    free(path);
    return rc;
}

int mu_image_read(const char *dir, const char *id, size_t bytes, struct mu_buf *out)
{
    char *path = path_of(dir, id, "");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    int rc = fd < 0 ? -errno : 0;
    size_t have = 0;
    mu_buf_reserve(out, bytes + 1);
    while (!rc && have <= bytes) {
        ssize_t n = read(fd, out->data + out->len, bytes + 1 - have);
        if (n < 0 && errno != EINTR)
            rc = -errno;
        if (n == 0)
            break;
        have += n > 0 ? (size_t)n : 0;
        out->len += n > 0 ? (size_t)n : 0;
    }
    out->data[out->len] = '\0';
    if (fd >= 0)
        close(fd);
    free(path);
    return rc ? rc : have == bytes ? 0 : MU_ECORRUPT;
}

void mu_images_older(const char *dir, int64_t before_ms, mu_image_cb *cb, void *ctx)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    struct stat st;
    while (d && (e = readdir(d))) {
        if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
            (int64_t)st.st_mtim.tv_sec * 1000 >= before_ms)
            continue;
        size_t n = strlen(e->d_name), suffix = strlen(NEW_SUFFIX);
        if (mu_image_id_valid(e->d_name))
            cb(ctx, e->d_name);
        else if (n > suffix && strcmp(e->d_name + n - suffix, NEW_SUFFIX) == 0)
            unlinkat(dirfd(d), e->d_name, 0);
    }
    if (d)
        closedir(d);
}

void mu_image_delete(const char *dir, const char *id)
{
    char *path = path_of(dir, id, "");
    unlink(path);
    free(path);
}

/* ---- base64 ---- */

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool mu_base64_decode(const char *text, size_t n, struct mu_buf *out)
{
    uint32_t bits = 0;
    int have = 0;
    for (int i = 0; i < 2 && n > 0 && text[n - 1] == '='; i++)
        n--;
    if (n % 4 == 1)
        return false;
    mu_buf_reserve(out, n / 4 * 3 + 3);
    for (size_t i = 0; i < n; i++) {
        int value = digit_value(text[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out->data[out->len++] = (char)(bits >> have & 0xff);
        }
    }
    out->data[out->len] = '\0';
    return true;
}
