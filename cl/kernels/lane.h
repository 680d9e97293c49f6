/* SPDX-License-Identifier: MIT */
/* Lanes: one kernel text for CPU vectors and GPU work-items.
 *
 * 16 consecutive channels of a pixel are one block. VEC of them are one lane_t, handled by one
 * work-item: VEC=16 on a CPU with 512-bit vectors (one work-item a block), VEC=4, 2 or 1 on a GPU
 * (16/VEC neighbouring work-items share the block, so their loads coalesce). Kernels that go over
 * channels have them in dimension 0: work-item g handles channels g*VEC .. g*VEC+VEC-1.
 *
 * ACT: 0 none, 1 ReLU, 2 ELU (alpha 1), 3 sigmoid, 4 swish (x times sigmoid).
 */
#ifndef VEC
#define VEC 16
#endif

/* The lanes that all kernels are compiled for, where a device is better told. */
#ifdef SUB_GROUP
#define __kernel __attribute__((intel_reqd_sub_group_size(SUB_GROUP))) __kernel
#endif

/* How operands X, Y, ... are stored: X_HALF 1 as half, else as float. Arithmetic is in float
 * always, so nothing here needs cl_khr_fp16. HALF: what is not said is 1 (for the lint). */
#ifndef HALF
#define HALF 0
#endif
#ifndef X_HALF
#define X_HALF HALF
#endif
#ifndef Y_HALF
#define Y_HALF HALF
#endif
#ifndef Z_HALF
#define Z_HALF HALF
#endif
#ifndef W_HALF
#define W_HALF HALF
#endif
#ifndef M_HALF
#define M_HALF HALF
#endif
#ifndef V_HALF
#define V_HALF HALF
#endif
#ifndef ADD_HALF
#define ADD_HALF HALF
#endif
#ifndef SCALE_HALF
#define SCALE_HALF HALF
#endif

#if VEC == 16
typedef float16 lane_t;
typedef int16 lane_mask_t;
#define lane_load(p) vload16(0, (p))
#define lane_store(v, p) vstore16((v), 0, (p))
#define lane_load_half(p) vload_half16(0, (p))
#define lane_store_half(v, p) vstore_half16_rte((v), 0, (p))
#elif VEC == 8
typedef float8 lane_t;
typedef int8 lane_mask_t;
#define lane_load(p) vload8(0, (p))
#define lane_store(v, p) vstore8((v), 0, (p))
#define lane_load_half(p) vload_half8(0, (p))
#define lane_store_half(v, p) vstore_half8_rte((v), 0, (p))
#elif VEC == 4
typedef float4 lane_t;
typedef int4 lane_mask_t;
#define lane_load(p) vload4(0, (p))
#define lane_store(v, p) vstore4((v), 0, (p))
#define lane_load_half(p) vload_half4(0, (p))
#define lane_store_half(v, p) vstore_half4_rte((v), 0, (p))
#elif VEC == 2
typedef float2 lane_t;
typedef int2 lane_mask_t;
#define lane_load(p) vload2(0, (p))
#define lane_store(v, p) vstore2((v), 0, (p))
#define lane_load_half(p) vload_half2(0, (p))
#define lane_store_half(v, p) vstore_half2_rte((v), 0, (p))
#else
typedef float lane_t;
typedef int lane_mask_t;
#define lane_load(p) (*(p))
#define lane_store(v, p) (*(p) = (v))
#define lane_load_half(p) vload_half(0, (p))
#define lane_store_half(v, p) vstore_half_rte((v), 0, (p))
#endif

/* Of an operand P: STORED(P) is the type of its elements in memory, lane_get and get_one read a
 * lane or a number of it as float, lane_put and put_one write them. lane_load and lane_store are
 * for what is float always: parameters of channels, workspaces, private and local memory. */
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define STORED(P) PASTE(stored_, P##_HALF)
#define lane_get(P, p) PASTE(lane_get_, P##_HALF)(p)
#define lane_put(P, v, p) PASTE(lane_put_, P##_HALF)((v), (p))
#define get_one(P, p) PASTE(get_one_, P##_HALF)(p)
#define put_one(P, v, p) PASTE(put_one_, P##_HALF)((v), (p))
typedef float stored_0;
typedef half stored_1;
#define lane_get_0 lane_load
#define lane_get_1 lane_load_half
#define lane_put_0 lane_store
#define lane_put_1 lane_store_half
#define get_one_0(p) (*(p))
#define get_one_1(p) vload_half(0, (p))
#define put_one_0(v, p) (*(p) = (v))
#define put_one_1(v, p) vstore_half_rte((v), 0, (p))

/* Operands X, Y, ...: pixel p begins at p * X_ROW + X_OFFSET. A value that stands inside a concat's
 * has the row of that and some offset; X_OWN channels from there are its own, and what follows is
 * its neighbour's, which may be read in a lane but never written. A value alone owns its whole
 * row, padding included. */

/* Stores the lane of channels c .. c+VEC-1 of a value P that owns `own` of them; a constant `own`
 * of whole blocks costs nothing. */
#define lane_put_part(P, v, to, c, own)                \
    do {                                               \
        if ((own) % 16 == 0 || (c) + VEC <= (own)) {   \
            lane_put(P, v, to);                        \
        } else {                                       \
            float part_[VEC];                          \
            lane_store((v), part_);                    \
            for (int i_ = 0; i_ < (own) - (c); i_++)   \
                put_one(P, part_[i_], (to) + i_);      \
        }                                              \
    } while (0)

/* activate(v) of a lane_t variable, activate_one(v) of a float one (v is written several times).
 * NaN stays NaN: a broken weight must reach the scores, where it is reported; fmax would hide
 * it. */
#ifndef ACT
#define ACT 0
#endif
#if ACT == 1
#define activate_as(type, v) ((v) < 0.0f ? (type)(0.0f) : (v))
#elif ACT == 2 /* expm1 is exact near 0, where exp(v) - 1 is not */
#define activate_as(type, v) ((v) < 0.0f ? expm1(v) : (v))
#elif ACT == 3
#define activate_as(type, v) ((type)(1.0f) / ((type)(1.0f) + exp(-(v))))
#elif ACT == 4 /* below -88 it is 0 to 1e-36, and exp would overflow: -inf/inf is no 0 */
#define activate_as(type, v) ((v) < -88.0f ? (type)(0.0f) : (v) / ((type)(1.0f) + exp(-(v))))
#else
#define activate_as(type, v) (v)
#endif
#define activate(v) activate_as(lane_t, v)
#define activate_one(v) activate_as(float, v)

#ifndef STAGED
#define STAGED 0
#endif
/* Built for half as many threads with twice the registers. */
#ifndef LARGE_REGISTERS
#define LARGE_REGISTERS 0
#endif

/* ---- what the convolutions share: windows and register tiles ---- */

#define CEIL_DIV(a, b) (((a) + (b) - 1) / (b))
/* Taps [FIRST_TAP, LAST_TAP) of a window are inside n; it starts at i, which may be negative. */
#define FIRST_TAP(i, d) ((i) < 0 ? CEIL_DIV(-(i), d) : 0)
#define LAST_TAP(i, d, n, k) ((i) < (n) ? min(k, CEIL_DIV((n) - (i), d)) : 0)

#define STRING(x) #x
#define PRAGMA(x) _Pragma(STRING(x))
#define UNROLL PRAGMA(unroll)

/* A tile is TILE_W pixels of a row x TILE_C blocks of 16 output channels. */
#define BLOCK_LANES (16 / VEC)
#define OC_TILES CEIL_DIV(Y_C, TILE_C * 16)
#define TILES_W CEIL_DIV(Y_W, TILE_W)
#define TILES (TILES_W * Y_H * Y_T * Y_N)

#if STAGED

/* On a GPU a work-group's tiles, LOCAL_Y of LOCAL_X lanes each, share what they read: STAGE
 * channels of their pixels and weights at a time go through local memory. VEC is 4. */
#define GROUP_ITEMS (LOCAL_X * LOCAL_Y)
#define STAGE 16
#define STAGE_FOURS (STAGE / 4)
#define X_FOURS (LOCAL_Y * TILE_W * STAGE_FOURS)
#define W_FOURS (STAGE * TILE_C * LOCAL_X)
#define X_SLOTS CEIL_DIV(X_FOURS, GROUP_ITEMS) /* of a work-item */
#define W_SLOTS CEIL_DIV(W_FOURS, GROUP_ITEMS)
/* Neighbouring tiles begin in different banks; lanes of a block of weights follow each other. */
#define X_STAGED(tile, pixel, four) (((tile) * TILE_W + (pixel)) * STAGE_FOURS + (four) + (tile))
#define W_STAGED(channel, block, item) (((channel) * TILE_C + (block)) * LOCAL_X + (item))
#define STAGED_ARRAYS __local float4 staged_x[X_FOURS + LOCAL_Y], staged_w[W_FOURS];
#define MEMBER ((int)(get_local_id(1) * LOCAL_X + get_local_id(0)))
#define SLOT_PIXEL(s) ((MEMBER + (s) * GROUP_ITEMS) / STAGE_FOURS)
#define SLOT_FOUR (MEMBER % STAGE_FOURS)

#define aligned_get(P, p) PASTE(aligned_get_, P##_HALF)(p)
#define aligned_get_0(p) (*(__global const float4 *)(p))
#define aligned_get_1(p) vloada_half4(0, (p))

/* A 32-bit offset in bytes, without a sign, is what hardware adds by itself. */
#define BYTES(P) (P##_HALF ? 2u : 4u)
#define AT_BYTE(P, p, offset) \
    ((__global const STORED(P) *)((__global const char *)(p) + (uint)(offset)))

/* acc[o][r] += w * x over COUNT channels of one tap. Slot s of a work-item stages the four channels
 * of a pixel that stand AT(s) bytes from FROM, or 0 where IN(s, beyond) is 0 and not -1, `beyond`
 * being -1 beyond the last channel (compilers make branches of conditions, but not of masks); WP:
 * the tap's weights of the group's first channel tile, W_TILE floats from the next one's. */
#define STAGED_TAP(COUNT, P, FROM, AT, IN, WP, W_TILE)                                            \
    for (int c0 = 0; c0 < (COUNT); c0 += STAGE) {                                               \
        barrier(CLK_LOCAL_MEM_FENCE);                                                           \
        const int left = (COUNT) - c0 - SLOT_FOUR * 4;                                          \
        const int beyond = CHANNELS % STAGE ? (left - 1) >> 31 : 0;                             \
        const int4 ours = LEFT_OF_FOUR((3 - left) >> 31);                                       \
        UNROLL for (int s = 0; s < X_SLOTS; s++) {                                              \
            const int pixel = SLOT_PIXEL(s), in = IN(s, beyond);                                \
            float4 value = P##_GET_FOUR(AT_BYTE(P, FROM, (AT(s) + c0 * BYTES(P)) & in));        \
            value = as_float4(as_int4(value) & ours & in);                                      \
            if (X_FOURS % GROUP_ITEMS == 0 || pixel < LOCAL_Y * TILE_W)                         \
                staged_x[X_STAGED(pixel / TILE_W, pixel % TILE_W, SLOT_FOUR)] = value;          \
        }                                                                                       \
        UNROLL for (int s = 0; s < W_SLOTS; s++) {                                              \
            const int slot = MEMBER + s * GROUP_ITEMS, k = slot / (TILE_C * LOCAL_X);           \
            const int q = slot % (TILE_C * LOCAL_X), in_tile = q % (TILE_C * 4);                \
            const int row = CHANNELS % STAGE ? min(c0 + k, (COUNT) - 1) : c0 + k;               \
            const int at = row * (TILE_C * 16) + in_tile * 4 + q / (TILE_C * 4) * (W_TILE);     \
            if (W_FOURS % GROUP_ITEMS == 0 || slot < W_FOURS)                                   \
                staged_w[W_STAGED(k, in_tile / 4, q / (TILE_C * 4) * 4 + q % 4)] =              \
                    aligned_get(W, AT_BYTE(W, WP, at * BYTES(W)));                              \
        }                                                                                       \
        barrier(CLK_LOCAL_MEM_FENCE);                                                           \
        __local const float4 *xp = staged_x + X_STAGED(get_local_id(1), 0, 0);                  \
        __local const float4 *sw = staged_w + get_local_id(0);                                  \
        STAGED_UNROLL                                                                           \
        for (int four = 0; four < STAGE_FOURS; four++) {                                        \
            float4 xv[TILE_W];                                                                  \
            UNROLL for (int r = 0; r < TILE_W; r++) xv[r] = xp[r * STAGE_FOURS];                \
            STAGED_CHANNEL(0, x)                                                                \
            STAGED_CHANNEL(1, y)                                                                \
            STAGED_CHANNEL(2, z)                                                                \
            STAGED_CHANNEL(3, w)                                                                \
            xp++;                                                                               \
            sw += 4 * TILE_C * LOCAL_X;                                                         \
        }                                                                                       \
    }
/* Which of four channels are in x, where `all` is -1 if all of them are and 0 in the last four. */
#define LEFT_OF_FOUR(all)                                                                       \
    (int4)(-1, CHANNELS % 4 == 1 ? (all) : -1, CHANNELS % 4 - 1u < 2 ? (all) : -1,              \
           CHANNELS % 4 ? (all) : -1)
/* Few sums are copied around a loop as often as added to: no loop for them. Intel's compiler copies
 * them twice, however many there are. */
#if TILE_C * TILE_W <= 8 || LARGE_REGISTERS
#define STAGED_UNROLL UNROLL
#else
#define STAGED_UNROLL PRAGMA(unroll 1)
#endif
#define STAGED_CHANNEL(channel, element)                                                        \
    UNROLL for (int o = 0; o < TILE_C; o++) {                                                   \
        const float4 wv = sw[((channel) * TILE_C + o) * LOCAL_X];                               \
        UNROLL for (int r = 0; r < TILE_W; r++)                                                 \
            acc[o][r] = fma(wv, (float4)(xv[r].element), acc[o][r]);                            \
    }

#endif

/* acc[o][r] += w * x over COUNT channels of one tap, for the pixels r of [R0, R1) of a tile: pixel
 * r of the operand P stands AT(r) and counts as 0 unless IN(r); wp: the weights of the tap. Unrolled
 * by 2, LLVM hoists loads and spills accumulators: up to 1.6 times slower. */
#define TILE_TAP(COUNT, P, AT, IN, R0, R1)                                                      \
    PRAGMA(unroll 1)                                                                            \
    for (int c = 0; c < (COUNT); c++) {                                                         \
        TILE_CHANNEL(c, IN(r) ? get_one(P, AT(r) + c) : 0.0f, R0, R1)                           \
    }
/* The same on a GPU, which loads four neighbours as fast as one, for COUNT a multiple of 4. */
#define TILE_TAP_FOURS(COUNT, P, AT, IN, R0, R1)                                                \
    PRAGMA(unroll 1)                                                                            \
    for (int c = 0; c < (COUNT); c += 4) {                                                      \
        float4 four[TILE_W];                                                                    \
        UNROLL for (int r = 0; r < TILE_W; r++)                                                 \
            if (r >= (R0) && r < (R1))                                                          \
                four[r] = IN(r) ? lane_get(P, AT(r) + c) : (float4)(0.0f);                      \
        { TILE_CHANNEL(c, four[r].x, R0, R1) }                                                  \
        { TILE_CHANNEL(c + 1, four[r].y, R0, R1) }                                              \
        { TILE_CHANNEL(c + 2, four[r].z, R0, R1) }                                              \
        { TILE_CHANNEL(c + 3, four[r].w, R0, R1) }                                              \
    }
/* The same for halfs on a CPU, which takes as long to convert one of them as a lane: blocks of the
 * pixels are converted first. They may be read to the end of a block. */
#define TILE_TAP_STAGED(COUNT, P, AT, IN, R0, R1)                                               \
    for (int c0 = 0; c0 < (COUNT); c0 += 16) {                                                  \
        float block[TILE_W][16];                                                                \
        UNROLL for (int r = 0; r < TILE_W; r++)                                                 \
            if (r >= (R0) && r < (R1))                                                          \
                UNROLL for (int k = 0; k < 16; k += VEC)                                        \
                    lane_store(IN(r) ? lane_get(P, AT(r) + c0 + k) : (lane_t)(0.0f), block[r] + k);\
        PRAGMA(unroll 1)                                                                        \
        for (int k = 0; k < min(16, (COUNT) - c0); k++) {                                       \
            TILE_CHANNEL(c0 + k, block[r][k], R0, R1)                                           \
        }                                                                                       \
    }
#define TILE_CHANNEL(channel, value, R0, R1)                                                    \
    lane_t wv[TILE_C];                                                                          \
    UNROLL for (int o = 0; o < TILE_C; o++)                                                     \
        wv[o] = lane_get(W, wp + ((channel) * TILE_C + o) * 16);                                \
    UNROLL for (int r = 0; r < TILE_W; r++) {                                                   \
        if (r >= (R0) && r < (R1)) {                                                            \
            const lane_t xv = (lane_t)(value);                                                  \
            UNROLL for (int o = 0; o < TILE_C; o++)                                             \
                acc[o][r] = fma(wv[o], xv, acc[o][r]);                                          \
        }                                                                                       \
    }
