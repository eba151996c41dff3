# Label `valgrind`: the tests in which each allocation fails in turn, under valgrind: nothing is lost or used behind its
# end on any of those paths. (The saved inputs of the fuzz targets have the same label: fuzz.cmake.)
find_program(VALGRIND valgrind)
string(FIND "${CMAKE_C_FLAGS}" "-fsanitize" SANITIZED)
if(NOT VALGRIND)
    skipped_test(unit.valgrind valgrind "valgrind is not installed (scripts/setup --all installs it)")
elseif(NOT SANITIZED EQUAL -1)
    skipped_test(unit.valgrind valgrind "valgrind can't run what a sanitizer is built into")
else()
    foreach(name test_allocations test_allocations_exact)
        add_test(NAME unit.valgrind.${name}
            COMMAND ${VALGRIND} -q --error-exitcode=9 --leak-check=full $<TARGET_FILE:${name}>)
        set_tests_properties(unit.valgrind.${name} PROPERTIES LABELS valgrind TIMEOUT 1800
            ENVIRONMENT "UNDR_SOURCE_DIR=${PROJECT_SOURCE_DIR};UNDR_BINARY_DIR=${PROJECT_BINARY_DIR}")
    endforeach()
endif()
