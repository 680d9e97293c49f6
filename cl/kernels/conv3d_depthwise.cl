/* SPDX-License-Identifier: MIT */
// LINT: SIZES CUBE CPU -DVEC=16 -DGROUP=1 -DSHARED=1 -DBIAS=1 -DADD_ROW=0 -DACT=0 -DY_OWN=64
// LINT: SIZES CUBE GPU -DVEC=4 -DGROUP=4 -DSHARED=1 -DBIAS=0 -DADD_ROW=64 -DACT=1 -DY_OWN=53
// LINT: SIZES TIME GPU -DVEC=8 -DGROUP=1 -DSHARED=1 -DBIAS=1 -DADD_ROW=0 -DACT=4 -DY_OWN=64
// LINT: SIZES CUBE CPU -DVEC=8 -DGROUP=4 -DSHARED=1 -DBIAS=0 -DADD_ROW=0 -DACT=1 -DY_OWN=64
// LINT: SIZES CUBE CPU -DVEC=16 -DGROUP=4 -DSHARED=0 -DBIAS=0 -DADD_ROW=64 -DACT=2 -DY_OWN=64
// LINT CPU: -DPREFETCH=1 -DLOCAL_X=1 -DLOCAL_Y=1
// LINT GPU: -DPREFETCH=0 -DLOCAL_X=4 -DLOCAL_Y=16
// LINT SIZES: -DX_N=1 -DX_C=54 -DX_ROW=64 -DX_OFFSET=0 -DY_N=1 -DY_C=54 -DY_ROW=64 -DY_OFFSET=0
// LINT SIZES: -DADD_OFFSET=0 -DD_T=1 -DD_H=1 -DD_W=1
// LINT CUBE: -DX_T=16 -DX_H=64 -DX_W=64 -DY_T=16 -DY_H=32 -DY_W=32 -DK_T=3 -DK_H=3 -DK_W=3 -DS_T=1
// LINT CUBE: -DS_H=2 -DS_W=2 -DP_T=1 -DP_H=1 -DP_W=1 -DTILE_W=16 -DBAND=8 -DX_STEP_T=4096
// LINT CUBE: -DX_STEP_H=64 -DX_STEP_W=1 -DY_STEP_T=1024 -DY_STEP_H=32 -DY_STEP_W=1
// LINT TIME: -DX_T=1 -DX_H=4096 -DX_W=16 -DY_T=1 -DY_H=4096 -DY_W=16 -DK_T=1 -DK_H=1 -DK_W=5
// LINT TIME: -DS_T=1 -DS_H=1 -DS_W=1 -DP_T=0 -DP_H=0 -DP_W=2 -DTILE_W=16 -DBAND=4096
// LINT TIME: -DX_STEP_T=0 -DX_STEP_H=1 -DX_STEP_W=4096 -DY_STEP_T=0 -DY_STEP_H=1 -DY_STEP_W=4096
/* Convolution in groups that are narrower than a block, GROUP channels in and as many out: 1, which
 * is depthwise, or 4. y = act(bias + sum over taps and the group's channels of w * x + add).
 *
 * A lane is an output channel, and what it multiplies is its own input channel, or each of the four
 * of its group in turn: so no lane multiplies by a zero between groups, as in merged blocks.
 * A work-item computes TILE_W neighbouring outputs along W in registers; with SHARED it loads an
 * input once for all taps of a row that read it.
 * T, H and W are axes of the loops below and not always those of the video: a convolution over time
 * alone is better off with tiles along time. *_STEP_T, _H, _W say how many pixels apart neighbours
 * are in memory.
 *
 * NDRange (C/VEC rounded up to blocks, TILES_W * BAND, N * bands * Y_T): BAND rows of H of all T
 * before the next ones, so that the frames that they share stay in the cache.
 * With PREFETCH a tile asks for the row of inputs that the tile below it reads next: hardware does
 * not foresee strides, and lines from memory would be waited for.
 *
 * w is [K_T][K_H][K_W][GROUP][channels, rounded up to blocks]. X_* Y_* K_* S_* P_* D_* BIAS ADD_*:
 * as in conv3d.cl. The sum starts with the bias and runs over kt, kh, kw and the group's channels,
 * as in conv3d_general.
 */
#define W_ROW (CEIL_DIV(Y_C, 16) * 16)
#define BANDS CEIL_DIV(Y_H, BAND)
#define SPAN ((TILE_W - 1) * S_W + (K_W - 1) * D_W + 1) /* inputs of a tile along W */
/* In no tile are inputs [P_W, SURE) of its SPAN outside. */
#define SURE (X_W + P_W - (Y_W - TILE_W) * S_W)
#if P_W == 0 && SURE >= SPAN
#define ALL_STAY 1
#else
#define ALL_STAY 0
#endif
#define STAYS(i) (((i) >= P_W || iw + (i) >= 0) && ((i) < SURE || iw + (i) < X_W))

#define AT(kt, kh)                                                                              \
    (x + ((ptrdiff_t)(it + (kt) * D_T) * X_STEP_T + (ptrdiff_t)(ih + (kh) * D_H) * X_STEP_H +   \
          (ptrdiff_t)iw * X_STEP_W) * X_ROW)

/* OpenCL's own prefetch does nothing in PoCL, and the compiler's ends the process in rusticl. */
#ifdef POCL_DEVICE_ADDRESS_BITS
#define prefetch_line(p) __builtin_prefetch(p)
#else
#define prefetch_line(p) prefetch((p), 16)
#endif

/* For each lane the channel g of its group. */
#if GROUP == 1
#define SPREAD(v, g) (v)
#elif VEC == 16
#define SPREAD(v, g)                                                                            \
    ((g) == 0   ? (v).s000044448888cccc                                                         \
     : (g) == 1 ? (v).s111155559999dddd                                                         \
     : (g) == 2 ? (v).s22226666aaaaeeee                                                         \
                : (v).s33337777bbbbffff)
#elif VEC == 8
#define SPREAD(v, g)                                                                            \
    ((g) == 0   ? (v).s00004444                                                                 \
     : (g) == 1 ? (v).s11115555                                                                 \
     : (g) == 2 ? (v).s22226666                                                                 \
                : (v).s33337777)
#else
#define SPREAD(v, g)                                                                            \
    ((g) == 0 ? (v).s0000 : (g) == 1 ? (v).s1111 : (g) == 2 ? (v).s2222 : (v).s3333)
#endif

#define XV_PLAIN(i) lane_get(X, xp + (ptrdiff_t)(i) * (X_STEP_W * X_ROW))
#define XV_GUARDED(i) (STAYS(i) ? XV_PLAIN(i) : (lane_t)(0.0f))
#define WV(k, g) lane_get(W, wp + ((k) * GROUP + (g)) * W_ROW)

/* acc[r] += w * x over the taps of a row: input i is tap k of output (i - k * D_W) / S_W. */
#if SHARED
#define ROW(XV)                                                                                 \
    lane_t wv[K_W][GROUP];                                                                      \
    UNROLL for (int k = 0; k < K_W; k++)                                                        \
        UNROLL for (int g = 0; g < GROUP; g++) wv[k][g] = WV(k, g);                             \
    UNROLL for (int i = 0; i < SPAN; i++)                                                       \
    {                                                                                           \
        const lane_t xv = XV(i);                                                                \
        UNROLL for (int g = 0; g < GROUP; g++)                                                  \
        {                                                                                       \
            const lane_t xg = SPREAD(xv, g);                                                    \
            UNROLL for (int k = 0; k < K_W; k++)                                                \
            {                                                                                   \
                const int r = i - k * D_W;                                                      \
                if (r >= 0 && r % S_W == 0 && r / S_W < TILE_W)                                 \
                    acc[r / S_W] = fma(wv[k][g], xg, acc[r / S_W]);                             \
            }                                                                                   \
        }                                                                                       \
    }
#else
#define ROW(XV)                                                                                 \
    for (int k = 0; k < K_W; k++) {                                                             \
        lane_t wv[GROUP];                                                                       \
        UNROLL for (int g = 0; g < GROUP; g++) wv[g] = WV(k, g);                                \
        UNROLL for (int r = 0; r < TILE_W; r++)                                                 \
        {                                                                                       \
            const lane_t xv = XV(r * S_W + k * D_W);                                            \
            UNROLL for (int g = 0; g < GROUP; g++)                                              \
                acc[r] = fma(wv[g], SPREAD(xv, g), acc[r]);                                     \
        }                                                                                       \
    }
#endif
#define TAPS(XV)                                                                                \
    for (int kt = kt0; kt < kt1; kt++)                                                          \
        for (int kh = kh0; kh < kh1; kh++) {                                                    \
            __global const STORED(W) *wp = w + (kt * K_H + kh) * (K_W * GROUP * W_ROW);         \
            __global const STORED(X) *xp = AT(kt, kh);                                          \
            ROW(XV)                                                                             \
        }

__attribute__((reqd_work_group_size(LOCAL_X, LOCAL_Y, 1))) __kernel void
conv3d_depthwise(__global const STORED(X) *restrict x, __global const STORED(W) *restrict w,
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
    const int c = (int)get_global_id(0) * VEC, place = get_global_id(1), rest = get_global_id(2);
    const int tile = TILES_W == 1 ? 0 : place % TILES_W;
    const int oh = rest / Y_T % BANDS * BAND + place / TILES_W;
    if (place >= TILES_W * BAND || oh >= Y_H || c >= W_ROW)
        return;
    const int ot = rest % Y_T, n = rest / (Y_T * BANDS), ow = min(tile * TILE_W, Y_W - TILE_W);
    const int it = ot * S_T - P_T, ih = oh * S_H - P_H, iw = ow * S_W - P_W;
    const int kt0 = FIRST_TAP(it, D_T), kt1 = LAST_TAP(it, D_T, X_T, K_T);
    const int kh0 = FIRST_TAP(ih, D_H), kh1 = LAST_TAP(ih, D_H, X_H, K_H);
    x += (size_t)n * (X_T * X_H * X_W) * X_ROW + X_OFFSET + c;
    w += c;

    lane_t acc[TILE_W];
#if BIAS
    const lane_t start = lane_load(bias + c);
#else
    const lane_t start = (lane_t)(0.0f);
#endif
    UNROLL for (int r = 0; r < TILE_W; r++) acc[r] = start;
#if PREFETCH
    __global const STORED(X) *below = AT(K_T - 1, K_H - 1) + S_H * X_STEP_H * X_ROW;
    UNROLL for (int r = 0; r < TILE_W * S_W; r++) prefetch_line(below + r * (X_STEP_W * X_ROW));
#endif
    if (ALL_STAY || (iw >= 0 && iw + SPAN <= X_W)) {
        TAPS(XV_PLAIN)
    } else {
        TAPS(XV_GUARDED)
    }
    /* The last tile may overlap the one before it, which stores the outputs they share. */
    const size_t first = (size_t)n * (Y_T * Y_H * Y_W) + (size_t)ot * Y_STEP_T +
                         (size_t)oh * Y_STEP_H + (size_t)ow * Y_STEP_W;
    UNROLL for (int r = 0; r < TILE_W; r++)
    {
        if (Y_W % TILE_W == 0 || ow + r >= tile * TILE_W) {
            const size_t pixel = first + (size_t)r * Y_STEP_W;
            lane_t v = acc[r];
#if ADD_ROW
            v += lane_get(ADD, add + pixel * ADD_ROW + ADD_OFFSET + c);
#endif
            lane_put_part(Y, activate(v), y + pixel * Y_ROW + Y_OFFSET + c, c, Y_OWN);
        }
    }
}
