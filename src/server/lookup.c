#include "server/lookup.h"

#include <stdlib.h>
#include <utlist.h>

#include "wire/records.h"

struct lookup {
    struct lookup *prev, *next;
    struct mu_lookups *all;
    const struct mu_lookup_kind *kind;
    void *ctx;
    int64_t asked_at;
    bool answered;
};

struct mu_lookups {
    struct mu_loop *loop;
    struct mu_timer *timer; /* runs while somebody waits for an answer */
    int64_t ms;
    struct lookup *running, *waiting;
    struct lookup *full; /* to be refused */
    int running_n, waiting_n;
    bool closed;
};

static void drop(struct lookup *l, enum mu_lookup_end end)
{
    if (!l->answered)
        l->kind->answer(l->ctx, end);
    l->kind->free(l->ctx);
    free(l);
}

static void refuse_all(struct lookup **list)
{
    struct lookup *l, *next, *refused = *list;
    *list = NULL;
    DL_FOREACH_SAFE(refused, l, next)
    {
        drop(l, MU_LOOKUP_FULL);
    }
}

static void set_timer(struct mu_lookups *all)
{
    if (all->full)
        mu_timer_start(all->timer, 0, 0);
    else if (all->running || all->waiting)
        mu_timer_start(all->timer, all->ms / 10 + 1, 0);
}

static void on_work(void *ctx)
{
    const struct lookup *l = ctx;
    l->kind->work(l->ctx);
}

static void start_next(struct mu_lookups *all);

static void on_done(void *ctx)
{
    struct lookup *l = ctx;
    struct mu_lookups *all = l->all;
    DL_DELETE(all->running, l);
    all->running_n--;
    start_next(all);
    drop(l, MU_LOOKUP_DONE);
}

static void start_next(struct mu_lookups *all)
{
    while (all->waiting && all->running_n < MU_LIMIT_LOOKUPS) {
        struct lookup *l = all->waiting;
        DL_DELETE(all->waiting, l);
        all->waiting_n--;
        DL_APPEND(all->running, l);
        all->running_n++;
        mu_loop_work(all->loop, on_work, on_done, l);
    }
}

static void on_timer(void *ctx)
{
    struct mu_lookups *all = ctx;
    struct lookup *l, *next;
    int64_t before = mu_mono_ms() - all->ms;
    DL_FOREACH_SAFE(all->waiting, l, next)
    {
        if (l->asked_at > before)
            break;
        DL_DELETE(all->waiting, l);
        all->waiting_n--;
        DL_APPEND(all->full, l);
    }
    refuse_all(&all->full);
    DL_FOREACH(all->running, l)
    {
        if (l->answered || l->asked_at > before)
            continue;
        l->answered = true;
        l->kind->answer(l->ctx, MU_LOOKUP_LATE);
    }
    if (!all->closed)
        set_timer(all);
}

struct mu_lookups *mu_lookups_new(struct mu_loop *loop, int64_t ms)
{
    struct mu_lookups *all = mu_alloc(sizeof *all);
    all->loop = loop;
    all->ms = ms;
    all->timer = mu_timer_new(loop, on_timer, all);
    return all;
}

void mu_lookup_start(struct mu_lookups *all, const struct mu_lookup_kind *kind, void *ctx)
{
    struct lookup *l = mu_alloc(sizeof *l);
    *l = (struct lookup){.all = all, .kind = kind, .ctx = ctx, .asked_at = mu_mono_ms()};
    if (all->closed) {
        drop(l, MU_LOOKUP_FULL);
        return;
    }
    if (all->waiting_n >= MU_LIMIT_LOOKUPS_WAITING) {
        DL_APPEND(all->full, l);
    } else {
        DL_APPEND(all->waiting, l);
        all->waiting_n++;
        start_next(all);
    }
    if (all->full || !mu_timer_active(all->timer))
        set_timer(all);
}

void mu_lookups_close(struct mu_lookups *all)
{
    all->closed = true;
    mu_timer_free(all->timer);
    refuse_all(&all->full);
    refuse_all(&all->waiting);
    all->waiting_n = 0;
}

bool mu_lookups_under_way(const struct mu_lookups *all)
{
    return all->running != NULL;
}

void mu_lookups_free(struct mu_lookups *all)
{
    free(all);
}
