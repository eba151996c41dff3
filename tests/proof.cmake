# Label `proof`: what holds for all inputs within bounds, by CBMC, and the planted faults that each proof must find
# (tests/proof/prove). Skipped where CBMC is not installed.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
    foreach(proof cursor buffer frame blob handles map manager)
        add_test(NAME proof.${proof} COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/proof/prove ${proof}
            --build ${PROJECT_BINARY_DIR})
        set_tests_properties(proof.${proof} PROPERTIES LABELS proof SKIP_RETURN_CODE 77
            TIMEOUT 7200) # prove limits the processor time
    endforeach()
endif()
