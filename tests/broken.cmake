# The peer that is broken on purpose: what the suite is tested with. It shares no code with the library.
file(GLOB BROKEN_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/broken/*.c)
add_executable(undr-broken ${BROKEN_SOURCES})
target_link_libraries(undr-broken PRIVATE undr-flags Threads::Threads)

# Every bug still falls to the cases that are known to catch it; every variant that is right passes everything.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
    add_test(NAME conformance.kill-matrix
        COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/kill-matrix check ${CMAKE_BINARY_DIR})
    set_tests_properties(conformance.kill-matrix PROPERTIES LABELS conformance TIMEOUT 2400)
endif()
