/* play_verdict.c: how a play ends. */
#include "play/play_verdict.h"

#include "base/shortage.h"
#include "notation/print.h"
#include "notation/substitute.h"
#include "play/play_hint.h"
#include "play/play_kind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void check_player_keep(check_player *player, undr_error error) {
    if (error == UNDR_OK || player->blame.over) {
        return;
    }
    if (error == UNDR_SYSTEM) {
        int reason = errno;
        check_player_break(player, "a system call of the harness failed: %s%s", strerror(reason), check_remedy(reason));
    } else {
        check_player_break(player, "%s", undr_error_text(error));
    }
}

void check_player_keep_for(check_player *player, undr_error error, undr_buffer *why) {
    if ((error == UNDR_ARGUMENT || error == UNDR_SYSTEM) && why->size > 0) {
        check_player_break(player, "%s", check_player_text(player, why));
    } else {
        check_player_keep(player, error);
    }
}

static void put_step(check_player *player, undr_buffer *to) {
    if (player->at.step != NULL && check_print_step(to, player->at.step, 0) != UNDR_OK) {
        player->blame.no_memory = true;
    }
    while (to->size > 0 && to->data[to->size - 1] == '\n') {
        to->size--;
    }
}

void check_player_put_expected(check_player *player, undr_buffer *to) {
    const check_step *step = player->at.step;
    undr_arena arena = {0};
    check_step substituted;
    if (step != NULL && check_substitute(step, &player->names, &arena, &substituted) == UNDR_OK) {
        player->at.step = &substituted;
        put_step(player, to);
        player->at.step = step;
    } else {
        player->blame.no_memory = player->blame.no_memory || step != NULL;
    }
    undr_arena_free(&arena);
}

static bool ends_with(const undr_buffer *text, undr_slice end) {
    return end.size == 0
        || (text->size >= end.size && memcmp(text->data + text->size - end.size, end.data, end.size) == 0);
}

/* Is the clause "expected E, received R", where what was expected ends with E, and what came with R? */
static bool says_it_again(check_player *player, const undr_buffer *why, undr_slice clause) {
    static const char start[] = "expected ", middle[] = ", received ";
    const size_t before = sizeof start - 1, between = sizeof middle - 1;
    const uint8_t *found = clause.size > before ? memmem(clause.data, clause.size, middle, between) : NULL;
    if (found == NULL || memcmp(clause.data, start, before) != 0) {
        return false;
    }
    undr_buffer expected = {0};
    size_t size = (size_t)(found - clause.data);
    check_player_put_expected(player, &expected);
    bool again = ends_with(&expected, undr_slice_of(clause.data + before, size - before))
        && ends_with(why, undr_slice_of(found + between, clause.size - size - between));
    undr_buffer_free(&expected);
    return again;
}

void check_player_say_why(check_player *player, undr_buffer *why, undr_buffer *clause) {
    if (clause->size > 0 && !says_it_again(player, why, undr_buffer_slice(clause))) {
        check_player_say(player, why, " (%s)", check_player_text(player, clause));
    }
}

/* ---- the end ---- */

/* Where and why: the step, the requirement above it. */
static void place_blame(check_player *player) {
    check_result *result = player->blame.result;
    result->level = CHECK_MUST;
    result->line = player->at.step != NULL ? player->at.step->line : player->at.one->line;
    result->step.size = result->sentence.size = result->expected.size = result->received.size = 0;
    result->id[0] = '\0';
    put_step(player, &result->step);
    if (player->blame.requirement != NULL) {
        result->level = player->blame.requirement->level;
        snprintf(result->id, sizeof result->id, "%s", player->blame.requirement->id);
        check_player_say(player, &result->sentence, "%s", player->blame.requirement->sentence);
    }
}

static void mark_transcript(check_player *player) {
    undr_buffer line = {0};
    check_result *result = player->blame.result;
    bool behind = result->step.size == 0; /* of the last step */
    check_player_say(player, &line, "! %s", behind ? "at its end" : check_player_text(player, &result->step));
    check_player_keep(player, check_transcript_add(&player->blame.transcript, undr_buffer_slice(&line)));
    undr_buffer_free(&line);
    check_player_remark(player, "received: %s", check_player_text(player, &result->received));
}

static void end_play(check_player *player, check_verdict verdict, const char *expected, const char *received,
    va_list list) __attribute__((format(printf, 4, 0)));

static void end_play(
    check_player *player, check_verdict verdict, const char *expected, const char *received, va_list list) {
    if (player->blame.over) {
        return;
    }
    player->blame.over = true;
    place_blame(player);
    player->blame.result->verdict = verdict;
    if (expected != NULL) {
        check_player_say(player, &player->blame.result->expected, "%s", expected);
    } else {
        check_player_put_expected(player, &player->blame.result->expected);
    }
    check_player_say_list(player, &player->blame.result->received, received, list);
    check_player_put_kind(player, received);
    mark_transcript(player);
    if (verdict == CHECK_FAIL || verdict == CHECK_WARN) {
        check_player_hint(player);
    }
}

static check_verdict verdict_of(const check_player *player) {
    check_level level = player->blame.requirement == NULL ? CHECK_MUST : player->blame.requirement->level;
    return level == CHECK_MUST ? CHECK_FAIL : level == CHECK_SHOULD || player->blame.warned ? CHECK_WARN : CHECK_INFO;
}

void check_player_fail(check_player *player, const char *received, ...) {
    va_list list;
    va_start(list, received);
    end_play(player, verdict_of(player), NULL, received, list);
    va_end(list);
}

void check_player_fail_as(check_player *player, const char *expected, const char *received, ...) {
    va_list list;
    va_start(list, received);
    end_play(player, verdict_of(player), expected, received, list);
    va_end(list);
}

void check_player_in_vain(check_player *player) {
    player->blame.result->in_vain = player->blame.result->in_vain || !player->blame.over;
}

void check_player_crash(check_player *player, const char *expected, const char *received, ...) {
    va_list list;
    va_start(list, received);
    const check_requirement *requirement = player->blame.requirement;
    bool first = !player->blame.over, raised = first && requirement != NULL && requirement->level != CHECK_MUST;
    end_play(player, CHECK_FAIL, expected, received, list);
    if (raised) {
        check_player_say(player, &player->blame.result->received,
            ": %s is a %s, but a process that ends is a failure (spec/adapter.md)", requirement->id,
            requirement->level == CHECK_SHOULD ? "SHOULD" : "MAY");
    } else if (first) {
        player->blame.result->level = CHECK_MUST;
    }
    va_end(list);
}

void check_player_block(check_player *player, const char *reason, ...) {
    va_list list;
    va_start(list, reason);
    end_play(player, CHECK_BLOCKED, "", reason, list);
    va_end(list);
}

void check_player_undecided(check_player *player, const char *reason, ...) {
    va_list list;
    va_start(list, reason);
    player->blame.result->undecided = true;
    end_play(player, CHECK_SKIP, "", reason, list);
    va_end(list);
}

void check_player_break(check_player *player, const char *reason, ...) {
    va_list list;
    va_start(list, reason);
    end_play(player, CHECK_ERROR, NULL, reason, list);
    va_end(list);
}

void check_player_warn(check_player *player, const char *expected, const char *received) {
    check_player_say(player, &player->blame.result->notes, "%s%s: expected %s, received %s",
        player->blame.result->notes.size == 0 ? "" : "\n", player->at.step != NULL ? player->at.step->channel : "",
        expected, received);
    if (player->blame.warned) {
        return;
    }
    player->blame.warned = true;
    place_blame(player);
    player->blame.result->level = CHECK_SHOULD;
    player->blame.result->verdict = CHECK_WARN;
    check_player_say(player, &player->blame.result->expected, "%s", expected);
    check_player_say(player, &player->blame.result->received, "%s", received);
    check_player_say(player, &player->blame.result->kind, "%s / another end", expected);
}
