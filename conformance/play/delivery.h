/* delivery.h: where a delivery cuts what it sends. */
#ifndef CHECK_DELIVERY_H
#define CHECK_DELIVERY_H

#include "play/setting.h"

#include <stddef.h>

/* Of payloads above CHECK_SINGLE_PAYLOAD only the first and the last CHECK_SINGLE_EDGE bytes go one at a time. */
enum { CHECK_SINGLE_PAYLOAD = 1024, CHECK_SINGLE_EDGE = 64 };

/* After this many frames of a play, `bytes` cuts each further header in only one place, at each offset in turn:
 * hundreds of frames byte by byte would show nothing new. */
enum { CHECK_SINGLE_FRAMES = 128 };
check_delivery check_delivery_of_frame(check_delivery delivery, uint64_t frame);

/* Where the piece ends that begins at `offset` of a frame (or of raw bytes) of `size` bytes; offset < size. */
size_t check_piece_end(check_delivery delivery, size_t size, size_t offset);

/* Straddled: where the piece ends that ends behind frame `index` of those that are queued: 1 to 8 bytes inside the
 * next one's header, the more the greater `turn`. cuts[i] is the end of frame i. */
size_t check_straddled_end(const size_t *cuts, size_t count, size_t index, size_t turn);

#endif
