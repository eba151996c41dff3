/* play_verdict.h: how a play ends: who is blamed, for which requirement, and what was expected and received. */
#ifndef CHECK_PLAY_VERDICT_H
#define CHECK_PLAY_VERDICT_H

#include "play/play_say.h"

/* Ends the play as an error of the harness when error is one (MEMORY, SYSTEM). */
void check_player_keep(check_player *player, undr_error error);
/* The same for a function that gives the reason for ARGUMENT and SYSTEM in *why. */
void check_player_keep_for(check_player *player, undr_error error, undr_buffer *why);

/* Appends what the present step expects, with the values that its names have in this play. */
void check_player_put_expected(check_player *player, undr_buffer *to);
/* After what was received: why it does not match, if that says more than what was expected and received. */
void check_player_say_why(check_player *player, undr_buffer *why, undr_buffer *clause);

/* Ends the play: the target failed the requirement. Expected is the step in the notation; `received` a clause. The
 * second form names what was expected. check_player_crash: it is a failure, whatever the level. */
void check_player_fail(check_player *player, const char *received, ...) __attribute__((format(printf, 2, 3)));
void check_player_fail_as(check_player *player, const char *expected, const char *received, ...)
    __attribute__((format(printf, 3, 4)));
void check_player_crash(check_player *player, const char *expected, const char *received, ...)
    __attribute__((format(printf, 3, 4)));
/* Before one of these: the failure is that something did not come, however long the play waited. */
void check_player_in_vain(check_player *player);
/* Ends the play: something that the case needs was missing before its first step. */
void check_player_block(check_player *player, const char *reason, ...) __attribute__((format(printf, 2, 3)));
/* Ends the play without a verdict, because it would prove nothing. */
void check_player_undecided(check_player *player, const char *reason, ...) __attribute__((format(printf, 2, 3)));
/* Ends the play: an error of the case, or of the harness. */
void check_player_break(check_player *player, const char *reason, ...) __attribute__((format(printf, 2, 3)));
/* The play goes on; its verdict is at least a warning, attributed to the current step. */
void check_player_warn(check_player *player, const char *expected, const char *received);

#endif
