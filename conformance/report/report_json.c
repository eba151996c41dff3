/* report_json.c: the whole run as one JSON document; its form stands in report.schema.json. */
#include "report/alone.h"
#include "report/escape_json.h"
#include "report/facts.h"

#include <jansson.h>

enum { FORMAT = 1 }; /* grows when a member changes its meaning or goes */

/* jansson answers NULL without memory; json_object_set_new passes that on, `failed` keeps it. */
struct builder {
    const check_session *session;
    bool failed;
};

static void put(struct builder *builder, json_t *object, const char *key, json_t *value) {
    builder->failed = json_object_set_new(object, key, value) != 0 || builder->failed;
}

static void append(struct builder *builder, json_t *array, json_t *value) {
    builder->failed = json_array_append_new(array, value) != 0 || builder->failed;
}

static json_t *milliseconds(uint64_t nanoseconds) {
    return json_real((double)nanoseconds / 1e6);
}

static json_t *requirement_of(const char *level, const char *id, undr_slice sentence) {
    return json_pack("{s:s, s:s, s:o}", "level", level, "id", id, "sentence", check_json_text(sentence));
}

static json_t *requirements_of(struct builder *builder, const check_case *one) {
    json_t *array = json_array();
    for (size_t i = 0; i < one->requirement_count; i++) {
        const check_requirement *each = &one->requirements[i];
        append(
            builder, array, requirement_of(check_level_name(each->level), each->id, undr_slice_text(each->sentence)));
    }
    return array;
}

static json_t *counts_of(struct builder *builder, const check_plays *plays) {
    json_t *object = json_object();
    for (int i = 0; i <= CHECK_ERROR; i++) {
        if (plays->counts[i] > 0) {
            put(builder, object, check_verdict_name((check_verdict)i), json_integer((json_int_t)plays->counts[i]));
        }
    }
    return object;
}

static void put_text(struct builder *builder, json_t *object, const char *key, const undr_buffer *text) {
    if (text->size > 0) {
        put(builder, object, key, check_json_text(undr_buffer_slice(text)));
    }
}

static json_t *hint_of(check_hint hint, undr_slice seen) {
    const check_advice *advice = check_hint_advice(hint);
    return json_pack("{s:s, s:s, s:s, s:o}", "name", advice->name, "requirement", advice->id, "text", advice->text,
        "seen", check_json_text(seen));
}

static json_t *delivery_of(struct builder *builder, check_delivery delivery, const check_plays *plays) {
    const check_result *worst = &plays->worst;
    json_t *object = json_object();
    put(builder, object, "delivery", json_string(check_delivery_name(delivery)));
    put(builder, object, "verdict", json_string(check_verdict_name(worst->verdict)));
    put(builder, object, "counts", counts_of(builder, plays));
    put(builder, object, "repetition", json_integer((json_int_t)plays->repetition));
    put(builder, object, "duration_ms", milliseconds(plays->duration_ns));
    put(builder, object, "pieces", json_integer((json_int_t)worst->pieces));
    put(builder, object, "joined", json_integer((json_int_t)worst->joined));
    if (worst->id[0] != '\0') {
        undr_slice sentence = undr_buffer_slice(&worst->sentence);
        put(builder, object, "requirement", requirement_of(check_level_name(worst->level), worst->id, sentence));
    }
    if (worst->line > 0) {
        put(builder, object, "line", json_integer(worst->line));
    }
    put_text(builder, object, "kind", &worst->kind);
    put_text(builder, object, "step", &worst->step);
    put_text(builder, object, "expected", &worst->expected);
    put_text(builder, object, "received", &worst->received);
    put_text(builder, object, "transcript", &worst->transcript);
    put_text(builder, object, "output", &worst->output);
    put_text(builder, object, "notes", &worst->notes);
    if (worst->hint != CHECK_HINT_NONE) {
        put(builder, object, "hint", hint_of(worst->hint, undr_buffer_slice(&worst->seen)));
    }
    return object;
}

static json_t *alone(const check_session *session, const check_part *part, const check_record *record) {
    undr_buffer command = {0};
    undr_error error = check_put_alone(&command, session, part, record);
    json_t *json = error == UNDR_OK ? check_json_text(undr_buffer_slice(&command)) : NULL;
    undr_buffer_free(&command);
    return json;
}

static json_t *former_names(struct builder *builder, const check_case *one) {
    json_t *array = json_array();
    for (size_t i = 0; i < one->was_count; i++) {
        append(builder, array, json_string(one->was[i]));
    }
    return array;
}

static json_t *again_of(const check_record *record) {
    const check_plays_again *again = &record->again;
    return json_pack("{s:s, s:I, s:I, s:I}", "delivery", check_delivery_name(check_record_delivery(record)), "plays",
        (json_int_t)again->played + 1, "failed", (json_int_t)again->failed + 1, "broken", (json_int_t)again->broken);
}

static json_t *case_of(struct builder *builder, const check_part *part, const check_record *record) {
    json_t *object = json_object(), *deliveries = json_array();
    undr_buffer remark = {0};
    const check_case *one = record->one;
    put(builder, object, "name", json_string(one->name));
    put(builder, object, "file", check_json_text(undr_slice_text(one->file)));
    put(builder, object, "line", json_integer(one->line));
    put(builder, object, "standing", json_string(check_standing_name(check_record_standing(record))));
    put(builder, object, "verdict",
        record->done == 0 ? json_null() : json_string(check_verdict_name(check_record_verdict(record))));
    builder->failed = check_record_remark(record, &remark) != UNDR_OK || builder->failed;
    put_text(builder, object, "remark", &remark);
    undr_buffer_free(&remark);
    if (one->was_count > 0) {
        put(builder, object, "was", former_names(builder, one));
    }
    if (one->since != NULL) {
        put(builder, object, "since", json_string(one->since));
    }
    put(builder, object, "requirements", requirements_of(builder, one));
    for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
        if (record->plays[i].total > 0) {
            append(builder, deliveries, delivery_of(builder, (check_delivery)i, &record->plays[i]));
        }
    }
    put(builder, object, "deliveries", deliveries);
    if (record->again.played + record->again.broken > 0) {
        put(builder, object, "again", again_of(record));
    }
    put(builder, object, "alone", alone(builder->session, part, record));
    return object;
}

static json_t *capabilities_of(struct builder *builder, const check_capabilities *can) {
    json_t *object = json_pack("{s:b, s:b, s:b, s:I, s:I, s:b}", "manager", (int)can->manager, "worker",
        (int)can->worker, "pool", (int)can->pool, "priority_levels", (json_int_t)can->priority_levels, "hold_ms",
        (json_int_t)can->hold, "log_directory", (int)can->log_directory);
    put(builder, object, "grace_ms", can->has_grace ? json_integer((json_int_t)can->grace) : json_null());
    put(builder, object, "max_payload",
        can->max_payload > 0 ? json_integer((json_int_t)can->max_payload) : json_null());
    put(builder, object, "pickle", json_pack("[I, I]", (json_int_t)can->pickle_low, (json_int_t)can->pickle_high));
    return object;
}

static json_t *summary_of(struct builder *builder, const check_part *part) {
    check_tally tally = check_part_tally(part);
    json_t *object = json_pack("{s:I}", "cases", (json_int_t)tally.cases);
    for (int i = 0; i < CHECK_STANDING_COUNT; i++) {
        put(builder, object, check_standing_name((check_standing)i), json_integer((json_int_t)tally.by[i]));
    }
    return object;
}

static json_t *part_of(struct builder *builder, const check_part *part) {
    json_t *object = json_object(), *cases = json_array();
    put(builder, object, "role", json_string(check_role_name(part->role)));
    put(builder, object, "surveyed", json_boolean(part->surveyed));
    put_text(builder, object, "why", &part->why);
    if (part->surveyed) {
        put(builder, object, "capabilities", capabilities_of(builder, &part->setting.capabilities));
        put(builder, object, "round_trip_ms", milliseconds(part->setting.round_trip_ns));
        put(builder, object, "settle_ms", milliseconds(part->setting.settle_ns));
    }
    put(builder, object, "summary", summary_of(builder, part));
    if (part->suspicion != CHECK_HINT_NONE) {
        put(builder, object, "hint", hint_of(part->suspicion, undr_slice_text(part->suspicion_seen)));
    }
    for (size_t i = 0; i < part->count; i++) {
        append(builder, cases, case_of(builder, part, &part->records[i]));
    }
    put(builder, object, "cases", cases);
    return object;
}

static json_t *unmatched_of(struct builder *builder) {
    json_t *array = json_array();
    size_t index = 0;
    for (const check_entry *entry = NULL; (entry = check_unmatched(builder->session, &index)) != NULL;) {
        append(builder, array,
            json_pack("{s:o, s:i, s:b}", "case", check_json_text(undr_slice_text(entry->name)), "line", entry->line,
                "pattern", (int)entry->pattern));
    }
    return array;
}

static void put_target(struct builder *builder, json_t *object) {
    const check_options *options = builder->session->options;
    json_t *command = json_array();
    for (char *const *word = options->command; word != NULL && *word != NULL; word++) {
        append(builder, command, check_json_text(undr_slice_text(*word)));
    }
    put(builder, object, "command", command);
    if (options->host != NULL) {
        undr_buffer place = {0};
        builder->failed = undr_put_format(&place, "%s:%u", options->host, options->port) != UNDR_OK || builder->failed;
        put_text(builder, object, options->listens ? "listen" : "connect", &place);
        undr_buffer_free(&place);
    }
}

static json_t *about_of(struct builder *builder) {
    json_t *object = json_object();
    check_facts facts;
    builder->failed = check_facts_make(builder->session, &facts) != UNDR_OK || builder->failed;
    for (size_t i = 0; i < facts.count; i++) {
        put(builder, object, facts.at[i].key, check_json_text(undr_buffer_slice(&facts.at[i].value)));
    }
    check_facts_free(&facts);
    return object;
}

static json_t *texts_of(struct builder *builder, const check_texts *texts) {
    json_t *array = json_array();
    for (size_t i = 0; i < texts->count; i++) {
        append(builder, array, check_json_text(undr_slice_text(texts->at[i])));
    }
    return array;
}

/* What all shards of one run have in common: merge compares it. Without --seed each has a seed of its own. */
static json_t *asked_of(struct builder *builder) {
    const check_options *options = builder->session->options;
    json_t *object = json_object(), *roles = json_array();
    for (int i = 0; i < CHECK_ROLE_COUNT; i++) {
        if (options->roles[i]) {
            append(builder, roles, json_string(check_role_name((check_role)i)));
        }
    }
    if (options->all) {
        append(builder, roles, json_string("all"));
    }
    put(builder, object, "roles", roles);
    put(builder, object, "only", texts_of(builder, &options->only));
    put(builder, object, "skip", texts_of(builder, &options->skip));
    put(builder, object, "cases", texts_of(builder, &options->cases));
    put(builder, object, "load", json_boolean(options->load));
    put(builder, object, "destructive", json_boolean(options->destructive));
    put(builder, object, "repeat", json_integer((json_int_t)options->repeat));
    put(builder, object, "as-of", json_string(options->as_of == NULL ? "" : options->as_of));
    const char *delivery = options->every_delivery ? "all"
        : options->has_delivery                    ? check_delivery_name(options->delivery)
                                                   : "";
    put(builder, object, "delivery", json_string(delivery));
    if (options->has_seed) {
        put(builder, object, "seed", json_sprintf("%llu", (unsigned long long)options->seed));
    }
    return object;
}

static json_t *session_of(struct builder *builder) {
    const check_session *session = builder->session;
    json_t *object = json_object(), *roles = json_array();
    char started[32] = "";
    struct tm time;
    if (gmtime_r(&session->started, &time) != NULL) {
        strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &time);
    }
    put(builder, object, "tool", json_string("undr-check"));
    put(builder, object, "format", json_integer(FORMAT));
    put(builder, object, "started", json_string(started));
    put(builder, object, "duration_ms", milliseconds(session->duration_ns));
    put(builder, object, "seed", json_sprintf("%llu", (unsigned long long)session->seed)); /* more than 53 bits */
    put(builder, object, "jobs", json_integer((json_int_t)session->jobs));
    put(builder, object, "repetitions", json_integer((json_int_t)session->repetitions));
    put(builder, object, "strict", json_boolean(session->options->strict));
    put(builder, object, "interrupted", json_boolean(session->interrupted != 0));
    put(builder, object, "status", json_integer(check_session_status(session)));
    put_target(builder, object);
    put(builder, object, "about", about_of(builder));
    if (session->options->has_shard) {
        put(builder, object, "shard", json_integer((json_int_t)session->options->shard));
        put(builder, object, "shards", json_integer((json_int_t)session->options->shards));
        put(builder, object, "asked", asked_of(builder));
    }
    for (size_t i = 0; i < session->part_count; i++) {
        if (session->parts[i].count > 0) {
            append(builder, roles, part_of(builder, &session->parts[i]));
        }
    }
    put(builder, object, "roles", roles);
    put(builder, object, "unmatched", unmatched_of(builder));
    return object;
}

undr_error check_report_json(FILE *out, const check_session *session) {
    struct builder builder = {session, false};
    json_t *json = session_of(&builder);
    undr_error error = json == NULL || builder.failed ? UNDR_MEMORY : UNDR_OK;
    if (error == UNDR_OK && json_dumpf(json, out, JSON_INDENT(1) | JSON_ENSURE_ASCII) != 0) {
        error = UNDR_SYSTEM;
    }
    json_decref(json);
    fputc('\n', out);
    return error;
}
