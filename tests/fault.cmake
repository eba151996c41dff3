# The reference under faults (label `fault`): killed workers, workers that hang, failing system calls, hostile peers. Label
# `security`: who may connect, what payloads may do, the flags of the release. Python's standard library is what they need.
find_package(Python3 COMPONENTS Interpreter)
if(NOT Python3_FOUND OR NOT TARGET undr-manager)
    return()
endif()

# It stands in for functions as glibc declares them, by system calls that take the same structures: those of x86-64 and
# s390x, say. Elsewhere the tests that need it are skipped, and say so.
include(CheckSymbolExists)
check_symbol_exists(__GLIBC__ features.h UNDR_HAVE_GLIBC)
check_symbol_exists(SYS_newfstatat sys/syscall.h UNDR_HAVE_NEWFSTATAT)
check_symbol_exists(SYS_epoll_wait sys/syscall.h UNDR_HAVE_EPOLL_WAIT)
if(UNDR_HAVE_GLIBC AND UNDR_HAVE_NEWFSTATAT AND UNDR_HAVE_EPOLL_WAIT AND CMAKE_SIZEOF_VOID_P EQUAL 8)
    add_library(fault-shim MODULE fault/shim.c)
    target_link_libraries(fault-shim PRIVATE undr-flags ${CMAKE_DL_LIBS})
endif()

function(fault_test label name)
    add_test(NAME ${label}.${name}
        COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/fault/${name}.py ${PROJECT_BINARY_DIR})
    set_tests_properties(${label}.${name} PROPERTIES
        LABELS ${label} SKIP_RETURN_CODE 77 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endfunction()

fault_test(fault kills)
fault_test(fault closes)
fault_test(fault inject)
fault_test(fault inject_check)
fault_test(fault inherited)
fault_test(fault peers)
fault_test(fault counts)
fault_test(fault starts)
fault_test(fault bursts)
fault_test(fault descriptors)
fault_test(fault logs)
fault_test(fault ends)
fault_test(fault memory)
fault_test(fault turns)
fault_test(security payloads)
fault_test(security limits)
fault_test(security users)
fault_test(security hardened)
set_tests_properties(fault.peers PROPERTIES RUN_SERIAL ON) # it compares rates
fault_test(example checksum_tree)

# A unit test that does not go on after an interruption blames the library for it: on some kernels and some versions of
# libuv they come without any signal. Here every second call of theirs is interrupted. (As glibc
# declares them.)
if(UNDR_HAVE_GLIBC)
    add_library(restless MODULE fault/restless.c)
    target_link_libraries(restless PRIVATE undr-flags)
    add_test(NAME fault.interruptions
        COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/fault/interruptions.py ${PROJECT_BINARY_DIR})
    set_tests_properties(fault.interruptions PROPERTIES LABELS fault SKIP_RETURN_CODE 77
        ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;UNDR_SOURCE_DIR=${PROJECT_SOURCE_DIR};UNDR_BINARY_DIR=${PROJECT_BINARY_DIR}")
endif()
