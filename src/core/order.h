/*
 * Numbers that say an order: one for what is moved, between those of its new neighbours.
 *
 * Layer: core. Pure. Any thread.
 */
#ifndef MU_CORE_ORDER_H
#define MU_CORE_ORDER_H

#include "base/base.h"

enum {
    MU_ORDER_STEP = 1024, /* between what stands at an end and what comes behind it */
    MU_ORDER_ROOM = 64,   /* free numbers a row where they are given anew, at least */
};

/* positions[0..n) are ascending, without two that are equal; only [at] is not looked at. It gets a
 * number between its neighbours: the middle, or MU_ORDER_STEP from the one that it has; alone it
 * keeps its own. Where no number is free between them, those around get new ones, too: as few as
 * give room again. */
void mu_order_place(int64_t *positions, size_t n, size_t at);

/* The position of a row that is made now (ms since 1970), above `last`, the highest there is. */
int64_t mu_order_new(int64_t now, int64_t last);

#endif
