/* record.c: what the plays of a case come to, and what all cases of a run come to. */
#include "base/text.h"
#include "report/report.h"
#include "suite/ids.h"
#include "suite/version.h"

#include <stdlib.h>
#include <string.h>

const char *check_standing_name(check_standing standing) {
    static const char *const names[] = {"not run", "pass", "info", "skip", "expected", "excused", "new", "blocked",
        "warn", "fail", "stale", "changed", "error"};
    return names[standing];
}

const char *check_level_name(check_level level) {
    static const char *const names[] = {"MUST", "SHOULD", "MAY"};
    return names[level];
}

const check_requirement *check_first_requirement(const check_case *one) {
    return one->requirement_count > 0 ? &one->requirements[0] : NULL;
}

/* ---- a record ---- */

void check_record_add(
    check_record *record, check_delivery delivery, unsigned repetition, check_result *result, bool keep) {
    check_plays *plays = &record->plays[delivery];
    plays->counts[result->verdict]++;
    plays->duration_ns += result->duration_ns;
    record->done++;
    if (result->verdict == CHECK_PASS && !keep) {
        undr_buffer_free(&result->transcript);
        undr_buffer_free(&result->output);
    }
    if (plays->total++ == 0 || result->verdict > plays->worst.verdict) {
        check_result_free(&plays->worst);
        plays->worst = *result;
        plays->repetition = repetition;
    } else {
        check_result_free(result);
    }
    *result = (check_result){0};
}

check_delivery check_record_delivery(const check_record *record) {
    check_delivery worst = CHECK_DELIVERY_COUNT;
    for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
        const check_plays *plays = &record->plays[i];
        bool is_first = worst == CHECK_DELIVERY_COUNT;
        if (plays->total > 0 && (is_first || plays->worst.verdict > record->plays[worst].worst.verdict)) {
            worst = (check_delivery)i;
        }
    }
    return worst;
}

const check_result *check_record_worst(const check_record *record) {
    check_delivery delivery = check_record_delivery(record);
    return delivery == CHECK_DELIVERY_COUNT ? NULL : &record->plays[delivery].worst;
}

check_verdict check_record_verdict(const check_record *record) {
    const check_result *worst = check_record_worst(record);
    return worst == NULL ? CHECK_PASS : worst->verdict;
}

uint64_t check_record_duration(const check_record *record) {
    uint64_t duration = 0;
    for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
        duration += record->plays[i].duration_ns;
    }
    return duration;
}

bool check_blamed(const check_record *record, const char **level, const char **id, undr_slice *sentence) {
    const check_result *worst = check_record_worst(record);
    const check_requirement *first = check_first_requirement(record->one);
    if (worst != NULL && worst->id[0] != '\0') {
        *level = check_level_name(worst->level);
        *id = worst->id;
        *sentence = undr_buffer_slice(&worst->sentence);
        return true;
    }
    if (first == NULL) {
        return false;
    }
    *level = check_level_name(first->level);
    *id = first->id;
    *sentence = undr_slice_text(first->sentence);
    return true;
}

/* ---- standing ---- */

/* Does it blame another requirement than the entry says? */
static bool blames_another(const check_record *record) {
    const char *level = NULL, *id = NULL;
    undr_slice sentence;
    return record->entry->id != NULL && check_blamed(record, &level, &id, &sentence)
        && strcmp(record->entry->id, id) != 0;
}

static const check_known_id *known_id(const char *id) {
    const check_known_id *known = check_known_ids;
    while (known->id != NULL && strcmp(known->id, id) != 0) {
        known++;
    }
    return known;
}

/* Did the version of --as-of not have the case, or not the sentence that it blames? */
static bool is_new(const check_record *record) {
    const char *level = NULL, *id = NULL;
    undr_slice sentence;
    return check_version_is_newer(record->one->since, record->as_of)
        || (record->as_of != NULL && check_blamed(record, &level, &id, &sentence)
            && check_version_is_newer(known_id(id)->since, record->as_of));
}

/* What was a SHOULD in the version of --as-of, and is a MUST by now, fails as it did then. */
static check_verdict verdict_as_of(const check_record *record, check_verdict verdict) {
    const char *level = NULL, *id = NULL;
    undr_slice sentence;
    bool raised = verdict == CHECK_FAIL && record->as_of != NULL && check_blamed(record, &level, &id, &sentence)
        && check_version_is_newer(known_id(id)->raised, record->as_of);
    return raised ? CHECK_WARN : verdict;
}

/* A play that would have taken too long says nothing about what was expected of it: a busy machine changes no verdict. */
static bool is_undecided(const check_record *record, check_verdict verdict) {
    return verdict == CHECK_SKIP && check_record_worst(record)->undecided;
}

static check_standing standing_of_entry(const check_record *record, check_verdict verdict) {
    const check_entry *entry = record->entry;
    bool passes = verdict == CHECK_PASS || verdict == CHECK_INFO;
    bool fits = entry->flaky ? verdict == CHECK_WARN || verdict == CHECK_FAIL : verdict == entry->verdict;
    if (fits) {
        return blames_another(record) ? CHECK_CHANGED : CHECK_EXPECTED;
    }
    if (passes && (entry->flaky || entry->pattern)) {
        return CHECK_PASSED; /* of a pattern only some fail: check_unmatched sees when none does */
    }
    bool is_worse = verdict > entry->verdict; /* which no further play can take back */
    if (record->done < record->due && !is_worse) {
        return CHECK_NOT_RUN; /* ended early: a play that was still to come may have fallen short */
    }
    if (is_undecided(record, verdict)) {
        return CHECK_SKIPPED;
    }
    if (entry->pattern && (verdict == CHECK_SKIP || verdict == CHECK_BLOCKED)) {
        return verdict == CHECK_SKIP ? CHECK_SKIPPED : record->excused ? CHECK_EXCUSED : CHECK_BLOCKED_OFF;
    }
    return passes ? CHECK_STALE : CHECK_CHANGED;
}

static bool is_excused_by(const check_part *part, const char *name) {
    size_t before = check_name_map_get(&part->by_name, name);
    check_standing standing = before == CHECK_NO_NAME ? CHECK_PASSED : check_record_standing(&part->records[before]);
    return standing == CHECK_EXPECTED || standing == CHECK_EXCUSED || standing == CHECK_NEW;
}

/* Each asks those before it only: a whole chain costs its length. */
void check_record_excuse(const check_part *part, check_record *record) {
    bool excused = check_suite_needs_life(record->one) && is_excused_by(part, check_suite_life(record->one->role));
    for (size_t i = 0; i < record->one->after_count && !excused; i++) {
        excused = is_excused_by(part, record->one->after[i]);
    }
    record->excused = excused;
}

void check_part_excuse(check_part *part) {
    for (size_t i = 0; i < part->count; i++) {
        check_record_excuse(part, &part->records[i]);
    }
}

check_standing check_record_standing(const check_record *record) {
    check_verdict verdict = verdict_as_of(record, check_record_verdict(record));
    if (record->done == 0) {
        return CHECK_NOT_RUN;
    }
    if (verdict == CHECK_ERROR) {
        return CHECK_BROKEN;
    }
    if (verdict >= CHECK_BLOCKED && is_new(record)) {
        return CHECK_NEW;
    }
    if (record->entry != NULL) {
        return standing_of_entry(record, verdict);
    }
    switch (verdict) {
    case CHECK_PASS: return CHECK_PASSED;
    case CHECK_INFO: return CHECK_OBSERVED;
    case CHECK_SKIP: return CHECK_SKIPPED;
    case CHECK_BLOCKED: return record->excused ? CHECK_EXCUSED : CHECK_BLOCKED_OFF;
    case CHECK_WARN: return CHECK_WARNED;
    default: return CHECK_FAILED;
    }
}

bool check_standing_is_short(check_standing standing, bool strict) {
    return standing == CHECK_WARNED ? strict : standing == CHECK_BLOCKED_OFF || standing >= CHECK_FAILED;
}

/* "flaky as expected: failed 1 of 4 plays (the machine is slow)" */
static undr_error put_rate(const check_record *record, undr_buffer *text) {
    unsigned played = record->again.played, failed = record->again.failed;
    for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
        const check_plays *plays = &record->plays[i];
        played += plays->total;
        failed += plays->counts[CHECK_WARN] + plays->counts[CHECK_FAIL];
    }
    return undr_put_format(
        text, "flaky as expected: failed %u of %u plays (%s)", failed, played, record->entry->reason);
}

undr_error check_record_remark(const check_record *record, undr_buffer *text) {
    const check_result *worst = check_record_worst(record);
    const check_entry *entry = record->entry;
    switch (check_record_standing(record)) {
    case CHECK_STALE:
        return undr_put_format(text, "passes now, but line %d of the expected failures says `%s` (%s): %s", entry->line,
            check_verdict_name(entry->verdict), entry->reason,
            entry->condition == NULL ? "remove that line" : "remove that line, or narrow its condition");
    case CHECK_CHANGED:
        if (worst->verdict == entry->verdict || entry->flaky) {
            return undr_put_format(text,
                "it fails for %s, but line %d of the expected failures says %s (%s): this is not the known "
                "failure",
                worst->id, entry->line, entry->id, entry->reason);
        }
        return undr_put_format(text,
            "the verdict is `%s`, but line %d of the expected failures says `%s` (%s): correct "
            "that line, or what changed",
            check_verdict_name(worst->verdict), entry->line, check_verdict_name(entry->verdict), entry->reason);
    case CHECK_NEW:
        return undr_put_format(text, "%s did not require this; today the verdict is `%s`", record->as_of,
            check_verdict_name(worst->verdict));
    case CHECK_EXPECTED:
        return entry->flaky ? put_rate(record, text) : undr_put_format(text, "expected: %s", entry->reason);
    case CHECK_SKIPPED:
    case CHECK_BLOCKED_OFF:
    case CHECK_EXCUSED: {
        const undr_buffer *said = worst->received.size > 0 ? &worst->received : &worst->notes;
        return check_text_clean(text, check_text_trim(undr_buffer_slice(said)));
    }
    default: return UNDR_OK;
    }
}

undr_error check_put_again(undr_buffer *to, const check_record *record) {
    const check_plays_again *again = &record->again;
    undr_error error = UNDR_OK;
    if (again->played > 0) {
        error = undr_put_format(to, "failed %u of %u plays%s", again->failed + 1, again->played + 1,
            again->failed < again->played ? ": flaky" : "");
    }
    if (error == UNDR_OK && again->broken > 0) {
        error = undr_put_format(
            to, "%s%u more ended with a failure of the harness", again->played > 0 ? "; " : "", again->broken);
    }
    return error;
}

/* ---- the whole ---- */

check_tally check_part_tally(const check_part *part) {
    check_tally tally = {.cases = part->count};
    for (size_t i = 0; i < part->count; i++) {
        check_standing standing = check_record_standing(&part->records[i]);
        tally.by[standing]++;
        tally.undecided += standing == CHECK_NOT_RUN && part->records[i].done > 0 ? 1 : 0;
        tally.ran += standing == CHECK_NOT_RUN || standing == CHECK_SKIPPED ? 0 : 1;
    }
    return tally;
}

check_tally check_session_tally(const check_session *session) {
    check_tally all = {0};
    for (size_t i = 0; i < session->part_count; i++) {
        check_tally tally = check_part_tally(&session->parts[i]);
        all.cases += tally.cases;
        all.ran += tally.ran;
        all.undecided += tally.undecided;
        for (int standing = 0; standing < CHECK_STANDING_COUNT; standing++) {
            all.by[standing] += tally.by[standing];
        }
    }
    return all;
}

static bool matches_any(const check_suite *suite, const check_entry *entry) {
    bool found = check_suite_find(suite, entry->name) != NULL;
    for (size_t i = 0; entry->pattern && i < suite->count && !found; i++) {
        found = check_case_fits(suite->all[i], entry->name);
    }
    return found;
}

/* A pattern of which all cases were played, and none failed. */
static bool is_stale_pattern(const check_session *session, const check_entry *entry) {
    size_t played = 0, others = 0;
    for (size_t i = 0; entry->pattern && !entry->flaky && i < session->part_count; i++) {
        const check_part *part = &session->parts[i];
        for (size_t k = 0; k < part->count && others == 0; k++) {
            check_standing standing = check_record_standing(&part->records[k]);
            bool fits = part->records[k].entry == entry;
            bool passed = standing == CHECK_PASSED || standing == CHECK_OBSERVED;
            played += fits && passed ? 1 : 0;
            others += fits && !passed ? 1 : 0;
        }
    }
    return played > 0 && others == 0;
}

bool check_entry_is_dead(const check_session *session, const check_entry *entry) {
    return !matches_any(session->suite, entry) || is_stale_pattern(session, entry);
}

const check_entry *check_unmatched(const check_session *session, size_t *index) {
    while (*index < session->expected->count) {
        const check_entry *entry = &session->expected->at[(*index)++];
        if (check_entry_is_dead(session, entry)) {
            return entry;
        }
    }
    return NULL;
}

const char *check_unmatched_why(const check_session *session, const check_entry *entry) {
    return matches_any(session->suite, entry) ? "no case of it fails any more: remove the line"
        : entry->pattern                      ? "no case has such a name: correct it, or remove the line"
                                              : "there is no case of that name: correct it, or remove the line";
}

int check_session_status(const check_session *session) {
    check_tally all = check_session_tally(session);
    size_t index = 0;
    bool is_short = check_unmatched(session, &index) != NULL;
    if (session->interrupted != 0) {
        return 128 + session->interrupted;
    }
    if (session->mistaken) {
        return 2;
    }
    if (session->broken || all.by[CHECK_BROKEN] > 0) {
        return 3;
    }
    for (size_t i = 0; i < session->part_count; i++) {
        is_short = is_short
            || (!session->parts[i].surveyed && session->parts[i].why.size > 0 && !session->parts[i].undeclared);
    }
    for (int standing = 0; standing < CHECK_STANDING_COUNT; standing++) {
        bool counts = check_standing_is_short((check_standing)standing, session->options->strict);
        is_short = is_short || (counts && all.by[standing] > 0);
    }
    if (is_short) {
        return 1;
    }
    return all.ran > 0 ? 0 : 2;
}

void check_session_free(check_session *session) {
    for (size_t i = 0; i < session->part_count; i++) {
        check_part *part = &session->parts[i];
        for (size_t k = 0; k < part->count; k++) {
            for (int delivery = 0; delivery < CHECK_DELIVERY_COUNT; delivery++) {
                check_result_free(&part->records[k].plays[delivery].worst);
            }
        }
        free(part->records);
        check_name_map_free(&part->by_name);
        undr_buffer_free(&part->why);
        undr_buffer_free(&part->setting.capabilities.text);
    }
    session->part_count = 0;
}
