# The scripts, as somebody meets them who does not know them. Label `conformance`.
find_package(Python3 COMPONENTS Interpreter)

if(Python3_FOUND)
    add_test(NAME conformance.scripts-help COMMAND ${CMAKE_CURRENT_LIST_DIR}/help ${PROJECT_SOURCE_DIR})
    set_tests_properties(conformance.scripts-help PROPERTIES LABELS conformance TIMEOUT 600)
endif()
