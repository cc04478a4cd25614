/*
 * Work off the loop that a hanging file system may hold up for ever: bounded in number and in time.
 *
 * Layer: server. Loop thread only, but for `work`.
 *
 * MU_LIMIT_LOOKUPS run at a time, so that threads are left for what the server's own disk is asked;
 * MU_LIMIT_LOOKUPS_WAITING wait for their turn. Whoever asked is answered in
 * MU_LIMIT_LOOKUP_SECONDS at the latest. Work cannot be taken back: it keeps its place until its
 * file system answers.
 */
#ifndef MU_SERVER_LOOKUP_H
#define MU_SERVER_LOOKUP_H

#include "io/loop.h"

struct mu_lookups;

enum mu_lookup_end {
    MU_LOOKUP_DONE,
    MU_LOOKUP_FULL, /* it did not begin: too many wait, or its turn did not come in time */
    MU_LOOKUP_LATE, /* it goes on: what work writes must not be looked at */
};

struct mu_lookup_kind {
    void (*work)(void *ctx); /* on another thread */
    /* On the loop, exactly once; from within mu_lookup_start only after mu_lookups_close. */
    void (*answer)(void *ctx, enum mu_lookup_end end);
    void (*free)(void *ctx); /* on the loop, when neither of the two needs ctx any more */
};

/* ms: how long a lookup may take. Owned. */
struct mu_lookups *mu_lookups_new(struct mu_loop *loop, int64_t ms);
/* Borrows kind; ctx belongs to the lookup until free. */
void mu_lookup_start(struct mu_lookups *l, const struct mu_lookup_kind *kind, void *ctx);
/* Lookups that wait are answered FULL, as is every later one. The loop waits for those under way:
 * who cannot, asks whether there are any. */
void mu_lookups_close(struct mu_lookups *l);
bool mu_lookups_under_way(const struct mu_lookups *l);
void mu_lookups_free(struct mu_lookups *l); /* after the loop has ended; NULL allowed */

#endif
