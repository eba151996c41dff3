/* play_kind.c: of what kind a failure is. */
#include "play/play_kind.h"

#include "notation/print.h"
#include "notation/step_form.h"
#include "play/play_small.h"

#include "undr/task.h"

#include <string.h>

void check_player_came(check_player *player, const char *what) {
    player->blame.came = (check_came){.what = what};
}

void check_player_came_frame(check_player *player, const undr_frame *frame) {
    const char *value = frame->payload.size == 0 ? "" : check_is_none(frame->payload) ? " None" : " value";
    player->blame.came = (check_came){.what = value, .is_frame = true, .type = frame->type};
}

/* " None", " CloseRequest", " value", or nothing for an empty payload. */
static const char *value_of(const check_payload *payload) {
    const check_term *term = payload->term;
    if (payload->form == CHECK_PAYLOAD_EMPTY || term == NULL) {
        return "";
    }
    if (payload->form == CHECK_PAYLOAD_PICKLE && term->kind == CHECK_TERM_OBJECT
        && strcmp(term->text, UNDR_CLASS_CLOSE_REQUEST) == 0) {
        return " CloseRequest";
    }
    bool literal = payload->form == CHECK_PAYLOAD_PICKLE && term->kind == CHECK_TERM_VALUE;
    return literal && term->value->kind == UNDR_NONE ? " None" : " value";
}

static void put_type(check_player *player, undr_buffer *to, uint8_t type) {
    player->blame.no_memory = check_print_type(to, type) != UNDR_OK || player->blame.no_memory;
}

static void put_sight(check_player *player, undr_buffer *to, const check_expectation *one) {
    static const char *const words[] = {[CHECK_SEES_END] = "end",
        [CHECK_SEES_OK] = "ok",
        [CHECK_SEES_ERROR] = "error",
        [CHECK_SEES_MESSAGE] = "message",
        [CHECK_SEES_DONE] = "done",
        [CHECK_SEES_CLOSED] = "closed",
        [CHECK_SEES_EXIT] = "exit"};
    if (one->sight == CHECK_SEES_FRAME) {
        put_type(player, to, one->type);
        check_player_say(player, to, "%s", value_of(&one->payload));
    } else {
        check_player_say(player, to, "%s", words[one->sight]);
    }
}

/* What the present step wants: of several alternatives the first. */
static void put_due(check_player *player, undr_buffer *to, const check_step *step) {
    if (step == NULL) {
        check_player_say(player, to, "nothing more");
    } else if (step->expectation_count > 0) {
        put_sight(player, to, &step->expectations[0]);
    } else {
        const char *word = check_form_of(step->what)->word;
        check_player_say(player, to, "%s", word == NULL ? "frame" : word);
    }
}

/* The words of a format, with "_" for what it would fill in. */
static void put_words(check_player *player, undr_buffer *to, const char *format) {
    while (*format != '\0') {
        size_t words = strcspn(format, "%");
        check_player_say(player, to, "%.*s%s", (int)words, format, format[words] == '\0' ? "" : "_");
        format += words;
        if (*format == '%') {
            format += 1 + strspn(format + 1, "0123456789.-lhzj");
            format += *format == '\0' ? 0 : 1;
        }
    }
}

/* Another message was read than the due one. */
static bool is_other_message(const check_step *step, const check_came *came) {
    return step != NULL && step->expectation_count > 0 && step->expectations[0].sight == CHECK_SEES_MESSAGE
        && !came->is_frame && strcmp(came->what, "message") == 0;
}

/* A whole frame came where one was due. */
static bool is_other_frame(const check_step *step, const check_came *came) {
    return step != NULL && step->expectation_count > 0 && came->is_frame
        && step->expectations[0].sight == CHECK_SEES_FRAME;
}

void check_player_put_kind(check_player *player, const char *format) {
    check_result *result = player->blame.result;
    const check_came *came = &player->blame.came;
    bool noted = strcmp(format, "%s") == 0 && came->what != NULL;
    result->kind.size = 0;
    put_due(player, &result->kind, player->at.step);
    check_player_say(player, &result->kind, " / ");
    if (noted && came->is_frame) {
        put_type(player, &result->kind, came->type);
    }
    put_words(player, &result->kind, noted ? came->what : format);
    bool other = noted && is_other_frame(player->at.step, came);
    bool same_type = other && player->at.step->expectations[0].type == came->type;
    result->other_value = same_type || (noted && is_other_message(player->at.step, came));
    result->other_type = other && !same_type;
}
