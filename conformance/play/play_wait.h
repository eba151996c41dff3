/* play_wait.h: waiting for the target, and what may not happen meanwhile. */
#ifndef CHECK_PLAY_WAIT_H
#define CHECK_PLAY_WAIT_H

#include "play/player.h"

/* Waits for something to move. False: the time is over, or the play is. */
bool check_player_wait(check_player *player, uint64_t until);
/* The same for a time limit of the target: it has more time while it wants to run and the machine does not let it. */
bool check_player_await(check_player *player, uint64_t until);
/* A limit is over, and `more` beyond it: how much more there is when the target still reads what it was sent. */
uint64_t check_player_more_time(
    check_player *player, const check_connection *connection, uint64_t limit, uint64_t more);
/* Takes in what is there, without waiting. */
void check_player_glance(check_player *player);
/* Something went wrong: when the target has ended, that is the news. Ends the play then. */
void check_player_look_again(check_player *player);
/* Fails when the target has ended although nobody asked it to. True: it may go on. */
bool check_player_is_served(check_player *player);

#endif
