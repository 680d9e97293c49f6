/* SPDX-License-Identifier: MIT */
// LINT: MAPS -DDEPTH=15 -DITEMS_W=28 -DROWS=2 -DWINDOW_ROWS=4 -DWTA=0 -DMASK=0 -DVOLUME=0
// LINT: MAPS -DDEPTH=15 -DITEMS_W=14 -DROWS=2 -DWINDOW_ROWS=4 -DVOLUME=1
// LINT: MAPS -DDEPTH=8 -DITEMS_W=28 -DROWS=1 -DWINDOW_ROWS=4 -DWTA=0 -DMASK=1 -DVOLUME=0
// LINT: MAPS -DDEPTH=8 -DITEMS_W=28 -DROWS=2 -DWINDOW_ROWS=2 -DWTA=1 -DMASK=0 -DVOLUME=0
// LINT: MAPS -DDEPTH=4 -DITEMS_W=14 -DROWS=1 -DWINDOW_ROWS=2 -DWTA=1 -DMASK=1 -DVOLUME=0
// LINT MAPS: -DVEC=4 -DX_C=37 -DX_T=8 -DX_H=112 -DX_W=112 -DLEFT=8 -DWIDTH=144 -DY_T=7 -DY_ROW=16
// LINT MAPS: -DSTAGE=8 -DRADIUS_H=7 -DRADIUS_W=7 -DSHARPNESS=144.3f
/* match_frames on a GPU: the same maps, from features that a work-group shares in local memory.
 *
 * NDRange {ITEMS_W * tiles of columns, ROWS * SLICES * tiles of rows, N*Y_T}. A work-group has the
 * matches of ROWS rows of 4 * ITEMS_W pixels. Its work-items have four neighbouring pixels and a
 * slice of their windows: DEPTH columns of every WINDOW_ROWS'th row. It goes down the next frame
 * WINDOW_ROWS rows at a time, which come through local memory with its own pixels, STAGE channels
 * of both; the sums of 4 * DEPTH similarities are in registers. A slice keeps a softmax of its own
 * (the largest similarity so far, the sum of weights and of weights times places) or a best place;
 * slices are joined at the end, through local memory again.
 * VOLUME: y are the similarities themselves, as of cost_volume; then there is nothing to join.
 * LEFT, WIDTH: columns in front and all columns of a row of one channel; LEFT is a multiple of 4,
 * so that all is read in aligned fours. SHARPNESS: log2(e)/tau; WTA, MASK: as in match_frames.cl.
 */
#define COLUMNS (2 * RADIUS_W + 1)
#define PARTS CEIL_DIV(COLUMNS, DEPTH) /* of a row of a window; DEPTH is 4n if it has several */
#define SLICES (WINDOW_ROWS * PARTS)
#define GROUP_ITEMS (ITEMS_W * ROWS * SLICES)
#define STEPS CEIL_DIV(2 * RADIUS_H + ROWS, WINDOW_ROWS)
#define SHIFT (LEFT - RADIUS_W)                         /* from what is read to a window's begin */
#define NEXT_FOURS CEIL_DIV(SHIFT + DEPTH + 3, 4)       /* of a row, that a work-item reads */
#define NEXT_W (ITEMS_W - 1 + (PARTS - 1) * (DEPTH / 4) + NEXT_FOURS) /* that a group reads */
#define NOW_SIZE (STAGE * ROWS * ITEMS_W)
#define NEXT_SIZE (STAGE * WINDOW_ROWS * NEXT_W)
#define NOW_SLOTS CEIL_DIV(NOW_SIZE, GROUP_ITEMS) /* of a work-item */
#define NEXT_SLOTS CEIL_DIV(NEXT_SIZE, GROUP_ITEMS)
#if NOW_SIZE + NEXT_SIZE > 4 * GROUP_ITEMS
#define LOCAL_SIZE (NOW_SIZE + NEXT_SIZE)
#else /* matches to be joined take more */
#define LOCAL_SIZE (4 * GROUP_ITEMS)
#endif
#define FRAME (X_H * X_C * WIDTH)
#define OUT -1e30f /* less than any similarity, for places that are not in the window */
#define LEAST -2.0f

#if !VOLUME

/* Of one pixel and slice. */
struct matches {
    float best; /* similarity */
#if WTA
    float place, all; /* where; sum of similarities: NaN if one is */
#else
    float sum, row, column; /* of weights; times dy; times dx */
#endif
};

/* What is multiplied is the difference, which is exact where it matters. */
#define power(v) exp2((v) * SHARPNESS)

/* s: similarities of a row of the slice, dy below the pixel, from column dx on. */
static inline void take(struct matches *m, const float s[DEPTH], int dy, int dx)
{
#if WTA
    UNROLL for (int d = 0; d < DEPTH; d++)
    {
        const bool better = s[d] > m->best;
        m->best = better ? s[d] : m->best;
        m->place = better ? (dy + RADIUS_H) * COLUMNS + dx + d + RADIUS_W : m->place;
        m->all += s[d];
    }
#else
    float best = m->best;
    UNROLL for (int d = 0; d < DEPTH; d++) best = s[d] > best ? s[d] : best;
    const float shrink = power(m->best - best);
    float sum = 0.0f, places = 0.0f;
    UNROLL for (int d = 0; d < DEPTH; d++)
    {
        const float weight = power(s[d] - best);
        sum += weight;
        places = fma(weight, (float)d, places);
    }
    m->best = best;
    m->sum = fma(m->sum, shrink, sum);
    m->row = fma(m->row, shrink, sum * dy);
    m->column = fma(m->column, shrink, fma(sum, (float)dx, places));
#endif
}

/* of: what the slices of a pixel found, ITEMS_W apart. */
static inline float2 join(__local const float4 *of)
{
    float best = of[0].x;
    UNROLL for (int s = 1; s < SLICES; s++) best = fmax(best, of[s * ITEMS_W].x);
#if WTA
    float first = COLUMNS * (2 * RADIUS_H + 1), all = 0.0f;
    UNROLL for (int s = 0; s < SLICES; s++)
    {
        const float4 slice = of[s * ITEMS_W];
        first = slice.x == best ? fmin(first, slice.y) : first;
        all += slice.z;
    }
    const int place = (int)first;
    return (float2)(place / COLUMNS - RADIUS_H, place % COLUMNS - RADIUS_W) + 0.0f * all;
#else
    float sum = 0.0f;
    float2 move = (float2)(0.0f);
    UNROLL for (int s = 0; s < SLICES; s++)
    {
        const float4 slice = of[s * ITEMS_W];
        const float weight = power(slice.x - best);
        sum = fma(weight, slice.y, sum);
        move = fma((float2)(weight), slice.zw, move);
    }
    return move / sum;
#endif
}

#endif

#define MEMBER ((int)(get_local_id(1) * ITEMS_W + get_local_id(0)))
#define SLOT(s) (MEMBER + (s) * GROUP_ITEMS)

/* Four neighbours of channel c, 0 from X_C on. */
static inline float4 four(__global const float *p, int c)
{
    return X_C % STAGE == 0 || c < X_C ? *(__global const float4 *)p : (float4)(0.0f);
}

__attribute__((reqd_work_group_size(ITEMS_W, ROWS *SLICES, 1))) __kernel void
match_frames_staged(__global const float *restrict rows, __global STORED(Y) *restrict y,
                    const int run)
{
    __local float4 staged[LOCAL_SIZE];
    const int item = get_local_id(0), slice = get_local_id(1) % SLICES;
    const int line = get_local_id(1) / SLICES, part = slice % PARTS, own = slice / PARTS;
    const int left = (int)(get_global_id(0) - item) * 4;
    const int top = (int)(get_global_id(1) - get_local_id(1)) / SLICES, i = top + line;
    const int j = left + item * 4, dx = part * DEPTH - RADIUS_W;
    const size_t pair = get_global_id(2);
    rows += (pair / Y_T * X_T + pair % Y_T) * FRAME + left;
    __local const float4 *a = staged + line * ITEMS_W + item;
    __local const float4 *b = staged + NOW_SIZE + own * NEXT_W + item + part * (DEPTH / 4);

    int now_at[NOW_SLOTS];
    UNROLL for (int s = 0; s < NOW_SLOTS; s++)
    {
        const int row = min(top + SLOT(s) / ITEMS_W % ROWS, X_H - 1);
        const int channel = row * X_C + SLOT(s) / (ITEMS_W * ROWS);
        now_at[s] = channel * WIDTH + LEFT + SLOT(s) % ITEMS_W * 4;
    }
#if !VOLUME
    struct matches found[4];
    UNROLL for (int p = 0; p < 4; p++)
    {
        found[p].best = LEAST;
#if WTA
        found[p].place = found[p].all = 0.0f;
#else
        found[p].sum = found[p].row = found[p].column = 0.0f;
#endif
    }
#endif
    for (int step = 0; step < (run ? STEPS : 0); step++) {
        const int first = top - RADIUS_H + step * WINDOW_ROWS, z = first + own;
        const bool inside = z >= 0 && z < X_H, in_window = abs(z - i) <= RADIUS_H;
        int next_at[NEXT_SLOTS];
        UNROLL for (int s = 0; s < NEXT_SLOTS; s++)
        {
            const int row = clamp(first + SLOT(s) / NEXT_W % WINDOW_ROWS, 0, X_H - 1);
            const int channel = row * X_C + SLOT(s) / (NEXT_W * WINDOW_ROWS);
            next_at[s] = FRAME + channel * WIDTH + SLOT(s) % NEXT_W * 4;
        }
        float acc[4][DEPTH];
        UNROLL for (int p = 0; p < 4; p++)
            UNROLL for (int d = 0; d < DEPTH; d++) acc[p][d] = 0.0f;
        PRAGMA(unroll 1)
        for (int c0 = 0; c0 < X_C; c0 += STAGE) {
            barrier(CLK_LOCAL_MEM_FENCE);
            UNROLL for (int s = 0; s < NOW_SLOTS; s++)
                if (NOW_SIZE % GROUP_ITEMS == 0 || SLOT(s) < NOW_SIZE)
                    staged[SLOT(s)] = four(rows + (now_at[s] + c0 * WIDTH),
                                           c0 + SLOT(s) / (ITEMS_W * ROWS));
            UNROLL for (int s = 0; s < NEXT_SLOTS; s++)
                if (NEXT_SIZE % GROUP_ITEMS == 0 || SLOT(s) < NEXT_SIZE)
                    staged[NOW_SIZE + SLOT(s)] = four(rows + (next_at[s] + c0 * WIDTH),
                                                      c0 + SLOT(s) / (NEXT_W * WINDOW_ROWS));
            barrier(CLK_LOCAL_MEM_FENCE);
            if (inside && in_window) {
                PRAGMA(unroll 1)
                for (int k = 0; k < STAGE; k++) {
                    const float4 f = a[k * (ROWS * ITEMS_W)];
                    float w[NEXT_FOURS * 4];
                    UNROLL for (int n = 0; n < NEXT_FOURS; n++)
                        vstore4(b[k * (WINDOW_ROWS * NEXT_W) + n], n, w);
                    UNROLL for (int d = 0; d < DEPTH; d++)
                    {
                        acc[0][d] = fma(f.x, w[SHIFT + d], acc[0][d]);
                        acc[1][d] = fma(f.y, w[SHIFT + d + 1], acc[1][d]);
                        acc[2][d] = fma(f.z, w[SHIFT + d + 2], acc[2][d]);
                        acc[3][d] = fma(f.w, w[SHIFT + d + 3], acc[3][d]);
                    }
                }
            }
        }
#if VOLUME
        __global STORED(Y) *to = y + ((pair * X_H + i) * X_W + j) * Y_ROW +
                                 (z - i + RADIUS_H) * COLUMNS + dx + RADIUS_W;
        UNROLL for (int p = 0; p < 4; p++)
            UNROLL for (int d = 0; d < DEPTH; d++)
                if (in_window && i < X_H && j + p < X_W && dx + d <= RADIUS_W)
                    put_one(Y, (uint)(j + p + dx + d) < X_W ? acc[p][d] : 0.0f,
                            to + p * Y_ROW + d);
#else
        if (in_window && (inside || !MASK)) {
            UNROLL for (int p = 0; p < 4; p++)
            {
                UNROLL for (int d = 0; d < DEPTH; d++)
                {
                    const bool outside = MASK && (j + p + dx + d < 0 || j + p + dx + d >= X_W);
                    const bool beyond = dx + d > RADIUS_W;
                    acc[p][d] = outside || beyond ? OUT : acc[p][d];
                }
                take(&found[p], acc[p], z - i, dx);
            }
        }
#endif
    }
#if !VOLUME
    barrier(CLK_LOCAL_MEM_FENCE);
    UNROLL for (int p = 0; p < 4; p++)
#if WTA
        staged[p * GROUP_ITEMS + MEMBER] =
            (float4)(found[p].best, found[p].place, found[p].all, 0.0f);
#else
        staged[p * GROUP_ITEMS + MEMBER] =
            (float4)(found[p].best, found[p].sum, found[p].row, found[p].column);
#endif
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int p = slice; p < 4; p += SLICES) {
        if (run && i < X_H && j + p < X_W) {
            const float2 move = join(staged + p * GROUP_ITEMS + line * SLICES * ITEMS_W + item);
            __global STORED(Y) *to = y + ((pair * X_H + i) * X_W + j + p) * Y_ROW;
            put_one(Y, move.x, to);
            put_one(Y, move.y, to + 1);
        }
    }
#endif
}
