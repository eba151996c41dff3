# The programs of scripts/bench: load generator, limit programs, measures. Built with the tests, never installed.
file(GLOB BENCH_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/bench/bench-*.c)
foreach(source ${BENCH_SOURCES})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE undr-flags undrtask-static)
endforeach()
