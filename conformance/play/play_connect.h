/* play_connect.h: the connections of a case: how they are found, opened and ended. */
#ifndef CHECK_PLAY_CONNECT_H
#define CHECK_PLAY_CONNECT_H

#include "play/player.h"

/* The connection that a step names, made when it is new. NULL: the play is over. */
check_connection *check_player_connection(check_player *player, const check_step *step);
/* Connects it when it is not connected yet. False: the play is over. */
bool check_player_open(check_player *player, check_connection *connection);
/* Connects; a peer that refuses shows in wire.end. False: the play is over. */
bool check_player_connect(check_player *player, check_connection *connection);
/* The target has given up its port, and the kernel has given it to another program, probably another target. */
bool check_player_is_another(check_player *player);

/* A -> open; A -> close, half-close, reset. */
void check_player_reopen(check_player *player, const check_step *step);
void check_player_close(check_player *player, const check_step *step);

#endif
