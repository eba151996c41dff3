#!/bin/bash -eu
# A .clusterfuzzlite/build.sh to copy: a target of yours, my_target.c, that reads what a connection brings, with the frames
# that this project has collected. The image's Dockerfile downloads them (SUM: the line of SHA256SUMS):
#
#   ADD --checksum=sha256:SUM URL/releases/download/v0.1.0/undr-task-0.1.0-fuzz.tar.gz fuzz.tar.gz
#   RUN mkdir $SRC/undr-fuzz && tar -xzf fuzz.tar.gz --strip-components 1 -C $SRC/undr-fuzz
fuzz=$SRC/undr-fuzz

# shellcheck disable=SC2086 # words are meant to be split
$CC $CFLAGS -c "$SRC/my_target.c" -o "$WORK/my_target.o"
# shellcheck disable=SC2086
$CXX $CXXFLAGS "$WORK/my_target.o" $LIB_FUZZING_ENGINE -o "$OUT/my_target"

(cd "$fuzz/corpus" && zip -q -j - receive_bytes/* receive_message/*) >"$OUT/my_target_seed_corpus.zip"
cp "$fuzz/dictionaries/frames.dict" "$OUT/my_target.dict"
printf '[libfuzzer]\nmax_len = 4096\n' >"$OUT/my_target.options"
