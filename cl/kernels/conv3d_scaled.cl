/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DCHANNELS=192 -DROWS=5184 -DTILE=32 -DSCALE_ROW=192 -DSCALE_OFFSET=0 -DPLUS=1.0f
// LINT: -DVEC=4 -DCHANNELS=37 -DROWS=37 -DTILE=16 -DSCALE_ROW=96 -DSCALE_OFFSET=37 -DPLUS=0.0f
/* y[n] = the packed weights w of conv3d_direct, times scale[n] + PLUS of their input channels.
 *
 * NDRange {TILE/VEC, ROWS, N}: VEC output channels of a row of TILE; the rows of w are
 * [channel tiles][taps][CHANNELS]. SCALE_ROW, SCALE_OFFSET: lane.h.
 */
__kernel void scale_weights(__global const STORED(W) *restrict w,
                            __global const STORED(SCALE) *restrict scale,
                            __global float *restrict y, const int run)
{
    if (!run)
        return;
    const size_t row = get_global_id(1), n = get_global_id(2);
    const size_t at = row * TILE + get_global_id(0) * VEC;
    const size_t channel = n * SCALE_ROW + SCALE_OFFSET + row % CHANNELS;
    const float factor = get_one(SCALE, scale + channel) + PLUS;
    lane_store(lane_get(W, w + at) * factor, y + n * ROWS * TILE + at);
}
