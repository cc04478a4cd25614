#include "base/base.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

const char *mu_strerror(int err)
{
    switch (err) {
#define X(name, value, text)                                                                       \
    case name:                                                                                     \
        return text;
        MU_ERRORS(X)
#undef X
    default:
        return strerror(err < 0 ? -err : err);
    }
}

static _Noreturn void out_of_memory(size_t size)
{
    fprintf(stderr, "muster: out of memory (%zu bytes were asked for)\n", size);
    abort();
}

void *mu_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        out_of_memory(size);
    return p;
}

void *mu_realloc(void *p, size_t size)
{
    void *q = realloc(p, size ? size : 1);
    if (!q)
        out_of_memory(size);
    return q;
}

char *mu_strndup(const char *s, size_t n)
{
    char *p = mu_alloc(n + 1);
    memcpy(p, s, n);
    return p;
}

char *mu_strdup(const char *s)
{
    return s ? mu_strndup(s, strlen(s)) : NULL;
}

char *mu_asprintf(const char *fmt, ...)
{
    va_list ap;
    char *out = NULL;
    va_start(ap, fmt);
    if (vasprintf(&out, fmt, ap) < 0)
        out_of_memory(0);
    va_end(ap);
    return out;
}

void mu_str_set(char **slot, const char *s)
{
    char *copy = mu_strdup(s);
    free(*slot);
    *slot = copy;
}

bool mu_str_eq(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static int64_t clock_ms(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t mu_now_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

int64_t mu_mono_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

void mu_iso_format(int64_t ms, char out[MU_ISO_SIZE])
{
    time_t seconds = (time_t)(ms / 1000);
    int rest = (int)(ms % 1000);
    if (rest < 0) {
        rest += 1000;
        seconds--;
    }
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(out, MU_ISO_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, MU_ISO_SIZE - n, ".%03dZ", rest);
}

int mu_iso_parse(const char *s, int64_t *ms)
{
    struct tm tm = {0};
    int milli = 0, end = 0;
    if (sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
               &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &milli, &end) != 7 ||
        s[end] || end != 24)
        return -EINVAL;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int64_t at = (int64_t)timegm(&tm) * 1000 + milli;
    char again[MU_ISO_SIZE];
    mu_iso_format(at, again);
    if (strcmp(s, again) != 0)
        return -EINVAL; /* the 30th of February, a sign, a missing zero */
    *ms = at;
    return 0;
}

/* Length of the well-formed character at s (n > 0 bytes left), or 0. */
static size_t utf8_char(const unsigned char *s, size_t n)
{
    unsigned char c = s[0];
    if (c < 0x80)
        return 1;
    size_t len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || n < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    if ((c == 0xE0 && s[1] < 0xA0) || (c == 0xED && s[1] > 0x9F) || (c == 0xF0 && s[1] < 0x90) ||
        (c == 0xF4 && s[1] > 0x8F))
        return 0;
    return len;
}

bool mu_utf8_valid(const char *s, size_t n)
{
    const unsigned char *p = (const unsigned char *)s, *end = p + n;
    uint64_t word;
    while (p < end) {
        if ((size_t)(end - p) >= sizeof word) {
            memcpy(&word, p, sizeof word);
            if (!(word & 0x8080808080808080)) {
                p += sizeof word;
                continue;
            }
        }
        size_t len = utf8_char(p, (size_t)(end - p));
        if (!len)
            return false;
        p += len;
    }
    return true;
}

size_t mu_utf8_cut(const char *s, size_t n)
{
    size_t cut = n;
    while (cut > 0 && n - cut < 4 && ((unsigned char)s[cut - 1] & 0xC0) == 0x80)
        cut--;
    if (cut == 0 || (unsigned char)s[cut - 1] < 0xC0)
        return n; /* ends in ASCII, or is not UTF-8 anyway */
    return utf8_char((const unsigned char *)s + cut - 1, n - cut + 1) ? n : cut - 1;
}

void mu_random(void *out, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = getrandom((char *)out + done, n - done, 0);
        if (got < 0 && errno != EINTR) {
            fprintf(stderr, "muster: the system gives no random bytes: %s\n", strerror(errno));
            abort();
        }
        if (got > 0)
            done += (size_t)got;
    }
}

void mu_id_new(char out[MU_ID_SIZE])
{
    unsigned char b[16];
    mu_random(b, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    char *p = out;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        p += snprintf(p, 3, "%02x", b[i]);
    }
}

bool mu_id_valid(const char *s)
{
    size_t n = s ? strlen(s) : 0;
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_.:-";
    return n >= 1 && n <= 64 && strspn(s, allowed) == n;
}
