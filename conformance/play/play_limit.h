/* play_limit.h: how long a play waits for its target, and why.
 *
 * A limit must never be the reason for a verdict: a correct target passes on a slow or busy machine, too. A limit only
 * ends what would never end. So each limit is the longest of several measured times and a minimum, all far above what
 * any target needs, plus the times that have their own reason:
 *
 *     limit of an answer = factor * (longest of LEAST, TRIPS round trips, FIRSTS first answers, + bytes / RATE)
 *                        + what the target declared (hold, grace)
 *
 * factor is --timeout-factor. While bytes flow, FLOW is added; while a target reads, or the machine keeps it from
 * running, more is added. Each addition has a maximum: with all of them, a play still ends before the supervisor's
 * watchdog ends it. Only `quiet` waits for an absence, for as long as a faulty target would need to show itself, as
 * measured. */
#ifndef CHECK_PLAY_LIMIT_H
#define CHECK_PLAY_LIMIT_H

#include "play/player.h"

enum {
    /* LEAST. The second is for targets whose worker processes have to start first: an interpreter may take several
     * seconds. */
    CHECK_LEAST_S = 5,
    CHECK_LEAST_POOL_S = 15,
    CHECK_START_S = 30,      /* a target's own start, which is slow in virtual machines, */
    CHECK_IDLE_S = 10,       /* but they work meanwhile: a target that does nothing for so long hangs */
    CHECK_IDLE_WORK_MS = 20, /* of processor time is no work yet: runtimes have threads that wake up now and then */
    CHECK_IDLE_LOOK_MS = 500,
    /* TRIPS: round trips are measured on a quiet machine. At most 60 s: if it was not quiet, they would outlast the
     * watchdog. */
    CHECK_TRIPS = 2000,
    CHECK_TRIPS_MOST_S = 60,
    /* FIRSTS: each target starts afresh, and the machine may be busier than during the survey. At most START. */
    CHECK_FIRSTS = 20,
    CHECK_HELD_FACTOR = 2, /* of a hold that was measured, not declared */
    /* A target whose very first answer did not come in time: do not wait as long for each of the others. The same for
     * the kind of answer that several cases have waited for in vain. */
    CHECK_SILENT_PART = 10,
    /* RATE: bytes a second that every target handles. What it sends counts only up to what was sent to it, plus
     * MORE_ANSWERS. */
    CHECK_RATE = 4000000,
    CHECK_MORE_ANSWERS = 16 * 1024 * 1024,
    /* FLOW: a slow target has time while its bytes flow; a trickle does not count. */
    CHECK_FLOW_RATE = 250000,
    CHECK_FLOW_MOST_S = 60,
    /* Slow is not silent: while it reads what it was sent, this many more limits. */
    CHECK_READING_LIMITS = 6,
    CHECK_READ_AT_ONCE = 4096, /* bytes; less is read before the limit is over */
    CHECK_SLOW_MOST_S = 20,    /* at most; after that nothing is decided */
    /* Kept from running: a fifth of STARVED_LOOK_MS spent waiting for a processor; for at most 30 s. */
    CHECK_STARVED_MOST_S = 30,
    CHECK_STARVED_LOOK_MS = 100,
    CHECK_STARVED_PART = 5,
    /* `quiet`: three times the target's settling time, so that an error shows. It has a maximum: a peer that pauses for
     * longer may be treated as one that never goes on (FAULT-6). After a CANCEL, a quarter of the grace: a task that
     * runs for longer than the grace may be killed, and that would be the harness's fault. */
    CHECK_QUIET_MS = 5,
    CHECK_QUIET_SETTLES = 3,
    CHECK_QUIET_MOST_S = 2,
    CHECK_GRACE_PART = 4,
    CHECK_PAUSE_MS = 1, /* `pauses`: a frame that arrives sooner came at once */
    /* What no event announces (a process that is gone, files) is checked every 2 ms. */
    CHECK_GONE_LEAST_S = 2,
    CHECK_GONE_SETTLES = 20,
    CHECK_LOOK_EVERY_MS = 2,
    CHECK_GATE_LOOK_MS = 200, /* and so often, whether anybody is left who could come to a gate */
    CHECK_GLANCES = 100,      /* a target that never stops printing must not block the play */
    CHECK_OTHERS_PART = 8,    /* part of the limit: how long a connection that is to leave may ask for nothing */
    CHECK_APART_MS = 50,      /* how long a piece waits for the peer to read the one before it, */
    CHECK_APART_PATIENCE = 4, /* until this many pieces were not read: then a twentieth */
    CHECK_APART_PART = 20
};

/* --timeout-factor times this. */
uint64_t check_player_scale(const check_player *player, uint64_t time);

/* How long an answer may take. held: it may be one that the target holds. */
uint64_t check_player_limit(const check_player *player, bool held);
uint64_t check_player_start_limit(const check_player *player);
uint64_t check_player_idle_limit(const check_player *player);
/* The bytes that have crossed on all connections, and how much longer a wait that began at `before` lasts because of
 * those that crossed since: a target that is slow with a large payload is not idle. */
uint64_t check_player_flow(const check_player *player);
uint64_t check_player_flow_time(const check_player *player, uint64_t before);
uint64_t check_player_quiet(const check_player *player, uint64_t least_of_case);
/* The time by which what no event announces must have happened. */
uint64_t check_player_settled_at(const check_player *player);

#endif
