# What `cmake --install` puts where. Each of the folders may be an absolute path (CMAKE_INSTALL_LIBDIR, ...).
include(CMakePackageConfigHelpers)

set(PACKAGE_FOLDER ${CMAKE_INSTALL_LIBDIR}/cmake/undr-task)

# Installs what there is of some targets; CMake's package has them in a file of that name.
function(undr_install file)
    foreach(target ${ARGN})
        if(TARGET ${target})
            install(TARGETS ${target} EXPORT ${file})
            set(something ON)
        endif()
    endforeach()
    if(something)
        install(EXPORT ${file} NAMESPACE undr:: DESTINATION ${PACKAGE_FOLDER})
    endif()
endfunction()
undr_install(undr-task-core undrtask-core)
undr_install(undr-task-targets undrtask-static undrtask-shared) # need libuv
undr_install(undr-task-programs undr-check undr-manager undr-worker) # need no language
install(DIRECTORY ref/undr DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
set(PC_FILES undr-task-core)
if(TARGET undrtask-static)
    list(APPEND PC_FILES undr-task)
endif()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/undr-task-config.cmake.in
    ${CMAKE_CURRENT_BINARY_DIR}/undr-task-config.cmake INSTALL_DESTINATION ${PACKAGE_FOLDER})
write_basic_package_version_file(
    ${CMAKE_CURRENT_BINARY_DIR}/undr-task-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/undr-task-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/undr-task-config-version.cmake
    ${CMAKE_CURRENT_LIST_DIR}/undr-conformance.cmake
    ${CMAKE_CURRENT_LIST_DIR}/undr-conformance-tests.cmake DESTINATION ${PACKAGE_FOLDER})

# The pkg-config files and CMake's lists of targets name the prefix: by the way from themselves to it, or, where the
# libraries are in an absolute folder, by its path, and that is known when it is installed (cmake --install --prefix).
# A blank is written as pkg-config writes those of ${pcfiledir}: with a backslash.
foreach(folder LIBDIR INCLUDEDIR BINDIR)
    string(REPLACE " " "\\ " PC_${folder} "\${prefix}/${CMAKE_INSTALL_${folder}}")
    if(IS_ABSOLUTE "${CMAKE_INSTALL_${folder}}")
        string(REPLACE " " "\\ " PC_${folder} "${CMAKE_INSTALL_${folder}}")
    endif()
endforeach()
set(PC_PREFIX "@ESCAPED_PREFIX@")
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    file(RELATIVE_PATH PC_PREFIX "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" /prefix)
    string(REGEX REPLACE "/$" "" PC_PREFIX "\${pcfiledir}/${PC_PREFIX}")
endif()
foreach(file ${PC_FILES})
    configure_file(${CMAKE_CURRENT_LIST_DIR}/${file}.pc.in ${CMAKE_CURRENT_BINARY_DIR}/${file}.pc @ONLY)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${file}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    configure_file(${CMAKE_CURRENT_LIST_DIR}/name-prefix.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/name-prefix.cmake @ONLY)
    install(SCRIPT ${CMAKE_CURRENT_BINARY_DIR}/name-prefix.cmake)
endif()

# The texts that `undr-check --help` and the reports name.
install(FILES conformance/report.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/undr-task)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY spec/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/spec FILES_MATCHING PATTERN "*.md"
    PATTERN model EXCLUDE PATTERN vectors EXCLUDE)
