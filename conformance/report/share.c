/* share.c: of the cases that try a requirement, how many fell short of it. */
#include "share.h"

#include <string.h>

static bool was_played(check_standing standing) {
    return standing != CHECK_NOT_RUN && standing != CHECK_SKIPPED && standing != CHECK_EXCUSED &&
        standing != CHECK_BLOCKED_OFF && standing != CHECK_BROKEN;
}

static bool names(const check_case *one, const char *id) {
    bool found = false;
    for (size_t i = 0; i < one->requirement_count && !found; i++) {
        found = strcmp(one->requirements[i].id, id) == 0;
    }
    for (size_t i = 0; i < one->step_count && !found; i++) {
        found = one->steps[i].what == CHECK_REQUIREMENT && strcmp(one->steps[i].requirement.id, id) == 0;
    }
    return found;
}

static bool blames(const check_record *record, const char *id) {
    const char *level = NULL, *blamed = NULL;
    undr_slice sentence;
    return check_record_verdict(record) >= CHECK_WARN && check_blamed(record, &level, &blamed, &sentence) &&
        strcmp(blamed, id) == 0;
}

check_share check_share_of(const check_part *part, const char *id) {
    check_share share = {0};
    for (size_t i = 0; i < part->count; i++) {
        const check_record *record = &part->records[i];
        if (was_played(check_record_standing(part, record))) {
            bool blamed = blames(record, id);
            share.fell_short += blamed ? 1 : 0;
            share.tried += blamed || names(record->one, id) ? 1 : 0;
        }
    }
    return share;
}

bool check_share_is_larger(check_share a, check_share b) {
    return a.fell_short * (b.tried + 1) > b.fell_short * (a.tried + 1);
}
