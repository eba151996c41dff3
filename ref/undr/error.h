/* error.h: the one list of everything that can go wrong in libundrtask.
 *
 * Every function that can fail returns an undr_error, UNDR_OK being 0. Its name
 * and its text come from the list below, so the three cannot drift apart. */
#ifndef UNDR_ERROR_H
#define UNDR_ERROR_H

#include "undr/linkage.h"

UNDR_API_BEGIN

#define UNDR_ERRORS(X) \
    X(OK, "success") \
    X(MEMORY, "out of memory") \
    X(ARGUMENT, "an argument is out of its range") \
    X(SYSTEM, "a system call failed; errno says which way") \
    X(END, "the peer ended the connection") \
    X(RESET, "the peer reset the connection") \
    X(MORE, "more bytes are needed") \
    X(PAYLOAD_TOO_LARGE, "the payload is above the limit") \
    X(UNEXPECTED_TYPE, "a frame of this type is not allowed here") \
    X(UNEXPECTED_PAYLOAD, "this type must not carry a payload") \
    X(MISSING_PAYLOAD, "this type must carry a payload") \
    X(PRIORITY, "the priority has no queue in this manager") \
    X(NO_TASK, "this connection settles a task that it was not handed") \
    X(WAIT, "nothing yet") \
    X(DONE, "nothing left") \
    X(CLOSED, "the manager is closed") \
    X(INTERRUPTED, "interrupted by a signal") \
    X(LIMIT_DEPTH, "values nest deeper than the limit") \
    X(LIMIT_NODES, "more values than the limit, or more work than their number explains") \
    X(LIMIT_MEMO, "the pickle uses a memo index above the limit") \
    X(LIMIT_BYTES, "more memory is needed than the limit allows") \
    X(PICKLE_TRUNCATED, "the pickle ends before its STOP") \
    X(PICKLE_OPCODE, "not a pickle opcode") \
    X(PICKLE_PROTOCOL, "a pickle protocol that this reader does not know") \
    X(PICKLE_STACK, "a pickle opcode finds too few values on the stack") \
    X(PICKLE_MARK, "a pickle opcode finds no mark") \
    X(PICKLE_MEMO, "a pickle fetches a memo entry that was never stored") \
    X(PICKLE_TYPE, "a pickle opcode finds a value of the wrong kind") \
    X(PICKLE_NUMBER, "a malformed number in a pickle") \
    X(PICKLE_TEXT, "malformed text in a pickle") \
    X(PICKLE_UNSUPPORTED, "a pickle feature that is refused (persistent ids, extension codes, out-of-band buffers)") \
    X(NOT_A_TASK, "the value cannot run: its class is not a registered task type") \
    X(ACKNOWLEDGEMENT, "the manager's acknowledgement is of the wrong type, or carries a payload") \
    X(TASK, "the task failed") \
    X(QUEUE_LIMIT, "the queues and the inbox hold as many bytes as they may") \
    X(BEYOND_LOOPBACK, "other machines can reach the address, which has to be allowed by an option of its own") \
    X(NOT_IMPLEMENTED, "this manager does not implement it: a NullManager schedules nothing")

typedef enum undr_error {
#define UNDR_ERROR_MEMBER(name, text) UNDR_##name,
    UNDR_ERRORS(UNDR_ERROR_MEMBER)
#undef UNDR_ERROR_MEMBER
} undr_error;

#define UNDR_MUST_USE __attribute__((warn_unused_result))

/* The enumerator's own name, "UNDR_OK"; "UNDR_?" for a number that has none. */
const char *undr_error_name(undr_error error);

/* One clause for a person, no final full stop; never NULL. */
const char *undr_error_text(undr_error error);

UNDR_API_END

#endif
