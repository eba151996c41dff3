# What `cmake --install` puts where. Each of the folders may be an absolute path (CMAKE_INSTALL_LIBDIR, ...). The components
# are what distributions make packages of: programs, library (the shared one), development, documentation.
include(CMakePackageConfigHelpers)

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME development)
set(PACKAGE_FOLDER ${CMAKE_INSTALL_LIBDIR}/cmake/undr-task)

# Installs what there is of some targets: into a component; CMake's package has them in a file of that name.
function(undr_install file component)
    foreach(target ${ARGN})
        if(TARGET ${target})
            install(TARGETS ${target} EXPORT ${file} RUNTIME COMPONENT ${component}
                LIBRARY COMPONENT ${component} NAMELINK_COMPONENT development)
            set(something ON)
        endif()
    endforeach()
    if(something)
        install(EXPORT ${file} NAMESPACE undr:: DESTINATION ${PACKAGE_FOLDER})
    endif()
endfunction()
undr_install(undr-task-core development undrtask-core)
undr_install(undr-task-targets library undrtask-static undrtask-shared) # need libuv
undr_install(undr-task-programs programs undr-check undr-manager undr-worker) # need no language
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

# The texts that `undr-check --help` and the reports name, and what the tests of others can read.
install(FILES conformance/wireshark/undr.lua DESTINATION ${CMAKE_INSTALL_DATADIR}/undr-task/wireshark COMPONENT programs)
install(FILES conformance/report.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/undr-task COMPONENT programs)
if(UNDR_DEBIAN_PACKAGES) # which have it in the form that Debian wants
    include(${CMAKE_CURRENT_LIST_DIR}/packages.cmake)
else()
    install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT programs)
endif()
install(DIRECTORY spec/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/spec COMPONENT documentation
    FILES_MATCHING PATTERN "*.md" PATTERN "*.json" PATTERN bench.json EXCLUDE PATTERN model EXCLUDE)
install(DIRECTORY fuzz/corpus fuzz/dictionaries DESTINATION ${CMAKE_INSTALL_DATADIR}/undr-task/fuzz
    COMPONENT documentation)

# Manual pages say what the programs say themselves: those that run here are asked.
function(undr_manual name)
    if(TARGET ${name} AND NOT CMAKE_CROSSCOMPILING)
        set(page ${CMAKE_CURRENT_BINARY_DIR}/man/${name}.1)
        add_custom_command(OUTPUT ${page}
            COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/man
            COMMAND ${name} --man > ${page}
            DEPENDS ${name} VERBATIM)
        if(UNDR_DEBIAN_PACKAGES)
            add_custom_command(OUTPUT ${page}.gz COMMAND gzip -9 -n < ${page} > ${page}.gz DEPENDS ${page} VERBATIM)
            set(page ${page}.gz)
        endif()
        add_custom_target(${name}-manual ALL DEPENDS ${page})
        install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT programs)
    endif()
endfunction()
undr_manual(undr-check)
undr_manual(undr-manager)
undr_manual(undr-worker)

# What completes words in a shell: the programs print it, made of their tables of options, where they can be run.
function(undr_completion name)
    if(TARGET ${name} AND NOT CMAKE_CROSSCOMPILING)
        set(folder ${CMAKE_CURRENT_BINARY_DIR}/completion)
        file(MAKE_DIRECTORY ${folder})
        add_custom_command(OUTPUT ${folder}/${name} ${folder}/_${name}
            COMMAND ${name} --completion bash > ${folder}/${name}
            COMMAND ${name} --completion zsh > ${folder}/_${name}
            DEPENDS ${name})
        add_custom_target(${name}-completion ALL DEPENDS ${folder}/${name})
        install(FILES ${folder}/${name} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
            COMPONENT programs)
        install(FILES ${folder}/_${name} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT programs)
    endif()
endfunction()
undr_completion(undr-check)
undr_completion(undr-manager)
undr_completion(undr-worker)
