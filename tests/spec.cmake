# The specification is held together with the cases, the reference and its own examples. Label `conformance`.
set(SPEC_EXTRACT ${PROJECT_SOURCE_DIR}/scripts/spec-extract)
set(SPEC_EXAMPLES ${PROJECT_BINARY_DIR}/spec)

add_test(NAME conformance.spec-coverage COMMAND ${PROJECT_SOURCE_DIR}/scripts/spec-coverage)
add_test(NAME conformance.spec-coverage-notices
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/spec/coverage_notices ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/spec-coverage)

add_test(NAME conformance.spec-extract-protocol
    COMMAND ${SPEC_EXTRACT} cases ${PROJECT_SOURCE_DIR}/spec/protocol.md ${SPEC_EXAMPLES}/protocol)
add_test(NAME conformance.spec-extract-adapter
    COMMAND ${SPEC_EXTRACT} python ${PROJECT_SOURCE_DIR}/spec/adapter.md ${SPEC_EXAMPLES}/adapter.py)
set_tests_properties(conformance.spec-extract-protocol conformance.spec-extract-adapter
    PROPERTIES FIXTURES_SETUP spec-examples)

# The examples of protocol.md hold for the reference; the adapter of adapter.md holds every MUST.
foreach(role manager worker pool)
    if(role STREQUAL worker)
        set(program undr-worker)
    else()
        set(program undr-manager)
    endif()
    add_test(NAME conformance.spec-examples-${role}
        COMMAND undr-check ${role} --strict --all-deliveries --cases ${SPEC_EXAMPLES}/protocol --only *.example.*
        -- $<TARGET_FILE:${program}>)
    add_test(NAME conformance.spec-adapter-${role}
        COMMAND undr-check ${role} --delivery whole -- ${SPEC_EXAMPLES}/adapter.py)
    list(APPEND SPEC_TESTS conformance.spec-examples-${role} conformance.spec-adapter-${role})
endforeach()
set_tests_properties(${SPEC_TESTS} PROPERTIES FIXTURES_REQUIRED spec-examples)
set_tests_properties(${SPEC_TESTS} conformance.spec-coverage conformance.spec-coverage-notices
    conformance.spec-extract-protocol conformance.spec-extract-adapter
    PROPERTIES LABELS conformance)
