# The programs of scripts/bench: load generator, limit programs, measures. Built with the tests, never installed.
file(GLOB BENCH_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/bench/bench-*.c)
foreach(source ${BENCH_SOURCES})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE undr-flags undrtask-static)
endforeach()

find_program(PYTHON3 python3)
if(PYTHON3)
    add_test(NAME bench.smoke COMMAND ${PYTHON3} -B ${CMAKE_CURRENT_LIST_DIR}/bench/smoke ${PROJECT_BINARY_DIR})
    set_tests_properties(bench.smoke PROPERTIES LABELS bench)
    # What spec/ and the README say of speed is what was measured.
    add_test(NAME bench.documents COMMAND ${PYTHON3} -B ${PROJECT_SOURCE_DIR}/scripts/bench --check)
    set_tests_properties(bench.documents PROPERTIES LABELS bench)
endif()
