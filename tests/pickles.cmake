# The corpus of pickles is what its script makes, on the Python of this machine.
find_program(PYTHON3 python3)
add_test(NAME unit.pickles.corpus
    COMMAND sh -c "test -x '${PYTHON3}' || { echo 'SKIPPED: no python3'; exit 77; }; exec '${PYTHON3}' -B make.py --check"
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/pickles)
set_tests_properties(unit.pickles.corpus PROPERTIES LABELS unit SKIP_RETURN_CODE 77)
