/* bugs_numbers.h: bugs that show with one number and not with its neighbour: priorities, counts, sizes. */
#ifndef BROKEN_BUGS_NUMBERS_H
#define BROKEN_BUGS_NUMBERS_H

/* X(name, role, requirements that may be blamed, what is wrong) */
#define PRIORITY_BUGS(X) \
    X(priority_four_bits, manager, "SCHED-2", "uses four bits of the priority") \
    X(priority_five_bits, manager, "SCHED-2", "uses five bits of the priority") \
    X(priority_halved, manager, "SCHED-2", "two neighbouring priorities share a queue") \
    X(priority_high_bits, manager, "SCHED-2", "sixteen neighbouring priorities share a queue") \
    X(priority_signed, manager, "SCHED-2", "takes priorities from 64 for negative ones") \
    X(priority_by_text, manager, "SCHED-2", "orders the priorities as texts: 10 before 2") \
    X(priority_bits_reversed, manager, "SCHED-2", "orders the priorities by their bits from the lowest") \
    X(priority_127_first, manager, "SCHED-2", "priority 127 is the most urgent") \
    X(priority_99_is_highest, manager, "SCHED-2", "priorities above 99 share a queue") \
    X(priority_126_and_127_swapped, manager, "SCHED-2", "hands out 127 before 126") \
    X(priority_2_and_3_swapped, manager, "SCHED-2", "hands out 3 before 2") \
    X(priority_31_and_32_swapped, manager, "SCHED-2", "hands out 32 before 31") \
    X(priority_126_lost, manager, "SCHED-6 SCHED-10 SCHED-1", "acknowledges and drops tasks of priority 126") \
    X(priority_77_lost, manager, "SCHED-6 SCHED-10 SCHED-1", "acknowledges and drops tasks of priority 77") \
    X(priority_64_refused, manager, "SCHED-1 SCHED-9", "refuses priority 64 of 128") \
    X(scan_ends_at_100, manager, "SCHED-6 SCHED-10", "never looks into the queues from 100 on") \
    X(scan_skips_31, manager, "SCHED-6 SCHED-10", "never looks into queue 31") \
    X(lifo_above_one, manager, "SCHED-3", "hands out the newest first of priorities above 1") \
    X(lifo_in_the_last, manager, "SCHED-3", "hands out the newest first of the last priority") \
    X(lifo_in_eighths, manager, "SCHED-3", "hands out the newest first of priorities that are multiples of eight")

#define COUNT_BUGS(X) \
    X(task_256_lost, manager, "SCHED-6", "loses the 256th task that is scheduled") \
    X(task_257_doubled, manager, "SCHED-6", "hands out the 257th task twice") \
    X(queue_ring_of_256, manager, "SCHED-6", "a queue keeps 256 tasks: the 257th replaces the oldest") \
    X(queue_keeps_4096, manager, "SCHED-6", "drops what comes when 4,096 tasks wait") \
    X(count_of_16_bits, manager, "MSGS-3", "counts tasks in sixteen bits") \
    X(inbox_keeps_256, manager, "MSGS-1 MSG-1", "drops a message when 256 are unread") \
    X(inbox_ring_of_256, manager, "MSGS-1 MSG-1", "the 257th unread message replaces the oldest") \
    X(inbox_keeps_1000, manager, "MSGS-1 MSG-1", "drops a message when 1,000 are unread") \
    X(message_256_unacknowledged, manager, "REQ-1 MSG-1", "does not acknowledge the 256th message") \
    X(connection_256_unserved, manager, "FAULT-1 FAULT-2 SCHED-10", "does not serve its 256th connection") \
    X(connections_255_at_once, manager, "FAULT-1 SCHED-10", "ends what comes when 255 connections are open") \
    X(out_count_of_8_bits, manager, "NEXT-3 DONE-1", "settles nothing of a connection that has 256 tasks out") \
    X(task_65536_lost, manager, "SCHED-6 NEXT-1", "loses the 65,536th task that is scheduled") \
    X(queue_keeps_65535, manager, "SCHED-6", "drops what comes when 65,535 tasks wait") \
    X(message_65536_unacknowledged, manager, "REQ-1 MSG-1", "does not acknowledge the 65,536th message") \
    X(settles_65535, manager, "DONE-1", "settles no task behind the 65,535th") \
    X(out_count_of_16_bits, manager, "NEXT-3 DONE-1", "settles nothing of a connection that has 65,536 tasks out") \
    X(out_limit_64, manager, "NEXT-3", "hands a connection no task when it has 64 out") \
    X(twins_in_one_instant, manager, "SCHED-6", "two connections that ask within 5 ms get the same task")

#define SIZE_BUGS(X) \
    X(task_size_of_16_bits, manager, "FRAME-1 SCHED-4 FRAME-6", \
        "hands out a task of a multiple of 65,536 bytes empty") \
    X(task_page_loses_a_byte, manager, "FRAME-1 SCHED-4", "cuts a byte of tasks of a multiple of 4,096 bytes") \
    X(task_192_kib_lost, manager, "SCHED-1 SCHED-4 FRAME-6 SCHED-6 FRAME-1", "drops tasks of exactly 192 KiB") \
    X(message_128_kib_lost, manager, "MSG-1 FRAME-6 MSGS-1", "drops messages of 131,072 bytes") \
    X(message_64_kib_refused, manager, "MSG-1 FRAME-6", "refuses messages of 65,536 bytes") \
    X(chunk_waits_for_more, manager, "FRAME-1 FRAME-2", \
        "waits for a byte behind a payload of a multiple of 65,536 bytes") \
    X(byte_below_64_mib_refused, manager, "FRAME-6", "refuses payloads of 64 MiB and of a byte less") \
    X(frame_opcode_of_16_bits, manager, "PAY-6", "refuses a pickle whose FRAME is longer than 65,535 bytes") \
    X(worker_task_of_64_kib_empty, worker, "FRAME-1 WORK-8 FRAME-6", \
        "takes a task of a multiple of 65,536 bytes for an empty one") \
    X(worker_chunk_waits, worker, "FRAME-1 FRAME-2 FRAME-6", \
        "waits for a byte behind a payload of a multiple of 65,536 bytes") \
    X(worker_message_64_kib_cut, worker, "WORK-8 FRAME-1", "cuts a byte of messages of 65,536 bytes") \
    X(worker_message_page_lost, worker, "WORK-8", "sends no message of a multiple of 4,096 bytes") \
    X(worker_frame_opcode_of_16_bits, worker, "PAY-3", \
        "takes a pickle whose FRAME is longer than 65,535 bytes for none")

#define WORKER_PRIORITY_BUGS(X) \
    X(worker_priority_8_bits, worker, "WORK-20", "schedules with eight bits of a priority: 257 is 1") \
    X(worker_priority_16_bits, worker, "WORK-20", "schedules with sixteen bits of a priority: 65,536 is 0") \
    X(worker_priority_32_bits, worker, "WORK-20", "schedules with 32 bits of a priority: 2^32 + 1 is 1") \
    X(worker_priority_64_bits, worker, "WORK-20", "schedules with 64 bits of a priority: 2^64 is 0") \
    X(worker_priority_huge_leaves, worker, "WORK-20", "leaves at a priority of more than 64 bits") \
    X(worker_priority_clamped, worker, "WORK-20", "schedules what is above 127 with 127") \
    X(worker_priority_clamped_below, worker, "WORK-20", "schedules what is below 0 with 0") \
    X(worker_priority_absolute, worker, "WORK-20", "schedules -1 with 1") \
    X(worker_priority_from_the_end, worker, "WORK-20", "schedules -1 with 127") \
    X(worker_priority_six_bits, worker, "WORK-9", "schedules with six bits of the priority") \
    X(worker_priority_five_bits, worker, "WORK-9", "schedules with five bits of the priority") \
    X(worker_priority_126_is_127, worker, "WORK-9", "schedules 126 with 127")

#define NUMBER_BUGS(X) PRIORITY_BUGS(X) COUNT_BUGS(X) SIZE_BUGS(X) WORKER_PRIORITY_BUGS(X)

#endif
