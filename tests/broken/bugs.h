/* bugs.h: the bugs that can be switched on by name, each with the requirement that it breaks, and the variants that
 * are right though unusual.
 *
 * This peer (manager, worker and pool in one program) shares no line with ref/: it is what the suite is tested with.
 * `undr-broken --bug NAME VERB ...`; without a bug, or with a variant, every case passes. */
#ifndef BROKEN_BUGS_H
#define BROKEN_BUGS_H

#include "bugs_again.h"
#include "bugs_closing.h"
#include "bugs_numbers.h"
#include "bugs_time.h"
#include "bugs_values.h"

#include <stdbool.h>
#include <stdint.h>

/* X(name, role, requirements that may be blamed, what is wrong) */
#define MANAGER_BUGS(X) \
    X(big_endian_answers, manager, "FRAME-1", "writes lengths big-endian") \
    X(big_endian_requests, manager, "FRAME-1", "reads lengths big-endian") \
    X(length_counts_header, manager, "FRAME-1", "adds the header's 9 bytes to the length it writes") \
    X(length_one_short, manager, "FRAME-1", "announces one byte less than it writes") \
    X(header_in_one_read, manager, "FRAME-3", "takes one read for a whole header") \
    X(payload_in_one_read, manager, "FRAME-3", "takes one read for a whole payload") \
    X(drops_coalesced, manager, "FRAME-4 FRAME-3", "throws away what arrives behind a frame") \
    X(drops_short_rests, manager, "FRAME-4 FRAME-3", "throws away one to eight bytes that arrive behind a frame") \
    X(partial_takes_effect, manager, "FRAME-5", "queues a task whose payload ended early") \
    X(refuses_64k, manager, "FRAME-6", "refuses payloads above 65,535 bytes") \
    X(refuses_1m, manager, "FRAME-6", "refuses payloads above 1 MiB") \
    X(refuses_32m, manager, "FRAME-6", "refuses payloads above 32 MiB") \
    X(length_signed, manager, "FRAME-7", "takes a length of 2^63 and more for 0") \
    X(length_32_bits, manager, "FRAME-7", "ignores the upper half of a length") \
    X(absurd_length_waits, manager, "FRAME-7 FRAME-10", "waits for 2^62 bytes") \
    X(empty_blocks, manager, "FRAME-2", "waits for a byte when the length is 0") \
    X(unknown_type_ignored, manager, "REQ-4", "skips frames of an unknown type") \
    X(unknown_type_answered, manager, "REQ-4", "answers frames of an unknown type with an empty t") \
    X(unknown_type_crashes, manager, "REQ-4", "dies of a frame of an unknown type") \
    X(zero_type_is_next, manager, "REQ-4", "takes type 0 for n") \
    X(upper_case_types, manager, "REQ-4", "takes N, T and M for n, t and m") \
    X(type_7f_schedules, manager, "REQ-4", "takes 0x7f for a priority") \
    X(s_schedules, manager, "REQ-4", "takes s for 0x80") \
    X(priority_0_refused, manager, "SCHED-1 SCHED-8", "takes 0x80 for an unknown type") \
    X(next_payload_ignored, manager, "REQ-5", "answers n with a payload") \
    X(done_payload_ignored, manager, "REQ-5", "answers t with a payload") \
    X(done_payload_settles, manager, "FAULT-3 REQ-5", "t with a payload settles the oldest task before it is refused") \
    X(done_payload_counts, manager, "REQ-5", "t with a payload is counted before it is refused") \
    X(violation_clears_queues, manager, "REQ-6", "a violation empties the queues") \
    X(violation_ends_all, manager, "REQ-6", "a violation ends every connection") \
    X(no_message_ack, manager, "REQ-1 MSG-1", "never acknowledges m") \
    X(no_schedule_ack, manager, "REQ-1 SCHED-1", "never acknowledges a scheduled task") \
    X(double_message_ack, manager, "REQ-1 REQ-2 MSG-1", "acknowledges m twice") \
    X(double_schedule_ack, manager, "REQ-1 REQ-2 SCHED-1", "acknowledges a scheduled task twice") \
    X(message_ack_is_s, manager, "MSG-1", "acknowledges m with s") \
    X(schedule_ack_is_m, manager, "SCHED-1", "acknowledges a scheduled task with m") \
    X(schedule_ack_echoes, manager, "SCHED-1", "acknowledges a scheduled task with its own type") \
    X(message_ack_payload, manager, "MSG-1", "puts a payload into the acknowledgement of m") \
    X(schedule_ack_payload, manager, "SCHED-1", "puts a payload into the acknowledgement of a task") \
    X(early_message_ack, manager, "MSG-1", "acknowledges m before it is in the inbox") \
    X(early_schedule_ack, manager, "SCHED-1 SCHED-10", "acknowledges a task before it is queued") \
    X(answer_type_n, manager, "NEXT-1", "answers n with type n") \
    X(double_answer, manager, "REQ-1 REQ-2", "answers n twice when there is no task") \
    X(none_is_empty, manager, "NEXT-2 PAY-1", "answers an empty payload for None") \
    X(none_is_false, manager, "NEXT-2 PAY-1", "answers False for None") \
    X(none_is_zero, manager, "NEXT-2 PAY-1", "answers 0 for None") \
    X(greets, manager, "REQ-2 NEXT-1", "sends a frame when a connection opens") \
    X(none_after_ack, manager, "REQ-2 REQ-1", "sends None behind each acknowledgement of a task") \
    X(lifo, manager, "SCHED-3", "hands out the newest task of a queue first") \
    X(lifo_above_16, manager, "SCHED-3", "hands out the newest first once 16 tasks are queued") \
    X(inverted_priority, manager, "SCHED-2", "scans the queues from the last to the first") \
    X(one_queue, manager, "SCHED-2", "ignores the priority") \
    X(two_queues, manager, "SCHED-2", "puts all priorities above 1 into one queue") \
    X(large_task_last, manager, "SCHED-2", "puts a task above 64 KiB into the last queue") \
    X(priority_modulo_64, manager, "SCHED-2", "uses six bits of the priority") \
    X(fair_queues, manager, "SCHED-2", "takes turns between the queues") \
    X(swaps_neighbours, manager, "SCHED-3", "swaps every seventh task with the next") \
    X(starves_the_rest, manager, "SCHED-10", "hands out no less urgent task while a more urgent one is out") \
    X(levels_off_by_one, manager, "SCHED-5", "accepts priority P of P levels") \
    X(last_level_refused, manager, "SCHED-1 SCHED-8 SCHED-9", "refuses the last priority") \
    X(priority_clamped, manager, "SCHED-5", "puts a priority that it has no queue for into the last queue") \
    X(refused_priority_queues, manager, "SCHED-5", "queues a task whose priority it then refuses") \
    X(loses_some, manager, "SCHED-6", "loses every 64th task") \
    X(loses_when_long, manager, "SCHED-6", "loses tasks while more than 1,000 are queued") \
    X(loses_when_very_long, manager, "SCHED-6", "loses tasks while more than 20,000 are queued") \
    X(loses_when_busy, manager, "SCHED-6", "loses every fourth task while eight or more are out") \
    X(doubles_when_busy, manager, "SCHED-6", "hands out a task twice when 24 are out") \
    X(loses_late, manager, "SCHED-6", "loses every task behind the 50,000th") \
    X(truncates_when_busy, manager, "SCHED-4", "cuts the last byte of a task while two are out") \
    X(doubles_some, manager, "SCHED-6", "hands out every 50th task twice") \
    X(removes_at_done, manager, "SCHED-6 NEXT-3", "hands a task out until it is settled") \
    X(truncates_4096, manager, "SCHED-4", "cuts tasks at 4,096 bytes") \
    X(truncates_64k, manager, "SCHED-4 FRAME-6", "cuts tasks at 65,536 bytes") \
    X(truncates_1m, manager, "SCHED-4 FRAME-6", "cuts tasks at 1 MiB") \
    X(truncates_32m, manager, "SCHED-4 FRAME-6", "cuts tasks at 32 MiB") \
    X(cuts_at_nul, manager, "SCHED-4 SCHED-11", "cuts tasks at their first NUL byte") \
    X(strips_newlines, manager, "SCHED-4 SCHED-11", "cuts the newline at the end of a task") \
    X(tasks_must_be_pickles, manager, "SCHED-11", "refuses tasks that are no pickles") \
    X(empty_task_refused, manager, "SCHED-7", "refuses a task with an empty payload") \
    X(empty_task_is_none, manager, "SCHED-7", "hands out None for an empty task") \
    X(one_task_out, manager, "NEXT-3", "answers None to n while a task is out") \
    X(own_tasks_only, manager, "SCHED-10", "hands a task only to the connection that scheduled it") \
    X(none_is_for_ever, manager, "SCHED-10", "answers None for ever once it has answered None to a connection") \
    X(done_gets_none, manager, "DONE-2", "answers None to t") \
    X(holds_undeclared, manager, "NEXT-5", "holds the answer to n for ever, undeclared") \
    X(holds_after_close, manager, "NEXT-6 CLOSE-2 CLOSE-CANCEL-1 CLOSE-JOIN-3", \
        "leaves n without an answer once it is closing") \
    X(done_not_counted_large, manager, "DONE-1", "t does not settle a task above 64 KiB") \
    X(done_not_counted, manager, "DONE-1", "t does not settle") \
    X(done_counts_twice, manager, "DONE-1", "t settles two tasks") \
    X(next_counts, manager, "DONE-1", "n settles a task") \
    X(counts_at_handout, manager, "DONE-1 CLOSE-JOIN-2", "a task counts as settled once it is handed out") \
    X(count_wraps, manager, "MSGS-3 CLOSE-JOIN-1 CLOSE-JOIN-2", "counts tasks in eight bits") \
    X(surplus_done_counts, manager, "DONE-4", "t without a task settles another connection's") \
    X(heir_settles, manager, "DONE-4", "t without a task settles, on the connection behind one that lost its task") \
    X(spawned_not_counted, manager, "SCHED-1 CLOSE-JOIN-1", "tasks scheduled by a connection are not counted") \
    X(own_not_counted, manager, "CLOSE-JOIN-1 MSGS-3", "tasks scheduled by the program are not counted") \
    X(inbox_large_late, manager, "MSG-2 MSGS-1", "puts messages above 64 KiB behind the next one") \
    X(early_large_ack, manager, "MSG-1", "acknowledges messages above 64 KiB before they are in the inbox") \
    X(inbox_lifo, manager, "MSGS-1 MSG-2", "gives the newest message first") \
    X(inbox_loses_some, manager, "MSGS-1 MSG-1", "loses every tenth message") \
    X(inbox_bounded, manager, "MSGS-1 MSG-1", "keeps 100 unread messages and drops the rest") \
    X(inbox_lifo_above_16, manager, "MSGS-1 MSG-2", "gives the newest message first once 16 are unread") \
    X(inbox_doubles, manager, "MSGS-1 MSG-1", "gives every fifth message twice") \
    X(inbox_loses_large, manager, "MSG-1 MSGS-1 FRAME-6", "loses messages above 64 KiB") \
    X(empty_message_accepted, manager, "MSG-3", "acknowledges an empty m") \
    X(garbage_message_large_accepted, manager, "MSG-3", "acknowledges an m above 64 KiB that is no pickle") \
    X(garbage_message_accepted, manager, "MSG-3", "acknowledges an m that is no pickle") \
    X(garbage_message_ends_unread, manager, "MSG-3", "clears the inbox when an m is no pickle") \
    X(truncated_message_accepted, manager, "MSG-3", "acknowledges a pickle without its STOP") \
    X(missing_memo_is_none, manager, "MSG-3", "takes a memo entry of a message that is not there for None") \
    X(missing_mark_ignored, manager, "MSG-3", "takes nothing from the stack of a pickle where a MARK is missing") \
    X(short_stack_is_none, manager, "MSG-3", "takes what is missing on the stack of a pickle for None") \
    X(short_arguments_accepted, manager, "MSG-3", \
        "acknowledges a pickle that ends one to three bytes too early in an argument") \
    X(messages_end_early, manager, "MSGS-3", "messages() ends when the inbox is empty") \
    X(messages_never_end, manager, "MSGS-2", "messages() waits for ever") \
    X(messages_time_out, manager, "MSGS-3", "messages() ends when nothing comes for a second") \
    X(messages_time_out_late, manager, "MSGS-3", "messages() ends when nothing comes for 1.5 seconds") \
    X(messages_skip_inbox, manager, "MSGS-1 MSGS-2", "messages() ends when no task is left, unread messages or not") \
    X(messages_look_late, manager, "MSGS-1 MSGS-2", "messages() ends with its wait when no task is left") \
    X(own_message_first, manager, "MSGS-5 MSGS-1", "puts the program's own messages first") \
    X(own_message_lost, manager, "MSGS-5", "drops the program's own messages") \
    X(join_at_once, manager, "CLOSE-JOIN-1 CLOSE-JOIN-2", "JOIN does not wait for the tasks") \
    X(join_leaves_queue, manager, "CLOSE-JOIN-1", "JOIN waits only for the tasks that are out") \
    X(join_needs_reader, manager, "CLOSE-JOIN-4", "JOIN waits until somebody has read the inbox") \
    X(join_refuses_spawned, manager, "CLOSE-1 CLOSE-JOIN-1", "refuses tasks during JOIN") \
    X(join_refuses_messages, manager, "CLOSE-1 CLOSE-JOIN-4", "refuses messages during JOIN") \
    X(join_closes_early, manager, "CLOSE-JOIN-3 CLOSE-JOIN-1", "answers CloseRequest during JOIN while tasks are out") \
    X(join_cuts_off, manager, "CLOSE-2 CLOSE-JOIN-3", "JOIN ends the open connections unanswered") \
    X(join_listens, manager, "CLOSE-3", "serves new connections after a JOIN") \
    X(cancel_listens, manager, "CLOSE-3", "serves new connections after a CANCEL") \
    X(kill_listens, manager, "CLOSE-3", "serves new connections after a KILL") \
    X(stops_listening_late, manager, "CLOSE-3", "close returns 100 ms before the listener is gone") \
    X(join_never_closes, manager, "CLOSE-2 CLOSE-JOIN-3", "answers None after JOIN") \
    X(join_two_seconds, manager, "CLOSE-JOIN-2 CLOSE-JOIN-1", "JOIN waits for two seconds, then kills its workers") \
    X(join_three_seconds, manager, "CLOSE-JOIN-2 CLOSE-JOIN-1", \
        "JOIN waits for three seconds, then kills its workers") \
    X(join_dismisses_newcomers, manager, "CLOSE-JOIN-3 CLOSE-JOIN-5", \
        "a connection that comes during JOIN is answered CloseRequest") \
    X(join_never_returns, manager, "CLOSE-JOIN-2", "JOIN does not return") \
    X(cancel_runs_queue, manager, "CLOSE-CANCEL-1 CLOSE-CANCEL-2", "CANCEL runs all tasks first") \
    X(cancel_hands_out, manager, "CLOSE-CANCEL-1 CLOSE-CANCEL-2", "hands out queued tasks after CANCEL") \
    X(cancel_answers_none, manager, "CLOSE-CANCEL-1 CLOSE-2", "answers None after CANCEL") \
    X(cancel_late, manager, "CLOSE-CANCEL-1", "the first request after CANCEL is answered None") \
    X(cancel_refuses_spawned, manager, "CLOSE-1", "refuses tasks after CANCEL") \
    X(cancel_waits_for_all, manager, "CLOSE-CANCEL-5", "CANCEL waits for the tasks of all connections") \
    X(ends_with_a_task_out, manager, "CLOSE-7", "ends a connection that was given CloseRequest, a task out or not") \
    X(cancel_needs_reader, manager, "CLOSE-CANCEL-3", "CANCEL waits until the inbox has been read") \
    X(cancel_refuses_messages, manager, "CLOSE-1", "refuses messages after CANCEL") \
    X(kill_answers_late, manager, "CLOSE-KILL-2", "KILL waits for the tasks") \
    X(close_request_misnamed, manager, "PAY-2 CLOSE-2 CLOSE-CANCEL-1 CLOSE-JOIN-3", "CloseRequest of another module") \
    X(close_request_is_class, manager, "PAY-2 CLOSE-2 CLOSE-CANCEL-1 CLOSE-JOIN-3", \
        "sends the class itself for CloseRequest") \
    X(close_ends_connections, manager, "CLOSE-2 CLOSE-CANCEL-1", "ends open connections instead of CloseRequest") \
    X(listens_after_close, manager, "CLOSE-3", "serves new connections after a close") \
    X(second_close_hangs, manager, "CLOSE-5", "a second close never returns") \
    X(join_after_cancel_hangs, manager, "CLOSE-5", "a JOIN after a CANCEL waits for the tasks that were dropped") \
    X(join_after_cancel_waits, manager, "CLOSE-5", "a JOIN after a CANCEL waits for the tasks that are out") \
    X(schedules_after_close, manager, "CLOSE-6", "schedule after a close is ok") \
    X(schedules_anything, manager, "SCHED-13", "schedule takes None and CloseRequest for tasks") \
    X(bad_priority_ok, manager, "POOL-3", "schedule with a priority that has no queue is ok") \
    X(priority_from_the_end, manager, "POOL-3", \
        "schedule with priority -1 is one with the last priority, as an index is") \
    X(priority_32_bits, manager, "POOL-3", "schedule keeps 32 bits of a priority") \
    X(half_close_ends, manager, "REQ-3", "drops its answers when the client half-closes") \
    X(one_connection, manager, "FAULT-1", "serves one connection after the other") \
    X(lock_while_reading, manager, "FAULT-1", "holds its lock while a payload arrives") \
    X(silent_second_ends, manager, "FAULT-5 FAULT-6", "ends a connection that is silent for 0.7 s") \
    X(silent_five_seconds_ends, manager, "FAULT-5", "ends a connection that is silent for five seconds") \
    X(pause_of_three_seconds_ends, manager, "FAULT-6", "ends a connection that pauses in a frame for three seconds") \
    X(slow_reader_ends, manager, "FAULT-6", "ends a connection that does not read for a moment") \
    X(reset_crashes, manager, "FAULT-2", "dies when a connection is reset") \
    X(leaks_connections, manager, "FAULT-2", "serves 400 connections in its life") \
    X(reset_loses_queue, manager, "FAULT-2", "empties the queues when a connection is reset") \
    X(lost_task_silent, manager, "FAULT-3", "says nothing of a task whose connection ended") \
    X(lost_for_ever, manager, "FAULT-3", "hands a lost task out again without an end") \
    X(lost_once, manager, "FAULT-3", "gives up the first lost task, and keeps waiting for all others") \
    X(lost_newest_twice, manager, "FAULT-3", "hands lost tasks out again, of several the newest for each") \
    X(lost_task_counts, manager, "CLOSE-JOIN-5 FAULT-3", "a task whose connection ended is never settled") \
    X(listens_everywhere, manager, "SEC-2", "listens on every address") \
    X(executes_messages, manager, "SEC-1", "does what a message's pickle says") \
    X(max_hundred_connections, manager, "FAULT-1 SCHED-6 SCHED-10", "refuses the 101st connection") \
    X(hold_too_long, manager, "NEXT-5", "declares hold 500 and holds for ever") \
    X(hold_keeps_reset, manager, "FAULT-2 NEXT-6 SCHED-6 FAULT-3", "loses a task to a held connection that was reset") \
    X(hold_not_released, manager, "NEXT-6 NEXT-2", "hold 500; a task that comes releases nobody") \
    X(hold_close_not_released, manager, "NEXT-6 CLOSE-CANCEL-1 CLOSE-JOIN-3", \
        "hold 500; a close releases no held answer") \
    X(hold_releases_one, manager, "NEXT-6 NEXT-2 SCHED-10", "hold 500; of two tasks that come one is handed out") \
    X(hold_lasts_for_wire, manager, "NEXT-6", "hold 20000; a task from a connection waits for the end of the hold") \
    X(hold_lasts_for_own, manager, "NEXT-6", "hold 20000; a task of the program waits for the end of the hold") \
    X(hold_lasts_for_urgent, manager, "NEXT-6", "hold 20000; a task of priority 0 waits for the end of the hold") \
    X(hold_lasts_at_close, manager, "NEXT-6 CLOSE-CANCEL-1", "hold 20000; a close waits for the end of the hold") \
    X(hold_signals_one, manager, "NEXT-6", "hold 20000; of the tasks that come at once the first ends a hold") \
    X(hold_blocks_all, manager, "FAULT-1 NEXT-6", "declares hold 2000 and keeps its lock while it holds") \
    X(reads_no_protocol_5, manager, "PAY-11", "declares no pickles and refuses messages of protocol 5") \
    X(pickle_4_only, manager, "PAY-5", "declares pickle 0-5 and refuses messages of every protocol but 4") \
    X(refuses_frozenset, manager, "PAY-6", "refuses messages with FROZENSET") \
    X(refuses_newobj_ex, manager, "PAY-6", "refuses messages with NEWOBJ_EX") \
    X(refuses_binbytes8, manager, "PAY-6", "refuses messages with BINBYTES8") \
    X(refuses_binunicode8, manager, "PAY-6", "refuses messages with BINUNICODE8") \
    X(refuses_pop, manager, "PAY-6", "refuses messages with POP") \
    X(refuses_pop_mark, manager, "PAY-6", "refuses messages with POP_MARK") \
    X(refuses_long_binget, manager, "PAY-6", "refuses messages with LONG_BINGET") \
    X(refuses_bytearray8, manager, "PAY-5", "refuses messages with BYTEARRAY8") \
    X(refuses_long4, manager, "PAY-5", "refuses messages with LONG4") \
    X(refuses_obj, manager, "PAY-5", "refuses messages with OBJ") \
    X(refuses_inst, manager, "PAY-5", "refuses messages with INST") \
    X(refuses_global, manager, "PAY-5", "refuses messages with GLOBAL") \
    X(refuses_dup, manager, "PAY-5", "refuses messages with DUP") \
    X(refuses_put, manager, "PAY-5", "refuses messages with PUT") \
    X(refuses_get, manager, "PAY-5", "refuses messages with GET") \
    X(refuses_string, manager, "PAY-5", "refuses messages with STRING") \
    X(refuses_short_binstring, manager, "PAY-5", "refuses messages with SHORT_BINSTRING") \
    X(refuses_binstring, manager, "PAY-5", "refuses messages with BINSTRING") \
    X(refuses_long_binput, manager, "PAY-5", "refuses messages with LONG_BINPUT") \
    X(refuses_long, manager, "PAY-5", "refuses messages with LONG") \
    X(refuses_list, manager, "PAY-5", "refuses messages with LIST") \
    X(refuses_dict, manager, "PAY-5", "refuses messages with DICT") \
    X(stays_at_the_end, manager, "ADAPTER-1", "runs on at the end of its input") \
    X(idle_join_hangs, manager, "CLOSE-JOIN-2 CLOSE-JOIN-3", "JOIN without a single task ever does not return") \
    X(idle_cancel_hangs, manager, "CLOSE-CANCEL-3 CLOSE-CANCEL-1", \
        "CANCEL without a single task ever does not return") \
    X(idle_kill_hangs, manager, "CLOSE-KILL-2", "KILL without a single task ever does not return") \
    X(cuts_long_lines, manager, "ADAPTER-3", "reads lines of 64 KiB from its program") \
    X(leaves_with_status_1, manager, "", "exit status 1 at the end of input")

#define POOL_BUGS(X) \
    X(one_worker, pool, "POOL-1", "starts one worker, whatever it is told") \
    X(no_logs, pool, "POOL-2", "writes no log files") \
    X(log_directory_not_made, pool, "POOL-2", "wants a log directory that exists") \
    X(one_log, pool, "POOL-2", "writes one log file for all workers") \
    X(cancel_kills, pool, "CLOSE-CANCEL-2", "CANCEL kills running tasks") \
    X(cancel_leaves_workers, pool, "CLOSE-4 CLOSE-CANCEL-2", "CANCEL returns while workers run") \
    X(join_leaves_workers, pool, "CLOSE-4", "JOIN neither dismisses its workers nor waits for them") \
    X(join_kills, pool, "CLOSE-JOIN-1", "JOIN kills the workers at once") \
    X(kill_leaves_workers, pool, "CLOSE-4 CLOSE-KILL-1", "KILL leaves its workers alone") \
    X(kill_is_cancel, pool, "CLOSE-KILL-1 CLOSE-KILL-2", "KILL waits for the running tasks") \
    X(kill_spares_one, pool, "CLOSE-4 CLOSE-KILL-1", "KILL forgets the last worker") \
    X(leaks_a_process, pool, "CLOSE-4", "leaves a copy of a worker behind") \
    X(grace_ignored, pool, "CLOSE-CANCEL-4", "declares grace 1000 and waits for ever") \
    X(errors_end_the_pool, pool, "POOL-1 FAULT-3 WORK-11", "a failed task ends the manager") \
    X(no_replacement, pool, "FAULT-4", "tasks queued when the last worker died wait for ever") \
    X(ten_replacements, pool, "FAULT-4", "replaces ten workers that died, and no more") \
    X(death_ends_the_pool, pool, "POOL-1 FAULT-2 FAULT-3 FAULT-4 CLOSE-JOIN-5", "a worker that dies ends the manager") \
    X(death_hangs_close, pool, "CLOSE-CANCEL-3 CLOSE-KILL-2 CLOSE-JOIN-5 CLOSE-4", \
        "no close returns once a worker died") \
    X(extra_worker, pool, "POOL-4", "starts one worker more than it is told") \
    X(first_logs_empty, pool, "POOL-2", "makes log files and writes nothing") \
    X(kill_forgets_replacements, pool, "CLOSE-KILL-1 CLOSE-4", "KILL spares workers that replaced one that died") \
    X(cancel_forgets_replacements, pool, "CLOSE-4", "CANCEL does not wait for workers that replaced one that died") \
    X(kill_forgets_idle, pool, "CLOSE-4 CLOSE-KILL-1", "KILL spares the workers that have no task") \
    X(outlives_its_input, pool, "ADAPTER-1 CLOSE-4", "leaves its workers running at the end of its input")

#define WORKER_BUGS(X) \
    X(starts_with_done, worker, "WORK-1", "sends t first") \
    X(starts_with_message, worker, "WORK-1", "sends a message first") \
    X(asks_twice, worker, "WORK-2", "has two n in flight") \
    X(asks_once, worker, "WORK-3", "does not ask again after None") \
    X(polls_with_done, worker, "WORK-3", "polls with t") \
    X(busy_after_failure, worker, "WORK-21", "once a task has failed, asks again at once after None") \
    X(busy_poll, worker, "WORK-21", "asks again at once after None") \
    X(leaves_after_ten_polls, worker, "WORK-3", "leaves after ten None") \
    X(says_goodbye, worker, "WORK-4", "sends t after CloseRequest") \
    X(stays_connected, worker, "WORK-4 WORK-5", "neither closes nor leaves after CloseRequest") \
    X(close_status, worker, "WORK-5", "exit status 3 after CloseRequest") \
    X(close_by_bytes, worker, "PAY-4 PAY-2", "knows CloseRequest only by CPython's exact bytes") \
    X(close_by_newobj, worker, "PAY-4", "knows CloseRequest only by NEWOBJ") \
    X(next_after_task, worker, "WORK-6 WORK-7", "asks n after a task and sends no t") \
    X(done_and_next, worker, "WORK-2 WORK-7 WORK-6", "sends t and n after a task") \
    X(double_done, worker, "WORK-2 WORK-6", "settles a task twice") \
    X(early_done, worker, "WORK-6 WORK-2", "settles before it runs") \
    X(drops_next_task, worker, "WORK-7", "forgets the task in the answer to t") \
    X(runs_twice, worker, "WORK-6", "runs every task twice") \
    X(skips_tenth, worker, "WORK-6", "does not run every tenth task") \
    X(message_not_awaited, worker, "WORK-8 WORK-2", "does not wait for the acknowledgement of m") \
    X(schedule_not_awaited, worker, "WORK-9 WORK-2", "does not wait for the acknowledgement of a task") \
    X(message_unpickled, worker, "WORK-8", "sends the text of a message, unpickled") \
    X(message_twice, worker, "WORK-8", "sends each message twice") \
    X(message_large_dropped, worker, "WORK-8", "drops messages above 64 KiB") \
    X(message_keys_are_text, worker, "WORK-8 PAY-3", "sends an integer key of a dict as a str") \
    X(message_large_cut, worker, "WORK-8", "cuts messages at 64 KiB") \
    X(task_schedules_anything, worker, "SCHED-13", "a task may schedule None and CloseRequest") \
    X(default_priority_0, worker, "WORK-9", "default priority 0") \
    X(priority_off_by_one, worker, "WORK-9", "schedules one priority below") \
    X(priority_one_bit, worker, "WORK-9", "uses one bit of the priority") \
    X(schedule_ignored, worker, "WORK-9", "schedules nothing") \
    X(nested_state_lost, worker, "WORK-9", "schedules tasks without their state") \
    X(priority_128_wraps, worker, "WORK-20", "schedules priority 128 as 0") \
    X(priority_128_skipped, worker, "WORK-20", "skips a schedule with priority 128") \
    X(errors_swallowed, worker, "WORK-10", "reports no failed task") \
    X(error_without_text, worker, "PAY-8", "reports a failure without its text") \
    X(error_cut, worker, "PAY-8", "cuts the text of a failure at 1,000 bytes") \
    X(error_is_text, worker, "PAY-7 WORK-10", "reports a failure as a str") \
    X(error_wrong_class, worker, "PAY-7 WORK-10", "reports a failure as undr.task.Exception") \
    X(error_twice, worker, "WORK-10", "reports a failure twice") \
    X(error_not_awaited, worker, "WORK-10 WORK-2", "settles before the report is acknowledged") \
    X(error_after_done, worker, "WORK-10", "settles first and reports then") \
    X(error_not_settled, worker, "WORK-10 WORK-11", "asks n after a failed task") \
    X(error_ends_worker, worker, "WORK-11 WORK-10", "leaves after a failed task") \
    X(error_without_text_swallowed, worker, "WORK-10", "reports no failure that has an empty text") \
    X(error_goes_on, worker, "WORK-10", "goes on with the steps behind the one that failed") \
    X(chain_reversed, worker, "WORK-12", "runs a Chain backwards") \
    X(chain_first_only, worker, "WORK-12", "runs only the first task of a Chain") \
    X(chain_drops_last, worker, "WORK-12", "skips the last task of a Chain") \
    X(chain_settles_each, worker, "WORK-12", "settles each task of a Chain") \
    X(chain_goes_on, worker, "WORK-13", "a Chain goes on after a failure") \
    X(chain_error_silent, worker, "WORK-13 WORK-10", "a Chain that fails reports nothing") \
    X(chain_third_level, worker, "WORK-13", "a failure two levels down does not stop the outermost Chain") \
    X(chain_unknown, worker, "WORK-12", "does not know Chain") \
    X(chain_list_only, worker, "WORK-12", "a Chain of a tuple is empty") \
    X(wrong_ack_accepted, worker, "WORK-14", "accepts an acknowledgement of any type") \
    X(ack_payload_accepted, worker, "WORK-14", "accepts an acknowledgement with a payload") \
    X(wrong_ack_leaves, worker, "WORK-14", "leaves after a wrong acknowledgement") \
    X(unknown_task_settled, worker, "WORK-15", "settles a task of an unknown class silently") \
    X(unknown_task_leaves, worker, "WORK-15", "leaves after a task of an unknown class") \
    X(empty_task_settled, worker, "WORK-15 FRAME-2", "settles an empty task silently") \
    X(empty_task_leaves, worker, "WORK-15 FRAME-2", "leaves after an empty task") \
    X(plain_value_settled, worker, "WORK-15", "settles a plain value silently") \
    X(answer_type_ignored, worker, "WORK-16", "takes an answer of any type for a task") \
    X(answer_garbage_polls, worker, "WORK-16", "takes an answer that is no pickle for None") \
    X(answer_garbage_settles, worker, "WORK-16", "settles an answer that is no pickle") \
    X(violation_status_0, worker, "WORK-23", "exit status 0 when the manager broke the protocol") \
    X(end_ignored, worker, "WORK-17", "stays when the manager ends the connection") \
    X(end_reconnects, worker, "WORK-17", "connects again when the manager ends the connection") \
    X(end_status_1, worker, "WORK-18", "exit status 1 when the manager leaves") \
    X(exit_status_lost, worker, "WORK-19", "exit status 0 for a task that exits with another") \
    X(exit_status_signed, worker, "WORK-19", "exit status 255 for a task that exits with 128 and more") \
    X(exit_ignored, worker, "WORK-19", "a task that exits leaves the process waiting") \
    X(settles_elsewhere, worker, "WORK-6", "settles on a connection of its own") \
    X(late_answer_leaves, worker, "WORK-3 NEXT-4 WORK-25", "leaves when an answer takes a moment") \
    X(times_out, worker, "WORK-25 FAULT-6", "leaves when the manager is silent for 0.7 s") \
    X(times_out_late, worker, "WORK-25", "leaves when the manager is silent for five seconds") \
    X(slow_manager_leaves, worker, "FAULT-6", "leaves when the manager does not read for a moment") \
    X(task_time_limit, worker, "WORK-6", "a task fails when it waits for two seconds") \
    X(leaves_when_idle, worker, "WORK-3 POOL-1", "leaves at the first None behind a task") \
    X(worker_length_31_bits, worker, "FRAME-1 FRAME-7", "reads 31 bits of a length") \
    X(worker_big_endian, worker, "FRAME-1", "writes lengths big-endian") \
    X(worker_reads_big_endian, worker, "FRAME-1", "reads lengths big-endian") \
    X(worker_length_off, worker, "FRAME-1", "announces one byte more than it writes") \
    X(worker_header_one_read, worker, "FRAME-3", "takes one read for a whole header") \
    X(worker_payload_one_read, worker, "FRAME-3 PAY-3 WORK-8", "takes one read for a whole payload") \
    X(worker_refuses_64k, worker, "FRAME-6 FRAME-1 WORK-8", "leaves when a task is above 64 KiB") \
    X(worker_absurd_length, worker, "FRAME-7 FRAME-10", "waits for 2^62 bytes") \
    X(done_has_payload, worker, "REQ-5 WORK-6", "puts a payload into t") \
    X(next_has_payload, worker, "REQ-5 WORK-1 WORK-3", "puts a payload into n") \
    X(frame_opcode_misread, worker, "PAY-3", "fails on pickles with several frames") \
    X(long_ints_cut, worker, "PAY-3 WORK-8", "keeps 32 bits of an int") \
    X(text_is_latin_1, worker, "PAY-3 WORK-8", "reads text as latin-1") \
    X(floats_cut, worker, "PAY-3 WORK-8", "keeps the whole part of a float") \
    X(bools_are_ints, worker, "PAY-3 WORK-8", "True becomes 1") \
    X(tuples_are_lists, worker, "PAY-3 WORK-8", "tuples become lists") \
    X(worker_reads_no_protocol_5, worker, "PAY-11", "declares no pickles and takes protocol 5 for none") \
    X(worker_pickle_4_only, worker, "PAY-5", "declares pickle 0-5 and reads protocol 4 only") \
    X(short_lengths_signed, worker, "PAY-3 WORK-8", "takes a length of one byte, 128 and more, for a negative one") \
    X(surrogates_replaced, worker, "PAY-3 WORK-8", "reads a lone surrogate as a question mark") \
    X(bytearrays_unknown, worker, "PAY-5", "declares pickle 0-5 and does not know BYTEARRAY8") \
    X(memo_broken, worker, "PAY-3 WORK-8", "a value fetched from the memo is None") \
    X(dicts_lose_last, worker, "PAY-3 WORK-8", "loses the last of three and more pairs of a dict") \
    X(sets_lose_last, worker, "PAY-3 WORK-8", "loses the last of five and more elements of a set") \
    X(tuples_cut, worker, "PAY-3 WORK-8", "keeps four items of a tuple") \
    X(lists_cut, worker, "PAY-3 WORK-8", "keeps 2,000 items of a list") \
    X(nan_is_none, worker, "PAY-3 WORK-8", "NaN becomes None") \
    X(longer_ints_cut, worker, "PAY-3 WORK-8", "keeps 200 bytes of an int") \
    X(bytes_cut_64k, worker, "PAY-3 WORK-8", "keeps 64 KiB of bytes") \
    X(deep_values_lost, worker, "PAY-3 WORK-8", "sends None for what is more than sixteen deep") \
    X(pop_mark_too_far, worker, "PAY-3 WORK-8", "POP_MARK drops a value below the mark") \
    X(digits_cut, worker, "PAY-5", "declares pickle 0-5 and keeps 64 bits of an int that is written in digits") \
    X(protocol_2_dicts, worker, "PAY-5", "declares pickle 0-5 and loses a pair of a dict below protocol 4") \
    X(protocol_5_tuples, worker, "PAY-5", "declares pickle 0-5 and keeps four items of a tuple in protocol 5") \
    X(task_stop_of_nothing, worker, "WORK-16", "takes STOP on an empty stack for None") \
    X(task_memo_is_none, worker, "WORK-16", "takes None for what the memo has not") \
    X(task_mark_ignored, worker, "WORK-16", "skips an opcode that finds no mark") \
    X(task_stack_ignored, worker, "WORK-16", "skips an opcode that finds too little on the stack") \
    X(task_short_argument, worker, "WORK-16", "takes an argument that is cut short for the end of the pickle") \
    X(ack_close_request_leaves, worker, "WORK-14", "leaves when CloseRequest comes for an acknowledgement") \
    X(ack_empty_task_accepted, worker, "WORK-14", "accepts an empty t as an acknowledgement") \
    X(ack_garbage_leaves, worker, "WORK-14", "leaves when t with no pickle comes for an acknowledgement") \
    X(ack_task_leaves, worker, "WORK-14", "leaves when a task comes for the acknowledgement of a task") \
    X(ack_length_fails, worker, "FRAME-7", "a refused length fails the task that waits for an acknowledgement") \
    X(chain_close_request_leaves, worker, "WORK-13 WORK-15", "leaves when a Chain has a CloseRequest") \
    X(chain_sixteen_deep, worker, "WORK-12", "fails a Chain more than sixteen deep") \
    X(chain_fifty_deep, worker, "WORK-12", "fails a Chain more than fifty deep") \
    X(next_times_out_late, worker, "WORK-25", "leaves when the answer to n takes five seconds") \
    X(message_times_out_late, worker, "WORK-25", "leaves when the acknowledgement of m takes five seconds") \
    X(schedule_times_out_late, worker, "WORK-25", "leaves when the acknowledgement of a task takes five seconds")

/* Unusual, but right: they use every freedom of the specification. Everything passes. */
#define VARIANTS(X) \
    X(holds, manager, "", "declares hold 500 and holds answers") \
    X(declares_hold_only, manager, "", "declares hold 500 and answers at once") \
    X(holds_shortly, manager, "", "declares hold 500 and holds answers for 100 ms") \
    X(join_closes_at_once, manager, "", "the t of the last task during JOIN is answered CloseRequest") \
    X(join_refuses_connections, manager, "", "stops listening when JOIN begins") \
    X(cancel_refuses_connections, manager, "", "stops listening when CANCEL begins") \
    X(kill_ends_connections, manager, "", "KILL ends all connections") \
    X(lost_is_repeated, manager, "", "hands a lost task out again, up to three times, then reports it") \
    X(settles_newest, manager, "", "t settles the newest task of its connection") \
    X(closed_drops, manager, "", "acknowledges tasks after CANCEL and drops them") \
    X(two_levels_only, manager, "", "declares nothing but what must be") \
    X(limit_64_mib, manager, "", "declares and refuses payloads above 64 MiB") \
    X(none_is_protocol_0, manager, "", "None and CloseRequest in protocol 0") \
    X(lazy_workers, pool, "", "starts its workers with the first task") \
    X(quick_poll, worker, "", "polls every millisecond") \
    X(slower_poll, worker, "", "polls every 300 ms") \
    X(three_at_work, worker, "", "opens three connections, asks and works on all of them") \
    X(plain_report, worker, "", "a WorkerException holds the text alone") \
    X(unknown_class_leaves, worker, "", "leaves when it does not know a task's class") \
    X(ends_by_reset, worker, "", "leaves by a reset when the manager broke the protocol") \
    X(one_byte_answers, manager, "", "writes byte by byte") \
    X(refuses_at_header, manager, "", "refuses as soon as the header says so, by a reset") \
    X(refuses_by_reset, manager, "", "refuses by a reset") \
    X(none_is_protocol_2, manager, "", "None and CloseRequest in protocol 2") \
    X(none_is_protocol_5, manager, "", "None and CloseRequest in protocol 5, as Python 3.14 writes them") \
    X(close_request_reduce, manager, "", "CloseRequest through REDUCE, with a state") \
    X(ends_after_close_request, manager, "", "ends a connection that was given CloseRequest") \
    X(refuses_unknown_classes, manager, "", "refuses messages of unknown classes and trailing bytes") \
    X(surplus_done_ends, manager, "", "ends a connection that settles what it has not") \
    X(slow_answers, manager, "", "takes 3 ms for each answer") \
    X(many_levels, manager, "", "declares and serves 128 priorities") \
    X(reads_all_pickles, worker, "", "declares and reads pickle 0-5") \
    X(keeps_grace, pool, "", "declares grace 1000 and keeps it") \
    X(slow_poll, worker, "", "polls every 120 ms") \
    X(ten_connections, worker, "", "opens ten connections, works on one") \
    X(worker_one_byte, worker, "", "writes byte by byte") \
    X(pickles_protocol_2, worker, "", "pickles in protocol 2") \
    X(pickles_protocol_5, worker, "", "pickles in protocol 5 with frames") \
    X(refuses_surrogates, worker, "", "takes text with a lone surrogate for no pickle") \
    X(deaths_are_reported, pool, "", \
        "replaces no worker; once all have died, reports each task that is queued or comes") \
    X(reads_slowly, manager, "", "reads 60,000 bytes a second, steadily") \
    X(writes_slowly, manager, "", "writes 60,000 bytes a second, steadily") \
    X(worker_reads_slowly, worker, "", "reads and writes 60,000 bytes a second, steadily") \
    X(manager_refuses_surrogates, manager, "", "refuses messages whose text has a lone surrogate") \
    X(refuses_deep, manager, "", "refuses messages that nest more than a hundred deep") \
    X(repeats_and_holds, manager, "", "hands lost tasks out again, and declares hold 500 and holds answers") \
    X(end_in_a_frame_is_foul, worker, "", "leaves with status 1 when the stream ends inside a frame") \
    X(exit_is_reported, worker, "", "reports and settles a task that exits")

#define BUGS(X) \
    MANAGER_BUGS(X) POOL_BUGS(X) WORKER_BUGS(X) NUMBER_BUGS(X) VALUE_BUGS(X) AGAIN_BUGS(X) TIME_BUGS(X) CLOSING_BUGS(X)
#define EVERY(X) BUGS(X) VARIANTS(X)

typedef enum bug_id {
    BUG_NONE,
#define BUG_MEMBER(name, role, ids, text) BUG_##name,
    EVERY(BUG_MEMBER)
#undef BUG_MEMBER
} bug_id;

/* Is this bug switched on? */
bool bug(bug_id id);

/* Is it on, and is this the n-th call? */
bool bug_at(bug_id id, unsigned n);

/* Does this peer declare `pickle 0-5`? */
bool declares_pickles(void);

/* Does this peer refuse messages with that opcode? */
bool refuses_opcode(uint8_t opcode);

/* The hold that this peer declares, in milliseconds; 0: none. */
int declared_hold(void);

/* Switches a bug on by its name, "lifo-above-16"; false: no such name. */
bool bug_choose(const char *name);
void bug_choose_none(void); /* as before bug_choose */

/* Prints one line for each: kind, role, name, requirements, text; separated by tabs. */
void bug_list(void);

#endif
