/* my_target.c: stands for the decoder of somebody else's project in tests/fuzz/recipe. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Counts the frames. Ends badly on a whole frame behind another one, which the corpora have. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t frames = 0;
    while (size >= 9) {
        uint64_t length = 0;
        for (int i = 7; i >= 0; i--) {
            length = length << 8 | data[1 + i];
        }
        if (length > size - 9) {
            return 0;
        }
        frames++;
        if (frames > 1 && getenv("MY_TARGET_HAS_A_BUG") != NULL) {
            abort();
        }
        data += 9 + length;
        size -= 9 + (size_t)length;
    }
    return 0;
}
