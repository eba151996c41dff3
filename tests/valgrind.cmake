# Label `valgrind`: the tests in which each allocation fails in turn, under valgrind: nothing is lost or used behind its
# end on any of those paths. All of it takes minutes of processor time, so that what comes from files is sampled; all is
# looked at without valgrind, and by the preset `valgrind`. (The saved inputs of the fuzz targets have this label, too.)
set(UNDR_VALGRIND_ONE_IN 8 CACHE STRING "Of so many pickles and cases valgrind sees one; 1: all (preset debug)")
find_program(VALGRIND valgrind)
string(FIND "${CMAKE_C_FLAGS}" "-fsanitize" SANITIZED)
if(NOT VALGRIND)
    skipped_test(unit.valgrind valgrind "valgrind is not installed (scripts/setup --all installs it)")
elseif(NOT SANITIZED EQUAL -1)
    skipped_test(unit.valgrind valgrind "valgrind can't run what a sanitizer is built into")
else()
    foreach(name test_allocations test_allocations_exact)
        add_test(NAME unit.valgrind.${name}
            COMMAND ${UP_TO} 600 ${VALGRIND} -q --error-exitcode=9 --leak-check=full $<TARGET_FILE:${name}>)
        set_tests_properties(unit.valgrind.${name} PROPERTIES LABELS valgrind
            ENVIRONMENT "UNDR_SOURCE_DIR=${PROJECT_SOURCE_DIR};UNDR_BINARY_DIR=${PROJECT_BINARY_DIR};UNDR_ONE_IN=${UNDR_VALGRIND_ONE_IN}")
    endforeach()
endif()
