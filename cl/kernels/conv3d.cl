/* SPDX-License-Identifier: MIT */
// LINT: SIZES TILE -DVEC=16 -DBORDER=0 -DBIAS=0 -DADD_ROW=0 -DACT=0 -DY_OWN=64
// LINT: SIZES TILE -DVEC=8 -DBORDER=1 -DBIAS=1 -DADD_ROW=64 -DACT=1 -DY_OWN=64
// LINT: SIZES TILE -DVEC=4 -DBORDER=2 -DBIAS=1 -DADD_ROW=0 -DACT=2 -DY_OWN=53
// LINT: SIZES STAGE -DVEC=4 -DBORDER=1 -DBIAS=1 -DADD_ROW=64 -DACT=1 -DY_OWN=64
// LINT: SIZES -DVEC=1 -DGROUPS=1 -DBIAS=1 -DADD_ROW=64 -DACT=3 -DY_OWN=64
// LINT SIZES: -DX_N=1 -DX_C=64 -DX_T=16 -DX_H=56 -DX_W=56 -DX_ROW=64 -DX_OFFSET=0 -DCHANNELS=64
// LINT SIZES: -DY_N=1 -DY_C=64 -DY_T=16 -DY_H=56 -DY_W=56 -DY_ROW=64 -DY_OFFSET=0 -DADD_OFFSET=0
// LINT SIZES: -DK_T=3 -DK_H=3 -DK_W=3
// LINT SIZES: -DS_T=1 -DS_H=1 -DS_W=1 -DP_T=1 -DP_H=1 -DP_W=1 -DD_T=1 -DD_H=1 -DD_W=1
// LINT STAGE: -DW_WINDOW=0 -DTILE_W=8 -DTILE_C=2 -DGPU=1 -DCHUNK=1 -DLOCAL_X=8 -DLOCAL_Y=32
// LINT STAGE: -DSTAGED=1
// LINT TILE: -DW_WINDOW=0 -DTILE_W=14 -DTILE_C=2 -DGPU=0 -DCHUNK=1 -DLOCAL_X=1 -DLOCAL_Y=1
/* y = act(bias + sum over taps and input channels of w * x + add), channels-last.
 *
 * conv3d_direct: a work-item computes TILE_W neighbouring pixels of one output row x VEC lanes of
 *   TILE_C blocks of 16 output channels, in registers; a value of x is broadcast over the lanes.
 *   w is [channel tiles][K_T][K_H][K_W][CHANNELS][TILE_C * 16], zero padded; W_WINDOW: floats from
 *   one window's to the next one's, 0 when they share them.
 *   NDRange GPU=0: (tile in chunk, channel tile x lane, chunk); all channels of a chunk of CHUNK
 *   pixel tiles are computed before the next chunk, so that its input stays in the cache.
 *   GPU=1: (channel tile x lane, pixel tile): neighbours read the same pixels.
 * conv3d_general: a work-item computes one value. w is [C_out][CHANNELS][K_T][K_H][K_W].
 *   NDRange (C_out, T*H*W, N).
 *
 * X_* Y_* sizes, rows and offsets (lane.h); K_* S_* P_* D_* kernel, stride, padding in front,
 * dilation;
 * CHANNELS input channels that one output channel reads; BIAS 0 or 1; ADD_ROW is 0 without add;
 * ACT and VEC: lane.h. The sum starts with the bias and runs over kt,
 * kh, kw, c in both kernels, so they agree to the last bit.
 */

#ifdef TILE_W

#define BORDER_INSIDE 0 /* no tap reads outside in W */
#define BORDER_SPLIT 1  /* only the first and the last tile do: pixels outside are not computed */
#define BORDER_SELECT 2 /* any may: every read is guarded */

/* Pixels [FIRST(kw), TILE_W) of a row's first tile and [0, LAST(kw)) of its last read inside. */
#define FIRST(kw) clamp(CEIL_DIV(P_W - (kw) * D_W, S_W), 0, TILE_W)
#define LAST(kw) clamp(CEIL_DIV(X_W + P_W - (kw) * D_W, S_W) - (Y_W - TILE_W), 0, TILE_W)

#if STAGED
#define LIVE(condition) (live && (condition))
#define GROUP_TILES (W_WINDOW ? TILES / Y_N : TILES) /* of those that read the same weights */
#define W_TILE (K_T * K_H * K_W * CHANNELS * TILE_C * 16)
#define TIME_OF(row) ((row) / Y_H % Y_T * S_T - P_T)
#define LINE_OF(row) ((row) % Y_H * S_H - P_H)
#define SLOT_AT(s) (at[s] + shift)
/* Bit k of what follows `bit` says whether tap k of an axis is inside, in a slot's `inside`. */
#define MARK_TAPS(s, bit, begin, n, k, d)                                                          \
    UNROLL for (int i_ = 0; i_ < (k); i_++)                                                        \
        inside[s] |= ((uint)((begin) + i_ * (d)) < (uint)(n) ? 1 : 0) << ((bit) + i_);
#define TAP_BIT(k, p, bit, tap) ((k) == 1 && (p) == 0 ? 0 : 1 << ((bit) + (tap)))
#define NEVER (1 << 30) /* a bit that no `inside` has */
#define NEEDED(beyond) (needed | ((beyond) & NEVER))
#define SLOT_IN(s, beyond) ((NEEDED(beyond) - 1 - (inside[s] & NEEDED(beyond))) >> 31)
#if X_ROW % 4 || X_OFFSET % 4
#define X_GET_FOUR(p) lane_get(X, p)
#else
#define X_GET_FOUR(p) aligned_get(X, p)
#endif
#else
#define LIVE(condition) condition
#endif

/* Of the group of input channels that a tile of output channels reads. */
#define FIRST_CHANNEL(tile)                                                                        \
    (CHANNELS == X_C ? 0 : (tile) * TILE_C * 16 / (Y_C / (X_C / CHANNELS)) * CHANNELS)

#define PLAIN_AT(r) (xp + (ptrdiff_t)(r) * S_W * X_ROW)
#define PLAIN_IN(r) true
#define GUARDED_AT(r) (xr + from[r])
#define GUARDED_IN(r) inside[r]
#if X_HALF && !GPU && (CHANNELS == X_C || CHANNELS % 16 == 0)
#define TAP(WHERE, R0, R1) TILE_TAP_STAGED(CHANNELS, X, WHERE##_AT, WHERE##_IN, R0, R1)
#elif GPU && VEC == 4 && CHANNELS % 4 == 0
#define TAP(WHERE, R0, R1) TILE_TAP_FOURS(CHANNELS, X, WHERE##_AT, WHERE##_IN, R0, R1)
#else
#define TAP(WHERE, R0, R1) TILE_TAP(CHANNELS, X, WHERE##_AT, WHERE##_IN, R0, R1)
#endif

__attribute__((reqd_work_group_size(LOCAL_X, LOCAL_Y, 1))) __kernel void
conv3d_direct(__global const STORED(X) *restrict x, __global const STORED(W) *restrict w,
#if BIAS
              __global const float *restrict bias,
#endif
#if ADD_ROW
              __global const STORED(ADD) *restrict add,
#endif
              __global STORED(Y) *restrict y, const int run)
{
#if STAGED
    STAGED_ARRAYS
    const int item = get_global_id(0), place = get_global_id(1);
    const bool live = run && place < GROUP_TILES; /* a barrier is for all work-items */
    const int index = min(place, GROUP_TILES - 1), window = W_WINDOW ? get_global_id(2) : 0;
    const int tile0 = (get_global_id(0) - get_local_id(0)) / BLOCK_LANES;
    /* What is masked is read at 0: of x, not of a neighbour that this launch may write. */
    __global const STORED(X) *const whole =
        x + (size_t)window * X_T * X_H * X_W * X_ROW + X_OFFSET;
    __global const STORED(W) *const tiles = w + (size_t)window * W_WINDOW + (size_t)tile0 * W_TILE;
#else
    if (!run)
        return;
    const int item = get_global_id(GPU ? 0 : 1), place = get_global_id(GPU ? 1 : 0);
    const int index = get_global_id(2) * CHUNK + place;
    if (index >= TILES)
        return;
#endif
    const int lane = item % BLOCK_LANES * VEC, oc_tile = item / BLOCK_LANES;
    const int oc = oc_tile * TILE_C * 16 + lane;
    const int tile = index % TILES_W, ow = min(tile * TILE_W, Y_W - TILE_W);
    const int oh = index / TILES_W % Y_H;
    const int ot = index / (TILES_W * Y_H) % Y_T;
#if STAGED
    const int n = window + index / (TILES_W * Y_H * Y_T);
#else
    const int n = index / (TILES_W * Y_H * Y_T);
    const int it = ot * S_T - P_T, ih = oh * S_H - P_H, iw = ow * S_W - P_W;
    const int kt0 = FIRST_TAP(it, D_T), kt1 = LAST_TAP(it, D_T, X_T, K_T);
    const int kh0 = FIRST_TAP(ih, D_H), kh1 = LAST_TAP(ih, D_H, X_H, K_H);
    x += (size_t)n * X_T * X_H * X_W * X_ROW + X_OFFSET + FIRST_CHANNEL(oc_tile);
    w += (size_t)oc_tile * (K_T * K_H * K_W * CHANNELS) * (TILE_C * 16) + lane;
    w += (size_t)n * W_WINDOW;
#endif

    lane_t acc[TILE_C][TILE_W];
    UNROLL for (int o = 0; o < TILE_C; o++)
    {
        lane_t start = (lane_t)(0.0f);
#if BIAS && STAGED /* no branch before barriers: PoCL mixes up what work-items keep */
        start = lane_load(bias + (run ? min(oc + o * 16, CEIL_DIV(Y_C, 16) * 16 - VEC) : 0));
#elif BIAS
        if (Y_C % (TILE_C * 16) == 0 || oc + o * 16 < CEIL_DIV(Y_C, 16) * 16)
            start = lane_load(bias + oc + o * 16);
#endif
        UNROLL for (int r = 0; r < TILE_W; r++) acc[o][r] = start;
    }
#if STAGED
    /* Where a slot's first tap is, in bytes, and which of its taps are in x. */
    uint at[X_SLOTS];
    int inside[X_SLOTS];
    const int first = (int)(get_global_id(1) - get_local_id(1));
    const int last = min(first + LOCAL_Y, GROUP_TILES) - 1;
    UNROLL for (int s = 0; s < X_SLOTS; s++)
    {
        const int i = min(first + SLOT_PIXEL(s) / TILE_W, GROUP_TILES - 1), row = i / TILES_W;
        const int column = min(i % TILES_W * TILE_W, Y_W - TILE_W) + SLOT_PIXEL(s) % TILE_W;
        const int t = TIME_OF(row), h = LINE_OF(row), left = column * S_W - P_W;
        at[s] = (((uint)(row / (Y_H * Y_T) * X_T + t) * X_H + h) * X_W + left) * X_ROW;
        at[s] = (at[s] + FIRST_CHANNEL(tile0) + SLOT_FOUR * 4) * BYTES(X);
        inside[s] = 0;
        MARK_TAPS(s, 0, t, X_T, K_T, D_T)
        MARK_TAPS(s, K_T, h, X_H, K_H, D_H)
        MARK_TAPS(s, K_T + K_H, left, X_W, K_W, D_W)
    }
    /* Taps that any of the group's tiles has inside; those are in order. */
    const int top = first / TILES_W, bottom = last / TILES_W;
    const bool one_window = top / (Y_H * Y_T) == bottom / (Y_H * Y_T);
    const bool one_frame = top / Y_H == bottom / Y_H;
    const int t0 = one_window ? FIRST_TAP(TIME_OF(bottom), D_T) : 0;
    const int t1 = one_window ? LAST_TAP(TIME_OF(top), D_T, X_T, K_T) : K_T;
    const int h0 = one_frame ? FIRST_TAP(LINE_OF(bottom), D_H) : 0;
    const int h1 = one_frame ? LAST_TAP(LINE_OF(top), D_H, X_H, K_H) : K_H;
    for (int kt = t0; kt < (run ? t1 : 0); kt++)
        for (int kh = h0; kh < h1; kh++)
            for (int kw = 0; kw < K_W; kw++) {
                const int needed = TAP_BIT(K_T, P_T, 0, kt) | TAP_BIT(K_H, P_H, K_T, kh)
                                   | TAP_BIT(K_W, P_W, K_T + K_H, kw);
                const uint shift =
                    ((kt * D_T * X_H + kh * D_H) * X_W + kw * D_W) * (X_ROW * BYTES(X));
                __global const STORED(W) *const wp =
                    tiles + ((kt * K_H + kh) * K_W + kw) * (CHANNELS * TILE_C * 16);
                STAGED_TAP(CHANNELS, X, whole, SLOT_AT, SLOT_IN, wp, W_TILE)
            }
#else
    for (int kt = kt0; kt < kt1; kt++)
        for (int kh = kh0; kh < kh1; kh++) {
            __global const STORED(X) *xr =
                x + (size_t)((it + kt * D_T) * X_H + ih + kh * D_H) * X_W * X_ROW;
            __global const STORED(W) *wp =
                w + (size_t)((kt * K_H + kh) * K_W) * (CHANNELS * TILE_C * 16);
#if BORDER == BORDER_INSIDE
            __global const STORED(X) *xp = xr + (ptrdiff_t)iw * X_ROW;
            for (int kw = 0; kw < K_W; kw++) {
                TAP(PLAIN, 0, TILE_W)
                xp += D_W * X_ROW;
                wp += CHANNELS * TILE_C * 16;
            }
#elif BORDER == BORDER_SPLIT
            UNROLL for (int kw = 0; kw < K_W; kw++)
            {
                __global const STORED(X) *xp = xr + (ptrdiff_t)(iw + kw * D_W) * X_ROW;
                if (TILES_W == 1) {
                    TAP(PLAIN, FIRST(kw), LAST(kw))
                } else if (FIRST(kw) > 0 && tile == 0) {
                    TAP(PLAIN, FIRST(kw), TILE_W)
                } else if (LAST(kw) < TILE_W && tile == TILES_W - 1) {
                    TAP(PLAIN, 0, LAST(kw))
                } else {
                    TAP(PLAIN, 0, TILE_W)
                }
                wp += CHANNELS * TILE_C * 16;
            }
#else
            for (int kw = 0; kw < K_W; kw++) {
                bool inside[TILE_W];
                int from[TILE_W];
                UNROLL for (int r = 0; r < TILE_W; r++)
                {
                    const int i = iw + kw * D_W + r * S_W;
                    inside[r] = i >= 0 && i < X_W;
                    from[r] = clamp(i, 0, X_W - 1) * X_ROW;
                }
                TAP(GUARDED, 0, TILE_W)
                wp += CHANNELS * TILE_C * 16;
            }
#endif
        }
#endif
    /* The last tile of a row may overlap the one before it, which stores the pixels they share. */
    const size_t pixel = (((size_t)n * Y_T + ot) * Y_H + oh) * Y_W + ow;
    UNROLL for (int r = 0; r < TILE_W; r++)
    {
        if (LIVE(Y_W % TILE_W == 0 || ow + r >= tile * TILE_W)) {
            UNROLL for (int o = 0; o < TILE_C; o++)
            {
                if (Y_C % (TILE_C * 16) == 0 || oc + o * 16 < CEIL_DIV(Y_C, 16) * 16) {
                    lane_t v = acc[o][r];
                    const int c = oc + o * 16;
#if ADD_ROW
                    v += lane_get(ADD, add + (pixel + r) * ADD_ROW + ADD_OFFSET + c);
#endif
                    lane_put_part(Y, activate(v), y + (pixel + r) * Y_ROW + Y_OFFSET + c, c, Y_OWN);
                }
            }
        }
    }
}

#else

__kernel void conv3d_general(__global const STORED(X) *restrict x,
                             __global const STORED(W) *restrict w,
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
    const int oc = get_global_id(0), place = get_global_id(1), n = get_global_id(2);
    const int ow = place % Y_W, oh = place / Y_W % Y_H, ot = place / (Y_W * Y_H);
    const int it = ot * S_T - P_T, ih = oh * S_H - P_H, iw = ow * S_W - P_W;
    const int c0 = oc / (Y_C / GROUPS) * CHANNELS;
    x += (size_t)n * X_T * X_H * X_W * X_ROW + X_OFFSET + c0;
    w += (size_t)oc * (CHANNELS * K_T * K_H * K_W);
#if BIAS
    float sum = bias[oc];
#else
    float sum = 0.0f;
#endif
    const int kw0 = FIRST_TAP(iw, D_W), kw1 = LAST_TAP(iw, D_W, X_W, K_W);
    const int kh0 = FIRST_TAP(ih, D_H), kh1 = LAST_TAP(ih, D_H, X_H, K_H);
    for (int kt = FIRST_TAP(it, D_T); kt < LAST_TAP(it, D_T, X_T, K_T); kt++)
        for (int kh = kh0; kh < kh1; kh++)
            for (int kw = kw0; kw < kw1; kw++) {
                const size_t row = (size_t)(it + kt * D_T) * X_H + ih + kh * D_H;
                __global const STORED(X) *xp = x + (row * X_W + iw + kw * D_W) * X_ROW;
                __global const STORED(W) *wp = w + (kt * K_H + kh) * K_W + kw;
                for (int c = 0; c < CHANNELS; c++)
                    sum = fma(get_one(W, wp + c * (K_T * K_H * K_W)), get_one(X, xp + c), sum);
            }
    const size_t pixel = (size_t)n * (Y_T * Y_H * Y_W) + place;
#if ADD_ROW
    sum += get_one(ADD, add + pixel * ADD_ROW + ADD_OFFSET + oc);
#endif
    put_one(Y, activate_one(sum), y + pixel * Y_ROW + Y_OFFSET + oc);
}

#endif
