/* play_acquit.c: a target is not blamed for what the harness, or the machine, did not give it. */
#include "play/play_acquit.h"

#include "play/play_verdict.h"
#include "target/inherited.h"
#include "target/surroundings.h"

#include <string.h>

/* The verdict becomes an error of the harness; the transcript keeps what was expected and seen. */
static void acquit_target(check_player *player, const char *why) {
    check_result *result = player->blame.result;
    undr_buffer seen = result->received;
    result->received = (undr_buffer){0};
    result->verdict = CHECK_ERROR;
    check_player_say(player, &result->received, "%s; nobody is blamed for: %s", why, check_player_text(player, &seen));
    undr_buffer_free(&seen);
}

static void acquit_for(check_player *player, undr_error error, undr_buffer *why) {
    if (error == UNDR_SYSTEM && undr_put_u8(why, 0) == UNDR_OK) {
        acquit_target(player, (const char *)why->data);
    } else if (error != UNDR_OK) {
        player->blame.no_memory = true;
    }
}

/* A limit of processor time or file size ends a target with its own signal. */
static bool was_ended_by_limit(check_player *player) {
    const check_target *target = &player->scene.target;
    const char *limit = target->state == CHECK_TARGET_SIGNALLED ? check_inherited_limit_of(target->status) : NULL;
    if (limit == NULL) {
        return false;
    }
    undr_buffer why = {0};
    undr_error error = undr_put_format(&why,
        "the target was ended by signal %d (%s), at the limit of %s, which it inherits from the harness: raise that "
        "limit",
        target->status, strsignal(target->status), limit);
    acquit_for(player, error == UNDR_OK ? UNDR_SYSTEM : error, &why);
    undr_buffer_free(&why);
    return true;
}

void check_player_acquit(check_player *player) {
    check_verdict verdict = player->blame.result->verdict;
    if ((verdict != CHECK_FAIL && verdict != CHECK_WARN) || was_ended_by_limit(player)) {
        return;
    }
    undr_buffer why = {0};
    undr_error error = check_surroundings(player->setting->command != NULL, CHECK_FILES_IN_PLAY, &why);
    if (error == UNDR_OK && player->peer.logs != NULL) {
        error = check_room_in(player->peer.logs, &why);
    }
    if (error == UNDR_OK && player->setting->command != NULL) {
        error = check_inherited_excuse(player->scene.count, &why);
    }
    acquit_for(player, error, &why);
    undr_buffer_free(&why);
}
