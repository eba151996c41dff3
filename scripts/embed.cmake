# Writes OUTPUT, a C file that holds each of FILES as bytes: check_embedded_cases[], ended by a NULL name; and of SPEC,
# the files of the specification, each line `**ID** (LEVEL) ...`: check_known_ids[].
# Called by the build as: cmake -D OUTPUT=... -D FILES=... -D SPEC=... -P embed.cmake
include(${CMAKE_CURRENT_LIST_DIR}/embed-bytes.cmake)
embed_bytes(arrays table ${FILES})
set(ids "")
foreach(file ${SPEC})
    file(STRINGS ${file} lines REGEX "^(\\*\\*[A-Z-]+-[0-9]+\\*\\* \\((MUST|SHOULD|MAY)\\)|since: |raised: )")
    foreach(line ${lines})
        if(line MATCHES "^\\*\\*([A-Z-]+-[0-9]+)\\*\\* \\((MUST|SHOULD|MAY)\\)")
            string(APPEND ids "    {.id = \"${CMAKE_MATCH_1}\", .level = CHECK_${CMAKE_MATCH_2}},\n")
        elseif(line MATCHES "^(since|raised): ([0-9.]+)$") # of the requirement above
            string(REGEX REPLACE "},\n$" ", .${CMAKE_MATCH_1} = \"${CMAKE_MATCH_2}\"},\n" ids "${ids}")
        endif()
    endforeach()
endforeach()
# CMake hashes texts, which hold no zero byte: the specification is one.
set(spec_file ${OUTPUT}.spec)
file(WRITE ${spec_file} "")
foreach(file ${SPEC})
    file(READ ${file} text)
    file(APPEND ${spec_file} "${text}")
endforeach()
file(SHA256 ${spec_file} sha256)
file(REMOVE ${spec_file})
file(WRITE ${OUTPUT} "/* Generated from conformance/cases and spec; not to be edited. */
#include \"suite/ids.h\"

${arrays}
const check_embedded check_embedded_cases[] = {
${table}    {NULL, NULL, 0},
};

const char check_spec_sha256[] = \"${sha256}\";

const check_known_id check_known_ids[] = {
${ids}    {.id = NULL},
};
")
