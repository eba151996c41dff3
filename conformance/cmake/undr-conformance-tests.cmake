# Read by ctest: a test for each case that undr-check lists. CHECK, NAME, ROLE, options_to_list, options, properties and
# command are those of undr_add_conformance_tests.
if(NOT EXISTS "${CHECK}")
    add_test("${NAME}.undr-check-is-not-built" "${CHECK}")
    return()
endif()
execute_process(COMMAND "${CHECK}" ${ROLE} --list ${options_to_list}
    OUTPUT_VARIABLE names ERROR_QUIET RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT status EQUAL 0)
    add_test("${NAME}.list" "${CHECK}" ${ROLE} --list ${options_to_list}) # fails, and says why
    return()
endif()
string(REPLACE "\n" ";" names "${names}")
foreach(case ${names})
    add_test("${NAME}.${case}" "${CHECK}" ${ROLE} ${options} --only ${case} -- ${command})
    set_tests_properties("${NAME}.${case}" PROPERTIES ${properties})
endforeach()
