/* bugs_time.h: bugs that only time shows, of who is woken, and of answers that are held. */
#ifndef BROKEN_BUGS_TIME_H
#define BROKEN_BUGS_TIME_H

#define PATIENCE_BUGS(X) \
    X(silent_three_seconds_ends, manager, "FAULT-5", "ends a connection that is silent for three seconds") \
    X(silent_four_seconds_ends, manager, "FAULT-5", "ends a connection that is silent for four seconds") \
    X(pause_of_3500_ms_ends, manager, "FAULT-6", "ends a connection that pauses in a frame for 3.5 seconds") \
    X(pause_in_a_payload_ends, manager, "FAULT-6", "ends a connection that pauses in a payload for 3.5 seconds") \
    X(pause_in_a_header_ends, manager, "FAULT-6", "ends a connection that pauses in a header for two seconds") \
    X(frame_of_three_seconds_ends, manager, "FAULT-6", \
        "ends a connection whose frame takes three seconds, though it never pauses for one") \
    X(slow_reader_second_ends, manager, "FAULT-6", "ends a connection that does not read for a second") \
    X(messages_end_after_three_seconds, manager, "MSGS-3", "messages() ends when nothing comes for three seconds") \
    X(messages_end_after_four_seconds, manager, "MSGS-3", "messages() ends when nothing comes for 4.4 seconds") \
    X(join_four_seconds, manager, "CLOSE-JOIN-2 CLOSE-JOIN-1", "JOIN waits for 4.4 seconds, then kills its workers") \
    X(times_out_in_three_seconds, worker, "WORK-25", "leaves when the manager is silent for three seconds") \
    X(times_out_in_four_seconds, worker, "WORK-25", "leaves when the manager is silent for 4.4 seconds") \
    X(message_times_out_in_three_seconds, worker, "WORK-25", \
        "leaves when the acknowledgement of m takes three seconds") \
    X(schedule_times_out_in_three_seconds, worker, "WORK-25", \
        "leaves when the acknowledgement of a task takes three seconds") \
    X(pause_in_an_answer_leaves, worker, "FAULT-6", "leaves when an answer pauses in its payload for three seconds") \
    X(pause_in_an_answers_header_leaves, worker, "FAULT-6", \
        "leaves when an answer pauses in its header for three seconds") \
    X(slow_manager_second_leaves, worker, "FAULT-6", "leaves when the manager does not read for a second") \
    X(polls_each_two_seconds_and_a_half, worker, "WORK-21", "pauses for 2.5 seconds after None") \
    X(polls_after_seconds_once_idle, worker, "WORK-21", "pauses for 2.5 seconds from the fifth None on") \
    X(task_limit_of_four_seconds, worker, "WORK-6", "a task fails when it waits for 4.4 seconds") \
    X(sleep_skipped, worker, "ADAPTER-6", "does not sleep when a task does") \
    X(sleep_of_whole_seconds, worker, "ADAPTER-6", "sleeps for whole seconds: 0.9 is 0") \
    X(connects_again_after_a_close, worker, "WORK-26", "connects again when it was given CloseRequest") \
    X(connects_again_after_foul, worker, "WORK-26", "connects again when the manager broke the protocol") \
    X(connects_again_once, worker, "WORK-26 WORK-17", \
        "connects again when the manager ends the connection while a task runs")

#define WOKEN_BUGS(X) \
    X(next_sleeps_through_a_loss, manager, "FAULT-3 MSGS-1 MSGS-2", "the report of a lost task wakes no reader") \
    X(next_sleeps_through_the_end, manager, "MSGS-2", "a reader who waits is not woken when the last task is settled") \
    X(next_sleeps_through_a_message, manager, "MSGS-1 MSG-1", "a message wakes no reader until a task is settled") \
    X(join_sleeps_through_a_loss, manager, "CLOSE-JOIN-5", "JOIN is not woken when a task is lost") \
    X(report_overtakes, manager, "MSGS-1", "the report of a lost task goes before unread messages") \
    X(report_waits_for_a_settling, manager, "FAULT-3 MSGS-1 MSGS-2", \
        "the report of a lost task comes when another task is settled") \
    X(hold_of_900, manager, "NEXT-5", "declares hold 200 and holds for 900 ms") \
    X(hold_of_done_for_ever, manager, "NEXT-5", "declares hold 200 and holds the answer to t for ever") \
    X(hold_drops_what_comes, manager, "REQ-1 NEXT-4", "hold 500; drops what comes while it holds") \
    X(hold_answers_out_of_order, manager, "REQ-1", "hold 500; acknowledges a message before the held answer") \
    X(hold_lasts_at_join, manager, "NEXT-6 CLOSE-JOIN-3", "hold 20000; a JOIN waits for the end of the hold") \
    X(hold_lasts_for_done, manager, "NEXT-6", "hold 20000; a task does not end the hold of a t") \
    X(hold_lasts_for_the_second, manager, "NEXT-6", "hold 20000; a task ends the first hold of a connection only")

#define TIME_BUGS(X) PATIENCE_BUGS(X) WOKEN_BUGS(X)

#endif
