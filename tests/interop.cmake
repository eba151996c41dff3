# The reference and the real Python package work with each other, and the suite judges the package. Label `interop`.
# Where the package can't be had (no PyPI) these tests are skipped, by exit status 77, never passed.
set(PYTHON_ENVIRONMENT ${PROJECT_SOURCE_DIR}/scripts/python-environment ${PROJECT_BINARY_DIR})
set(INTEROP ${CMAKE_CURRENT_LIST_DIR}/interop)

add_test(NAME interop.environment COMMAND ${PYTHON_ENVIRONMENT})
set_tests_properties(interop.environment PROPERTIES
    LABELS interop TIMEOUT 600 SKIP_RETURN_CODE 77 FIXTURES_SETUP python-environment)

add_executable(interop-print-repr ${INTEROP}/print_repr.c)
target_link_libraries(interop-print-repr PRIVATE undr-flags undrtask-static)

foreach(name reference_manager python_manager exception_prints task_repr package_notes)
    add_test(NAME interop.${name} COMMAND ${PYTHON_ENVIRONMENT} ${INTEROP}/${name}.py ${PROJECT_BINARY_DIR})
    list(APPEND INTEROP_TESTS interop.${name})
endforeach()
add_test(NAME interop.without-asserts COMMAND ${INTEROP}/without_asserts ${PROJECT_BINARY_DIR})
list(APPEND INTEROP_TESTS interop.without-asserts)
foreach(role manager worker pool)
    add_test(NAME interop.check-${role} COMMAND ${INTEROP}/check ${PROJECT_BINARY_DIR} ${role})
    # The examples of spec/protocol.md, taken out of it by a test of spec.cmake.
    add_test(NAME interop.examples-${role} COMMAND ${INTEROP}/check ${PROJECT_BINARY_DIR} ${role}
        --cases ${PROJECT_BINARY_DIR}/spec/protocol --only *.example.*)
    list(APPEND INTEROP_TESTS interop.check-${role} interop.examples-${role})
    list(APPEND EXAMPLE_TESTS interop.examples-${role})
endforeach()
set_tests_properties(${INTEROP_TESTS} PROPERTIES
    LABELS interop TIMEOUT 600 SKIP_RETURN_CODE 77 FIXTURES_REQUIRED python-environment
    ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
set_tests_properties(${EXAMPLE_TESTS} PROPERTIES FIXTURES_REQUIRED "python-environment;spec-examples")
