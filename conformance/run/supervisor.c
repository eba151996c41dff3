/* supervisor.c: plays many items in several processes at once. */
#include "run/supervisor.h"

#include "base/clock.h"
#include "base/name_map.h"
#include "base/shortage.h"
#include "run/guard.h"
#include "run/result_line.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TICK_MS = 100, AT_WORK_MS = 1000, LONGEST_LINE = 256 * 1024 * 1024 };

typedef enum item_state { ITEM_WAITS, ITEM_RUNS, ITEM_ENDED } item_state;

struct progress {
    item_state state;
    check_verdict verdict; /* when it ended */
    size_t next;           /* the next item of the same case; CHECK_NO_NAME: there is none */
    size_t last;           /* of the first item of a case: the last one */
};

struct runner {
    check_guard guard;
    bool busy;
    size_t item;
    uint64_t started_ns;
    const char *stopped; /* why it was, by us; NULL: it was not */
    undr_buffer line;    /* what came of a result so far */
};

/* What crosses to a player: the item, and what may have changed since it was forked. */
struct order {
    uint64_t index;
    uint32_t missed; /* of the setting */
    uint32_t filler;
};

struct supervisor {
    const check_supervision *work;
    struct progress *progress; /* one per item */
    check_name_map by_case;    /* the first item of each */
    size_t first_waiting[2];   /* of those that do not wait (item.waits), of those that do: all before are started */
    size_t running, ended;
    struct runner *runners;
    struct pollfd *polled; /* signals, then one per runner */
    bool draining;         /* nothing more is started */
    int interrupted;
};

/* ---- in the player ---- */

void check_play_item(void *context, const check_item *item, check_result *result) {
    check_play(item->one, context, item->delivery, result);
}

static int play_orders(void *context, int orders, int results) {
    const check_supervision *work = context;
    struct order order = {0};
    int reason = 0;
    while (check_read_all(orders, &order, sizeof order, &reason)) {
        const check_item *item = &work->items[order.index];
        check_result result = {0};
        undr_buffer line = {0};
        uint64_t started = check_now();
        if (work->missed != NULL) {
            *work->missed = order.missed;
        }
        work->play(work->context, item, &result);
        if (result.duration_ns == 0) {
            result.duration_ns = check_now() - started;
        }
        undr_error error = check_result_write(&line, &result);
        if (error == UNDR_OK) {
            error = check_write_all(results, line.data, line.size);
        }
        undr_buffer_free(&line);
        check_result_free(&result);
        if (error != UNDR_OK) {
            _exit(1); /* the guard says so to the parent */
        }
    }
    return reason;
}

/* ---- handing out ---- */

/* The item that has to come before: that case under the same delivery, else its first. count: none. */
static size_t precondition(const struct supervisor *self, size_t index, const char *name) {
    const check_supervision *work = self->work;
    size_t first = check_name_map_get(&self->by_case, name);
    for (size_t i = first; i != CHECK_NO_NAME; i = self->progress[i].next) {
        if (work->items[i].delivery == work->items[index].delivery) {
            return i;
        }
    }
    return first == CHECK_NO_NAME ? work->count : first;
}

/* Items of the same case are linked, so that no case is looked for among all items. */
static undr_error link_items(struct supervisor *self) {
    for (size_t i = 0; i < self->work->count; i++) {
        size_t first = CHECK_NO_NAME;
        undr_error error = check_name_map_put(&self->by_case, self->work->items[i].one->name, i, &first);
        if (error != UNDR_OK) {
            return error;
        }
        self->progress[i].next = CHECK_NO_NAME;
        first = first == CHECK_NO_NAME ? i : first;
        if (first != i) {
            self->progress[self->progress[first].last].next = i;
        }
        self->progress[first].last = i;
    }
    return UNDR_OK;
}

typedef enum item_chance { CHANCE_NOW, CHANCE_LATER, CHANCE_BLOCKED } item_chance;

static item_chance chance_behind(const struct supervisor *self, size_t index, const char *name) {
    size_t before = precondition(self, index, name);
    if (before == self->work->count || before == index) {
        return CHANCE_NOW; /* not part of this run */
    }
    if (self->progress[before].state != ITEM_ENDED) {
        return CHANCE_LATER;
    }
    check_verdict verdict = self->progress[before].verdict; /* one that was skipped tells nothing */
    return verdict == CHECK_FAIL || verdict == CHECK_ERROR || verdict == CHECK_BLOCKED ? CHANCE_BLOCKED : CHANCE_NOW;
}

static const char *blocker_of(const struct supervisor *self, size_t index) {
    const check_watcher *watcher = &self->work->watcher;
    return watcher->blocker == NULL ? NULL : watcher->blocker(watcher->context, &self->work->items[index]);
}

static item_chance chance_of(const struct supervisor *self, size_t index, const char **blocker) {
    const check_item *item = &self->work->items[index];
    item_chance chance = CHANCE_NOW;
    *blocker = blocker_of(self, index);
    if (*blocker != NULL) {
        return CHANCE_BLOCKED;
    }
    *blocker = item->first;
    if (item->first != NULL) {
        chance = chance_behind(self, index, item->first);
    }
    for (size_t i = 0; i < item->one->after_count && chance == CHANCE_NOW; i++) {
        *blocker = item->one->after[i];
        chance = chance_behind(self, index, item->one->after[i]);
    }
    return chance;
}

static void end_item(struct supervisor *self, size_t index, check_result *result) {
    self->progress[index].state = ITEM_ENDED;
    self->progress[index].verdict = result->verdict;
    self->ended++;
    const check_watcher *watcher = &self->work->watcher;
    if (!watcher->finished(watcher->context, &self->work->items[index], result)) {
        self->draining = true;
    }
}

static void end_blocked(struct supervisor *self, size_t index, const char *blocker) {
    check_result result = {.verdict = CHECK_BLOCKED};
    if (undr_put_format(&result.notes, "blocked by %s", blocker) != UNDR_OK) {
        result.verdict = CHECK_ERROR;
    }
    end_item(self, index, &result);
}

/* A result for an item that has none of its own. */
static void end_with_error(struct supervisor *self, size_t index, const char *what, undr_slice detail) {
    check_result result = {.verdict = CHECK_ERROR, .line = self->work->items[index].one->line};
    if (undr_put_text(&result.received, what) != UNDR_OK || undr_put_slice(&result.received, detail) != UNDR_OK) {
        undr_buffer_free(&result.received);
    }
    end_item(self, index, &result);
}

/* The next item to play; count: none right now. Those that cannot be played are ended on the way. Of those that wait
 * (`waits`), or of the others. */
static size_t next_of(struct supervisor *self, bool waits) {
    size_t count = self->work->count, *first = &self->first_waiting[waits];
    for (size_t i = *first; i < count && !self->draining; i++) {
        const char *blocker = NULL;
        if (self->progress[i].state != ITEM_WAITS || self->work->items[i].waits != waits) {
            *first += i == *first ? 1 : 0;
            continue;
        }
        item_chance chance = chance_of(self, i, &blocker);
        if (chance == CHANCE_NOW) {
            return i;
        }
        if (chance != CHANCE_LATER) {
            end_blocked(self, i, blocker);
        }
    }
    return count;
}

static unsigned runner_count(const check_supervision *work) {
    return work->jobs + work->waiting;
}

/* A play that lasts waits, whatever was expected of it. */
static bool is_at_work(const struct supervisor *self, const struct runner *runner, uint64_t now) {
    return runner->busy && !self->work->items[runner->item].waits
        && now - runner->started_ns < AT_WORK_MS * CHECK_MILLISECOND;
}

/* Are there fewer plays at work than jobs? */
static bool has_room(const struct supervisor *self) {
    uint64_t now = check_now();
    unsigned at_work = 0;
    for (unsigned i = 0; i < runner_count(self->work); i++) {
        at_work += is_at_work(self, &self->runners[i], now) ? 1 : 0;
    }
    return at_work < self->work->jobs;
}

/* There are so many plays at work as there are jobs, and beside them what waits. */
static size_t next_item(struct supervisor *self) {
    size_t index = has_room(self) ? next_of(self, false) : self->work->count;
    return index < self->work->count ? index : next_of(self, true);
}

static size_t left(const struct supervisor *self) {
    return self->work->count - self->ended - self->running;
}

static undr_error start_guard(struct supervisor *self, struct runner *runner) {
    const check_supervision *work = self->work;
    check_guard *others = calloc(runner_count(work), sizeof *others);
    if (others == NULL) {
        return UNDR_MEMORY;
    }
    for (unsigned i = 0; i < runner_count(work); i++) {
        others[i] = self->runners[i].guard;
    }
    union {
        const check_supervision *given;
        void *taken;
    } context = {.given = work}; /* the player only reads it */
    check_guard_how how = {
        play_orders, context.taken, &work->signals->before, work->foreground, others, runner_count(work)};
    undr_error error = check_guard_start(&runner->guard, &how);
    runner->stopped = NULL;
    runner->line.size = 0;
    free(others);
    return error;
}

/* ---- taking results ---- */

static void release(struct supervisor *self, struct runner *runner) {
    runner->busy = false;
    self->running--;
}

static void take_line(struct supervisor *self, struct runner *runner, undr_slice line) {
    check_result result = {0};
    if (!runner->busy) {
        return; /* noise behind a result: nothing waits for it */
    }
    release(self, runner);
    if (check_result_read(line, &result) == UNDR_OK) {
        end_item(self, runner->item, &result);
        return;
    }
    check_result_free(&result);
    end_with_error(self, runner->item, "the runner's result cannot be read: ", line);
}

/* The runner is gone: what it was busy with is an error of the harness, which shows how it ended. */
static void bury(struct supervisor *self, struct runner *runner) {
    undr_slice why = check_guard_clause(undr_buffer_slice(&runner->line));
    const char *what = runner->stopped != NULL ? runner->stopped : "the process that played ended: it ";
    if (runner->busy) {
        release(self, runner);
        end_with_error(self, runner->item, what, runner->stopped != NULL ? undr_slice_of(NULL, 0) : why);
    }
    check_guard_stop(&runner->guard);
    runner->line.size = 0;
}

/* It may still play, but it can't be talked to. */
static void lose(struct supervisor *self, struct runner *runner, int reason) {
    undr_buffer clause = {0};
    undr_error error = check_put_reason(&clause, reason);
    if (runner->busy) {
        release(self, runner);
        end_with_error(self, runner->item, "the harness lost touch with the process that played: ",
            error == UNDR_OK ? undr_buffer_slice(&clause) : undr_slice_text(strerror(reason)));
    }
    undr_buffer_free(&clause);
    check_guard_stop(&runner->guard);
    runner->line.size = 0;
}

/* Takes all whole lines; a line that begins with the guard's mark stays: the end comes behind it. */
static void take_lines(struct supervisor *self, struct runner *runner) {
    undr_buffer *line = &runner->line;
    const uint8_t *newline = NULL;
    while ((newline = line->size > 0 && line->data[0] != '!' ? memchr(line->data, '\n', line->size) : NULL) != NULL) {
        size_t size = (size_t)(newline - line->data);
        if (size > 0) {
            take_line(self, runner, undr_slice_of(line->data, size));
        }
        line->size -= size + 1;
        memmove(line->data, newline + 1, line->size);
    }
}

static undr_error read_runner(struct supervisor *self, struct runner *runner) {
    enum { PIECE = 65536 };
    undr_buffer *line = &runner->line;
    if (line->size > LONGEST_LINE) {
        runner->stopped = "the result of this play is larger than the harness accepts";
        bury(self, runner);
        return UNDR_OK;
    }
    undr_error error = undr_buffer_reserve(line, PIECE);
    if (error != UNDR_OK) {
        return error;
    }
    ssize_t got = read(runner->guard.results, line->data + line->size, PIECE);
    if (got > 0) {
        line->size += (size_t)got;
        take_lines(self, runner);
    } else if (got == 0) {
        bury(self, runner);
    } else if (errno != EINTR) {
        lose(self, runner, errno);
    }
    return UNDR_OK;
}

/* ---- handing out, again ---- */

static undr_error hand_out(struct supervisor *self, struct runner *runner, size_t index) {
    struct order order = {index, self->work->missed == NULL ? 0 : *self->work->missed, 0};
    undr_error error = runner->guard.pid == 0 ? start_guard(self, runner) : UNDR_OK;
    if (error != UNDR_OK) {
        return error;
    }
    self->progress[index].state = ITEM_RUNS;
    self->running++;
    runner->busy = true;
    runner->item = index;
    runner->started_ns = check_now();
    self->work->watcher.started(self->work->watcher.context, &self->work->items[index]);
    if (check_write_all(runner->guard.orders, &order, sizeof order) != UNDR_OK && errno != EPIPE) {
        lose(self, runner, errno); /* EPIPE: it has just died, and the end of its results will say so */
    }
    return UNDR_OK;
}

static undr_error hand_out_all(struct supervisor *self) {
    undr_error error = UNDR_OK;
    for (unsigned i = 0; i < runner_count(self->work) && error == UNDR_OK; i++) {
        struct runner *runner = &self->runners[i];
        if (runner->busy || left(self) == 0) {
            continue;
        }
        size_t index = next_item(self);
        if (index < self->work->count) {
            error = hand_out(self, runner, index);
        }
        if (error == UNDR_SYSTEM && self->running > 0) {
            return UNDR_OK; /* with fewer runners, then: this one is tried again when another has ended */
        }
    }
    return error;
}

/* Ends what is being played and can't pass any more. */
static void stop_blocked(struct supervisor *self) {
    for (unsigned i = 0; i < runner_count(self->work) && self->work->watcher.blocker != NULL; i++) {
        struct runner *runner = &self->runners[i];
        const char *blocker = runner->busy ? blocker_of(self, runner->item) : NULL;
        if (blocker != NULL) {
            release(self, runner);
            end_blocked(self, runner->item, blocker);
            check_guard_stop(&runner->guard);
            runner->line.size = 0;
        }
    }
}

static void watch_time(struct supervisor *self) {
    uint64_t now = check_now();
    for (unsigned i = 0; i < runner_count(self->work); i++) {
        struct runner *runner = &self->runners[i];
        if (runner->busy && runner->stopped == NULL && now - runner->started_ns > self->work->limit_ns) {
            runner->stopped = "the watchdog ended this play, which ran far beyond its limit";
            bury(self, runner);
        }
    }
}

static undr_error wait_for_something(struct supervisor *self) {
    const check_supervision *work = self->work;
    self->polled[0] = (struct pollfd){.fd = work->signals->fd, .events = POLLIN};
    for (unsigned i = 0; i < runner_count(work); i++) {
        bool lives = self->runners[i].guard.pid != 0;
        self->polled[i + 1] = (struct pollfd){.fd = lives ? self->runners[i].guard.results : -1, .events = POLLIN};
    }
    if (poll(self->polled, runner_count(work) + 1, TICK_MS) < 0 && errno != EINTR) {
        return UNDR_SYSTEM;
    }
    self->interrupted = check_signals_take(work->signals);
    undr_error error = UNDR_OK;
    for (unsigned i = 0; i < runner_count(work) && error == UNDR_OK && self->interrupted == 0; i++) {
        if (self->polled[i + 1].revents != 0) {
            error = read_runner(self, &self->runners[i]);
        }
    }
    return error;
}

static undr_error run(struct supervisor *self) {
    const check_watcher *watcher = &self->work->watcher;
    undr_error error = UNDR_OK;
    while (error == UNDR_OK && self->interrupted == 0) {
        error = hand_out_all(self);
        if (error == UNDR_OK && self->running == 0) {
            break; /* all ended, or those that are left must not be started */
        }
        if (error == UNDR_OK) {
            error = wait_for_something(self);
        }
        watch_time(self);
        stop_blocked(self);
        int asked = watcher->tick(watcher->context);
        self->interrupted = self->interrupted != 0 ? self->interrupted : asked;
    }
    return error;
}

undr_error check_supervise(const check_supervision *supervision, int *interrupted) {
    struct supervisor self = {.work = supervision};
    self.progress = calloc(supervision->count + 1, sizeof *self.progress);
    self.runners = calloc(runner_count(supervision), sizeof *self.runners);
    self.polled = calloc(runner_count(supervision) + 1, sizeof *self.polled);
    undr_error error = UNDR_MEMORY;
    if (self.progress != NULL && self.runners != NULL && self.polled != NULL) {
        error = link_items(&self);
    }
    if (error == UNDR_OK) {
        error = run(&self);
    }
    int reason = errno;
    for (unsigned i = 0; i < runner_count(supervision) && self.runners != NULL; i++) {
        check_guard_stop(&self.runners[i].guard);
        undr_buffer_free(&self.runners[i].line);
    }
    check_guard_sweep(&supervision->signals->children);
    free(self.progress);
    free(self.runners);
    free(self.polled);
    check_name_map_free(&self.by_case);
    errno = reason;
    *interrupted = self.interrupted;
    return error;
}
