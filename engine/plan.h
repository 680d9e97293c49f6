/* SPDX-License-Identifier: MIT */
/* The plan: what a compiled graph does on a device, as printable data. No OpenCL here.
 *
 * Device tensors are channels-last: element (n,c,t,h,w) stands at ((((n*T+t)*H+h)*W+w)*row + c),
 * with row = layout_row(C) >= C floats. Channels from C to row-1 hold anything; nobody reads them
 * into a result. u8 frames have row = C = 3. Rank-2 values are rows of the same kind (T = H = W =
 * 1).
 *
 * With half storage, values of more than one pixel a window and the weights of convolutions and
 * linear layers are stored as half; all arithmetic is in float. What is small stays float: scores,
 * means, factors of channels, parameters of channels. So do workspaces, but for Winograd's.
 */
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H
#include "base/arena.h"
#include "cl/caps.h"
#include "graph/op.h"

enum { STEP_ARGS = 12, LANE = 16 };

enum step_kind { STEP_LAUNCH, STEP_GEMM };

struct step {
    enum step_kind kind;
    node_id node;           /* whose value this step completes or helps to compute */
    const char *algorithm;  /* "direct r14x2", and why in a few words              */
    const char *source, *kernel, *defines; /* STEP_LAUNCH */
    size_t global[3], local[3];            /* local all zero: the driver's choice  */
    node_id args[STEP_ARGS];               /* device tensors, weights, workspaces  */
    bool half_weight[STEP_ARGS];           /* of a weight: the step reads it as half */
    int arg_count;
    size_t m, n, k, lda, ldb, ldc;         /* STEP_GEMM: args are A, B, C          */
    size_t offset_a, offset_c;             /* in floats                            */
    bool plain;                            /* STEP_LAUNCH: compiled unoptimised    */
    int split;                             /* of a launch: the dimension that is cut */
    size_t piece;                          /* work-items there, or rows of a GEMM, a dispatch; */
                                           /* 0: it is not cut */
    double flops, bytes;                   /* of the whole batch                   */
};

/* Memory that one node's steps need between them. As an argument of a step and as a value its id is
 * graph->count + its index. */
struct workspace {
    node_id node;
    uint64_t bytes; /* of the whole batch */
};

/* Where the value of a node stands when a concat joins it with others: see engine/slice.c. */
struct slice {
    node_id into; /* the concat; NODE_NONE: the value has memory of its own        */
    int channel;  /* of the concat, where this value begins                        */
    int tail;     /* numbers behind it that lanes of others inside it reach        */
};

/* A device tensor or a workspace of a window part. */
struct value {
    node_id node;
    uint64_t bytes, offset; /* in the activation arena */
    int first, last;        /* steps: written at first, last read at last */
};

/* The steps of one clip's windows. Parts never run at the same time and share the arena; their
 * inputs do not, since one part's windows gather while another runs. */
struct plan_part {
    int clip;
    int batch; /* windows in one run */
    struct step *steps;
    int step_count, step_cap;
    struct value *values; /* inputs, results of steps, workspaces */
    int value_count;
};

struct plan {
    struct arena arena;
    const struct graph *graph; /* compiled, kept by the caller as long as the plan */
    struct caps caps;
    bool half; /* storage, see above */
    struct plan_part *parts;
    int part_count;
    struct workspace *workspaces; /* of all parts */
    int workspace_count, workspace_cap;
    struct slice *slices; /* by node */
    uint64_t activation_bytes; /* the arena's size                                     */
    uint64_t live_bytes;       /* the largest simultaneously live set, no plan is less */
    uint64_t weight_bytes;     /* of weights that device steps read                    */
    uint64_t largest_weight;   /* of one of them                                       */
    uint64_t window_bytes;     /* of windows that gather while others run              */
};

/* Numbers from one pixel to the next for C channels. */
int layout_row(int64_t channels);

/* Lays out, lowers and places everything. batch[i] is the windows per run of clip i; half: storage,
 * see above. max_bytes (0: the device's memory) bounds activations + weights: ERROR_LIMIT with both
 * numbers. */
struct plan *plan_make(const struct graph *g, const struct caps *caps, const int *batch, bool half,
                       uint64_t max_bytes, struct error *err);
void plan_free(struct plan **plan);
/* How many bytes of weights may be on their way to the device at a time: as much as the run needs
 * later besides them, so that loading is no peak of its own, but at least the largest one. */
uint64_t plan_staging_bytes(const struct plan *plan);
/* The most that is held at a time, while loading or running: docs/graph.md, "Memory". */
uint64_t plan_peak_bytes(const struct plan *plan);
/* How long one run of the longest part takes where it is slowest (engine/split.c). */
double plan_slow_seconds(const struct plan *plan);
/* The index of a node's value or a workspace in a part; -1 when it has none there. */
int plan_value(const struct plan_part *p, node_id id);
/* The node whose memory holds a value: looks through views and concats. *channel (or NULL) gets the
 * value's first channel there. */
node_id plan_storage(const struct plan *plan, node_id id, int *channel);
/* Whether a value of a window part is stored as half; a view is as what it looks at. */
bool plan_is_half(const struct plan *plan, node_id id);
/* What an argument of a step is: a workspace, a weight, else a value. */
bool plan_is_workspace(const struct plan *plan, node_id arg);
bool plan_is_weight(const struct plan *plan, node_id arg);
void plan_print(const struct plan *plan, struct text *out);

/* ---- for lower() of an operator -------------------------------------------------------------- */

/* How many channels one work-item handles, the VEC of cl/kernels/lane.h: a CPU's is one whole
 * vector; on a GPU four channels a work-item give 16-byte loads that neighbours coalesce. */
static inline int lane_width(const struct caps *caps)
{
    if (caps->gpu || caps->vector_width < 8)
        return 4;
    return caps->vector_width < 16 ? 8 : 16;
}

/* A value as a kernel sees it. */
struct operand {
    node_id node;
    enum dtype dtype;
    int n, c, t, h, w; /* bound: no DIM_N; absent axes are 1 */
    int row;           /* elements from pixel to pixel       */
    bool half;         /* stored as half                     */
    /* Of a value that stands inside a concat's: */
    node_id whole;     /* whose memory it is, else the value's own                   */
    int offset;        /* of channel 0 in a row, else 0                              */
    int own;           /* channels from there that may be written: c, else up to row */
};
struct operand lower_operand(const struct lower *lo, node_id id);
struct operand lower_output(const struct lower *lo, const struct node *n);
const struct caps *lower_caps(const struct lower *lo);
const struct graph *lower_graph(const struct lower *lo);
bool lower_half(const struct lower *lo); /* half storage is wanted */

/* Starts a launch that completes node n; bytes and arguments are added to the result. An operator
 * whose algorithm spends other arithmetic than its definition sets flops, of the whole batch. */
struct step *lower_launch(struct lower *lo, const struct node *n, const char *source,
                          const char *kernel, const char *algorithm);
struct step *lower_gemm(struct lower *lo, const struct node *n, const char *algorithm);
/* "#define NAME value" of the launch being built. */
void lower_define(struct lower *lo, const char *name, int64_t value);
void lower_define_text(struct lower *lo, const char *name, const char *value);
/* PREFIX_HALF 1 where an operand is stored as half, which is 0 else. Every kernel must be told, of
 * every operand: this way or by one of the next two. */
void lower_define_half(struct lower *lo, const char *prefix, const struct operand *o);
/* PREFIX_ROW _OFFSET _OWN and _HALF of an operand; lower_define_operand adds _N _C _T _H _W. */
void lower_define_row(struct lower *lo, const char *prefix, const struct operand *o);
void lower_define_operand(struct lower *lo, const char *prefix, const struct operand *o);
/* Memory of `bytes` > 0 for the steps of n that name it, from the first to the last of them; its
 * contents are not defined at first. Returns an id for lower_arg. What is too large is refused
 * after lower(): pass UINT64_MAX for a size that does not fit. */
node_id lower_workspace(struct lower *lo, const struct node *n, uint64_t bytes);
void lower_arg(struct lower *lo, struct step *s, node_id id);
void lower_arg_output(struct lower *lo, struct step *s, const struct node *n);
/* A weight that is stored as half with half storage; W_HALF says so to the kernel. A workspace is
 * float here as everywhere. */
void lower_arg_weight(struct lower *lo, struct step *s, node_id id);
void lower_size(struct step *s, size_t x, size_t y, size_t z);
void lower_local(struct step *s, size_t x, size_t y, size_t z);

#endif
