# The folders are the registries: every engine/op/X.c is an operator, every cl/kernels/X.cl a kernel
# source. Adding a file and typing `ninja` is enough.

file(GLOB OPS CONFIGURE_DEPENDS engine/op/*.c)
set(externs "")
set(entries "")
foreach(f ${OPS})
  get_filename_component(n ${f} NAME_WE)
  string(APPEND externs "extern const struct op op_${n};\n")
  string(APPEND entries "    &op_${n},\n")
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/tests/op/${n}.graph)
    message(FATAL_ERROR "operator ${n} has no test: tests/op/${n}.graph")
  endif()
endforeach()
set(OP_TABLE ${CMAKE_BINARY_DIR}/op_table.c)
file(CONFIGURE OUTPUT ${OP_TABLE} @ONLY CONTENT "/* Generated from the names in engine/op. */
#include \"graph/op.h\"
@externs@
const struct op *const op_table[] = {
@entries@    0,
};
")

# Every `const struct family X_family = {` in models is a family of networks.
file(GLOB FAMILIES CONFIGURE_DEPENDS models/*.c)
set(externs "")
set(entries "")
foreach(f ${FAMILIES})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${f})
  file(STRINGS ${f} lines REGEX "^const struct family [a-z0-9_]+_family = {")
  foreach(line ${lines})
    string(REGEX REPLACE "^const struct family ([a-z0-9_]+)_family.*" "\\1" n "${line}")
    string(APPEND externs "extern const struct family ${n}_family;\n")
    string(APPEND entries "    &${n}_family,\n")
  endforeach()
endforeach()
set(FAMILY_TABLE ${CMAKE_BINARY_DIR}/family_table.c)
file(CONFIGURE OUTPUT ${FAMILY_TABLE} @ONLY CONTENT "/* Generated from the files in models. */
#include \"models/family.h\"
@externs@
const struct family *const family_list[] = {
@entries@    0,
};
")

file(GLOB KERNELS CONFIGURE_DEPENDS cl/kernels/*.cl cl/kernels/*.h)
set(KERNEL_TABLE ${CMAKE_BINARY_DIR}/kernel_table.c)
set(externs "")
set(entries "")
set(parts "")
foreach(f ${KERNELS})
  get_filename_component(file ${f} NAME)
  string(MAKE_C_IDENTIFIER ${file} n)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/kernel_${n}.c
    COMMAND ${CMAKE_COMMAND} -DIN=${f} -DOUT=${CMAKE_BINARY_DIR}/kernel_${n}.c
            -DNAME=kernel_source_${n} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${f} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
  list(APPEND parts ${CMAKE_BINARY_DIR}/kernel_${n}.c)
  string(APPEND externs "extern const unsigned char kernel_source_${n}[];\n")
  string(APPEND entries "    {\"${file}\", (const char *)kernel_source_${n}},\n")
endforeach()
file(CONFIGURE OUTPUT ${KERNEL_TABLE} @ONLY CONTENT "/* Generated from the files in cl/kernels. */
#include \"cl/source.h\"
@externs@
const struct kernel_source kernel_table[] = {
@entries@    {0, 0},
};
")
list(APPEND KERNEL_TABLE ${parts})

# What was measured, or reasoned, for classes of devices.
set(SHIPPED_TUNING ${CMAKE_BINARY_DIR}/shipped_tuning.c)
set(f ${CMAKE_SOURCE_DIR}/engine/shipped.tuning)
add_custom_command(OUTPUT ${SHIPPED_TUNING}
  COMMAND ${CMAKE_COMMAND} -DIN=${f} -DOUT=${SHIPPED_TUNING} -DNAME=shipped_tuning
          -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${f} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
