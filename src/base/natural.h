/*
 * The order in which a person expects names: letters without regard to their case, and the digits
 * in them as numbers, so that "part 9" stands before "part 10".
 *
 * Layer: base. Pure; any thread. Case is ASCII's; other characters stand in the order of their
 * code points.
 */
#ifndef MU_BASE_NATURAL_H
#define MU_BASE_NATURAL_H

/* Negative, 0 or positive, as strcmp. 0 for equal bytes only: a total order. */
int mu_natural_cmp(const char *a, const char *b);

#endif
