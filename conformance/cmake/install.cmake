# What `cmake --install` puts where, and how others find it: find_package(undr-task), pkg-config undr-task.
include(CMakePackageConfigHelpers)

set(PACKAGE_FOLDER ${CMAKE_INSTALL_LIBDIR}/cmake/undr-task)
set_target_properties(undrtask-static PROPERTIES EXPORT_NAME task)
set_target_properties(undrtask-shared PROPERTIES EXPORT_NAME task-shared)
install(TARGETS undrtask-static undrtask-shared EXPORT undr-task-targets)
install(DIRECTORY ref/undr DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
foreach(program check manager worker)
    if(TARGET undr-${program})
        set_target_properties(undr-${program} PROPERTIES EXPORT_NAME ${program})
        install(TARGETS undr-${program} EXPORT undr-task-programs)
    endif()
endforeach()
install(EXPORT undr-task-targets NAMESPACE undr:: DESTINATION ${PACKAGE_FOLDER})
if(TARGET undr-check) # the programs need no language in a project that only tests with them
    install(EXPORT undr-task-programs NAMESPACE undr:: DESTINATION ${PACKAGE_FOLDER})
endif()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/undr-task-config.cmake.in
    ${CMAKE_CURRENT_BINARY_DIR}/undr-task-config.cmake INSTALL_DESTINATION ${PACKAGE_FOLDER})
write_basic_package_version_file(
    ${CMAKE_CURRENT_BINARY_DIR}/undr-task-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/undr-task-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/undr-task-config-version.cmake
    ${CMAKE_CURRENT_LIST_DIR}/undr-conformance.cmake DESTINATION ${PACKAGE_FOLDER})

file(RELATIVE_PATH FROM_PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" FROM_PC_TO_PREFIX "${FROM_PC_TO_PREFIX}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/undr-task.pc.in ${CMAKE_CURRENT_BINARY_DIR}/undr-task.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/undr-task.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES conformance/report.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/undr-task)

# The texts that `undr-check --help` and the reports name.
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY spec/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/spec FILES_MATCHING PATTERN "*.md"
    PATTERN model EXCLUDE PATTERN vectors EXCLUDE)
