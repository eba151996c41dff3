/* source.c: what all sources of events share: the clock, the signals that end them, the lines with rates. */
#include "watch/source.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

uint64_t watch_source_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int watch_source_signal(const watch_source *source, bool *by_terminal) {
    struct signalfd_siginfo info;
    if (read(source->signals, &info, sizeof info) != (ssize_t)sizeof info) {
        return 0;
    }
    if (by_terminal != NULL) {
        *by_terminal = info.ssi_code == SI_KERNEL;
    }
    return (int)info.ssi_signo;
}

void watch_source_rate(watch_source *source) {
    enum { SECOND = 1000000000 };
    uint64_t now = source->rates ? watch_source_now() : 0;
    if (!source->rates || now < source->next_rate) {
        return;
    }
    const watch_totals *t = watch_sum(source->w), *b = &source->before;
    if (source->next_rate != 0) {
        fprintf(source->teller->out,
            "%" PRIu64 " open, %" PRIu64 " tasks queued; in the last second %" PRIu64 " tasks, %" PRIu64
            " None, %" PRIu64 " messages, %" PRIu64 " scheduled, %" PRIu64 " kB\n",
            t->open, t->queued, t->tasks - b->tasks, t->nones - b->nones, t->messages - b->messages,
            t->schedules - b->schedules, (t->bytes - b->bytes) / 1000);
        fflush(source->teller->out);
    }
    source->before = *t;
    source->next_rate = now + SECOND;
}
