/* SPDX-License-Identifier: MIT */
// LINT: -DNEAREST=0 -DBORDER=0 -DALIGN=0 MAPS
// LINT: -DNEAREST=1 -DBORDER=1 -DALIGN=1 MAPS
// LINT: -DNEAREST=0 -DBORDER=2 -DALIGN=0 MAPS
// LINT: -DNEAREST=0 -DBORDER=2 -DALIGN=1 MAPS
// LINT MAPS: -DX_T=8 -DX_H=28 -DX_W=28 -DX_ROW=64 -DV_ROW=16 -DFRAME=196 -DY_ROW=64
/* y[t](p) = x[t](v[t](p)): v holds column and row, -1 to 1. BORDER: outside is 0; the nearest
 * pixel; the mirror image.
 *
 * NDRange {C, T*FRAME, N}: a number. FRAME: H*W of y. ROW: numbers from pixel to pixel.
 */
#if BORDER == 2
static inline float mirror(const float v, const float low, const float high)
{
    const float span = high - low, far = fabs(v - low);
    const float turns = floor(far / span), rest = far - turns * span;
    return span <= 0.0f ? 0.0f : fmod(turns, 2.0f) != 0.0f ? high - rest : low + rest;
}
#endif

static inline float place_of(const float v, const int size)
{
#if ALIGN || BORDER
    const float last = size - 1;
#endif
#if ALIGN
    float place = (v + 1.0f) / 2.0f * last;
#else
    float place = ((v + 1.0f) * size - 1.0f) / 2.0f;
#endif
#if BORDER == 2 && ALIGN
    place = mirror(place, 0.0f, last);
#elif BORDER == 2
    place = mirror(place, -0.5f, last + 0.5f);
#endif
#if BORDER
    place = clamp(place, 0.0f, last);
#endif
    return place;
}

/* Comparisons with NaN are false: a place that is no number is outside. */
static inline float pixel(__global const STORED(X) *x, const float i, const float j)
{
    if (!(i >= 0.0f && i < X_H && j >= 0.0f && j < X_W))
        return 0.0f;
    return get_one(X, x + ((int)i * X_W + (int)j) * (size_t)X_ROW);
}

__kernel void grid_sample(__global const STORED(X) *restrict x,
                          __global const STORED(V) *restrict v, __global STORED(Y) *restrict y,
                          const int run)
{
    if (!run)
        return;
    const size_t c = get_global_id(0), p = get_global_id(1), n = get_global_id(2);
    const size_t at = n * (X_T * FRAME) + p;
    const float j = place_of(get_one(V, v + at * V_ROW), X_W);
    const float i = place_of(get_one(V, v + at * V_ROW + 1), X_H);
    __global const STORED(X) *from = x + (n * X_T + p / FRAME) * (X_H * X_W * (size_t)X_ROW) + c;
#if NEAREST
    const float value = pixel(from, rint(i), rint(j));
#else
    const float top = floor(i), left = floor(j), r = i - top, s = j - left;
    const float above = (1.0f - s) * pixel(from, top, left) + s * pixel(from, top, left + 1.0f);
    const float below =
        (1.0f - s) * pixel(from, top + 1.0f, left) + s * pixel(from, top + 1.0f, left + 1.0f);
    const float value = (1.0f - r) * above + r * below;
#endif
    put_one(Y, value, y + at * Y_ROW + c);
}
