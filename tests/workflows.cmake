# The files of .github/ and .ci/: label `workflows`. tests/workflows.py says at its beginning what is looked at.
find_package(Python3 COMPONENTS Interpreter)
find_program(UNDR_GO go)
mark_as_advanced(UNDR_GO)

if(Python3_FOUND)
    add_test(NAME workflows.contents COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/workflows.py
        ${PROJECT_SOURCE_DIR} --build ${PROJECT_BINARY_DIR})
    add_test(NAME workflows.notices COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/workflows_notices.py
        ${PROJECT_SOURCE_DIR})
    add_test(NAME workflows.actionlint COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/workflows.py
        ${PROJECT_SOURCE_DIR} --actionlint ${PROJECT_BINARY_DIR}/actionlint)
    set_tests_properties(workflows.contents workflows.notices workflows.actionlint PROPERTIES
        LABELS workflows SKIP_RETURN_CODE 77)
endif()
