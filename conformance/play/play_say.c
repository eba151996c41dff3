/* play_say.c: the words of a play, and the lines of its transcript. */
#include "play/play_say.h"

#include <stdio.h>
#include <stdlib.h>

void check_player_say_list(check_player *player, undr_buffer *to, const char *format, va_list list) {
    char *text = NULL;
    if (vasprintf(&text, format, list) < 0) {
        player->blame.no_memory = true;
        return;
    }
    if (undr_put_text(to, text) != UNDR_OK) {
        player->blame.no_memory = true;
    }
    free(text);
}

void check_player_say(check_player *player, undr_buffer *to, const char *format, ...) {
    va_list list;
    va_start(list, format);
    check_player_say_list(player, to, format, list);
    va_end(list);
}

const char *check_player_text(check_player *player, undr_buffer *text) {
    if (undr_put_u8(text, '\0') != UNDR_OK) {
        player->blame.no_memory = true;
        return "";
    }
    text->size--;
    return (const char *)text->data;
}

void check_player_note(check_player *player, const char *format, ...) {
    undr_buffer *notes = &player->blame.result->notes;
    va_list list;
    va_start(list, format);
    check_player_say(player, notes, "%s", notes->size == 0 ? "" : "\n");
    check_player_say_list(player, notes, format, list);
    va_end(list);
}

/* ---- the transcript ---- */

static void add_line(check_player *player, const char *start, const char *format, va_list list)
    __attribute__((format(printf, 3, 0)));

static void add_line(check_player *player, const char *start, const char *format, va_list list) {
    undr_buffer text = {0}, line = {0};
    check_player_say_list(player, &text, format, list);
    for (size_t i = 0; i <= text.size; i++) { /* text of a target may have several lines */
        bool ends = i == text.size || text.data[i] == '\n';
        if (line.size == 0) {
            check_player_say(player, &line, "%s", start);
        }
        undr_error error = ends ? check_transcript_add(&player->blame.transcript, undr_buffer_slice(&line))
                                : undr_put_u8(&line, text.data[i]);
        player->blame.no_memory = player->blame.no_memory || error != UNDR_OK;
        line.size = ends ? 0 : line.size;
    }
    undr_buffer_free(&line);
    undr_buffer_free(&text);
}

void check_player_line(check_player *player, const char *format, ...) {
    va_list list;
    va_start(list, format);
    add_line(player, "  ", format, list);
    va_end(list);
}

void check_player_remark(check_player *player, const char *format, ...) {
    va_list list;
    va_start(list, format);
    add_line(player, "# ", format, list);
    va_end(list);
}

const char *check_player_label(const check_player *player, check_connection *connection) {
    return check_connection_label(connection, player->at.one->role != CHECK_ROLE_WORKER);
}

void check_player_frame_line(check_player *player, check_connection *connection, const char *arrow, uint8_t type,
    undr_slice payload, bool wire) {
    undr_buffer line = {0};
    check_player_say(player, &line, "  %s %s ", check_player_label(player, connection), arrow);
    if (check_show_frame(&line, type, payload, wire, &player->names) != UNDR_OK
        || check_transcript_add(&player->blame.transcript, undr_buffer_slice(&line)) != UNDR_OK) {
        player->blame.no_memory = true;
    }
    undr_buffer_free(&line);
}
