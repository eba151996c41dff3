# The scripts, as somebody meets them who does not know them. Label `conformance`.
find_package(Python3 COMPONENTS Interpreter)

if(Python3_FOUND)
    add_test(NAME conformance.scripts-help COMMAND ${CMAKE_CURRENT_LIST_DIR}/help ${PROJECT_SOURCE_DIR})
    set_tests_properties(conformance.scripts-help PROPERTIES LABELS conformance)
endif()

# The clean room, with a stand-in for the network. It mounts, so that it needs root; as somebody else it tries the rest.
if(Python3_FOUND)
    add_test(NAME conformance.clean-room COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/clean-room
        ${PROJECT_SOURCE_DIR}/scripts/clean-room ${PROJECT_BINARY_DIR}/clean-room-test)
    set_tests_properties(conformance.clean-room PROPERTIES LABELS conformance)
endif()
