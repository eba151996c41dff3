# The project in the hands of others: installed, as a part of their project, without libuv, for another machine. Label
# `package`. Each says what it does at its beginning.
find_package(Python3 COMPONENTS Interpreter)
set(PACKAGE_TESTS ${CMAKE_CURRENT_LIST_DIR}/package)
add_test(NAME package.installed COMMAND ${PACKAGE_TESTS}/installed ${PROJECT_BINARY_DIR})
add_test(NAME package.layouts COMMAND ${PACKAGE_TESTS}/layouts ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
foreach(part c c++ none)
    add_test(NAME package.embedded-${part}
        COMMAND ${PACKAGE_TESTS}/embedded ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR} ${part})
endforeach()
add_test(NAME package.core COMMAND ${PACKAGE_TESTS}/without-libuv ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
add_test(NAME package.cross COMMAND ${PACKAGE_TESTS}/cross ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
set(names
    package.installed package.layouts package.embedded-c package.embedded-c++ package.embedded-none package.core
    package.cross)
if(Python3_FOUND)
    add_test(NAME package.exports COMMAND ${Python3_EXECUTABLE} -B ${PACKAGE_TESTS}/exports
        ${PROJECT_SOURCE_DIR}/ref $<TARGET_FILE:undrtask-shared> ${CMAKE_C_COMPILER})
    list(APPEND names package.exports)
endif()
set_tests_properties(${names} PROPERTIES LABELS package SKIP_RETURN_CODE 77)
