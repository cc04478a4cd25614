#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mu_buf_release(struct mu_buf *b)
{
    free(b->data);
    *b = (struct mu_buf){0};
}

void mu_buf_clear(struct mu_buf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = 0;
}

void mu_buf_reserve(struct mu_buf *b, size_t more)
{
    size_t need = b->len + more + 1;
    if (need <= b->cap)
        return;
    size_t cap = b->cap ? b->cap : 64;
    while (cap < need)
        cap *= 2;
    b->data = mu_realloc(b->data, cap);
    b->cap = cap;
}

void mu_buf_add(struct mu_buf *b, const void *data, size_t n)
{
    mu_buf_reserve(b, n);
    if (n)
        memcpy(b->data + b->len, data, n);
    b->len += n;
    b->data[b->len] = 0;
}

void mu_buf_str(struct mu_buf *b, const char *s)
{
    mu_buf_add(b, s, strlen(s));
}

void mu_buf_char(struct mu_buf *b, char c)
{
    mu_buf_add(b, &c, 1);
}

void mu_buf_printf(struct mu_buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n > 0) {
        mu_buf_reserve(b, (size_t)n);
        vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void mu_buf_drop(struct mu_buf *b, size_t n)
{
    if (n >= b->len) {
        mu_buf_clear(b);
        return;
    }
    memmove(b->data, b->data + n, b->len - n);
    b->len -= n;
    b->data[b->len] = 0;
}

char *mu_buf_take(struct mu_buf *b)
{
    char *data = b->data ? b->data : mu_strdup("");
    *b = (struct mu_buf){0};
    return data;
}

static void json_escape(struct mu_buf *b, unsigned char c)
{
    switch (c) {
    case '"':
        mu_buf_str(b, "\\\"");
        break;
    case '\\':
        mu_buf_str(b, "\\\\");
        break;
    case '\n':
        mu_buf_str(b, "\\n");
        break;
    case '\r':
        mu_buf_str(b, "\\r");
        break;
    case '\t':
        mu_buf_str(b, "\\t");
        break;
    default:
        mu_buf_printf(b, "\\u%04x", c);
    }
}

/* Appends one multi-byte character, or U+FFFD for a byte that is none; returns bytes consumed. */
static size_t json_wide(struct mu_buf *b, const char *s, size_t n)
{
    for (size_t len = 2; len <= 4 && len <= n; len++) {
        if (mu_utf8_valid(s, len)) {
            mu_buf_add(b, s, len);
            return len;
        }
    }
    mu_buf_str(b, "\xEF\xBF\xBD");
    return 1;
}

void mu_buf_json_n(struct mu_buf *b, const char *s, size_t n)
{
    mu_buf_reserve(b, n + 2);
    mu_buf_char(b, '"');
    for (size_t i = 0; i < n;) {
        size_t run = i;
        while (run < n && (unsigned char)s[run] >= 0x20 && (unsigned char)s[run] < 0x7F &&
               s[run] != '"' && s[run] != '\\')
            run++;
        mu_buf_add(b, s + i, run - i);
        i = run;
        if (i == n)
            break;
        if ((unsigned char)s[i] >= 0x80)
            i += json_wide(b, s + i, n - i);
        else
            json_escape(b, (unsigned char)s[i++]);
    }
    mu_buf_char(b, '"');
}

void mu_buf_json(struct mu_buf *b, const char *s)
{
    if (s)
        mu_buf_json_n(b, s, strlen(s));
    else
        mu_buf_str(b, "null");
}

struct mu_bytes *mu_bytes_new(const void *data, size_t n)
{
    struct mu_bytes *b = mu_realloc(NULL, sizeof *b + n + 1);
    b->refs = 1;
    b->room = (uint32_t)n;
    b->len = n;
    if (n)
        memcpy(b->data, data, n);
    b->data[n] = 0;
    return b;
}

void mu_bytes_append(struct mu_bytes **block, const void *data, size_t n)
{
    struct mu_bytes *b = *block;
    if (b->room - b->len < n) {
        size_t room = b->len + n + b->len / 2;
        b = mu_realloc(b, sizeof *b + room + 1);
        b->room = (uint32_t)room;
        *block = b;
    }
    memcpy(b->data + b->len, data, n);
    b->len += n;
    b->data[b->len] = 0;
}

struct mu_bytes *mu_bytes_ref(struct mu_bytes *b)
{
    b->refs++;
    return b;
}

void mu_bytes_unref(struct mu_bytes *b)
{
    if (b && --b->refs == 0)
        free(b);
}
