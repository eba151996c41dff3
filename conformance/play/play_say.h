/* play_say.h: the words of a play: text that remembers when memory ran out, and the lines of the transcript. */
#ifndef CHECK_PLAY_SAY_H
#define CHECK_PLAY_SAY_H

#include "play/player.h"

#include <stdarg.h>

/* Appends text; a failure shows in no_memory. */
void check_player_say(check_player *player, undr_buffer *to, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void check_player_say_list(check_player *player, undr_buffer *to, const char *format, va_list list)
    __attribute__((format(printf, 3, 0)));
/* The text as a C string, until it is changed or freed. "" when there is no memory for its end, which shows as
 * above. */
const char *check_player_text(check_player *player, undr_buffer *text);
/* Appends a line to the result's notes, beside the verdict. */
void check_player_note(check_player *player, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One line of the transcript. */
void check_player_line(check_player *player, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A comment in it. */
void check_player_remark(check_player *player, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What such a line calls a connection. */
const char *check_player_label(const check_player *player, check_connection *connection);
void check_player_frame_line(
    check_player *player, check_connection *connection, const char *arrow, uint8_t type, undr_slice payload, bool wire);

#endif
