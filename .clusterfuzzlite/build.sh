#!/bin/bash -eu
# Builds the fuzz targets as ClusterFuzzLite and OSS-Fuzz want them: with $CC $CFLAGS $LIB_FUZZING_ENGINE, from
# $SRC/undr-task, into $OUT: each with its seed corpus (TARGET_seed_corpus.zip), dictionary (TARGET.dict) and options
# (TARGET.options). tests/fuzz/clusterfuzzlite runs it.
source_dir=$SRC/undr-task
targets="receive_bytes receive_message pickle manager_session worker_session pair exchange watch"
if [ "${UNDR_PLANTED:-0}" = 1 ]; then # the bug of .clusterfuzzlite/planted
    targets="$targets planted"
fi
if [ ! -e "$source_dir/CMakeLists.txt" ]; then
    echo "build.sh: \$SRC/undr-task is not this project's source tree (SRC is $SRC)" >&2
    exit 1
fi

# -w: which warnings there are depends on the compiler, and the project's own tests see to them.
work=$(mktemp -d)
cmake -G Ninja -S "$source_dir" -B "$work" -D CMAKE_BUILD_TYPE=None -D CMAKE_C_COMPILER="$CC" -D CMAKE_C_FLAGS="$CFLAGS -w" \
    -D CMAKE_CXX_COMPILER="${CXX:-$CC++}" -D CMAKE_CXX_FLAGS="${CXXFLAGS:-$CFLAGS}" \
    -D UNDR_TESTS=OFF -D UNDR_FUZZ_ENGINE="$LIB_FUZZING_ENGINE" \
    -D UNDR_FUZZ_MUTATOR="$([ "${FUZZING_ENGINE:-libfuzzer}" = libfuzzer ] && echo ON || echo OFF)"
# shellcheck disable=SC2046 # words are meant to be split
ninja -C "$work" $(printf 'fuzz-%s ' $targets)

for target in $targets; do
    cp "$work/fuzz/fuzz-$target" "$OUT/$target"
    case $target in
    pickle | exchange) dictionary=$target ;;
    *) dictionary=frames ;;
    esac
    cp "$source_dir/fuzz/dictionaries/$dictionary.dict" "$OUT/$target.dict"
    printf '[libfuzzer]\nmax_len = 4096\ntimeout = 25\n' >"$OUT/$target.options"
    if [ "$target" = planted ]; then
        continue # it has no seeds: the bug is to be found, not read
    fi
    # Gathered first: an archive without folders has no room for two files of one name, which are the same input.
    mkdir -p "$work/seeds/$target"
    for folder in "$source_dir/fuzz/corpus/$target" "$source_dir/fuzz/regress/$target"; do
        if [ -d "$folder" ]; then
            cp "$folder"/* "$work/seeds/$target"
        fi
    done
    (cd "$work/seeds/$target" && zip -q -r "$OUT/${target}_seed_corpus.zip" .)
done
rm -rf "$work"
