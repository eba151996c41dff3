# undr-check explore against what is right and what is broken. Label `conformance`.
find_package(Python3 COMPONENTS Interpreter)

if(TARGET undr-check AND TARGET undr-manager AND TARGET undr-worker AND TARGET undr-broken AND Python3_FOUND)
    add_test(NAME conformance.explore COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/cli/explore.py
        $<TARGET_FILE:undr-check> $<TARGET_FILE:undr-manager> $<TARGET_FILE:undr-worker> $<TARGET_FILE:undr-broken>)
    set_tests_properties(conformance.explore PROPERTIES
        LABELS conformance ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endif()
