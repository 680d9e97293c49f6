# cmake -DIN=file -DOUT=file.c -DNAME=symbol -P embed.cmake
# Bytes, not a string literal: C11 promises only 4095 characters for a literal.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
get_filename_component(file ${IN} NAME)
file(WRITE ${OUT} "/* Generated from ${file}. */
extern const unsigned char ${NAME}[];
const unsigned char ${NAME}[] = {\n${bytes}0x00\n};\n")
