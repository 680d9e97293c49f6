/* SPDX-License-Identifier: MIT */
/* Seeded random numbers, the same on every machine (splitmix64). */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H
#include <math.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

static inline uint64_t random_u64(struct random *r)
{
    uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Uniform integer in [lo, hi]. */
static inline int random_int(struct random *r, int lo, int hi)
{
    return lo + (int)(random_u64(r) % (uint64_t)(hi - lo + 1));
}

/* Uniform in [0, 1). */
static inline double random_unit(struct random *r)
{
    return (double)(random_u64(r) >> 11) * 0x1p-53;
}

/* Standard normal (Box and Muller, one of the pair). */
static inline double random_normal(struct random *r)
{
    double u = 1.0 - random_unit(r), v = random_unit(r);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

#endif
