/* rules.h: the requirements that can be judged from the wire, each with its level and sentence, as spec/protocol.md has
 * them (tests/watch holds the two together). */
#ifndef WATCH_RULES_H
#define WATCH_RULES_H

#include "notation/case.h"

/* X(name, id, level, sentence) */
#define WATCH_RULES(X) \
    X(FRAME_1, "FRAME-1", MUST, \
        "A frame is a 9-byte header, one type byte and the payload's length as an unsigned 64-bit little-endian integer, followed by exactly that many payload bytes.") \
    X(FRAME_5, "FRAME-5", MUST, \
        "A stream that ends inside a header or a payload ends the connection; nothing of the partial frame takes effect.") \
    X(FRAME_7, "FRAME-7", MUST, \
        "A receiver that does not accept an announced length ends the connection without an answer.") \
    X(REQ_1, "REQ-1", MUST, "Every request gets exactly one answer, in the order of the requests of its connection.") \
    X(REQ_2, "REQ-2", MUST, "A manager sends nothing but answers.") \
    X(REQ_3, "REQ-3", MUST, "Requests that the client sent before it closed its sending side are still answered.") \
    X(REQ_4, "REQ-4", MUST, \
        "A frame of any other type than `n`, `t`, `m` and 0x80 to 0xff ends the connection without an answer.") \
    X(REQ_5, "REQ-5", MUST, "`n` or `t` with a payload ends the connection without an answer and without effect.") \
    X(NEXT_1, "NEXT-1", MUST, "`n` is answered with one `t` that carries a task's bytes, None or CloseRequest.") \
    X(NEXT_2, "NEXT-2", MUST, "When no queue has a task, the answer to `n` or `t` is None.") \
    X(NEXT_3, "NEXT-3", MUST, "A connection may send `n` while it has a task out, and gets the next one.") \
    X(NEXT_4, "NEXT-4", MAY, "A manager holds the answer to `n` or `t` until a task comes.") \
    X(NEXT_6, "NEXT-6", MUST, "A held answer is given at once when a task arrives, or when the manager closes.") \
    X(DONE_2, "DONE-2", MUST, "`t` is answered in the same way as `n`.") \
    X(DONE_3, "DONE-3", MUST, "`t` on a connection that has no task out is answered, or ends the connection.") \
    X(MSG_1, "MSG-1", MUST, "The payload of `m` is put into the inbox before `m`, empty, acknowledges it.") \
    X(MSG_3, "MSG-3", MUST, \
        "`m` with an empty payload, or with bytes that are not a pickle, ends the connection without an acknowledgement; the inbox stays as it was.") \
    X(SCHED_1, "SCHED-1", MUST, \
        "0x80+p appends the payload to queue p; the count of tasks left rises by one; `s`, empty, acknowledges it.") \
    X(SCHED_2, "SCHED-2", MUST, "A task with a lower priority number is handed out first.") \
    X(SCHED_3, "SCHED-3", MUST, "Tasks of one priority are handed out in the order in which they were scheduled.") \
    X(SCHED_4, "SCHED-4", MUST, "A task's bytes are handed out as they were scheduled, byte for byte.") \
    X(SCHED_6, "SCHED-6", MUST, "Each scheduled task is handed out exactly once.") \
    X(SCHED_7, "SCHED-7", MUST, \
        "An empty payload is an ordinary task: it is acknowledged and handed out with length 0.") \
    X(SCHED_10, "SCHED-10", MUST, \
        "A task that was acknowledged is handed to the next request, from any connection, unless another request got it first.") \
    X(SCHED_11, "SCHED-11", MUST, "The manager treats the bytes of a task as opaque; they need not be a pickle.") \
    X(SCHED_12, "SCHED-12", MUST, "None and CloseRequest are never scheduled as tasks.") \
    X(SCHED_13, "SCHED-13", SHOULD, \
        "The schedule call of a manager and of a worker refuses None and CloseRequest as an error.") \
    X(PAY_1, "PAY-1", MUST, "None is a pickle that decodes to None.") \
    X(PAY_2, "PAY-2", MUST, \
        "CloseRequest is a pickle that decodes to an instance of the class undr.task.CloseRequest.") \
    X(PAY_4, "PAY-4", MUST, \
        "A worker recognises CloseRequest in any standard form: NEWOBJ, REDUCE or OBJ, with or without a state.") \
    X(PAY_10, "PAY-10", MAY, "A payload is pickled in another protocol than 4.") \
    X(CLOSE_1, "CLOSE-1", MUST, "While a manager closes, `m` and schedule are still acknowledged.") \
    X(CLOSE_2, "CLOSE-2", MUST, \
        "After JOIN or CANCEL has returned, the next `n` or `t` of a connection that is still open is answered with CloseRequest, unless the connection was ended after an earlier CloseRequest.") \
    X(CLOSE_CANCEL_1, "CLOSE-CANCEL-1", MUST, "From a CANCEL on, `n` and `t` are answered with CloseRequest.") \
    X(CLOSE_JOIN_3, "CLOSE-JOIN-3", MUST, \
        "During JOIN `n` and `t` are answered with tasks, or None, until no task is left; then with CloseRequest.") \
    X(WORK_1, "WORK-1", MUST, "A worker's first frame is `n`.") \
    X(WORK_2, "WORK-2", MUST, "A worker has at most one request in flight on a connection.") \
    X(WORK_3, "WORK-3", MUST, "After None a worker asks again with `n`.") \
    X(WORK_4, "WORK-4", MUST, "After CloseRequest a worker sends no further frame and ends the connection.") \
    X(WORK_6, "WORK-6", MUST, "A task is run once, followed by exactly one `t` on the connection that handed it out.") \
    X(WORK_7, "WORK-7", MUST, "The task in the answer to `t` is run without another `n`.") \
    X(WORK_8, "WORK-8", MUST, \
        "A message of a task is sent as `m` with its pickle; the task goes on when the empty `m` has come.") \
    X(WORK_9, "WORK-9", MUST, \
        "When a task schedules another with priority p, the worker sends 0x80+p with its pickle; the task goes on when the empty `s` has come. The default priority is 1.") \
    X(WORK_10, "WORK-10", MUST, \
        "A task that fails is reported with `m` and a WorkerException, whose acknowledgement is awaited before `t`.") \
    X(WORK_14, "WORK-14", SHOULD, \
        "An acknowledgement of the wrong type or with a payload makes the running task fail, and the worker goes on.") \
    X(WORK_15, "WORK-15", MUST, \
        "A task that can't be run (an empty payload, a value of no task class) is reported with a WorkerException and settled.") \
    X(WORK_16, "WORK-16", MUST, \
        "A worker whose `n` or `t` is answered with another type than `t`, or with bytes that are not a pickle, ends the connection, runs nothing, and leaves.") \
    X(WORK_21, "WORK-21", SHOULD, "A worker pauses between None and its next `n`.")

typedef enum watch_rule {
    WATCH_NO_RULE,
#define WATCH_RULE_MEMBER(name, id, level, sentence) WATCH_##name,
    WATCH_RULES(WATCH_RULE_MEMBER)
#undef WATCH_RULE_MEMBER
        WATCH_RULE_COUNT
} watch_rule;

typedef struct watch_rule_text {
    const char *id;
    check_level level;
    const char *sentence;
} watch_rule_text;

/* Of WATCH_NO_RULE: id "". */
const watch_rule_text *watch_rule_about(watch_rule rule);

/* What the wire can't show, and why: ended by an entry without ids. */
typedef struct watch_unseen {
    const char *ids, *reason;
} watch_unseen;
extern const watch_unseen watch_unseen_rules[];

#endif
