/* undr.pml: one manager, a few workers, and a program that schedules tasks and closes by any of the three policies.
 *
 * What is modelled: the count of tasks left, the queue, the inbox, the one answer to each request, tasks that schedule
 * tasks and send messages, workers that die at any moment, and their replacement. What is not: bytes, priorities,
 * payloads, time. scripts/model runs it exhaustively, without a bug (nothing may be found) and with each BUG_...
 * (something must be found: a property that cannot fail proves nothing).
 *
 * Requirements: SCHED-6, DONE-1, CLOSE-1 to CLOSE-4, CLOSE-JOIN-1 to -5, CLOSE-CANCEL-1 to -3, CLOSE-KILL-1, FAULT-3, FAULT-4. */

#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef TASKS
#define TASKS 3     /* all that ever exist */
#endif
#ifndef SCHEDULED
#define SCHEDULED 2 /* by the program; the others are scheduled by tasks */
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef RESTARTS
#define RESTARTS 1
#endif
#ifndef MESSAGES
#define MESSAGES 1  /* sent by tasks */
#endif

mtype = { next, done, message, schedule, gone };    /* worker to manager; gone: the end of the stream */
mtype = { none, task, close_request, acknowledged }; /* manager to worker */
mtype = { join, cancel, kill };
mtype = { unborn, queued, out, settled, lost, dropped }; /* what a task is */

chan request[WORKERS] = [2] of { mtype }; /* one in flight, then perhaps the end of the stream */
chan answer[WORKERS] = [1] of { mtype, byte };

mtype state[TASKS];
byte holder[TASKS];
chan queue = [TASKS] of { byte };
byte tasks_left;          /* the count of tasks left */
byte inbox;
byte born;
byte messages_sent;
byte deaths, restarts;
byte alive;         /* worker processes */
bool closing, closed, killed[WORKERS];
mtype policy;

byte i_; /* only inside atomic and d_step */

inline put_task() {
    state[born] = queued;
    queue!born;
#ifdef BUG_SPAWNED_NOT_COUNTED
    if
    :: born < SCHEDULED -> tasks_left++
    :: else
    fi;
#else
    tasks_left++;
#endif
    born++
}

/* What is lost is reported in the inbox, and is left no longer (FAULT-3). */
inline report_lost(t) {
    state[t] = lost;
#ifndef BUG_LOST_STAYS_COUNTED
    tasks_left--;
#endif
#ifdef BUG_LOST_SILENTLY
    state[t] = unborn;
#else
    inbox++
#endif
}

inline answer_next(w) {
    if
#ifdef BUG_CANCEL_HANDS_OUT
    :: closing && (policy != cancel || len(queue) == 0) ->
#else
    :: closing ->
#endif
#ifdef BUG_NEVER_CLOSES
        answer[w]!none(0)
#else
        answer[w]!close_request(0)
#endif
    :: else ->
        if
        :: queue?[i_] ->
#ifdef BUG_HANDED_OUT_TWICE
            if
            :: state[i_] == queued && len(queue) == 1 -> queue?<i_>
            :: else -> queue?i_
            fi;
#else
            queue?i_;
#endif
            assert(state[i_] == queued);            /* SCHED-6: handed out once */
            assert(!(closing && policy == cancel)); /* CLOSE-CANCEL-2 */
            state[i_] = out;
            holder[i_] = w;
#ifdef BUG_COUNTS_AT_HANDOUT
            tasks_left--;
#endif
            answer[w]!task(i_)
        :: else -> answer[w]!none(0)
        fi
    fi
}

inline settle(w) {
    i_ = 0;
    do
    :: i_ < TASKS && state[i_] == out && holder[i_] == w ->
        state[i_] = settled;
#ifndef BUG_COUNTS_AT_HANDOUT
        tasks_left--;
#endif
        break
    :: i_ < TASKS && !(state[i_] == out && holder[i_] == w) -> i_++
    :: i_ == TASKS -> assert(false) /* these workers settle only what they have */
    od
}

inline lose_tasks_of(w) {
    i_ = 0;
    do
    :: i_ < TASKS ->
        if
        :: state[i_] == out && holder[i_] == w -> report_lost(i_)
        :: else
        fi;
        i_++
    :: else -> break
    od
}

/* Nobody is left to run them: reported (FAULT-4). */
inline lose_queue() {
    do
    :: queue?[i_] -> queue?i_; report_lost(i_)
    :: else -> break
    od
}

proctype Worker(byte w) {
    {
        skip;
asks:   request[w]!next;
waits:  if
        :: answer[w]?none(_) -> goto asks
        :: answer[w]?close_request(_) -> goto leaves
        :: answer[w]?task(_)
        fi;
        do /* what the task does */
        :: atomic { born >= SCHEDULED && born < TASKS -> request[w]!schedule }; answer[w]?acknowledged(_)
        :: atomic { messages_sent < MESSAGES -> messages_sent++; request[w]!message }; answer[w]?acknowledged(_)
        :: break
        od;
        request[w]!done;
        goto waits
    } unless {
        killed[w]
    };
leaves:
    request[w]!gone
}

inline end_of(w) {
    lose_tasks_of(w);
    do
    :: answer[w]?_, _
    :: empty(answer[w]) -> break
    od;
    killed[w] = false;
    alive--;
    if
    :: !closing && restarts < RESTARTS -> restarts++; alive++; run Worker(w)
#ifndef BUG_QUEUE_WAITS_FOR_EVER
    :: !closing && restarts == RESTARTS && alive == 0 -> lose_queue()
#endif
    :: else
    fi
}

inline serve(w) {
    if
    :: request[w]?next -> answer_next(w)
    :: request[w]?done -> settle(w); answer_next(w)
    :: request[w]?message -> inbox++; answer[w]!acknowledged(0)
    :: request[w]?schedule ->
        if
        :: born < TASKS -> put_task()
        :: else /* another worker's task took the last place: nothing is scheduled */
        fi;
        answer[w]!acknowledged(0)
    :: request[w]?gone -> end_of(w)
    fi
}

/* The manager's end of one connection. A process of its own, since no connection may starve another (FAULT-1): with
 * one loop that picks as it likes, a polling worker could keep the manager from ever hearing of a settled task. */
proctype Connection(byte w) {
end: do
    :: atomic { nempty(request[w]) -> serve(w); i_ = 0 }
    od
}

/* Kills a worker now and then. */
active proctype Fate() {
    byte w;
end: do
    :: atomic { deaths < DEATHS && !closed -> deaths++; select(w : 0 .. WORKERS - 1); killed[w] = true; w = 0 }
    :: atomic { closed -> break }
    od
}

inline all_at_rest() { /* nothing queued, nothing out */
    i_ = 0;
    do
    :: i_ < TASKS -> assert(state[i_] != queued && state[i_] != out); i_++
    :: else -> break
    od
}

inline none_out() {
    i_ = 0;
    do
    :: i_ < TASKS -> assert(state[i_] != out); i_++
    :: else -> break
    od
}

/* Every task that was born is settled, or reported, or was dropped by CANCEL or KILL. */
inline all_accounted() {
    i_ = 0;
    do
    :: i_ < born -> assert(state[i_] == settled || state[i_] == lost || (policy != join && state[i_] == queued)); i_++
    :: else -> break
    od
}

init {
    byte w;
    atomic {
        i_ = 0;
        do
        :: i_ < TASKS -> state[i_] = unborn; i_++
        :: else -> break
        od;
        do
        :: w < WORKERS -> alive++; run Connection(w); run Worker(w); w++
        :: else -> break
        od
    };
    do /* schedule, and read messages() now and then */
    :: atomic { born < SCHEDULED -> put_task();
        if
#ifndef BUG_QUEUE_WAITS_FOR_EVER
        :: alive == 0 -> lose_queue()
#endif
        :: else
        fi }
    :: atomic { inbox > 0 -> inbox-- }
    :: born >= SCHEDULED -> break
    od;
    if
    :: policy = join
    :: policy = cancel
    :: policy = kill
    fi;
    if
    :: policy == join ->
        do
        :: atomic { inbox > 0 -> inbox-- }
#ifdef BUG_JOIN_AT_ONCE
        :: atomic { inbox == 0 ->
#else
        :: atomic { inbox == 0 && tasks_left == 0 ->
#endif
            all_at_rest(); /* CLOSE-JOIN-1, CLOSE-JOIN-2 */
            closing = true;
            break }
        od
    :: policy == cancel -> closing = true
    :: policy == kill ->
        atomic {
            closing = true;
            w = 0;
            do
            :: w < WORKERS -> killed[w] = true; w++
            :: else -> break
            od
        }
    fi;
#ifndef BUG_LEAVES_WORKERS
    alive == 0;
#endif
    atomic {
        assert(alive == 0); /* CLOSE-4 */
        none_out();
        all_accounted();
        closed = true
    }
}

/* Whatever the policy and whoever dies, the close returns. */
ltl returns { <> closed }
