/* survey_apart.c: check_survey in a process of its own, so that whatever it starts ends with it. */
#include "clock.h"
#include "guard.h"
#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { LIMIT_S = 120 };

/* What crosses: this, then the capabilities' text, then the reason. Both ends are the same program, forked. */
struct answer {
    undr_error error;
    check_setting setting;
    size_t text_size, why_size;
};

struct question {
    check_setting *setting;
    check_role role;
};

static void survey(void *context, int orders, int results) {
    const struct question *question = context;
    undr_buffer why = {0};
    (void)orders;
    undr_error error = check_survey(question->setting, question->role, &why);
    const undr_buffer *text = &question->setting->capabilities.text;
    struct answer answer = {error, *question->setting, text->size, why.size};
    error = check_write_all(results, &answer, sizeof answer);
    if (error == UNDR_OK) {
        error = check_write_all(results, text->data, text->size);
    }
    if (error == UNDR_OK) {
        error = check_write_all(results, why.data, why.size);
    }
    undr_buffer_free(&why);
    if (error != UNDR_OK) {
        _exit(1);
    }
}

/* Everything that the player writes, to its end. */
static undr_error collect(
    const check_guard *guard, const check_signals *signals, uint64_t limit, undr_buffer *got, int *interrupted) {
    enum { PIECE = 65536 };
    for (;;) {
        struct pollfd polled[] = {{.fd = signals->fd, .events = POLLIN}, {.fd = guard->results, .events = POLLIN}};
        if (poll(polled, 2, check_poll_timeout(limit, 1000)) < 0 && errno != EINTR) {
            return UNDR_SYSTEM;
        }
        *interrupted = check_signals_take(signals);
        if (*interrupted != 0) {
            return UNDR_INTERRUPTED;
        }
        if (check_now() > limit) {
            return UNDR_WAIT;
        }
        undr_error error = polled[1].revents != 0 ? undr_buffer_reserve(got, PIECE) : UNDR_OK;
        if (error != UNDR_OK) {
            return error;
        }
        ssize_t size = polled[1].revents != 0 ? read(guard->results, got->data + got->size, PIECE) : -1;
        if (size == 0) {
            return UNDR_OK;
        }
        got->size += size > 0 ? (size_t)size : 0;
    }
}

static undr_error take_answer(undr_slice got, check_setting *setting, undr_buffer *why) {
    struct answer answer;
    uint8_t *to = (uint8_t *)&answer;
    for (size_t i = 0; i < sizeof answer && i < got.size; i++) {
        to[i] = got.data[i];
    }
    if (got.size < sizeof answer || got.size != sizeof answer + answer.text_size + answer.why_size) {
        undr_error error = undr_put_text(why, "the harness itself failed while it measured the target: ");
        return error == UNDR_OK && undr_put_slice(why, got) == UNDR_OK ? UNDR_SYSTEM : UNDR_MEMORY;
    }
    const uint8_t *texts = got.data + sizeof answer;
    undr_buffer text = setting->capabilities.text;
    *setting = answer.setting; /* its command and host point into memory that both processes have */
    undr_buffer_free(&text);
    setting->capabilities.text = text;
    undr_error error = undr_put_bytes(&setting->capabilities.text, texts, answer.text_size);
    if (error == UNDR_OK) {
        error = undr_put_bytes(why, texts + answer.text_size, answer.why_size);
    }
    return error == UNDR_OK ? answer.error : error;
}

undr_error check_survey_apart(
    check_setting *setting, check_role role, undr_buffer *why, const check_signals *signals, int *interrupted) {
    struct question question = {setting, role};
    check_guard guard = {0};
    undr_buffer got = {0};
    check_guard_how how = {survey, &question, &signals->before, false, NULL, 0};
    undr_error error = check_guard_start(&guard, &how);
    if (error == UNDR_OK) {
        uint64_t limit = check_now() + (uint64_t)((double)(LIMIT_S * CHECK_SECOND) * setting->timeout_factor);
        error = collect(&guard, signals, limit, &got, interrupted);
    }
    check_guard_stop(&guard);
    check_guard_sweep();
    if (error == UNDR_OK) {
        error = take_answer(undr_buffer_slice(&got), setting, why);
    } else if (error == UNDR_WAIT) {
        error = undr_put_format(why, "the target could not be measured within %d s", LIMIT_S) == UNDR_OK ? UNDR_WAIT
                                                                                                        : UNDR_MEMORY;
    }
    undr_buffer_free(&got);
    return error;
}
