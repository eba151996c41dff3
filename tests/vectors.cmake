# The golden frames and payloads are what their script makes, with stand-ins and with the real package `undr`.
add_test(NAME conformance.vectors
    COMMAND sh -c "command -v python3 >/dev/null || { echo 'SKIPPED: no python3'; exit 77; }; exec python3 make.py --check"
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/spec/vectors)
add_test(NAME interop.vectors
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/python-environment ${PROJECT_BINARY_DIR}
        ${PROJECT_SOURCE_DIR}/spec/vectors/make.py --check --package)
set_tests_properties(conformance.vectors PROPERTIES LABELS conformance)
set_tests_properties(interop.vectors PROPERTIES LABELS interop FIXTURES_REQUIRED python-environment)
set_tests_properties(conformance.vectors interop.vectors PROPERTIES SKIP_RETURN_CODE 77)
