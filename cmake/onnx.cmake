# The reader of ONNX files' wire format, generated from the schema that the system has.

find_file(ONNX_PROTO onnx/onnx.proto REQUIRED)
find_program(PROTOC_C NAMES protoc-c REQUIRED)
get_filename_component(ONNX_PROTO_FOLDER ${ONNX_PROTO} DIRECTORY)
set(ONNX_SCHEMA_FOLDER ${CMAKE_BINARY_DIR}/onnx_schema)
file(MAKE_DIRECTORY ${ONNX_SCHEMA_FOLDER})
add_custom_command(
  OUTPUT ${ONNX_SCHEMA_FOLDER}/onnx.pb-c.c ${ONNX_SCHEMA_FOLDER}/onnx.pb-c.h
  COMMAND ${PROTOC_C} --c_out=${ONNX_SCHEMA_FOLDER} -I${ONNX_PROTO_FOLDER} ${ONNX_PROTO}
  DEPENDS ${ONNX_PROTO} VERBATIM)
set(ONNX_SCHEMA ${ONNX_SCHEMA_FOLDER}/onnx.pb-c.c ${ONNX_SCHEMA_FOLDER}/onnx.pb-c.h)
set_source_files_properties(${ONNX_SCHEMA_FOLDER}/onnx.pb-c.c PROPERTIES COMPILE_OPTIONS -w)
