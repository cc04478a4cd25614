/*
 * The few words that every module shares: errors, memory, logging of what cannot go on.
 *
 * Layer: base. Thread rules: everything here may be called from any thread.
 *
 * MU_VERSION, muster's version as text, is what the build says (meson.build).
 *
 * Errors are an `int`: 0, a negative errno (-ENOENT), or a negative MU_E* below. Out of memory
 * aborts with a clear line; sizes that come from outside are capped before anything is allocated.
 */
#ifndef MU_BASE_BASE_H
#define MU_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MU_MUST_CHECK __attribute__((warn_unused_result))
#define MU_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define MU_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MU_UNUSED(x) ((void)(x))

/* Errors of muster's own, beside errno's: name, value, what it means. */
#define MU_ERRORS(X)                                                                               \
    X(MU_EPROTO, -5001, "the other side broke the protocol")                                       \
    X(MU_ETOOBIG, -5002, "larger than the limit")                                                  \
    X(MU_EAGAIN, -5003, "more input is needed")                                                    \
    X(MU_ECORRUPT, -5004, "the stored data is damaged")                                            \
    X(MU_ENEWER, -5005, "the stored data was written by a newer muster")                           \
    X(MU_EFOREIGN, -5006, "the data is not muster's")                                              \
    X(MU_EUTF8, -5007, "not valid UTF-8")                                                          \
    X(MU_EREFUSED, -5008, "refused")

enum mu_error {
#define X(name, value, text) name = (value),
    MU_ERRORS(X)
#undef X
};

/* A sentence fragment for a person ("no such file or directory"); never NULL, not owned. */
const char *mu_strerror(int err);

/* Allocation that does not fail: out of memory prints one line and aborts. Owned; free(). */
void *mu_alloc(size_t size); /* zeroed */
void *mu_realloc(void *p, size_t size);
char *mu_strdup(const char *s); /* NULL gives NULL */
char *mu_strndup(const char *s, size_t n);
char *mu_asprintf(const char *fmt, ...) MU_PRINTF(1, 2);

/* Replaces *slot by a copy of s (NULL allowed) and frees what was there. */
void mu_str_set(char **slot, const char *s);
bool mu_str_eq(const char *a, const char *b); /* NULL equals only NULL */

/* Milliseconds since 1970 (wall clock), and of a clock that never jumps back. */
int64_t mu_now_ms(void);
int64_t mu_mono_ms(void);

/* "2026-11-22T18:33:50.123Z" from milliseconds since 1970; out holds MU_ISO_SIZE bytes. */
enum { MU_ISO_SIZE = 32 };
void mu_iso_format(int64_t ms, char out[MU_ISO_SIZE]);
/* The inverse, for exactly that form. 0 or -EINVAL. */
int mu_iso_parse(const char *s, int64_t *ms) MU_MUST_CHECK;

/* True when s[0..n) is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool mu_utf8_valid(const char *s, size_t n);
/* The largest m <= n at which s may be cut without splitting a character. */
size_t mu_utf8_cut(const char *s, size_t n);

/* Fills out with random bytes from the operating system's generator; aborts if there is none. */
void mu_random(void *out, size_t n);
/* A random RFC 9562 version 4 UUID in lower case; out holds MU_ID_SIZE bytes. */
enum { MU_ID_SIZE = 37 };
void mu_id_new(char out[MU_ID_SIZE]);
/* True for what muster accepts as an id from outside: 1..64 of [A-Za-z0-9_.:-]. */
bool mu_id_valid(const char *s);

#endif
