/* bugs_closing.h: bugs of pools: workers of their own beside foreign connections, closes in every situation, deaths. */
#ifndef BROKEN_BUGS_CLOSING_H
#define BROKEN_BUGS_CLOSING_H

#define CLOSING_BUGS(X) \
    X(join_forgets_foreign, pool, "CLOSE-JOIN-2 CLOSE-JOIN-1", "JOIN does not wait for tasks of foreign connections") \
    X(join_gives_foreign_none, pool, "CLOSE-JOIN-3", "hands foreign connections no task during a JOIN") \
    X(join_dismisses_foreign, pool, "CLOSE-JOIN-3", "answers foreign connections CloseRequest during a JOIN") \
    X(join_drops_foreign_tasks, pool, "CLOSE-JOIN-1", "drops what foreign connections schedule during a JOIN") \
    X(join_refuses_foreign_messages, pool, "CLOSE-1", "ends foreign connections that send a message during a JOIN") \
    X(join_forgets_the_last_worker, pool, "CLOSE-4", "JOIN does not wait for the last worker, which it stops") \
    X(join_drops_the_urgent, pool, "CLOSE-JOIN-1", "JOIN drops the tasks of priority 0") \
    X(cancel_hands_foreign_tasks, pool, "CLOSE-CANCEL-1", "hands queued tasks to foreign connections after a CANCEL") \
    X(cancel_runs_urgent, pool, "CLOSE-CANCEL-2", "CANCEL runs the tasks of priority 0 first") \
    X(cancel_runs_one_more, pool, "CLOSE-CANCEL-2", "the first t after a CANCEL gets another task") \
    X(cancel_runs_what_is_scheduled, pool, "CLOSE-CANCEL-2", "runs what a running task schedules after a CANCEL") \
    X(cancel_waits_for_foreign, pool, "CLOSE-CANCEL-5", "CANCEL of a pool waits for tasks of foreign connections") \
    X(cancel_refuses_own_messages, pool, "CLOSE-1 CLOSE-CANCEL-2", \
        "ends a worker that sends a message after a CANCEL") \
    X(cancel_refuses_foreign_messages, pool, "CLOSE-1", "ends foreign connections that send a message after a CANCEL") \
    X(cancel_after_a_loss_hangs, pool, "CLOSE-CANCEL-3", "CANCEL waits for a task whose foreign connection ended") \
    X(cancel_spares_the_idle, pool, "CLOSE-4", "CANCEL of an idle pool leaves its last worker, which it stops") \
    X(cancel_kills_the_second, pool, "CLOSE-CANCEL-2", "CANCEL kills all workers when the first has ended") \
    X(kill_waits_for_foreign, pool, "CLOSE-KILL-2", "KILL waits for the tasks of foreign connections") \
    X(kill_waits_for_the_queue, pool, "CLOSE-KILL-2", "KILL waits until the queues are empty") \
    X(kill_needs_reader, pool, "CLOSE-KILL-2", "KILL waits until the inbox has been read") \
    X(kill_after_a_death_spares, pool, "CLOSE-KILL-1 CLOSE-4", "KILL spares all workers when one has died") \
    X(death_loses_messages, pool, "FAULT-2 MSG-1", "drops unread messages when a worker dies") \
    X(death_loses_what_it_scheduled, pool, "FAULT-2 SCHED-10", \
        "drops the tasks that a worker which dies has scheduled") \
    X(death_settles_all, pool, "FAULT-2 MSGS-3 MSGS-2", "a worker that dies sets the count to 0") \
    X(second_death_not_replaced, pool, "FAULT-4", "replaces one worker that died, and no more") \
    X(idle_death_not_replaced, pool, "FAULT-4", "replaces no worker that died while none has a task") \
    X(death_during_join_not_replaced, pool, "CLOSE-JOIN-5 FAULT-4", "replaces no worker that dies during a JOIN") \
    X(death_during_cancel_hangs, pool, "CLOSE-CANCEL-3 CLOSE-4", \
        "CANCEL waits for ever for a worker that dies meanwhile") \
    X(foreign_loss_replaces, pool, "POOL-4 CLOSE-4", \
        "starts a worker more when a foreign connection ends with a task out") \
    X(foreign_not_served, pool, "SCHED-10", "hands foreign connections no task as long as its workers run one") \
    X(foreign_tasks_not_counted, pool, "SCHED-1 MSGS-3", "does not count what foreign connections schedule") \
    X(log_of_the_busy_only, pool, "POOL-2", "writes a log for the first worker only, and makes the others empty") \
    X(three_workers_at_most, pool, "POOL-1", "starts three workers, if it is told four or more") \
    X(workers_take_turns, pool, "POOL-1", "hands out no task while two of its workers run one")

#endif
