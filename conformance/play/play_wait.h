/* play_wait.h: waiting for the target, and what must not happen meanwhile. */
#ifndef CHECK_PLAY_WAIT_H
#define CHECK_PLAY_WAIT_H

#include "play/player.h"

/* Waits until something happens. False: the time is over, or the play is. */
bool check_player_wait(check_player *player, uint64_t until);
/* The same for a time limit of the target: it gets more time while the machine does not let it run. */
bool check_player_await(check_player *player, uint64_t until);
/* A target that starts: how long it has only waited for. Begin with {0}. */
typedef struct check_idle {
    uint64_t since, look_at;
    unsigned long long effort; /* check_family_effort, when it was found at work last */
} check_idle;
/* check_player_await for the start of a target: there is no more to wait for when it has done nothing for IDLE. */
bool check_player_await_start(check_player *player, check_idle *idle, uint64_t until);
/* A limit is over, and `more` after it: how much more time there is if the target still reads what it was sent, or
 * has only just read all of it. */
uint64_t check_player_more_time(check_player *player, check_connection *connection, uint64_t limit, uint64_t more);
/* The same while a frame is awaited: when its last byte came just as the limit ended, there is time to look at it. */
uint64_t check_player_more_time_for_frame(
    check_player *player, check_connection *connection, uint64_t limit, uint64_t more);
/* Reads what has arrived, without waiting. */
void check_player_glance(check_player *player);
/* Something went wrong: if the target has ended, that is the failure, and ends the play. */
void check_player_look_again(check_player *player);
/* Fails when the target has ended unasked. True: the play may go on. */
bool check_player_is_served(check_player *player);

#endif
