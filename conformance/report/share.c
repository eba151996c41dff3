/* share.c: of the cases that try a requirement, how many failed it. */
#include "report/share.h"

#include "base/grow.h"

#include <stdlib.h>

static bool was_played(check_standing standing) {
    return standing != CHECK_NOT_RUN && standing != CHECK_SKIPPED && standing != CHECK_EXCUSED && standing != CHECK_NEW
        && standing != CHECK_BLOCKED_OFF && standing != CHECK_BROKEN;
}

static undr_error find_or_add(check_shares *shares, const char *id, check_counted **counted) {
    size_t index = check_name_map_get(&shares->by_id, id);
    if (index != CHECK_NO_NAME) {
        *counted = &shares->at[index];
        return UNDR_OK;
    }
    check_counted *at = check_array_grow(shares->at, shares->count, &shares->capacity, sizeof *at);
    if (at == NULL) {
        return UNDR_MEMORY;
    }
    shares->at = at;
    undr_error error = check_name_map_put(&shares->by_id, id, shares->count, NULL);
    if (error == UNDR_OK) {
        *counted = &shares->at[shares->count++];
        **counted = (check_counted){0};
    }
    return error;
}

static undr_error count_one(check_shares *shares, const check_record *record, const char *id, bool fell_short) {
    check_counted *counted = NULL;
    undr_error error = find_or_add(shares, id, &counted);
    if (error == UNDR_OK && counted->last != record) {
        counted->last = record;
        counted->share.tried++;
        counted->share.fell_short += fell_short ? 1 : 0;
    }
    return error;
}

/* What it blames first is what it failed. */
static undr_error count_record(check_shares *shares, const check_record *record) {
    const char *level = NULL, *id = NULL;
    undr_slice sentence;
    undr_error error = UNDR_OK;
    if (check_record_verdict(record) >= CHECK_WARN && check_blamed(record, &level, &id, &sentence)) {
        error = count_one(shares, record, id, true);
    }
    const check_case *one = record->one;
    for (size_t i = 0; i < one->requirement_count && error == UNDR_OK; i++) {
        error = count_one(shares, record, one->requirements[i].id, false);
    }
    for (size_t i = 0; i < one->step_count && error == UNDR_OK; i++) {
        bool names = one->steps[i].what == CHECK_REQUIREMENT;
        error = names ? count_one(shares, record, one->steps[i].requirement.id, false) : UNDR_OK;
    }
    return error;
}

undr_error check_shares_count(check_shares *shares, const check_part *part) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < part->count && error == UNDR_OK; i++) {
        const check_record *record = &part->records[i];
        error = was_played(check_record_standing(record)) ? count_record(shares, record) : UNDR_OK;
    }
    return error;
}

check_share check_shares_find(const check_shares *shares, const char *id) {
    size_t index = check_name_map_get(&shares->by_id, id);
    return index == CHECK_NO_NAME ? (check_share){0} : shares->at[index].share;
}

void check_shares_free(check_shares *shares) {
    check_name_map_free(&shares->by_id);
    free(shares->at);
    *shares = (check_shares){0};
}

bool check_share_is_larger(check_share a, check_share b) {
    return a.fell_short * (b.tried + 1) > b.fell_short * (a.tried + 1);
}
