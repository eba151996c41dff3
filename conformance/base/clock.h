/* clock.h: the monotonic clock, in nanoseconds. Every limit of the harness is a point on it. */
#ifndef CHECK_CLOCK_H
#define CHECK_CLOCK_H

#include <stdint.h>

#define CHECK_MILLISECOND UINT64_C(1000000)
#define CHECK_SECOND UINT64_C(1000000000)

uint64_t check_now(void);

/* What poll(2) takes to wait until `until`: rounded up, 0 when it has passed, never more than `most` ms. */
int check_poll_timeout(uint64_t until, int most);

#endif
