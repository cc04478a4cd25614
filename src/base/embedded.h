/*
 * A file that is part of the program: the database's migrations, the web app.
 *
 * tools/embed.c prints a C file with `const struct mu_embedded NAME[]` and
 * `const size_t NAME_count`, sorted by name; whoever uses it declares it with
 * MU_EMBEDDED_DECLARE(NAME).
 *
 * Layer: base. Constant data: any thread.
 */
#ifndef MU_BASE_EMBEDDED_H
#define MU_BASE_EMBEDDED_H

#include <stddef.h>

struct mu_embedded {
    const char *name;          /* relative to the root given to the tool, with '/' */
    const unsigned char *data; /* len bytes and a NUL behind them, not counted */
    size_t len;
    const unsigned char *gzip; /* the same, compressed (RFC 1952); NULL when that saves nothing */
    size_t gzip_len;
    /* Strong validators (RFC 9110, 8.8.3) with their quotes, made from the SHA-256 of the content;
     * each representation has its own. */
    const char *etag;
    const char *gzip_etag; /* NULL when gzip is */
};

#define MU_EMBEDDED_DECLARE(symbol)                                                                \
    extern const struct mu_embedded symbol[];                                                      \
    extern const size_t symbol##_count

#endif
