/* SPDX-License-Identifier: MIT */
/* The wire format of protocol buffers, looked over before it is unpacked: unpacking recurses as
 * deep as a file says, and takes a hundred bytes for a message of two. */
#ifndef MODELS_ONNX_WIRE_H
#define MODELS_ONNX_WIRE_H
#include "base/error.h"
#include <protobuf-c/protobuf-c.h>

/* Well-formed, nested at most 16 deep, and unpacked no larger than a few times `len`. err holds the
 * reason alone. */
bool onnx_wire_check(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len,
                     struct error *err);

#endif
