# Writes OUTPUT, a C file with what `undr-check spec` shows: the pages of the specification as bytes, where the comments
# of the reference name a requirement, and the bugs of tests/broken.
# Called by the build as: cmake -D OUTPUT=... -D ROOT=... -D PAGES=... -D SOURCES=... -P embed-spec.cmake
cmake_minimum_required(VERSION 3.25)
string(ASCII 1 semicolon)
string(ASCII 2 opening)
string(ASCII 3 closing)

# The lines of a file as a list: what would part or join its elements is replaced.
function(read_lines file variable)
    file(READ ${file} text)
    string(REPLACE ";" "${semicolon}" text "${text}")
    string(REPLACE "[" "${opening}" text "${text}")
    string(REPLACE "]" "${closing}" text "${text}")
    string(REGEX REPLACE "\\\\\n" "\n" text "${text}") # a backslash at the end would hide the separator
    string(REPLACE "\n" ";" text "${text}")
    set(${variable} "${text}" PARENT_SCOPE)
endfunction()

include(${CMAKE_CURRENT_LIST_DIR}/embed-bytes.cmake)
embed_bytes(arrays pages ${PAGES})
set(ids "")
foreach(file ${PAGES})
    file(STRINGS ${file} lines REGEX "^\\*\\*[A-Z-]+-[0-9]+\\*\\* ")
    foreach(line ${lines})
        if(line MATCHES "^\\*\\*([A-Z-]+-[0-9]+)\\*\\* ")
            list(APPEND ids ${CMAKE_MATCH_1})
        endif()
    endforeach()
endforeach()

set(places "")
foreach(file ${SOURCES})
    file(RELATIVE_PATH name ${ROOT} ${file})
    read_lines(${file} lines)
    set(number 0)
    set(inside FALSE) # of a comment that a line before began
    foreach(line IN LISTS lines)
        math(EXPR number "${number} + 1")
        set(comment "")
        if(inside)
            set(comment "${line}")
        elseif(line MATCHES "(/\\*|//)(.*)$")
            set(comment "${CMAKE_MATCH_2}")
        endif()
        if(line MATCHES "/\\*" AND NOT line MATCHES "/\\*.*\\*/")
            set(inside TRUE)
        elseif(inside AND line MATCHES "\\*/")
            set(inside FALSE)
        endif()
        string(REGEX MATCHALL "[A-Z][A-Z-]*-[0-9]+" found "${comment}")
        foreach(id ${found})
            if(id IN_LIST ids)
                string(APPEND places "    {\"${id}\", \"${name}\", ${number}},\n")
            endif()
        endforeach()
    endforeach()
endforeach()

file(WRITE ${OUTPUT} "/* Generated from spec, ref and tests/broken; not to be edited. */
#include \"suite/embedded.h\"

${arrays}
const check_embedded check_spec_pages[] = {
${pages}    {0},
};

const check_place check_spec_places[] = {
${places}    {0},
};

/* Made of the table that switches them on. */
#include \"tests/broken/bugs.h\"
#define BUG_ROW(name, role, ids, text) {#name, #role, ids, text},
const check_known_bug check_known_bugs[] = {
    BUGS(BUG_ROW) {0},
};
")
