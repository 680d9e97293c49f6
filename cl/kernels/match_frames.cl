/* SPDX-License-Identifier: MIT */
// LINT: MAPS -DVEC=16 -DTILE_H=2 -DWINDOW_ROWS=4 -DWINDOW_LANES=1 -DWTA=0 -DMASK=0 -DGPU=0
// LINT: MAPS -DVEC=8 -DTILE_H=2 -DWINDOW_ROWS=1 -DWINDOW_LANES=2 -DWTA=0 -DMASK=1 -DGPU=0
// LINT: MAPS -DVEC=4 -DTILE_H=1 -DWINDOW_ROWS=1 -DWINDOW_LANES=4 -DWTA=1 -DMASK=1 -DGPU=1
// LINT: MAPS -DVEC=16 -DTILE_H=2 -DWINDOW_ROWS=4 -DWINDOW_LANES=1 -DWTA=1 -DMASK=0 -DGPU=0
// LINT: MAPS -DVEC=4 -DTILE_H=2 -DWINDOW_ROWS=1 -DWINDOW_LANES=4 -DWTA=0 -DMASK=0 -DGPU=1
// LINT MAPS: -DX_C=64 -DX_T=8 -DX_H=112 -DX_W=112 -DLEFT=7 -DWIDTH=144 -DY_T=7 -DY_ROW=16
// LINT MAPS: -DTILE_W=16 -DRADIUS_H=7 -DRADIUS_W=7 -DSHARPNESS=144.3f
/* Where each pixel of a frame lies in the next one: cosine similarities over a window and what is
 * made of them, without ever storing them. rows: features of length 1 from match_rows.
 *
 * NDRange {X_W/TILE_W, X_H/TILE_H, N*Y_T}, rounded up: TILE_H x TILE_W pixels, two columns at once.
 * Lanes are neighbouring columns of the next frame: WINDOW_LANES lanes hold the windows' columns of
 * both pixels, WINDOW_ROWS rows of them are multiplied at a time. Each lane keeps a softmax (its
 * largest similarity, the sum of weights and of weights times places) or a best place of its own,
 * with its columns only; they are joined at the end.
 * SHARPNESS: log2(e)/tau, a factor of all similarities. Weights are powers of 2 of what they are
 * less than the largest so far, so that no tau makes them overflow or all vanish. WTA: the first of
 * the best places instead; SHARPNESS is 1. MASK: places outside the frame are left out, else their
 * similarity is 0.
 * GPU: powers of 2 are an instruction there, and TILE_W is 2.
 */
#define COLUMNS (2 * RADIUS_W + 1)
#define GROUPS CEIL_DIV(2 * RADIUS_H + TILE_H, WINDOW_ROWS)
#define TILE_STEPS (TILE_W / 2)
#define OUT -1e30f /* less than any similarity, for places that are not in the window */
#define LEAST (-2.0f * SHARPNESS)

/* Of the 2 * TILE_H pixels of a step, one lane each: */
struct matches {
    lane_t best[TILE_H * 2]; /* similarity */
#if WTA
    lane_t row[TILE_H * 2], lane[TILE_H * 2]; /* where: dy, which of the lanes */
    lane_t all[TILE_H * 2];                   /* sum of similarities: NaN if one is */
#else
    lane_t sum[TILE_H * 2], row[TILE_H * 2], lane[TILE_H * 2]; /* of weights; times dy; lane */
#endif
};

/* result = op over all numbers of v, halves first. */
#define PLUS(a, b) ((a) + (b))
#define FOLD_2(op, v) op((v).x, (v).y)
#define FOLD_4(op, v, result)                      \
    const float2 two = op((v).lo, (v).hi);         \
    result = FOLD_2(op, two)
#define FOLD_8(op, v, result)                      \
    const float4 four = op((v).lo, (v).hi);        \
    FOLD_4(op, four, result)
#define FOLD_16(op, v, result)                     \
    const float8 eight = op((v).lo, (v).hi);       \
    FOLD_8(op, eight, result)
#if VEC == 16
#define FOLD FOLD_16
#elif VEC == 8
#define FOLD FOLD_8
#else
#define FOLD FOLD_4
#endif

static inline float largest(lane_t v)
{
    float result;
    FOLD(fmax, v, result);
    return result;
}

static inline float total(lane_t v)
{
    float result;
    FOLD(PLUS, v, result);
    return result;
}

#if VEC == 16
#define as_lane as_float16
#define as_mask as_int16
#define LANE_NUMBERS (lane_t)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#elif VEC == 8
#define as_lane as_float8
#define as_mask as_int8
#define LANE_NUMBERS (lane_t)(0, 1, 2, 3, 4, 5, 6, 7)
#else
#define as_lane as_float4
#define as_mask as_int4
#define LANE_NUMBERS (lane_t)(0, 1, 2, 3)
#endif

#if GPU
#define power exp2
#define EACH_PIXEL UNROLL
#else
#define EACH_PIXEL
#endif
#if !GPU && !WTA
/* 2^v for v <= 0, to 2 units in the last place; 0 for v < -127. The library's, which knows more
 * cases, takes as long as the similarities. */
static inline lane_t power(lane_t v)
{
    const float shift = 12582912.0f; /* 1.5 * 2^23: the sum is rounded to a whole number */
    const lane_t x = v < -127.0f ? (lane_t)-127.0f : v; /* NaN stays */
    const lane_t sum = x + shift, part = x - (sum - shift);
    lane_t p = (lane_t)1.3264727e-3f;
    p = fma(p, part, (lane_t)9.6715130e-3f);
    p = fma(p, part, (lane_t)5.5507336e-2f);
    p = fma(p, part, (lane_t)2.4022242e-1f);
    p = fma(p, part, (lane_t)6.9314700e-1f);
    p = fma(p, part, (lane_t)1.0f);
    return as_lane(as_mask(p) + (as_mask(sum) << 23));
}
#endif

/* What is added to the similarities of lane v for pixel p of a step that begins at column j. */
static inline lane_t outside_lane(int j, int p, int v)
{
    const lane_t dx = LANE_NUMBERS + (float)(v * VEC - RADIUS_W - p);
    lane_mask_t out = dx < (float)-RADIUS_W || dx > (float)RADIUS_W;
#if MASK
    out = out || dx < (float)(-j - p) || dx > (float)(X_W - 1 - j - p);
#endif
    return select((lane_t)0.0f, (lane_t)OUT, out);
}

/* acc[q][v] are similarities of pixel k of the tile at (i,j) with rows y .. y+WINDOW_ROWS-1 of the
 * next frame. */
static inline void take(struct matches *m, int k, lane_t acc[WINDOW_ROWS][WINDOW_LANES], int i,
                        int j, int y)
{
    lane_t s[WINDOW_ROWS][WINDOW_LANES];
    UNROLL for (int q = 0; q < WINDOW_ROWS; q++) {
        const int dy = y + q - i - k / 2;
        const bool inside = y + q >= 0 && y + q < X_H;
        const bool used = dy >= -RADIUS_H && dy <= RADIUS_H && (inside || !MASK);
        UNROLL for (int v = 0; v < WINDOW_LANES; v++)
            s[q][v] = fma(acc[q][v], (lane_t)(inside ? SHARPNESS : 0.0f),
                          outside_lane(j, k % 2, v) + (used ? 0.0f : OUT));
    }
#if WTA
    UNROLL for (int q = 0; q < WINDOW_ROWS; q++) {
        const float dy = y + q - i - k / 2;
        UNROLL for (int v = 0; v < WINDOW_LANES; v++) {
            const lane_mask_t better = s[q][v] > m->best[k];
            m->best[k] = select(m->best[k], s[q][v], better);
            m->row[k] = select(m->row[k], (lane_t)dy, better);
            m->lane[k] = select(m->lane[k], (lane_t)(float)v, better);
            m->all[k] += s[q][v];
        }
    }
#else
    lane_t best = m->best[k];
    UNROLL for (int q = 0; q < WINDOW_ROWS; q++)
        UNROLL for (int v = 0; v < WINDOW_LANES; v++) best = s[q][v] > best ? s[q][v] : best;
    const lane_t shrink = power(m->best[k] - best);
    lane_t sum = m->sum[k] * shrink, row = m->row[k] * shrink, lane = m->lane[k] * shrink;
    UNROLL for (int q = 0; q < WINDOW_ROWS; q++) {
        const float dy = y + q - i - k / 2;
        UNROLL for (int v = 0; v < WINDOW_LANES; v++) {
            const lane_t weight = power(s[q][v] - best);
            sum += weight;
            row = fma(weight, (lane_t)dy, row);
            if (v)
                lane = fma(weight, (lane_t)(float)v, lane);
        }
    }
    m->best[k] = best;
    m->sum[k] = sum;
    m->row[k] = row;
    m->lane[k] = lane;
#endif
}

static inline float2 join(const struct matches *m, int k)
{
    const float best = largest(m->best[k]);
    const lane_t dx = LANE_NUMBERS - (float)(RADIUS_W + k % 2);
#if WTA
    const lane_t place = (m->row[k] + RADIUS_H) * COLUMNS + m->lane[k] * VEC + dx + RADIUS_W;
    const int first = (int)-largest(select((lane_t)OUT, -place, m->best[k] == best));
    const float broken = 0.0f * total(m->all[k]);
    return (float2)(first / COLUMNS - RADIUS_H, first % COLUMNS - RADIUS_W) + broken;
#else
    const lane_t weight = power(m->best[k] - best);
    const float sum = total(weight * m->sum[k]);
    const float column = total(weight * (m->sum[k] * dx + m->lane[k] * VEC));
    return (float2)(total(weight * m->row[k]), column) / sum;
#endif
}

__kernel void match_frames(__global const float *restrict rows,
                           __global STORED(Y) *restrict y, const int run)
{
    if (!run)
        return;
    const int left = (int)get_global_id(0) * TILE_W, top = (int)get_global_id(1) * TILE_H;
#if GPU
    const int steps = 1; /* a bound that is known keeps all in registers */
#else
    const int steps = min(TILE_STEPS, (X_W - left + 1) / 2);
#endif
    const size_t pair = get_global_id(2), frame = pair / Y_T * X_T + pair % Y_T;
    __global const float *now = rows + frame * (X_H * X_C * WIDTH);
    __global const float *next = now + X_H * X_C * WIDTH;
    __global const float *a[TILE_H];
    struct matches matches[TILE_STEPS];
    UNROLL for (int r = 0; r < TILE_H; r++)
        a[r] = now + min(top + r, X_H - 1) * (X_C * WIDTH) + LEFT + left;
    for (int step = 0; step < steps; step++)
        UNROLL for (int k = 0; k < TILE_H * 2; k++) {
            matches[step].best[k] = (lane_t)LEAST;
            matches[step].row[k] = matches[step].lane[k] = (lane_t)0.0f;
#if WTA
            matches[step].all[k] = (lane_t)0.0f;
#else
            matches[step].sum[k] = (lane_t)0.0f;
#endif
        }
    for (int group = 0; group < GROUPS; group++) {
        const int i = top - RADIUS_H + group * WINDOW_ROWS;
        __global const float *b[WINDOW_ROWS];
        UNROLL for (int q = 0; q < WINDOW_ROWS; q++)
            b[q] = next + clamp(i + q, 0, X_H - 1) * (X_C * WIDTH) + LEFT + left - RADIUS_W;
        for (int step = 0; step < steps; step++) {
            lane_t acc[TILE_H * 2][WINDOW_ROWS][WINDOW_LANES];
            UNROLL for (int k = 0; k < TILE_H * 2; k++)
                UNROLL for (int q = 0; q < WINDOW_ROWS; q++)
                    UNROLL for (int v = 0; v < WINDOW_LANES; v++) acc[k][q][v] = (lane_t)0.0f;
            PRAGMA(unroll 1)
            for (int c = 0; c < X_C; c++) {
                const int at = c * WIDTH + step * 2;
                lane_t w[WINDOW_ROWS][WINDOW_LANES];
                UNROLL for (int q = 0; q < WINDOW_ROWS; q++)
                    UNROLL for (int v = 0; v < WINDOW_LANES; v++)
                        w[q][v] = lane_load(b[q] + at + v * VEC);
                UNROLL for (int k = 0; k < TILE_H * 2; k++) {
                    const lane_t f = (lane_t)((a[k / 2] + at)[k % 2]);
                    UNROLL for (int q = 0; q < WINDOW_ROWS; q++)
                        UNROLL for (int v = 0; v < WINDOW_LANES; v++)
                            acc[k][q][v] = fma(f, w[q][v], acc[k][q][v]);
                }
            }
            UNROLL for (int k = 0; k < TILE_H * 2; k++)
                take(&matches[step], k, acc[k], top, left + step * 2, i);
        }
    }
    for (int step = 0; step < steps; step++)
        EACH_PIXEL for (int k = 0; k < TILE_H * 2; k++) {
            const int i = top + k / 2, j = left + step * 2 + k % 2;
            if (i < X_H && j < X_W) {
                const float2 move = join(&matches[step], k);
                __global STORED(Y) *to = y + ((pair * X_H + i) * X_W + j) * Y_ROW;
                put_one(Y, move.x, to);
                put_one(Y, move.y, to + 1);
            }
        }
}
