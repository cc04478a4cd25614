/*
 * Little-endian integers in bytes, for the spool and the frames.
 *
 * Layer: hold. Thread rules: pure functions, any thread.
 */
#ifndef MU_HOLD_BYTES_H
#define MU_HOLD_BYTES_H

#include <stdint.h>

static inline void mu_put_le(unsigned char *out, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        out[i] = (unsigned char)(v >> (8 * i));
}

static inline uint64_t mu_get_le(const void *in, unsigned n)
{
    const unsigned char *p = in;
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

#endif
