# Saved inputs through the plain programs (label `replay`; under valgrind also label `valgrind`), and the fuzzers
# themselves (label `fuzz`). The planted bug must be found: the proof that the fuzzing works. A test that lacks its
# compiler or its tool is shown as skipped; scripts/setup --all installs them.
set(FUZZED receive_bytes receive_message pickle manager_session worker_session pair exchange)
find_program(VALGRIND valgrind)
string(FIND "${CMAKE_C_FLAGS}" "-fsanitize" SANITIZED)
if(UNDR_FUZZ)
    foreach(target ${FUZZED})
        set(inputs ${PROJECT_SOURCE_DIR}/fuzz/corpus/${target})
        if(EXISTS ${PROJECT_SOURCE_DIR}/fuzz/regress/${target})
            list(APPEND inputs ${PROJECT_SOURCE_DIR}/fuzz/regress/${target})
        endif()
        add_test(NAME replay.${target} COMMAND replay-${target} ${inputs})
        set_tests_properties(replay.${target} PROPERTIES LABELS replay)
        if(VALGRIND AND SANITIZED EQUAL -1)
            add_test(NAME replay.valgrind.${target}
                COMMAND ${UP_TO} 600 ${VALGRIND} -q --error-exitcode=9 --leak-check=full $<TARGET_FILE:replay-${target}> ${inputs})
            set_tests_properties(replay.valgrind.${target} PROPERTIES LABELS "replay;valgrind")
        endif()
    endforeach()

    # Our pickle reader against CPython's frozen verdicts on all of those inputs; the verdicts against this CPython; the
    # saved attacks against the script that makes them; and that the reader can't run anything.
    add_test(NAME replay.verdicts COMMAND replay-verdicts ${PROJECT_SOURCE_DIR}/fuzz)
    add_test(NAME replay.oracle
        COMMAND sh -c "command -v python3 >/dev/null || { echo 'SKIPPED: no python3'; exit 77; }; exec python3 -B saved.py --check"
        WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/pickles)
    add_test(NAME replay.attacks
        COMMAND sh -c "command -v python3 >/dev/null || { echo 'SKIPPED: no python3'; exit 77; }; exec python3 -B attacks.py --check"
        WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/fuzz)
    add_test(NAME replay.inert COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/inert $<TARGET_FILE:undrtask-static>)
    set_tests_properties(replay.verdicts replay.oracle replay.attacks replay.inert PROPERTIES
        LABELS replay SKIP_RETURN_CODE 77)

    set(script ${PROJECT_SOURCE_DIR}/scripts/fuzz)
    execute_process(COMMAND ${PROJECT_SOURCE_DIR}/scripts/llvm-version OUTPUT_VARIABLE FUZZ_CLANG ERROR_QUIET)
    find_program(FUZZ_AFL afl-clang-fast)
    set(libfuzzer ${script})
    set(afl ${script})
    if(NOT FUZZ_CLANG)
        set(libfuzzer sh -c "echo 'SKIPPED: no clang with libFuzzer (scripts/setup --all installs one)'; exit 77")
    endif()
    if(NOT FUZZ_AFL)
        set(afl sh -c "echo 'SKIPPED: no AFL++ (scripts/setup --all installs it)'; exit 77")
    endif()
    set(build --no-keep --build ${PROJECT_BINARY_DIR}/fuzz)
    add_test(NAME fuzz.planted COMMAND ${libfuzzer} planted ${build})
    add_test(NAME fuzz.planted-afl COMMAND ${afl} planted --engine afl ${build})
    # What CPython says otherwise on a pickle that a fuzzer happens to meet must not fail a change that has nothing to do
    # with it: the verdicts on the corpora are compared by label replay, those on new pickles by scripts/fuzz by hand.
    add_test(NAME fuzz.short COMMAND ${libfuzzer} all --time 5 --differences-told ${build})
    add_test(NAME fuzz.short-afl COMMAND ${afl} all --engine afl --time 5 --differences-told ${build})
    set_tests_properties(fuzz.short PROPERTIES DEPENDS fuzz.planted)
    set_tests_properties(fuzz.short-afl PROPERTIES DEPENDS fuzz.planted-afl)
    foreach(engine libfuzzer afl)
        add_test(NAME fuzz.clusterfuzzlite-${engine} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/clusterfuzzlite
            ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/clusterfuzzlite-${engine} ${engine})
    endforeach()
    foreach(sanitizer undefined memory)
        add_test(NAME fuzz.clusterfuzzlite-${sanitizer} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/clusterfuzzlite
            ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/clusterfuzzlite-${sanitizer} libfuzzer ${sanitizer})
    endforeach()
    add_test(NAME fuzz.usage COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/fuzz-usage ${script} ${PROJECT_BINARY_DIR}/fuzz-usage)
    set_tests_properties(fuzz.planted fuzz.planted-afl fuzz.short fuzz.short-afl fuzz.clusterfuzzlite-libfuzzer
        fuzz.clusterfuzzlite-afl fuzz.clusterfuzzlite-undefined fuzz.clusterfuzzlite-memory fuzz.usage PROPERTIES LABELS fuzz SKIP_RETURN_CODE 77)
    set_tests_properties(fuzz.planted fuzz.planted-afl fuzz.short fuzz.short-afl PROPERTIES RESOURCE_LOCK fuzz-build)
endif()
