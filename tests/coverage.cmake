# Label `mutants`: a sample of turned-round decisions, each of which the unit tests must notice, or mutants.txt explains
# (scripts/mutants; all of them take half an hour). Label `coverage`: tests and corpora reach every line and branch that
# is not marked as unreachable (scripts/coverage --check), in a build of its own.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
    add_test(NAME mutants.sample COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/scripts/mutants
        --build ${PROJECT_BINARY_DIR} --sample 40 --seed 1 --jobs 1) # which 40 changes with the code
    set_tests_properties(mutants.sample PROPERTIES LABELS mutants SKIP_RETURN_CODE 77)
    add_test(NAME coverage.report COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/scripts/coverage ${PROJECT_BINARY_DIR}
        --check --jobs 1)
    set_tests_properties(coverage.report PROPERTIES LABELS coverage SKIP_RETURN_CODE 77)
endif()
