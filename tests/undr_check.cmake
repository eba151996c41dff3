# undr-check against the reference, and the behaviour of its command line. Label `conformance`.
find_package(Python3 COMPONENTS Interpreter)

function(check_reference name)
    add_test(NAME conformance.${name} COMMAND undr-check ${ARGN})
    set_tests_properties(conformance.${name} PROPERTIES LABELS conformance)
endfunction()

if(TARGET undr-check AND TARGET undr-manager AND TARGET undr-worker)
    check_reference(manager manager --strict -- $<TARGET_FILE:undr-manager>)
    check_reference(manager-all-deliveries manager --strict --all-deliveries -- $<TARGET_FILE:undr-manager>)
    # NEXT-4: an answer that is held is as right as one that is not.
    check_reference(manager-that-holds manager --strict --jobs 8 -- $<TARGET_FILE:undr-manager> --hold 50)
    check_reference(manager-that-holds-long manager --strict --only manager.next.* -- $<TARGET_FILE:undr-manager> --hold 300)
    check_reference(worker worker --strict -- $<TARGET_FILE:undr-worker>)
    check_reference(worker-all-deliveries worker --strict --all-deliveries -- $<TARGET_FILE:undr-worker>)
    check_reference(pool pool --strict -- $<TARGET_FILE:undr-manager>)
    check_reference(pool-with-grace pool --strict -- $<TARGET_FILE:undr-manager> --grace 1000)
endif()

if(TARGET undr-check AND TARGET undr-manager AND TARGET undr-worker AND Python3_FOUND)
    foreach(group Usage Cases Targets Connect Expected Reports Pause Ends)
        string(TOLOWER cli-${group} name)
        add_test(NAME conformance.${name} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/cli/run.py
            $<TARGET_FILE:undr-check> $<TARGET_FILE:undr-manager> $<TARGET_FILE:undr-worker> ${group})
        set_tests_properties(conformance.${name} PROPERTIES
            LABELS conformance ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
    endforeach()
endif()

# Text from outside in every format of a report; output that can't be written; failures played again.
if(TARGET undr-check AND TARGET undr-manager AND TARGET undr-worker AND TARGET undr-broken AND Python3_FOUND)
    add_test(NAME conformance.formats COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/cli/formats.py
        $<TARGET_FILE:undr-check> $<TARGET_FILE:undr-manager>)
    add_test(NAME conformance.outputs COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/cli/outputs.py
        ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
    add_test(NAME conformance.again COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/cli/again.py
        $<TARGET_FILE:undr-check> $<TARGET_FILE:undr-manager> $<TARGET_FILE:undr-worker> $<TARGET_FILE:undr-broken>)
    set_tests_properties(conformance.formats conformance.outputs conformance.again PROPERTIES
        LABELS conformance ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endif()
