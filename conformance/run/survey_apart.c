/* survey_apart.c: check_survey in a process of its own, so that whatever it starts ends with it. */
#include "base/clock.h"
#include "base/shortage.h"
#include "run/guard.h"
#include "run/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LIMIT_S = 120, TICK_MS = 100 };

/* What the player finds out, in memory that it shares with its parent; the texts cross through the pipe: first that of
 * the capabilities, then the reason. Both are the same program, forked: pointers from before mean the same to both. */
struct answer {
    bool complete;
    undr_error error;
    check_setting setting;
    size_t text_size, why_size;
    char doing[CHECK_DOING];
};

struct question {
    check_setting *setting;
    check_role role;
    struct answer *answer;
    const check_signals *signals;
    const check_survey_watcher *watcher;
};

static void survey(void *context, int orders, int results) {
    const struct question *question = context;
    undr_buffer why = {0};
    (void)orders;
    question->setting->doing = question->answer->doing;
    undr_error error = check_survey(question->setting, question->role, &why);
    const undr_buffer *text = &question->setting->capabilities.text;
    question->setting->doing = NULL; /* it is the parent's */
    question->answer->error = error;
    question->answer->setting = *question->setting;
    question->answer->text_size = text->size;
    question->answer->why_size = why.size;
    error = check_write_all(results, text->data, text->size);
    if (error == UNDR_OK) {
        error = check_write_all(results, why.data, why.size);
    }
    question->answer->complete = error == UNDR_OK;
    undr_buffer_free(&why);
    if (error != UNDR_OK) {
        _exit(1);
    }
}

/* Everything that the player writes, to its end. */
static undr_error collect(
    const check_guard *guard, const struct question *question, uint64_t limit, undr_buffer *got, int *interrupted) {
    enum { PIECE = 65536 };
    for (;;) {
        struct pollfd polled[] = {
            {.fd = question->signals->fd, .events = POLLIN}, {.fd = guard->results, .events = POLLIN}};
        if (poll(polled, 2, check_poll_timeout(limit, TICK_MS)) < 0 && errno != EINTR) {
            return UNDR_SYSTEM;
        }
        if (question->watcher->waits != NULL) {
            char doing[CHECK_DOING];
            memcpy(doing, question->answer->doing, sizeof doing); /* may be torn: it is only shown */
            doing[sizeof doing - 1] = '\0';
            question->watcher->waits(question->watcher->context, doing);
        }
        *interrupted = check_signals_take(question->signals);
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

static undr_error take_answer(const struct answer *answer, undr_slice got, check_setting *setting, undr_buffer *why) {
    if (!answer->complete || got.size != answer->text_size + answer->why_size) {
        undr_error error = undr_put_text(why, "the harness itself failed while it measured the target: its process ");
        error = error == UNDR_OK ? undr_put_slice(why, check_guard_clause(got)) : error;
        return error == UNDR_OK ? UNDR_SYSTEM : error;
    }
    undr_buffer_free(&setting->capabilities.text);
    *setting = answer->setting;
    setting->capabilities.text = (undr_buffer){0};
    undr_error error = undr_put_bytes(&setting->capabilities.text, got.data, answer->text_size);
    if (error == UNDR_OK) {
        error = undr_put_bytes(why, got.data + answer->text_size, answer->why_size);
    }
    return error == UNDR_OK ? answer->error : error;
}

static undr_error ask(struct question *question, undr_buffer *why, int *interrupted) {
    check_guard guard = {0};
    undr_buffer got = {0};
    check_guard_how how = {survey, question, &question->signals->before, false, NULL, 0};
    undr_error error = check_guard_start(&guard, &how);
    if (error == UNDR_OK) {
        double patience = (double)(LIMIT_S * CHECK_SECOND) * question->setting->timeout_factor;
        error = collect(&guard, question, check_now() + (uint64_t)patience, &got, interrupted);
    }
    if (error == UNDR_SYSTEM) { /* before another call changes errno */
        error = check_put_reason(why, errno) == UNDR_OK ? UNDR_SYSTEM : UNDR_MEMORY;
    }
    check_guard_stop(&guard);
    check_guard_sweep(&question->signals->children);
    if (error == UNDR_OK) {
        error = take_answer(question->answer, undr_buffer_slice(&got), question->setting, why);
    } else if (error == UNDR_WAIT) {
        double limit = (double)LIMIT_S * question->setting->timeout_factor;
        undr_error told = undr_put_format(why, "the target could not be measured within %.0f s", limit);
        error = told == UNDR_OK ? UNDR_WAIT : told;
    }
    undr_buffer_free(&got);
    return error;
}

undr_error check_survey_apart(check_setting *setting, check_role role, undr_buffer *why, const check_signals *signals,
    const check_survey_watcher *watcher, int *interrupted) {
    struct answer *answer = mmap(NULL, sizeof *answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (answer == MAP_FAILED) {
        return UNDR_SYSTEM;
    }
    struct question question = {setting, role, answer, signals, watcher};
    undr_error error = ask(&question, why, interrupted);
    munmap(answer, sizeof *answer);
    return error;
}
