# undr_add_conformance_tests(NAME ROLE
#     [STRICT] [LOAD] [ALL_DELIVERIES] [EXPECT FILE] [CASES FOLDER...] [ONLY PATTERN...] [OPTIONS OPTION...]
#     [TIMEOUT SECONDS] [COMMAND] [ARGV...])
#
# Adds one test per conformance case of ROLE (manager, worker or pool) for the adapter ARGV; its words may be generator
# expressions, and a file that is named relatively is one of the current source folder. Without ARGV, NAME is an
# executable target, and that is the adapter. The tests are called NAME.CASE, have the label `conformance`, and count as
# skipped when the adapter does not declare what a case needs.
# STRICT, LOAD, ALL_DELIVERIES, EXPECT, CASES, ONLY: the options of undr-check with these names; OPTIONS: any others.

# Tests run in the build folder: a relative name becomes the path of the file that the source folder has. One that looks
# like a file, and is none, is refused here; else every test would fail, and say less.
function(undr_resolve_adapter WHO RESULT)
    set(words "")
    foreach(word ${ARGN})
        set(path "${CMAKE_CURRENT_SOURCE_DIR}/${word}")
        set(given "^/|^-|[$]<") # whole paths, options, generator expressions
        set(looks_like_file "^[.][.]?/|[.](py|sh|bash|pl|rb|js|mjs|ts|lua|php|jar)$")
        if(NOT word MATCHES "${given}" AND EXISTS "${path}" AND NOT IS_DIRECTORY "${path}")
            get_filename_component(word "${path}" ABSOLUTE)
        elseif(NOT word MATCHES "${given}" AND word MATCHES "${looks_like_file}")
            message(FATAL_ERROR
                "${WHO}: there is no file ${path}; what is made later, or elsewhere, is named by its whole path")
        endif()
        list(APPEND words "${word}")
    endforeach()
    set(${RESULT} "${words}" PARENT_SCOPE)
endfunction()

function(undr_add_conformance_tests NAME ROLE)
    cmake_parse_arguments(PARSE_ARGV 2 ARG "STRICT;LOAD;ALL_DELIVERIES" "EXPECT;TIMEOUT" "CASES;ONLY;OPTIONS;COMMAND")
    set(command ${ARG_UNPARSED_ARGUMENTS} ${ARG_COMMAND})
    if(NOT command)
        if(NOT TARGET ${NAME})
            message(FATAL_ERROR "undr_add_conformance_tests(${NAME} ${ROLE}): ${NAME} is no target; name the adapter's "
                "command behind the role")
        endif()
        set(command $<TARGET_FILE:${NAME}>)
    endif()
    undr_resolve_adapter("undr_add_conformance_tests(${NAME} ${ROLE})" command ${command})
    if(NOT ROLE MATCHES "^(manager|worker|pool)$")
        message(FATAL_ERROR "undr_add_conformance_tests(${NAME} ${ROLE}): the roles are manager, worker and pool")
    endif()
    set(options ${ARG_OPTIONS})
    foreach(folder ${ARG_CASES})
        get_filename_component(folder ${folder} ABSOLUTE)
        list(APPEND options --cases ${folder})
        # A new case, or a new name, is a new test.
        file(GLOB_RECURSE files CONFIGURE_DEPENDS ${folder}/*.case)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
    endforeach()
    if(ARG_LOAD)
        list(APPEND options --load)
    endif()
    set(patterns "")
    foreach(pattern ${ARG_ONLY})
        list(APPEND patterns --only ${pattern})
    endforeach()
    get_target_property(check undr::check LOCATION)
    execute_process(COMMAND ${check} ${ROLE} --list ${options} ${patterns}
        OUTPUT_VARIABLE names ERROR_VARIABLE error RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "undr_add_conformance_tests(${NAME} ${ROLE}): ${error}")
    endif()
    if(ARG_STRICT)
        list(APPEND options --strict)
    endif()
    if(ARG_ALL_DELIVERIES)
        list(APPEND options --all-deliveries)
    endif()
    if(ARG_EXPECT)
        get_filename_component(file ${ARG_EXPECT} ABSOLUTE)
        list(APPEND options --expect ${file})
    endif()
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 300)
    endif()
    string(REPLACE "\n" ";" names "${names}")
    set(jobs --jobs 1)
    if("--jobs" IN_LIST options) # given twice it would be refused
        set(jobs "")
    endif()
    foreach(case ${names})
        add_test(NAME ${NAME}.${case} COMMAND undr::check ${ROLE} ${jobs} ${options} --only ${case} -- ${command})
        set_tests_properties(${NAME}.${case} PROPERTIES
            LABELS conformance TIMEOUT ${ARG_TIMEOUT} SKIP_REGULAR_EXPRESSION "Nothing was executed")
    endforeach()
endfunction()
