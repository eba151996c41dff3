/* play_limit.h: how long a play waits for its target, and why so long.
 *
 * A limit must never be the reason of a verdict: a target that is right passes on a machine that is slow, or busy. It
 * ends what would not end. So each limit is the longest of what was measured and a least time, both far above what any
 * target needs, and the sum of what has a reason of its own:
 *
 *     limit of an answer = factor * (longest of LEAST, TRIPS round trips, FIRSTS first answers, + bytes / RATE)
 *                        + what the target declared (hold, grace)
 *
 * factor is --timeout-factor. As long as bytes flow, FLOW more; while a target reads, or the machine keeps it from
 * running, more again, each up to a bound: with all of them a play still ends before the supervisor's guard does.
 * The only waits for an absence (`quiet`) are as long as a target that is wrong would need, as measured. */
#ifndef CHECK_PLAY_LIMIT_H
#define CHECK_PLAY_LIMIT_H

#include "play/player.h"

enum {
    /* LEAST. The second where worker processes have to start first: an interpreter may take a second, or several. */
    CHECK_LEAST_S = 5,
    CHECK_LEAST_POOL_S = 15,
    CHECK_START_S = 30, /* a target's own start; virtual machines are slow with it */
    /* TRIPS: measured when the machine was quiet. At most 60 s: measured when it was not, they would outlast the
     * guard. */
    CHECK_TRIPS = 2000,
    CHECK_TRIPS_MOST_S = 60,
    /* FIRSTS: each target starts anew, and the machine may have more to do than during the survey. At most START. */
    CHECK_FIRSTS = 20,
    CHECK_HELD_FACTOR = 2, /* of a hold that was measured, not declared */
    /* A target that has not given the first of all answers in time: nobody wants to wait as long for each of its
     * others. */
    CHECK_SILENT_PART = 10,
    /* RATE: bytes a second that every target handles. What it sends of its own accord counts only as far as it answers:
     * as much as was sent, and MORE_ANSWERS. */
    CHECK_RATE = 4000000,
    CHECK_MORE_ANSWERS = 16 * 1024 * 1024,
    /* FLOW: a slow target has time as long as its bytes flow; a trickle is no flow. */
    CHECK_FLOW_RATE = 250000,
    CHECK_FLOW_MOST_S = 60,
    /* Slow is not silent: while it reads what it was sent, as many limits more. */
    CHECK_READING_LIMITS = 6,
    CHECK_SLOW_MOST_S = 20, /* and no longer than that: then nothing is decided */
    /* Kept from running: a fifth of STARVED_LOOK_MS spent waiting for a processor; for at most 30 s. */
    CHECK_STARVED_MOST_S = 30,
    CHECK_STARVED_LOOK_MS = 100,
    CHECK_STARVED_PART = 5,
    /* `quiet`: three times what the target takes to settle, so that what it does wrong is seen. Bounded: a peer that
     * pauses for longer may be taken for one that never goes on (FAULT-6). After a CANCEL a quarter of the grace:
     * whatever runs for longer than that may be killed, which would be the harness's doing. */
    CHECK_QUIET_MS = 5,
    CHECK_QUIET_SETTLES = 3,
    CHECK_QUIET_MOST_S = 2,
    CHECK_GRACE_PART = 4,
    CHECK_PAUSE_MS = 1, /* `pauses`: what comes sooner came at once */
    /* What no event tells (a process that is gone, files) is looked for every 2 ms. */
    CHECK_GONE_LEAST_S = 2,
    CHECK_GONE_SETTLES = 20,
    CHECK_LOOK_EVERY_MS = 2,
    CHECK_GLANCES = 100,      /* a target that never stops printing must not keep the play from going on */
    CHECK_OTHERS_PART = 8,    /* of the limit: how long a connection may ask for nothing once it is to leave */
    CHECK_APART_MS = 50,      /* how long a piece waits for the peer to read the one before it, */
    CHECK_APART_PATIENCE = 4, /* until so many pieces were not read: then a twentieth */
    CHECK_APART_PART = 20
};

/* --timeout-factor times this. */
uint64_t check_player_scale(const check_player *player, uint64_t time);

/* How long an answer may take. held: it may be one that the target holds. */
uint64_t check_player_limit(const check_player *player, bool held);
uint64_t check_player_start_limit(const check_player *player);
/* The bytes that have crossed on all connections, and what a wait that began at `before` lasts longer for those that
 * crossed since: a target that is slow with a large payload is not one that does nothing. */
uint64_t check_player_flow(const check_player *player);
uint64_t check_player_flow_time(const check_player *player, uint64_t before);
uint64_t check_player_quiet(const check_player *player, uint64_t least_of_case);
/* The point in time until which what no event tells has to have happened. */
uint64_t check_player_settled_at(const check_player *player);

#endif
