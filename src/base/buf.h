/*
 * Bytes: a growable buffer that one owner writes, and an immutable, ref-counted block that many
 * hold (one encoded frame handed to every subscriber).
 *
 * Layer: base. Not thread-safe: reference counts are plain, for the loop's thread only.
 */
#ifndef MU_BASE_BUF_H
#define MU_BASE_BUF_H

#include "base/base.h"

/* Growable bytes. Zero-initialised is valid and empty. data is NUL-terminated when non-NULL. */
struct mu_buf {
    char *data;
    size_t len;
    size_t cap;
};

void mu_buf_release(struct mu_buf *b); /* frees the storage; the buffer is empty and usable */
void mu_buf_clear(struct mu_buf *b);   /* len = 0, keeps the storage */
void mu_buf_reserve(struct mu_buf *b, size_t more);
void mu_buf_add(struct mu_buf *b, const void *data, size_t n);
void mu_buf_str(struct mu_buf *b, const char *s);
void mu_buf_char(struct mu_buf *b, char c);
void mu_buf_printf(struct mu_buf *b, const char *fmt, ...) MU_PRINTF(2, 3);
void mu_buf_drop(struct mu_buf *b, size_t n); /* removes the first n bytes */
char *mu_buf_take(struct mu_buf *b); /* returns owned, NUL-terminated, never NULL; b is empty */

/* Appends s[0..n) as a JSON string with its quotes (RFC 8259). Bytes that are not UTF-8 become
 * U+FFFD, so that the output is always valid. */
void mu_buf_json_n(struct mu_buf *b, const char *s, size_t n);
void mu_buf_json(struct mu_buf *b, const char *s); /* NULL gives null */

/* Immutable shared bytes. new gives a block with one reference. */
struct mu_bytes {
    uint32_t refs;
    uint32_t room; /* bytes that data has room for, NUL not counted */
    size_t len;
    char data[];
};

struct mu_bytes *mu_bytes_new(const void *data, size_t n);
struct mu_bytes *mu_bytes_ref(struct mu_bytes *b);
void mu_bytes_unref(struct mu_bytes *b); /* NULL allowed */
/* Appends to a block that nobody else holds; it may move. */
void mu_bytes_append(struct mu_bytes **b, const void *data, size_t n);

#endif
