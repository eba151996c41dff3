/* clock.c: the monotonic clock. */
#include "base/clock.h"

#include <time.h>

uint64_t check_now(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now); /* can't fail: the clock exists and the pointer is ours */
    return (uint64_t)now.tv_sec * CHECK_SECOND + (uint64_t)now.tv_nsec;
}

int check_poll_timeout(uint64_t until, int most) {
    uint64_t now = check_now();
    if (until <= now) {
        return 0;
    }
    uint64_t left = (until - now + CHECK_MILLISECOND - 1) / CHECK_MILLISECOND;
    return left > (uint64_t)most ? most : (int)left;
}
