#include "core/order.h"

/* Gives p[from..to) numbers evenly between the neighbours of that range, which exist. */
static void spread(int64_t *p, size_t from, size_t to)
{
    int64_t count = (int64_t)(to - from);
    int64_t low = p[from - 1], span = p[to] - low;
    for (int64_t i = 0; i < count; i++) /* in two parts, as a product could be too large */
        p[from + (size_t)i] =
            low + span / (count + 1) * (i + 1) + span % (count + 1) * (i + 1) / (count + 1);
}

static void go_down(int64_t *p, size_t to, int64_t from_position)
{
    for (size_t i = to; i > 0; i--)
        p[i - 1] = from_position -= MU_ORDER_STEP;
}

static void go_up(int64_t *p, size_t from, size_t n, int64_t from_position)
{
    for (size_t i = from; i < n; i++)
        p[i] = from_position += MU_ORDER_STEP;
}

static bool has_room(const int64_t *p, size_t from, size_t to)
{
    int64_t count = (int64_t)(to - from);
    return (p[to] - p[from - 1]) / (count + 1) >= (count == 1 ? 1 : MU_ORDER_ROOM);
}

void mu_order_place(int64_t *positions, size_t n, size_t at)
{
    size_t from = at, to = at + 1;
    for (size_t more = 1; from > 0 && to < n && !has_room(positions, from, to); more *= 2) {
        from = from > more ? from - more : 0;
        to = n - to > more ? to + more : n;
    }
    if (from > 0 && to < n)
        spread(positions, from, to);
    else if (to < n)
        go_down(positions, to, positions[to]);
    else if (from > 0)
        go_up(positions, from, n, positions[from - 1]);
    else if (n > 1)
        go_up(positions, 1, n, positions[0]);
}

int64_t mu_order_new(int64_t now, int64_t last)
{
    int64_t position = now * MU_ORDER_STEP;
    return position > last ? position : last + MU_ORDER_STEP;
}
