#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/order.h"
#include "runner/internal.h"

/* Where rows stand in their list. */

static void on_place(void *ctx, const char *id, int64_t position)
{
    struct places *p = ctx;
    if (p->count == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 16;
        p->items = mu_realloc(p->items, p->cap * sizeof *p->items);
    }
    struct place *place = &p->items[p->count++];
    snprintf(place->id, sizeof place->id, "%s", id);
    place->position = position;
}

static size_t index_of(const struct places *p, const char *id)
{
    size_t i = 0;
    while (i < p->count && strcmp(p->items[i].id, id) != 0)
        i++;
    return i;
}

static void take_out(struct places *p, size_t at)
{
    p->count--;
    memmove(&p->items[at], &p->items[at + 1], (p->count - at) * sizeof *p->items);
}

static void put_in(struct places *p, size_t at, const char *id, int64_t position)
{
    on_place(p, "", 0); /* room for one more */
    memmove(&p->items[at + 1], &p->items[at], (p->count - 1 - at) * sizeof *p->items);
    snprintf(p->items[at].id, sizeof p->items[at].id, "%s", id);
    p->items[at].position = position;
}

/* Gives the row at `at` its number; only what has another one by then is left. */
static void number(struct places *p, size_t at, bool stood_there)
{
    int64_t *numbers = mu_alloc(p->count * sizeof *numbers);
    size_t left = 0;
    for (size_t i = 0; i < p->count; i++)
        numbers[i] = p->items[i].position;
    if (!stood_there)
        mu_order_place(numbers, p->count, at);
    for (size_t i = 0; i < p->count; i++) {
        bool changed = numbers[i] != p->items[i].position;
        p->items[i].position = numbers[i];
        if (changed)
            p->items[left++] = p->items[i];
    }
    p->count = left;
    free(numbers);
}

/* The index that what stands right below `after` gets; SIZE_MAX: it is not in the list. */
static size_t wanted(const struct places *p, const char *after, bool ascending)
{
    if (!after)
        return ascending ? 0 : p->count;
    size_t at = index_of(p, after);
    return at == p->count ? SIZE_MAX : ascending ? at + 1 : at;
}

int places_put(struct mu_runner *r, const char *project_id, const struct place *row,
               const char *after, struct places *out)
{
    int rc = mu_store_each_place(r->store, project_id, on_place, out);
    size_t was = index_of(out, row->id);
    if (was < out->count)
        take_out(out, was);
    else
        was = SIZE_MAX;
    size_t at = wanted(out, after, !project_id);
    if (rc || at == SIZE_MAX) {
        places_release(out);
        return rc ? rc : -ENOENT;
    }
    put_in(out, at, row->id, row->position);
    number(out, at, at == was);
    return 0;
}

bool places_find(const struct places *p, const char *id, int64_t *position)
{
    size_t at = index_of(p, id);
    if (at == p->count)
        return false;
    *position = p->items[at].position;
    return true;
}

int64_t places_new(struct mu_runner *r, const char *project_id, int64_t now)
{
    return mu_order_new(now, mu_store_last_place(r->store, project_id));
}

void places_release(struct places *p)
{
    free(p->items);
    *p = (struct places){0};
}
