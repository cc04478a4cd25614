/*
 * Finding files by a few letters of their paths: which match, and which of them is meant.
 *
 * Layer: core. Pure; any thread.
 *
 * A path matches when all characters of the query stand in it in this order; case (ASCII's) does
 * not matter. Better are characters that stand together, that begin a part of the path or a word
 * (after a slash, a dot, a dash, an underscore, a space, or a lower case letter before an upper
 * case one), and that stand in the file's own name; best is a name that is the query. Of equals the
 * shorter path comes first, then the order is natural. The search for the best places is that of
 * Smith and Waterman with gaps, as in fzf: its time is the length of the path times the query's.
 */
#ifndef MU_CORE_FUZZY_H
#define MU_CORE_FUZZY_H

#include "base/base.h"

enum {
    MU_FUZZY_QUERY_MAX = 256, /* bytes of a query that count */
    MU_FUZZY_PATH_MAX = 4096, /* a longer path matches nothing */
};

#define MU_FUZZY_NONE INT32_MIN

/* How well it matches; MU_FUZZY_NONE: not at all. An empty query matches everything with 0. */
int32_t mu_fuzzy_score(const char *query, const char *path);

/* NUL-terminated paths, one behind the other; `at` says where each begins. */
struct mu_fuzzy_paths {
    const char *text;
    const uint32_t *at;
    size_t count;
};

/* The numbers of the paths that match, best first, at most max; how many. For an empty query the
 * shallowest paths come first. */
size_t mu_fuzzy_best(const char *query, const struct mu_fuzzy_paths *paths, uint32_t *best,
                     size_t max);

#endif
