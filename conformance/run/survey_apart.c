/* survey_apart.c: check_survey as an item of the supervisor: whatever it starts ends with it. */
#include "base/clock.h"
#include "base/shortage.h"
#include "base/writer.h"
#include "run/supervisor.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { LIMIT_S = 120 };

/* What the survey finds out, in memory that its process shares with us. Both are the same program, forked: pointers
 * from before mean the same to both. The texts cross as part of the result. */
struct finding {
    undr_error error;
    check_setting setting;
    char doing[CHECK_DOING];
};

struct survey {
    check_setting *setting;
    check_role role;
    struct finding *finding; /* shared */
    const check_survey_watcher *watcher;
    check_result result; /* of its item, once it has ended */
};

/* In the survey's process. */
static void survey_item(void *context, const check_item *item, check_result *result) {
    struct survey *self = context;
    check_setting *setting = self->setting;
    (void)item;
    setting->doing = self->finding->doing;
    self->finding->error = check_survey(setting, self->role, &result->received);
    setting->doing = NULL; /* it is the parent's */
    self->finding->setting = *setting;
    undr_slice text = undr_buffer_slice(&setting->capabilities.text);
    result->verdict = undr_put_slice(&result->output, text) == UNDR_OK ? CHECK_PASS : CHECK_ERROR;
}

static void on_started(void *context, const check_item *item) {
    (void)context;
    (void)item;
}

static bool on_finished(void *context, const check_item *item, check_result *result) {
    struct survey *self = context;
    (void)item;
    self->result = *result;
    return true;
}

static int on_tick(void *context) {
    struct survey *self = context;
    if (self->watcher->waits != NULL) {
        char doing[CHECK_DOING];
        memcpy(doing, self->finding->doing, sizeof doing); /* may be torn: it is only shown */
        doing[sizeof doing - 1] = '\0';
        self->watcher->waits(self->watcher->context, doing);
    }
    return 0;
}

static undr_error take_finding(struct survey *self, undr_buffer *why) {
    check_setting *setting = self->setting;
    undr_buffer_free(&setting->capabilities.text);
    *setting = self->finding->setting;
    setting->capabilities.text = self->result.output;
    self->result.output = (undr_buffer){0};
    undr_error error = undr_put_slice(why, undr_buffer_slice(&self->result.received));
    return error == UNDR_OK ? self->finding->error : error;
}

/* The survey has no result of its own: it took too long, or its process ended. */
static undr_error tell_failure(const struct survey *self, bool too_long, double limit, undr_buffer *why) {
    check_writer out = check_writer_to(why);
    if (too_long) {
        check_write_format(&out, "the target could not be measured within %.0f s", limit);
    } else {
        check_write(&out, "the harness itself failed while it measured the target: ");
        check_write_slice(&out, undr_buffer_slice(&self->result.received));
    }
    return out.error != UNDR_OK ? out.error : too_long ? UNDR_WAIT : UNDR_SYSTEM;
}

static undr_error supervise(struct survey *self, undr_buffer *why, const check_signals *signals, int *interrupted) {
    const check_case one = {.name = (char[]){"survey"}};
    const check_item item = {.one = &one};
    double limit = (double)LIMIT_S * self->setting->timeout_factor;
    uint64_t began = check_now(), limit_ns = (uint64_t)(limit * CHECK_SECOND);
    const check_supervision supervision = {.items = &item,
        .count = 1,
        .context = self,
        .play = survey_item,
        .jobs = 1,
        .limit_ns = limit_ns,
        .signals = signals,
        .watcher = {.context = self, .started = on_started, .finished = on_finished, .tick = on_tick}};
    undr_error error = check_supervise(&supervision, interrupted);
    if (error == UNDR_SYSTEM) { /* before another call changes errno */
        return check_put_reason(why, errno) == UNDR_OK ? UNDR_SYSTEM : UNDR_MEMORY;
    }
    if (error != UNDR_OK || *interrupted != 0) {
        return error != UNDR_OK ? error : UNDR_INTERRUPTED;
    }
    if (self->result.verdict == CHECK_PASS) {
        return take_finding(self, why);
    }
    return tell_failure(self, check_now() - began > limit_ns, limit, why);
}

undr_error check_survey_apart(check_setting *setting, check_role role, undr_buffer *why, const check_signals *signals,
    const check_survey_watcher *watcher, int *interrupted) {
    struct finding *finding = mmap(NULL, sizeof *finding, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (finding == MAP_FAILED) {
        return UNDR_SYSTEM;
    }
    struct survey self = {.setting = setting, .role = role, .finding = finding, .watcher = watcher};
    undr_error error = supervise(&self, why, signals, interrupted);
    check_result_free(&self.result);
    munmap(finding, sizeof *finding);
    return error;
}
