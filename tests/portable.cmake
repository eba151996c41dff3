# Label `portable`: the project built for other machines, in folders of their own below the build folder: 32 bits, musl,
# and big-endian and arm64 by qemu. Where a tool or Debian's packages can't be had, the test is skipped and says why.
string(FIND "${CMAKE_C_FLAGS}" "-fsanitize" SANITIZED)
if(CMAKE_CROSSCOMPILING OR NOT SANITIZED EQUAL -1)
    return()
endif()
foreach(architecture i386 musl s390x arm64)
    add_test(NAME portable.${architecture} COMMAND ${CMAKE_CURRENT_LIST_DIR}/portable/run
        ${architecture} ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR} -G ${CMAKE_GENERATOR})
    set_tests_properties(portable.${architecture} PROPERTIES LABELS portable SKIP_RETURN_CODE 77)
endforeach()
