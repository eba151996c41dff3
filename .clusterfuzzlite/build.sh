#!/bin/bash -eu
# Builds the fuzz targets as ClusterFuzzLite and OSS-Fuzz want them: $CC $CFLAGS $LIB_FUZZING_ENGINE into $OUT, each with its
# seed corpus (TARGET_seed_corpus.zip), dictionary (TARGET.dict) and options (TARGET.options).
source_dir=$(cd "$(dirname "$0")" && pwd)
[ -e "$source_dir/CMakeLists.txt" ] || source_dir=$(cd "$source_dir/.." && pwd)
[ -e "$source_dir/CMakeLists.txt" ] || source_dir=$SRC/undr-task
targets="receive_bytes receive_message pickle manager_session worker_session pair exchange"

engine=$LIB_FUZZING_ENGINE
case $engine in
*.a) engine="$engine -lc++ -lm" ;; # an engine in C++ that the compiler does not bring along
esac

work=$(mktemp -d)
cmake -G Ninja -S "$source_dir" -B "$work" -D CMAKE_BUILD_TYPE=None -D CMAKE_C_COMPILER="$CC" -D CMAKE_C_FLAGS="$CFLAGS" \
    -D CMAKE_EXE_LINKER_FLAGS=-Wl,--as-needed -D UNDR_TESTS=OFF -D UNDR_FUZZ_ENGINE="$engine"
ninja -C "$work" $(printf 'fuzz-%s ' $targets)

for target in $targets; do
    cp "$work/fuzz/fuzz-$target" "$OUT/$target"
    case $target in
    pickle | exchange) dictionary=$target ;;
    *) dictionary=frames ;;
    esac
    cp "$source_dir/fuzz/dictionaries/$dictionary.dict" "$OUT/$target.dict"
    printf '[libfuzzer]\nmax_len = 4096\ntimeout = 10\n' >"$OUT/$target.options"
    (cd "$source_dir/fuzz" && zip -q -j "$OUT/${target}_seed_corpus.zip" corpus/"$target"/* $(ls regress/"$target"/* 2>/dev/null))
done
rm -rf "$work"
