# Debian packages, of the components of install.cmake: scripts/debian-packages makes them.
#
#   undr-task         the programs                libundrtask0      the shared library
#   undr-task-doc     specification, vectors,     libundrtask-dev   headers, static libraries, packages of CMake and
#                     corpora of the fuzzers                        pkg-config
set(CPACK_PACKAGE_CONTACT "undr-task <undr-task@example.org>" CACHE STRING "Maintainer of the Debian packages")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME undr-task)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL programs library development documentation)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)

set(DEBIAN_FOLDER ${CMAKE_CURRENT_BINARY_DIR}/debian)
string(TIMESTAMP DEBIAN_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC) # of SOURCE_DATE_EPOCH, where that is set
file(READ ${PROJECT_SOURCE_DIR}/LICENSE licence)
string(REGEX MATCH "Copyright \\(c\\) ([^\n]*)" DEBIAN_COPYRIGHT "${licence}")
set(DEBIAN_COPYRIGHT "${CMAKE_MATCH_1}")
string(REGEX REPLACE "^.*Copyright[^\n]*\n\n" "" DEBIAN_LICENSE "${licence}")
string(STRIP "${DEBIAN_LICENSE}" DEBIAN_LICENSE)
string(REPLACE "\n\n" "\n.\n" DEBIAN_LICENSE "${DEBIAN_LICENSE}")
string(REPLACE "\n" "\n " DEBIAN_LICENSE " ${DEBIAN_LICENSE}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/debian-copyright.in ${DEBIAN_FOLDER}/copyright @ONLY)
configure_file(${CMAKE_CURRENT_LIST_DIR}/debian-changelog.in ${DEBIAN_FOLDER}/changelog @ONLY)
execute_process(COMMAND gzip -9 -n INPUT_FILE ${DEBIAN_FOLDER}/changelog
    OUTPUT_FILE ${DEBIAN_FOLDER}/changelog.Debian.gz COMMAND_ERROR_IS_FATAL ANY)

# One package: COMPONENT NAME SECTION SUMMARY; the rest: lines that describe it.
macro(undr_debian_package component name section summary)
    string(TOUPPER ${component} upper)
    string(JOIN "\n" description ${ARGN})
    set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name})
    set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section})
    set(CPACK_COMPONENT_${upper}_DESCRIPTION "${summary}\n${description}")
    install(FILES ${DEBIAN_FOLDER}/copyright ${DEBIAN_FOLDER}/changelog.Debian.gz
        DESTINATION share/doc/${name} COMPONENT ${component})
endmacro()
undr_debian_package(programs undr-task devel "conformance suite for the undr task protocol"
    "undr-check plays the other side of the protocol by which the workers of a"
    "pool get their tasks from a manager, and explains each violation with the"
    "sentence of the specification. undr-manager and undr-worker are the"
    "reference implementation.")
undr_debian_package(library libundrtask0 libs "undr task protocol, shared library"
    "Manager and worker of the undr task protocol, in C. What a pickle says is"
    "read as data and never executed.")
undr_debian_package(development libundrtask-dev libdevel "undr task protocol, development files"
    "Headers, static libraries, and what CMake and pkg-config need to find"
    "them; undr_add_conformance_tests for the tests of other projects.")
undr_debian_package(documentation undr-task-doc doc "undr task protocol, specification and test vectors"
    "The specification with a number for each sentence that binds, frames and"
    "pickles to test a codec with, corpora and dictionaries for fuzzers.")
# Who is linked with the library depends on its package; the linker's cache is made anew by a trigger.
file(WRITE ${DEBIAN_FOLDER}/shlibs "libundrtask 0 libundrtask0 (>= ${PROJECT_VERSION})\n")
file(WRITE ${DEBIAN_FOLDER}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${DEBIAN_FOLDER}/shlibs ${DEBIAN_FOLDER}/triggers)
# Inputs of fuzzers are in no encoding.
file(WRITE ${DEBIAN_FOLDER}/undr-task-doc "undr-task-doc: national-encoding [usr/share/undr-task/fuzz/corpus/*]\n")
install(FILES ${DEBIAN_FOLDER}/undr-task-doc DESTINATION share/lintian/overrides COMPONENT documentation)
set(same "(= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libundrtask0 ${same}, undr-task ${same}, libuv1-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "undr-task-doc")
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SUGGESTS "undr-task-doc")
set(CPACK_DEBIAN_DOCUMENTATION_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_DOCUMENTATION_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
include(CPack)
