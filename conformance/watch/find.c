/* find.c: findings on their way out: which rules are judged, how often each held. */
#include "watch/inside.h"

#include <string.h>

bool watch_is_on(const watch *w, watch_rule rule) {
    return (w->options.off[rule / 32] >> rule % 32 & 1) == 0;
}

void watch_held(watch *w, watch_rule rule) {
    w->totals.rules[rule].held += watch_is_on(w, rule);
}

void watch_undecided(watch *w, watch_rule rule) {
    w->totals.rules[rule].undecided += watch_is_on(w, rule);
}

void watch_tell(watch *w, watch_manager *m, const watch_finding *finding) {
    watch_rule rule = finding->rules[0];
    if (!watch_is_on(w, rule)) {
        return;
    }
    w->totals.rules[rule].broken++;
    watch_finding told = *finding;
    told.port = m->port;
    if (w->options.found != NULL) {
        w->options.found(w->options.context, &told);
    }
}

void watch_add_sight(watch_finding *finding, const watch_sight *sight) {
    if (sight->place != 0 && finding->sight_count < WATCH_SIGHTS) {
        finding->sights[finding->sight_count++] = *sight;
    }
}

watch_sight watch_sight_of(
    const watch_connection *c, watch_side from, uint64_t time, uint8_t type, uint64_t size, undr_slice payload) {
    watch_sight sight = {
        .time = time, .place = c->owner->place, .connection = c->number, .from = from, .type = type, .size = size};
    sight.kept = (uint16_t)(payload.size < WATCH_KEPT ? payload.size : WATCH_KEPT);
    memcpy(sight.name, c->name, sizeof sight.name);
    if (sight.kept > 0) {
        memcpy(sight.bytes, payload.data, sight.kept);
    }
    return sight;
}

void watch_show(const watch_connection *c, const watch_sight *sight, undr_slice payload, bool holed) {
    const watch_options *options = &c->owner->options;
    const watch_framed framed = {sight, payload, holed, c->manager->port};
    if (options->framed != NULL) {
        options->framed(options->context, &framed);
    }
}
