/* pickle.c: the two pickles that the protocol itself is made of. */
#include "undr/pickle.h"

undr_slice undr_pickle_none(void) {
    static const uint8_t bytes[] = {0x80, 0x04, 'N', '.'}; /* PAY-1, PAY-10 */
    return undr_slice_of(bytes, sizeof bytes);
}

undr_slice undr_pickle_close_request(void) {
    /* PROTO 4, FRAME of 33 bytes, class undr.task.CloseRequest, (), NEWOBJ, STOP. PAY-2 */
    static const uint8_t bytes[] = "\x80\x04\x95\x21\x00\x00\x00\x00\x00\x00\x00"
                                   "\x8c\x09undr.task\x94\x8c\x0c"
                                   "CloseRequest\x94\x93\x94)\x81\x94.";
    return undr_slice_of(bytes, sizeof bytes - 1);
}

bool undr_pickle_is_too_large(undr_error error) {
    return error == UNDR_LIMIT_NODES || error == UNDR_LIMIT_BYTES;
}
