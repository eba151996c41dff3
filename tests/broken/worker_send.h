/* worker_send.h: what the broken peer's worker sends, and the answers that it waits for. */
#ifndef BROKEN_WORKER_SEND_H
#define BROKEN_WORKER_SEND_H

#include "pickle.h"

typedef enum outcome {
    FINE,
    FAILED,   /* the task failed: worker.error says why */
    GONE,     /* the manager is gone: exit status 0 or 1 by where it was noticed */
    VIOLATED, /* the manager broke the protocol */
    LEAVES    /* exit status is in worker.status */
} outcome;

typedef struct worker {
    int fd;
    uint16_t port;
    wire_habits habits;
    int protocol;
    int acks_owed; /* acknowledgements that were not waited for */
    int status;
    unsigned polls, tasks;
    int hurries; /* waits for only this many milliseconds; 0: for ever */
    bool has_failed;
    char error[4096], first_error[4096];
    bytes last; /* the answer before, where it matters */
} worker;

/* The task fails with this text. */
outcome fail(worker *w, const char *text, size_t size);
outcome fail_text(worker *w, const char *text);

/* The next answer; the caller frees its payload when it is FINE. */
outcome receive(worker *w, frame *answer);
outcome send_pickle(worker *w, uint8_t type, const val *v, uint8_t ack, bool awaited);
outcome send_message(worker *w, val *v);

/* What a worker mistakes an answer for that follows another one, or that has a certain size. */
void make_answer_odd(worker *w, frame *answer);

#endif
