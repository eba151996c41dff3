# lib.sh: what the tests of this folder share. Sourced by them: makes $folder, which is removed at the end.
folder=$(mktemp -d "${TMPDIR:-/tmp}/undr-package.XXXXXX")
folder=$(cd "$folder" && pwd -P)
trap 'rm -rf "$folder"' EXIT

# Of a build that is only used here: it compiles in half of the time.
plain="-D CMAKE_BUILD_TYPE=None -D CMAKE_C_FLAGS=-O0 -D UNDR_TESTS=OFF -D UNDR_EXAMPLES=OFF"

fail() {
    echo "$1" >&2
    exit 1
}

# quietly COMMAND...: prints what it said only when it failed; it is in $folder/log.
quietly() {
    "$@" >"$folder/log" 2>&1 || {
        tail -60 "$folder/log"
        fail "failed: $*"
    }
}

# setting BUILD NAME: of CMake's cache
setting() {
    sed -n "s/^$2:[A-Z]*=//p" "$1/CMakeCache.txt"
}

# The tests of tests/package/user in this build folder: one is wrong, one skipped, the others pass.
check_tests_of_user() {
    status=0
    (cd "$1" && ctest --output-on-failure --no-tests=error) >"$folder/tests.log" 2>&1 || status=$?
    cat "$folder/tests.log"
    test "$status" -ne 0 || fail "the case that is wrong passed"
    grep -Eq 'adapter\.manager\.mine\.good .*Passed' "$folder/tests.log" || fail "manager.mine.good did not pass"
    grep -Eq 'adapter\.manager\.mine\.wrong .*Failed' "$folder/tests.log" || fail "manager.mine.wrong did not fail"
    grep -Eq 'adapter\.manager\.mine\.skipped .*Skipped' "$folder/tests.log" || fail "manager.mine.skipped was not skipped"
    grep -Eq 'mine\.worker\..*Passed' "$folder/tests.log" || fail "no case of the worker passed"
    for library in task task-static task-shared core; do
        grep -Eq "use-$library .*Passed" "$folder/tests.log" || fail "use-$library did not pass"
    done
    test "$(grep -Ec '\*\*\*(Failed|Not Run)' "$folder/tests.log")" -eq 1 || fail "something else failed, too"
}

# check_pkg_config FOLDER: the four programs that pkg-config's words make of use.c, from the .pc files in FOLDER. The words
# are meant for a shell: a path with blanks is quoted.
check_pkg_config() {
    export PKG_CONFIG_PATH="$1"
    cc="${CC:-cc} ${CFLAGS:-}"
    pkg-config --print-errors --exists undr-task undr-task-core
    eval "libdir=$(pkg-config --variable=libdir undr-task)"
    quietly eval "$cc \"$here/user/use.c\" $(pkg-config --cflags --libs undr-task) -o \"$folder/use\""
    quietly env LD_LIBRARY_PATH="$libdir" "$folder/use"
    quietly eval "$cc \"$here/user/use.c\" $(pkg-config --cflags --libs undr-task) -Wl,-rpath,\"\$libdir\" -o \"$folder/use\""
    quietly "$folder/use"
    LC_ALL=C readelf -d "$folder/use" | grep -q 'NEEDED.*libundrtask.so' || fail "pkg-config did not give the shared library"
    quietly eval "$cc \"$here/user/use.c\" $(pkg-config --cflags undr-task) \"\$libdir/libundrtask.a\" \
        $(pkg-config --libs libuv) -lm -pthread -o \"$folder/use\""
    quietly "$folder/use"
    case $cc in
        *-fsanitize*) ;; # can't be linked statically
        *)
            if pkg-config --exists libuv-static; then
                quietly eval "$cc -static \"$here/user/use.c\" $(pkg-config --cflags undr-task) \"\$libdir/libundrtask.a\" \
                    $(pkg-config --static --libs libuv-static) -lm -pthread -o \"$folder/use\""
                quietly "$folder/use"
            fi
            ;;
    esac
    quietly eval "$cc -D CORE_ONLY \"$here/user/use.c\" $(pkg-config --cflags --libs undr-task-core) -o \"$folder/use\""
    quietly "$folder/use"
    quietly eval "$(pkg-config --variable=undr_check undr-task) --version"
    for variable in prefix libdir includedir; do
        case $(pkg-config --variable=$variable undr-task) in
            *//*) fail "the $variable of undr-task.pc has a double slash" ;;
        esac
    done
}
