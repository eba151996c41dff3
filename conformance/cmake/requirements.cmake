# What the build needs of this machine, and the options. What only a part needs is looked for, and that part left out
# with a word where it is missing: libuv (the library with the server, undr-manager), jansson (undr-check).
# Names of targets and variables begin with UNDR: another project may look for the same libraries.
find_package(PkgConfig REQUIRED)
pkg_check_modules(UNDR_LIBUV QUIET IMPORTED_TARGET GLOBAL libuv)
pkg_check_modules(UNDR_JANSSON QUIET IMPORTED_TARGET jansson)
pkg_check_modules(UNDR_PCAP QUIET IMPORTED_TARGET libpcap)
find_package(Threads REQUIRED GLOBAL)

include(CheckIncludeFile)
check_include_file(utlist.h UNDR_HAVE_UTLIST)
if(NOT UNDR_HAVE_UTLIST)
    unset(UNDR_HAVE_UTLIST CACHE) # it may be there the next time
    message(FATAL_ERROR "undr-task needs utlist.h of uthash (Debian: uthash-dev); scripts/setup installs it")
endif()

set(missing "")
if(NOT UNDR_LIBUV_FOUND)
    message(STATUS "undr-task: no libuv (Debian: libuv1-dev): the libraries undrtask.a and undrtask.so, undr-manager and "
        "the example are left out; the core library, undr-worker and undr-check need none")
    list(APPEND missing libuv)
endif()
if(NOT UNDR_JANSSON_FOUND)
    message(STATUS "undr-task: no jansson (Debian: libjansson-dev): undr-check is left out")
    list(APPEND missing jansson)
endif()

if(UNDR_JANSSON_FOUND AND NOT UNDR_PCAP_FOUND)
    message(STATUS "undr-task: no libpcap (Debian: libpcap-dev): `undr-check watch` reads no packets, and is a proxy only")
endif()

set(tests ${PROJECT_IS_TOP_LEVEL})
if(missing AND NOT DEFINED UNDR_TESTS)
    message(STATUS "undr-task: no tests without ${missing}")
    set(tests OFF)
endif()
option(UNDR_TESTS "Build the tests (needs cmocka, and all that the programs need)" ${tests})
option(UNDR_FUZZ "Build the fuzz targets" ${PROJECT_IS_TOP_LEVEL})
option(UNDR_EXAMPLES "Build the example (needs nettle)" ${PROJECT_IS_TOP_LEVEL})
option(UNDR_INSTALL "Install the libraries, the programs, their CMake and pkg-config packages" ${PROJECT_IS_TOP_LEVEL})
option(UNDR_DEBIAN_PACKAGES "Prepare what cpack makes Debian packages of (scripts/debian-packages)" OFF)
# A compiler newer than this project may warn of more, which must not stop whoever only builds it.
option(UNDR_WERROR "Treat warnings as errors; the presets and .ci/run turn it on" OFF)
if(UNDR_INSTALL)
    include(GNUInstallDirs)
endif()
if(UNDR_TESTS AND missing)
    message(FATAL_ERROR "undr-task: the tests need ${missing}: install that (scripts/setup), or -D UNDR_TESTS=OFF")
endif()
if(UNDR_TESTS) # they look for the programs at the top of the build folder, wherever another project puts its own
    unset(CMAKE_RUNTIME_OUTPUT_DIRECTORY)
    unset(CMAKE_LIBRARY_OUTPUT_DIRECTORY)
    unset(CMAKE_ARCHIVE_OUTPUT_DIRECTORY)
endif()
