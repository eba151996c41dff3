/* bugs_again.h: bugs that show after something else: behind what was longer, at the third and at the thirtieth time. */
#ifndef BROKEN_BUGS_AGAIN_H
#define BROKEN_BUGS_AGAIN_H

#define STALE_BUGS(X) \
    X(empty_task_is_stale, manager, "SCHED-7 FRAME-2", "takes an empty task for the bytes of the payload before it") \
    X(empty_message_is_stale, manager, "MSG-3", "takes an empty message for the message before it") \
    X(cut_message_is_stale, manager, "MSG-3", "reads a pickle on in what is left of a longer message before it") \
    X(short_task_has_a_tail, manager, "SCHED-4 FRAME-1", "a task of a byte gets the rest of a longer one before it") \
    X(refused_payload_is_kept, manager, "REQ-6 SCHED-7 FRAME-2", \
        "an empty task gets the payload of a frame that another connection was ended for") \
    X(worker_empty_task_is_stale, worker, "WORK-15 FRAME-2", "runs the task before an empty one again") \
    X(worker_cut_task_is_stale, worker, "WORK-16", "reads a pickle on in what is left of a longer one before it") \
    X(worker_keeps_its_error, worker, "PAY-8", "reports the text of its first failure at each later one")

#define THIRD_BUGS(X) \
    X(third_violation_ignored, manager, "REQ-4", "skips the third frame of an unknown type") \
    X(thirtieth_violation_ignored, manager, "REQ-4", "skips the thirtieth frame of an unknown type") \
    X(thirtieth_violation_clears, manager, "REQ-6", "the thirtieth violation empties the queues") \
    X(third_empty_message_taken, manager, "MSG-3", "acknowledges the third empty message") \
    X(thirtieth_garbage_taken, manager, "MSG-3", "acknowledges the thirtieth message that is no pickle") \
    X(third_loss_silent, manager, "FAULT-3", "says nothing of the third task whose connection ended") \
    X(thirtieth_loss_silent, manager, "FAULT-3", "says nothing of the thirtieth task whose connection ended") \
    X(third_reset_clears, manager, "FAULT-2", "the third reset empties the queues") \
    X(thirtieth_reset_clears, manager, "FAULT-2", "the thirtieth reset empties the queues") \
    X(third_surplus_counts, manager, "DONE-4", "the third t without a task lowers the count") \
    X(thirtieth_surplus_counts, manager, "DONE-4", "the thirtieth t without a task lowers the count") \
    X(third_refused_priority_queues, manager, "SCHED-5", "queues the third task that has no queue") \
    X(thirtieth_refused_priority_queues, manager, "SCHED-5", "queues the thirtieth task that has no queue") \
    X(third_next_with_payload, manager, "REQ-5", "answers the third n with a payload") \
    X(third_done_with_payload, manager, "REQ-5", "answers the third t with a payload") \
    X(third_partial_counts, manager, "FRAME-5", "queues the third task whose payload ended early") \
    X(thirtieth_partial_counts, manager, "FRAME-5", "queues the thirtieth task whose payload ended early") \
    X(third_empty_task_lost, manager, "SCHED-7", "loses the third empty task") \
    X(thirtieth_empty_task_lost, manager, "SCHED-7", "loses the thirtieth empty task") \
    X(third_bad_priority_ok, manager, "POOL-3", "the program's third schedule without a queue is ok") \
    X(third_end_comes_early, manager, "MSGS-3", "messages() ends early when it has ended twice") \
    X(third_failure_silent, worker, "WORK-10", "does not report its third failure") \
    X(thirtieth_failure_silent, worker, "WORK-10", "does not report its thirtieth failure") \
    X(thirtieth_failure_leaves, worker, "WORK-11 WORK-10", "leaves after its thirtieth failure") \
    X(third_empty_task_settled, worker, "WORK-15 FRAME-2", "settles the third empty task silently") \
    X(third_unknown_value_settled, worker, "WORK-15", "settles the third value that is no task silently") \
    X(third_wrong_ack_taken, worker, "WORK-14", "accepts the third wrong acknowledgement") \
    X(third_bad_priority_wraps, worker, "WORK-20", "schedules with priority 0 when a third one is above 127") \
    X(third_chain_goes_on, worker, "WORK-13", "the third Chain that fails goes on") \
    X(thirtieth_none_is_followed_at_once, worker, "WORK-21", "asks again at once from the thirtieth None on") \
    X(thirtieth_message_not_awaited, worker, "WORK-8 WORK-2", "does not wait for its thirtieth acknowledgement") \
    X(thirtieth_schedule_skipped, worker, "WORK-9", "does not schedule its thirtieth task") \
    X(thirtieth_task_runs_twice, worker, "WORK-6", "runs its thirtieth task twice") \
    X(leaves_after_fifty_polls, worker, "WORK-3", "leaves after fifty None") \
    X(leaves_after_hundred_polls, worker, "WORK-3", "leaves after a hundred None") \
    X(leaves_after_fifty_tasks, worker, "WORK-6 WORK-7", "leaves after fifty tasks")

#define PARTIAL_BUGS(X) \
    X(partial_whole_message_taken, manager, "FRAME-5", "keeps a message that ended early and is a whole pickle") \
    X(partial_whole_task_taken, manager, "FRAME-5", "queues a task that ended early and is a whole pickle") \
    X(partial_header_is_next, manager, "FRAME-5 FAULT-3", "takes an n whose header ended early for one") \
    X(partial_header_is_done, manager, "FRAME-5 FAULT-3", "takes a t whose header ended early for one") \
    X(wire_none_refused, manager, "SCHED-11", "refuses the bytes of None for a task of a connection") \
    X(wire_none_dropped, manager, "SCHED-11", "drops the bytes of None as a task of a connection") \
    X(wire_none_not_counted, manager, "SCHED-11 SCHED-1 MSGS-3", "does not count a task of the bytes of None") \
    X(wire_close_request_refused, manager, "SCHED-11", "refuses the bytes of CloseRequest for a task of a connection") \
    X(wire_close_request_dropped, manager, "SCHED-11", "drops the bytes of CloseRequest as a task of a connection") \
    X(wire_close_request_closes, manager, "SCHED-11", "a task of the bytes of CloseRequest closes the manager")

#define AGAIN_BUGS(X) STALE_BUGS(X) THIRD_BUGS(X) PARTIAL_BUGS(X)

#endif
