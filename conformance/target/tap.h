/* tap.h: what crosses the connections of a scene, for somebody who looks on. */
#ifndef CHECK_TAP_H
#define CHECK_TAP_H

#include "undr/bytes.h"

typedef enum check_tapped {
    CHECK_TAP_OPEN,
    CHECK_TAP_SENT,     /* the kernel has taken the bytes; nothing was read since */
    CHECK_TAP_RECEIVED, /* nothing was sent since they were read */
    CHECK_TAP_FIN,      /* the peer ended its stream */
    CHECK_TAP_RESET,    /* the peer reset the connection */
    CHECK_TAP_HALF_CLOSE,
    CHECK_TAP_GONE /* this side has closed it: what the peer still sends is not read */
} check_tapped;

/* *line is the tap's own, of one connection; NULL at its opening. The bytes are borrowed for the call. */
typedef struct check_tap {
    void (*saw)(void *context, void **line, check_tapped what, undr_slice bytes);
    void *context;
} check_tap;

#endif
