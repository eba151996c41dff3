# Writes OUTPUT, a C file that holds each of FILES as bytes: check_embedded_cases[], ended by a NULL name.
# Called by the build as: cmake -D OUTPUT=... -D FILES=... -P embed.cmake
set(arrays "")
set(table "")
set(index 0)
foreach(file ${FILES})
    get_filename_component(name ${file} NAME)
    file(READ ${file} hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(APPEND arrays "static const uint8_t file_${index}[] = {${bytes}0};\n")
    string(APPEND table "    {\"${name}\", file_${index}, sizeof file_${index} - 1},\n")
    math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT} "/* Generated from conformance/cases; not to be edited. */
#include \"embedded.h\"

${arrays}
const check_embedded check_embedded_cases[] = {
${table}    {NULL, NULL, 0},
};
")
