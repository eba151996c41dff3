/* play_process.h: the target's process in a case: its exit, signals and files, and the processes that it reported. */
#ifndef CHECK_PLAY_PROCESS_H
#define CHECK_PLAY_PROCESS_H

#include "play/play_look.h"

/* P <- exit: waits; look: does not. */
void check_player_receive_exit(check_player *player, const check_step *step);
check_look check_player_look_exit(check_player *player, const check_step *step, undr_buffer *why);

/* P -> signal, P alive, P alone, P loopback, P logs, kill ?pid, gone ?pid. */
void check_player_signal(check_player *player, const check_step *step);
void check_player_alive(check_player *player, const check_step *step);
bool check_player_is_alone(check_player *player); /* now: has the target no process beside its first one? */
void check_player_alone(check_player *player, const check_step *step);
void check_player_loopback(check_player *player, const check_step *step);
void check_player_logs(check_player *player, const check_step *step);
void check_player_kill(check_player *player, const check_step *step);
void check_player_gone(check_player *player, const check_step *step);

#endif
