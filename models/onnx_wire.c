/* SPDX-License-Identifier: MIT */
#include "models/onnx_wire.h"
#include "base/checked.h"

enum {
    DEPTH_MOST = 16, /* a model needs 8: model, graph, node, attribute, tensor, ... */
    SPARE = 1 << 28  /* bytes that a small file may take */
};

enum wire { WIRE_VARINT, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct scan {
    const uint8_t *at, *end;
};

static bool take_varint(struct scan *s, uint64_t *v)
{
    *v = 0;
    for (int shift = 0; s->at < s->end && shift < 64; shift += 7) {
        uint8_t byte = *s->at++;
        *v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool skip(struct scan *s, uint64_t n)
{
    if (n > (uint64_t)(s->end - s->at))
        return false;
    s->at += n;
    return true;
}

/* Whether elements of a list are of variable length: each takes up to 8 bytes then. */
static bool is_varint(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        return true;
    default:
        return false;
    }
}

/* What a field takes once it is unpacked: its own bytes, or the message's struct (whose fields are
 * counted for themselves), a place in a list (which doubles), and the allocator's overhead. */
static bool add_field(uint64_t *memory, uint64_t len, struct scan inside,
                      const ProtobufCFieldDescriptor *field)
{
    uint64_t more = 64;
    if (field && field->type == PROTOBUF_C_TYPE_MESSAGE)
        more += ((const ProtobufCMessageDescriptor *)field->descriptor)->sizeof_message;
    else if (field && inside.at < inside.end && is_varint(field))
        for (const uint8_t *s = inside.at; s < inside.end; s++)
            more += *s < 0x80 ? 8 : 0;
    else
        more += len;
    return add_ok(*memory, more, memory);
}

static bool check(const ProtobufCMessageDescriptor *type, struct scan s, int depth,
                  uint64_t *memory, struct error *err)
{
    if (depth > DEPTH_MOST)
        return fail(err, ERROR_MODEL, "messages are nested more than %d deep", DEPTH_MOST);
    while (s.at < s.end) {
        uint64_t tag, len = 8;
        if (!take_varint(&s, &tag) || !(tag >> 3) || tag >> 3 > 0x1fffffff)
            return fail(err, ERROR_MODEL, "not a protocol buffer");
        int wire = (int)(tag & 7);
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3));
        bool ok = wire == WIRE_VARINT ? take_varint(&s, &len)
                  : wire == WIRE_64   ? skip(&s, 8)
                  : wire == WIRE_32   ? skip(&s, 4)
                                      : wire == WIRE_BYTES && take_varint(&s, &len);
        if (wire != WIRE_BYTES)
            len = 8;
        struct scan inside = {s.at, s.at};
        if (ok && wire == WIRE_BYTES && (ok = skip(&s, len)))
            inside.end = s.at;
        if (!ok || !add_field(memory, len, inside, field))
            return fail(err, ERROR_MODEL, "a field runs past the end: cut off or damaged");
        if (field && field->type == PROTOBUF_C_TYPE_MESSAGE && wire == WIRE_BYTES)
            TRY(check(field->descriptor, inside, depth + 1, memory, err));
    }
    return true;
}

bool onnx_wire_check(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len,
                     struct error *err)
{
    uint64_t memory = 0, most = (uint64_t)len * 4 + SPARE;
    struct scan s = {data, data + len};
    TRY(check(type, s, 1, &memory, err));
    return memory <= most ||
           fail(err, ERROR_LIMIT,
                "unpacked it would take %llu MB, a file of its size may take %llu",
                (unsigned long long)(memory >> 20), (unsigned long long)(most >> 20));
}
