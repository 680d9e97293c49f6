/* SPDX-License-Identifier: MIT */
#include "models/onnx_file.h"
#include "base/checked.h"
#include "base/file.h"
#include "models/onnx_wire.h"

#include <stdlib.h>
#include <string.h>

/* Protocol buffers end at 2 GB. */
#define FILE_MOST      (UINT64_C(1) << 31)
#define CONSTANTS_MOST (UINT64_C(1) << 32) /* bytes of constants in memory */
#define COMPUTED_MOST  (UINT64_C(1) << 22) /* elements of computed ones, besides the file's size */

struct onnx_block {
    struct onnx_block *next;
};

void *onnx_alloc(struct onnx_file *f, uint64_t count, size_t size, struct error *err)
{
    uint64_t bytes, all;
    struct onnx_block *b = NULL;
    const size_t head = 16; /* keeps the alignment of what follows */
    if (mul_ok(count, size, &bytes) && add_ok(bytes, head + f->bytes, &all) &&
        all <= CONSTANTS_MOST)
        b = calloc(1, (size_t)bytes + head);
    if (!b) {
        fail(err, ERROR_LIMIT, "%s: no memory for %llu elements of a constant", f->path,
             (unsigned long long)count);
        return NULL;
    }
    b->next = f->blocks;
    f->blocks = b;
    f->bytes = all;
    return (char *)b + head;
}

static bool check_model(struct onnx_file *f, struct error *err)
{
    const Onnx__ModelProto *m = f->model;
    int64_t opset = -1;
    if (!m->graph || !m->graph->n_node)
        return fail(err, ERROR_MODEL, "%s: an ONNX file without nodes", f->path);
    if (m->graph->n_node > ONNX_NODES_MOST)
        return fail(err, ERROR_LIMIT, "%s: %zu nodes, at most %d", f->path, m->graph->n_node,
                    ONNX_NODES_MOST);
    for (size_t i = 0; i < m->n_opset_import; i++)
        if (!m->opset_import[i]->domain || !*m->opset_import[i]->domain ||
            !strcmp(m->opset_import[i]->domain, "ai.onnx"))
            opset = m->opset_import[i]->version;
    if (opset < ONNX_OPSET_LEAST || opset > ONNX_OPSET_MOST)
        return fail(err, ERROR_MODEL, "%s: ONNX opset %lld, %d to %d are supported", f->path,
                    (long long)opset, ONNX_OPSET_LEAST, ONNX_OPSET_MOST);
    f->opset = (int)opset;
    f->graph = m->graph;
    return true;
}

static struct onnx_file *open_memory(const void *data, size_t len, const char *name, bool beside,
                                     struct error *err)
{
    struct onnx_file *f = calloc(1, sizeof *f);
    if (!f) {
        fail(err, ERROR_LIMIT, "out of memory");
        return NULL;
    }
    f->path = arena_dup(&f->arena, name);
    f->beside = beside;
    f->budget = COMPUTED_MOST + len;
    bool ok = onnx_wire_check(&onnx__model_proto__descriptor, data, len, err) ||
              fail_more(err, "%s", name);
    if (ok && !(f->model = onnx__model_proto__unpack(NULL, len, data)))
        ok = fail(err, ERROR_MODEL, "%s: not an ONNX file, or a damaged one", name);
    if (!ok || !check_model(f, err))
        onnx_close(&f);
    return f;
}

struct onnx_file *onnx_open_memory(const void *data, size_t len, const char *name,
                                   struct error *err)
{
    return open_memory(data, len, name, false, err);
}

struct onnx_file *onnx_open(const char *path, struct error *err)
{
    size_t len;
    char *data = file_read(path, FILE_MOST, ERROR_MODEL, &len, err);
    struct onnx_file *f = data ? open_memory(data, len, path, true, err) : NULL;
    free(data);
    return f;
}

void onnx_close(struct onnx_file **fp)
{
    struct onnx_file *f = *fp;
    if (!f)
        return;
    while (f->blocks) {
        struct onnx_block *next = f->blocks->next;
        free(f->blocks);
        f->blocks = next;
    }
    if (f->model)
        onnx__model_proto__free_unpacked(f->model, NULL);
    arena_free(&f->arena);
    free(f);
    *fp = NULL;
}
