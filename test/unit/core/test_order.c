#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/order.h"

enum { ROWS = 200 };

static uint32_t random_number(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void check_ascending(const int64_t *p, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (p[i - 1] >= p[i])
            fail_msg("[%zu] %lld, [%zu] %lld", i - 1, (long long)p[i - 1], i, (long long)p[i]);
}

static void it_stands_in_the_middle(void **state)
{
    MU_UNUSED(state);
    int64_t p[] = {1000, 0, 2000};
    mu_order_place(p, 3, 1);
    assert_int_equal(p[1], 1500);
    p[2] = 1002;
    mu_order_place(p, 3, 1);
    assert_int_equal(p[0], 1000);
    assert_int_equal(p[1], 1001);
    assert_int_equal(p[2], 1002);
}

static void at_an_end_it_keeps_a_distance(void **state)
{
    MU_UNUSED(state);
    int64_t p[] = {0, 5000, 0};
    mu_order_place(p, 2, 0);
    assert_int_equal(p[0], 5000 - MU_ORDER_STEP);
    mu_order_place(p, 3, 2);
    assert_int_equal(p[2], 5000 + MU_ORDER_STEP);
    int64_t alone = 77;
    mu_order_place(&alone, 1, 0);
    assert_int_equal(alone, 77);
}

/* As few as give room: the far ends keep their numbers. */
static void where_none_is_free_those_around_move(void **state)
{
    MU_UNUSED(state);
    int64_t p[40];
    for (int64_t i = 0; i < 40; i++)
        p[i] = i * 100000;
    p[20] = p[19] + 1; /* of 20 .. 22 only one number a row */
    p[22] = p[20] + 1;
    int64_t before[40];
    memcpy(before, p, sizeof p);
    mu_order_place(p, 40, 21);
    check_ascending(p, 40);
    int changed = 0;
    for (size_t i = 0; i < 40; i++)
        changed += i != 21 && p[i] != before[i];
    assert_true(changed > 0 && changed <= 6);
    int64_t full[] = {7, 8, 0, 9, 10}; /* of the whole list */
    mu_order_place(full, 5, 2);
    check_ascending(full, 5);
}

/* Any sequence of moves gives a strict order with the moved one where it was put. */
static void no_sequence_of_moves_breaks_the_order(void **state)
{
    MU_UNUSED(state);
    uint64_t seed = 20261128;
    int64_t p[ROWS];
    int ids[ROWS];
    int64_t renumbered = 0;
    for (int i = 0; i < ROWS; i++) {
        ids[i] = i;
        p[i] = i; /* no room at all */
    }
    for (int step = 0; step < 100000; step++) {
        size_t from = random_number(&seed) % ROWS;
        size_t to = step % 3 ? ROWS / 2 + random_number(&seed) % 2 : random_number(&seed) % ROWS;
        int64_t before[ROWS];
        int moved = ids[from];
        int64_t its = p[from];
        memmove(&ids[from], &ids[from + 1], (ROWS - 1 - from) * sizeof *ids);
        memmove(&p[from], &p[from + 1], (ROWS - 1 - from) * sizeof *p);
        memmove(&ids[to + 1], &ids[to], (ROWS - 1 - to) * sizeof *ids);
        memmove(&p[to + 1], &p[to], (ROWS - 1 - to) * sizeof *p);
        ids[to] = moved;
        p[to] = its;
        memcpy(before, p, sizeof p);
        mu_order_place(p, ROWS, to);
        check_ascending(p, ROWS);
        for (size_t i = 0; i < ROWS; i++)
            renumbered += i != to && p[i] != before[i];
        assert_true(p[0] > -(INT64_C(1) << 53) && p[ROWS - 1] < INT64_C(1) << 53);
    }
    assert_true(renumbered > 0 && renumbered < 100000 * 10); /* rows a move, on average */
}

static void a_new_row_is_above_all(void **state)
{
    MU_UNUSED(state);
    assert_int_equal(mu_order_new(5, 100), 5 * MU_ORDER_STEP);
    assert_int_equal(mu_order_new(5, 5 * MU_ORDER_STEP), 6 * MU_ORDER_STEP);
    assert_int_equal(mu_order_new(5, 1 << 20), (1 << 20) + MU_ORDER_STEP); /* the clock went back */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_stands_in_the_middle),
        cmocka_unit_test(at_an_end_it_keeps_a_distance),
        cmocka_unit_test(where_none_is_free_those_around_move),
        cmocka_unit_test(no_sequence_of_moves_breaks_the_order),
        cmocka_unit_test(a_new_row_is_above_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
