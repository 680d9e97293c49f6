/* SPDX-License-Identifier: MIT */
// LINT: SIZES STRIP -DVEC=16 -DRESIDUAL=0 -DDIFFERENCE=0 -DBIAS=1 -DADD_ROW=0 -DACT=1
// LINT: SIZES STRIP -DVEC=16 -DRESIDUAL=1 -DDIFFERENCE=1 -DBIAS=1 -DADD_ROW=0 -DACT=2
// LINT: SIZES STRIP -DVEC=16 -DRESIDUAL=0 -DDIFFERENCE=3 -DBIAS=1 -DADD_ROW=0 -DACT=1 CHOSEN
// LINT: SIZES STRIP -DVEC=8 -DRESIDUAL=5 -DDIFFERENCE=0 -DBIAS=0 -DADD_ROW=64 -DACT=0
// LINT: SIZES DIRECT -DVEC=4 -DRESIDUAL=3 -DBIAS=1 -DADD_ROW=0 -DACT=1
// LINT: SIZES DIRECT -DVEC=4 -DRESIDUAL=4 -DBIAS=0 -DADD_ROW=64 -DACT=0
// LINT: SIZES DIRECT -DVEC=4 -DRESIDUAL=1 -DBIAS=1 -DADD_ROW=64 -DACT=1 -DSTAGE_ROWS=1
// LINT: SIZES DIRECT -DVEC=4 -DRESIDUAL=0 -DBIAS=1 -DADD_ROW=0 -DACT=1 -DSTAGE_ROWS=1 LARGE
// LINT LARGE: -DLARGE_REGISTERS=1
// LINT SIZES: -DX_N=1 -DX_C=3 -DX_T=17 -DX_H=112 -DX_W=112 -DX_ROW=3 -DCHANNELS=3 -DZ_T=16 -DSTEP=1
// LINT SIZES: -DY_N=1 -DY_C=64 -DY_T=16 -DY_H=56 -DY_W=56 -DY_ROW=192 -DY_OFFSET=64 -DY_OWN=64
// LINT SIZES: -DADD_OFFSET=0 -DK_T=3 -DK_H=7 -DK_W=7
// LINT SIZES: -DS_T=1 -DS_H=2 -DS_W=2 -DP_T=1 -DP_H=3 -DP_W=3 -DD_T=1 -DD_H=1 -DD_W=1
// LINT SIZES: -DTILE_W=14 -DTILE_C=2
// LINT STRIP: -DROWS=4 -DTIMES=8 -DD_OWN=64
// LINT CHOSEN: -DFRAMES=0,2,4,6,8,10,12,14,1,3,5,7,9,11,13,15
// LINT DIRECT: -DGPU=1 -DCHUNK=896 -DLOCAL_X=16 -DLOCAL_Y=4
/* y = act(bias + sum over taps and colours of w * z + add), where z are Z_T normalised frames or
 * their differences: table[c][x], or RESIDUAL 1 |b-a|, 2 and 4 b-a, 3 and 5 ((a-b)+1)/2 of frames
 * a = t, b = t + STEP (1 to 3) or a = t - 1 cyclic, b = t (4, 5); FRAMES: the frames a, where
 * they are not 0, 1, 2, ... x is u8 [N][X_T][X_H][X_W][3].
 * w is packed as for conv3d_direct, and the order of the sum is the same.
 *
 * conv3d_frames_strip: a work-item computes ROWS output rows of TIMES output frames, all channels.
 *   The frames pass through a ring of local memory in which the columns of the padding are zeros:
 *   each row of z is computed about once, and no tap is guarded.
 *   With DIFFERENCE, |y(t+1) - y(t)| follows the Y_C channels of y: see conv3d_time.cl.
 *   NDRange (row strips, time strips, N), local 1.
 * conv3d_frames_direct: the tiles and the NDRange of conv3d_direct; z is computed at every tap.
 * conv3d_frames_rows (STAGE_ROWS), on a GPU: the same, but the lanes of a tile compute the row of z
 *   that it sees together, once, and read it from local memory.
 *
 * Other defines: conv3d.cl.
 */
#pragma OPENCL FP_CONTRACT OFF
#define FRAME (X_H * X_W * 3)
#ifdef FRAMES
__constant int frame_of[Z_T] = {FRAMES};
#define FRAME_A(t) frame_of[t]
#define FRAME_B(t) 0 /* not read */
#elif RESIDUAL >= 4
#define FRAME_A(t) (((t) + X_T - 1) % X_T)
#define FRAME_B(t) (t)
#else
#define FRAME_A(t) (t)
#define FRAME_B(t) ((t) + STEP)
#endif

/* z of colour c, of the bytes at p and q in frames a and b. */
static float frame_value(__global const uchar *p, __global const uchar *q,
                         __global const float *table, int c)
{
    const float a = table[c * 256 + p[c]];
#if RESIDUAL == 0
    return a;
#else
    const float b = table[c * 256 + q[c]];
#if RESIDUAL == 1
    return fabs(b - a);
#elif RESIDUAL == 2 || RESIDUAL == 4
    return b - a;
#else
    return ((a - b) + 1.0f) * 0.5f;
#endif
#endif
}

/* acc[o][r] += w * z over the colours of one tap. */
#define TAP(ZV)                                                                                  \
    UNROLL for (int c = 0; c < 3; c++)                                                           \
    {                                                                                            \
        lane_t wv[TILE_C];                                                                       \
        UNROLL for (int o = 0; o < TILE_C; o++) wv[o] = lane_get(W, wp + (c * TILE_C + o) * 16); \
        UNROLL for (int r = 0; r < TILE_W; r++)                                                  \
        {                                                                                        \
            const lane_t zv = (lane_t)(ZV(r, c));                                                \
            UNROLL for (int o = 0; o < TILE_C; o++) acc[o][r] = fma(wv[o], zv, acc[o][r]);       \
        }                                                                                        \
    }                                                                                            \
    wp += 3 * TILE_C * 16;

#if BIAS && STAGE_ROWS
#define START(oc) lane_load(bias + (run ? (oc) : 0))
#elif BIAS
#define START(oc) lane_load(bias + (oc))
#else
#define START(oc) (lane_t)(0.0f)
#endif
#if ADD_ROW
#define PLUS_ADD(v, pixel, oc) ((v) + lane_get(ADD, add + (pixel) * ADD_ROW + ADD_OFFSET + (oc)))
#else
#define PLUS_ADD(v, pixel, oc) (v)
#endif
#define BEGIN_TILE(acc, oc)                                             \
    UNROLL for (int o = 0; o < TILE_C; o++)                             \
    {                                                                   \
        const lane_t start = START((oc) + o * 16);                      \
        UNROLL for (int r = 0; r < TILE_W; r++) acc[o][r] = start;      \
    }
#if STAGE_ROWS
#define LIVE(condition) (live && (condition))
#else
#define LIVE(condition) (condition)
#endif
#define PLACE(pixel, c) (y + (pixel) * Y_ROW + Y_OFFSET + (c))
/* Pixels of the tile from `own` on; blocks beyond the last output channel are left out. */
#define END_TILE(acc, pixel, oc, own)                                                \
    UNROLL for (int r = 0; r < TILE_W; r++)                                          \
    {                                                                                \
        UNROLL for (int o = 0; o < TILE_C; o++)                                      \
        {                                                                            \
            const int c = (oc) + o * 16;                                             \
            if (LIVE(r >= (own) && c < CEIL_DIV(Y_C, 16) * 16)) {                    \
                const lane_t v = PLUS_ADD(acc[o][r], (pixel) + r, c);                \
                lane_put_part(Y, activate(v), PLACE((pixel) + r, c), c, Y_OWN);      \
            }                                                                        \
        }                                                                            \
    }

#ifdef ROWS

#define SPAN ((K_T - 1) * D_T + 1)
#define STAGE_H ((ROWS - 1) * S_H + (K_H - 1) * D_H + 1)
#define STAGE_W ((Y_W - 1) * S_W + (K_W - 1) * D_W + 1)
#define STAGE_ROW (STAGE_W * 3)
#define STAGE_FRAME (STAGE_H * STAGE_ROW)

/* Rows ih .. ih+STAGE_H-1 of z's frame t that lie inside, with zeros left and right. */
static void stage(__local float *to, __global const uchar *x, __global const float *table, int t,
                  int ih)
{
    __global const uchar *a = x + (size_t)FRAME_A(t) * FRAME;
    __global const uchar *b = x + (size_t)FRAME_B(t) * FRAME;
    for (int h = max(0, -ih); h < min(STAGE_H, X_H - ih); h++) {
        __local float *row = to + h * STAGE_ROW;
        const int offset = ((ih + h) * X_W - P_W) * 3;
        for (int i = 0; i < min(P_W, STAGE_W); i++)
            row[i * 3] = row[i * 3 + 1] = row[i * 3 + 2] = 0.0f;
        for (int i = P_W; i < min(P_W + X_W, STAGE_W); i++)
            UNROLL for (int c = 0; c < 3; c++)
                row[i * 3 + c] = frame_value(a + offset + i * 3, b + offset + i * 3, table, c);
        for (int i = P_W + X_W; i < STAGE_W; i++)
            row[i * 3] = row[i * 3 + 1] = row[i * 3 + 2] = 0.0f;
    }
}

/* The tile of frame ot of the frames [ot0, ot1) of a strip: its values are stored, and their
 * differences from the frame before, which this work-item has stored just now, with that one. Frame
 * ot1 is there for its difference alone. Both are taken as stored: of equal frames, it is 0. */
#if DIFFERENCE == 1
#define NEXT(v, b) (ot == Y_T ? (b) : (v))
#elif DIFFERENCE == 2
#define NEXT(v, b) (ot == Y_T ? (lane_t)(0.0f) : (v))
#else
#define NEXT(v, b) (v)
#endif
#if DIFFERENCE && Y_HALF
static lane_t as_stored(lane_t v)
{
    ushort part[VEC]; /* there are no variables of half without cl_khr_fp16 */
    lane_store_half(v, (half *)part);
    return lane_load_half((half *)part);
}
#else
#define as_stored(v) (v)
#endif
#define END_TILE_WITH_DIFFERENCE(acc, pixel, oc)                                    \
    UNROLL for (int r = 0; r < TILE_W; r++)                                         \
    {                                                                               \
        UNROLL for (int o = 0; o < TILE_C; o++)                                     \
        {                                                                           \
            const int c = (oc) + o * 16;                                            \
            if (c < CEIL_DIV(Y_C, 16) * 16) {                                       \
                const lane_t v = activate(acc[o][r]);                               \
                if (ot < ot1)                                                       \
                    lane_put_part(Y, v, PLACE((pixel) + r, c), c, Y_OWN);           \
                if (ot > ot0) {                                                     \
                    __global STORED(Y) *before = PLACE((pixel) + r - Y_H * Y_W, c); \
                    const lane_t b = lane_get(Y, before), u = as_stored(v);         \
                    lane_put_part(Y, fabs(NEXT(u, b) - b), before + Y_C, c, D_OWN); \
                }                                                                   \
            }                                                                       \
        }                                                                           \
    }

__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv3d_frames_strip(__global const uchar *restrict x, __global const STORED(W) *restrict w,
                    __global const float *restrict table,
#if BIAS
                    __global const float *restrict bias,
#endif
#if ADD_ROW
                    __global const STORED(ADD) *restrict add,
#endif
                    __global STORED(Y) *restrict y, const int run)
{
    __local float ring[SPAN * STAGE_FRAME];
    if (!run)
        return;
    const int oh0 = get_global_id(0) * ROWS, ot0 = get_global_id(1) * TIMES, n = get_global_id(2);
    const int ih0 = oh0 * S_H - P_H, rows = min(ROWS, Y_H - oh0);
    x += (size_t)n * X_T * FRAME;
    const int ot1 = min(ot0 + TIMES, Y_T);
    int staged = max(0, ot0 * S_T - P_T);
    for (int ot = ot0; ot < ot1 + (DIFFERENCE ? 1 : 0); ot++) {
        const int beyond = ot == Y_T; /* after the last frame comes frame 0, or none */
        const int it = beyond ? -P_T : ot * S_T - P_T;
#if DIFFERENCE == 3
        staged = beyond ? 0 : staged;
#endif
        for (staged = max(staged, it); staged < min(it + SPAN, Z_T); staged++)
            stage(ring + staged % SPAN * STAGE_FRAME, x, table, staged, ih0);
        const int kt0 = FIRST_TAP(it, D_T), kt1 = LAST_TAP(it, D_T, Z_T, K_T);
        for (int i = 0; i < OC_TILES * BLOCK_LANES * ROWS * TILES_W; i++) {
            const int tile = i % TILES_W, row = i / TILES_W % ROWS, item = i / (TILES_W * ROWS);
            const int oc_tile = item / BLOCK_LANES, lane = item % BLOCK_LANES * VEC;
            const int ow = min(tile * TILE_W, Y_W - TILE_W), oc = oc_tile * TILE_C * 16 + lane;
            const int ih = ih0 + row * S_H;
            const int kh0 = FIRST_TAP(ih, D_H), kh1 = LAST_TAP(ih, D_H, X_H, K_H);
            if (row >= rows)
                continue;
            lane_t acc[TILE_C][TILE_W];
            BEGIN_TILE(acc, oc)
            for (int kt = kt0; kt < kt1; kt++)
                for (int kh = kh0; kh < kh1; kh++) {
                    __global const STORED(W) *wp =
                        w + (((oc_tile * K_T + kt) * K_H + kh) * K_W) * (3 * TILE_C * 16) + lane;
                    __local const float *zp = ring + (it + kt * D_T) % SPAN * STAGE_FRAME
                                              + (row * S_H + kh * D_H) * STAGE_ROW + ow * S_W * 3;
#define ZV(r, c) zp[(r) * (S_W * 3) + (c)]
                    PRAGMA(unroll 1)
                    for (int kw = 0; kw < K_W; kw++) {
                        TAP(ZV)
                        zp += D_W * 3;
                    }
                }
            const size_t pixel = (((size_t)n * Y_T + ot) * Y_H + oh0 + row) * Y_W + ow;
#if DIFFERENCE
            END_TILE_WITH_DIFFERENCE(acc, pixel, oc)
#else
            END_TILE(acc, pixel, oc, 0)
#endif
        }
    }
}

#else

/* Where item and index say that a tile is. */
#define TILE_PLACE                                                                               \
    const int lane = item % BLOCK_LANES * VEC, oc_tile = item / BLOCK_LANES;                     \
    const int oc = oc_tile * TILE_C * 16 + lane;                                                 \
    const int tile = index % TILES_W, ow = min(tile * TILE_W, Y_W - TILE_W);                     \
    const int oh = index / TILES_W % Y_H;                                                        \
    const int ot = index / (TILES_W * Y_H) % Y_T, n = index / (TILES_W * Y_H * Y_T);             \
    const int it = ot * S_T - P_T, ih = oh * S_H - P_H, iw = ow * S_W - P_W;
/* The tile before stores the pixels that both have. */
#define STORE_TILE                                                                               \
    const size_t pixel = (((size_t)n * Y_T + ot) * Y_H + oh) * Y_W + ow;                         \
    const int own = tile * TILE_W - ow;                                                          \
    END_TILE(acc, pixel, oc, own)

#if STAGE_ROWS
#define TILE_SPAN (((TILE_W - 1) * S_W + (K_W - 1) * D_W + 1) * 3)
#define TIME_OF(row) ((row) / Y_H % Y_T * S_T - P_T)
#define LINE_OF(row) ((row) % Y_H * S_H - P_H)
/* As STAGED_UNROLL of lane.h, but for no more taps than registers bear. */
#if TILE_C * TILE_W <= 8 && K_W <= 11
#define TAPS_UNROLL UNROLL
#elif LARGE_REGISTERS
#define TAPS_UNROLL PRAGMA(unroll 4)
#else
#define TAPS_UNROLL PRAGMA(unroll 1)
#endif

__attribute__((reqd_work_group_size(LOCAL_X, LOCAL_Y, 1))) __kernel void
conv3d_frames_rows(__global const uchar *restrict x, __global const STORED(W) *restrict w,
                   __global const float *restrict table,
#if BIAS
                   __global const float *restrict bias,
#endif
#if ADD_ROW
                   __global const STORED(ADD) *restrict add,
#endif
                   __global STORED(Y) *restrict y, const int run)
{
    __local float rows[LOCAL_Y][TILE_SPAN];
    const int item = get_global_id(0), place = get_global_id(1);
    const bool live = run && place < TILES; /* a barrier is for all work-items */
    const int index = min(place, TILES - 1);
    TILE_PLACE
    x += (size_t)n * X_T * FRAME;
    lane_t acc[TILE_C][TILE_W];
    BEGIN_TILE(acc, oc)
    /* Taps that any of the group's tiles has inside; those are in order. */
    const int first = (int)(get_global_id(1) - get_local_id(1));
    const int top = first / TILES_W, bottom = (min(first + LOCAL_Y, TILES) - 1) / TILES_W;
    const bool window = top / (Y_H * Y_T) == bottom / (Y_H * Y_T);
    const bool frame = top / Y_H == bottom / Y_H;
    const int t0 = window ? FIRST_TAP(TIME_OF(bottom), D_T) : 0;
    const int t1 = window ? LAST_TAP(TIME_OF(top), D_T, Z_T, K_T) : K_T;
    const int h0 = frame ? FIRST_TAP(LINE_OF(bottom), D_H) : 0;
    const int h1 = frame ? LAST_TAP(LINE_OF(top), D_H, X_H, K_H) : K_H;
    for (int kt = t0; kt < (run ? t1 : 0); kt++)
        for (int kh = h0; kh < h1; kh++) {
            const int t = it + kt * D_T, h = ih + kh * D_H;
            const bool there = (uint)t < Z_T && (uint)h < X_H;
            const int time = clamp(t, 0, Z_T - 1), line = clamp(h, 0, X_H - 1) * X_W * 3;
            __global const uchar *a = x + (size_t)FRAME_A(time) * FRAME + line;
            __global const uchar *b = x + (size_t)FRAME_B(time) * FRAME + line;
            barrier(CLK_LOCAL_MEM_FENCE);
            for (int i = get_local_id(0); i < TILE_SPAN; i += LOCAL_X) {
                const int column = iw + i / 3, from = clamp(column, 0, X_W - 1) * 3;
                const float z = frame_value(a + from, b + from, table, i % 3);
                rows[get_local_id(1)][i] = there && (uint)column < X_W ? z : 0.0f;
            }
            barrier(CLK_LOCAL_MEM_FENCE);
            __global const STORED(W) *wp =
                w + (((oc_tile * K_T + kt) * K_H + kh) * K_W) * (3 * TILE_C * 16) + lane;
            __local const float *zp = rows[get_local_id(1)];
#define ZV(r, c) zp[(r) * (S_W * 3) + (c)]
            TAPS_UNROLL for (int kw = 0; kw < K_W; kw++)
            {
                TAP(ZV)
                zp += D_W * 3;
            }
        }
    STORE_TILE
}

#else

__attribute__((reqd_work_group_size(LOCAL_X, LOCAL_Y, 1))) __kernel void
conv3d_frames_direct(__global const uchar *restrict x, __global const STORED(W) *restrict w,
                     __global const float *restrict table,
#if BIAS
                     __global const float *restrict bias,
#endif
#if ADD_ROW
                     __global const STORED(ADD) *restrict add,
#endif
                     __global STORED(Y) *restrict y, const int run)
{
    if (!run)
        return;
    const int item = get_global_id(GPU ? 0 : 1), place = get_global_id(GPU ? 1 : 0);
    const int index = get_global_id(2) * CHUNK + place;
    if (index >= TILES)
        return;
    TILE_PLACE
    const int kh0 = FIRST_TAP(ih, D_H), kh1 = LAST_TAP(ih, D_H, X_H, K_H);
    x += (size_t)n * X_T * FRAME;
    lane_t acc[TILE_C][TILE_W];
    BEGIN_TILE(acc, oc)
    for (int kt = FIRST_TAP(it, D_T); kt < LAST_TAP(it, D_T, Z_T, K_T); kt++)
        for (int kh = kh0; kh < kh1; kh++) {
            const int t = it + kt * D_T, row = (ih + kh * D_H) * X_W * 3;
            __global const uchar *a = x + (size_t)FRAME_A(t) * FRAME + row;
            __global const uchar *b = x + (size_t)FRAME_B(t) * FRAME + row;
            __global const STORED(W) *wp =
                w + (((oc_tile * K_T + kt) * K_H + kh) * K_W) * (3 * TILE_C * 16) + lane;
            for (int kw = 0; kw < K_W; kw++) {
                bool inside[TILE_W];
                int from[TILE_W];
                UNROLL for (int r = 0; r < TILE_W; r++)
                {
                    const int i = iw + kw * D_W + r * S_W;
                    inside[r] = i >= 0 && i < X_W;
                    from[r] = clamp(i, 0, X_W - 1) * 3;
                }
#define ZV(r, c) (inside[r] ? frame_value(a + from[r], b + from[r], table, c) : 0.0f)
                TAP(ZV)
            }
        }
    STORE_TILE
}

#endif
#endif
