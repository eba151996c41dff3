# The table of characters that may be printed agrees with the Unicode of this machine's Python. Label `unit`.
find_package(Python3 COMPONENTS Interpreter)

if(Python3_FOUND)
    add_test(NAME unit.text-table COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/scripts/text-table --check)
    set_tests_properties(unit.text-table PROPERTIES LABELS unit)
endif()
