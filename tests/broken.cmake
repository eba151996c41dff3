# The peer that is broken on purpose: what the suite is tested with. It shares no code with the library.
file(GLOB BROKEN_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/broken/*.c)
add_executable(undr-broken ${BROKEN_SOURCES})
target_link_libraries(undr-broken PRIVATE undr-flags Threads::Threads)

# Peers that do nothing useful.
add_executable(undr-useless broken/useless/main.c broken/wire.c)
target_link_libraries(undr-useless PRIVATE undr-flags Threads::Threads)

# Every bug still falls to the cases that are known to catch it; every variant that is right passes everything.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
    add_test(NAME conformance.kill-matrix
        COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/scripts/kill-matrix check ${PROJECT_BINARY_DIR})
    # Peers that do nothing useful pass no case of a MUST.
    add_test(NAME conformance.useless-peers
        COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/scripts/kill-matrix useless ${PROJECT_BINARY_DIR})
    set_tests_properties(conformance.kill-matrix conformance.useless-peers PROPERTIES LABELS conformance)
endif()
