# The peer that is broken on purpose: what the suite is tested with. It shares no code with the library.
file(GLOB BROKEN_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/broken/*.c)
add_executable(undr-broken ${BROKEN_SOURCES})
target_link_libraries(undr-broken PRIVATE undr-flags Threads::Threads)
