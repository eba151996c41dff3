/* common.c: what the failed cases have in common. */
#include "report/common.h"

enum {
    LEAST = 3 /* fewer cases that fail under a delivery only prove nothing */
};

/* The same case passes when each frame comes whole: what most of the failures share is a cause, whatever else is wrong. */
static bool is_shared(size_t count, size_t failed) {
    return count >= LEAST && 2 * count > failed;
}

static bool fell_short(const check_short *one) {
    return one->standing == CHECK_WARNED || one->standing == CHECK_FAILED || one->standing == CHECK_CHANGED;
}

static bool passed_whole(const check_record *record) {
    const check_plays *whole = &record->plays[CHECK_DELIVERY_WHOLE];
    return whole->total > 0 && whole->worst.verdict <= CHECK_INFO;
}

static bool is_cut(check_delivery delivery) {
    return delivery >= CHECK_DELIVERY_BYTES && delivery <= CHECK_DELIVERY_CUT_8;
}

static void count_delivery(check_common *common, const check_record *record) {
    check_delivery worst = check_record_delivery(record);
    if (worst == CHECK_DELIVERY_COUNT || !passed_whole(record)) {
        return;
    }
    common->only_cut += is_cut(worst) ? 1 : 0;
    common->only_together += worst == CHECK_DELIVERY_COALESCED || worst == CHECK_DELIVERY_STRADDLED ? 1 : 0;
}

/* The hint of the most cases; of as many the one that lies further down, which is how they are numbered. */
static void choose_hint(check_common *common, const size_t *counts, const undr_slice *seen) {
    for (int hint = CHECK_HINT_NONE + 1; hint < CHECK_HINT_COUNT; hint++) {
        if (counts[hint] > common->hinted) {
            common->hint = (check_hint)hint;
            common->hinted = counts[hint];
            common->seen = seen[hint];
        }
    }
}

check_common check_common_of(const check_digest *digest, const check_part *part) {
    check_common common = {0};
    size_t counts[CHECK_HINT_COUNT] = {0};
    undr_slice seen[CHECK_HINT_COUNT] = {{0}};
    for (size_t i = 0; i < digest->count; i++) {
        const check_short *one = &digest->at[i];
        if (one->part != part || !fell_short(one)) {
            continue;
        }
        const check_result *worst = check_record_worst(one->record);
        common.failed++;
        count_delivery(&common, one->record);
        if (worst->hint != CHECK_HINT_NONE && counts[worst->hint]++ == 0) {
            seen[worst->hint] = undr_buffer_slice(&worst->seen);
        }
    }
    choose_hint(&common, counts, seen);
    if (is_shared(common.only_cut, common.failed)) {
        common.hint = CHECK_HINT_ONE_RECV;
        common.hinted = common.only_cut;
        common.seen = undr_slice_of(NULL, 0);
    }
    if (part->suspicion != CHECK_HINT_NONE && common.failed > 0 && common.hint == CHECK_HINT_NONE) {
        common.hint = part->suspicion;
        common.hinted = 0;
        common.seen = undr_slice_text(part->suspicion_seen);
    }
    return common;
}

static undr_error put_share(undr_buffer *to, size_t count, const check_common *common, const char *what) {
    undr_error error = count == common->failed
        ? undr_put_format(to, "all %zu cases that failed", count)
        : undr_put_format(to, "%zu of the %zu cases that failed", count, common->failed);
    return error == UNDR_OK ? undr_put_format(to, " %s\n", what) : error;
}

undr_error check_put_common(undr_buffer *to, const check_common *common) {
    const check_advice *advice = check_hint_advice(common->hint);
    undr_error error = UNDR_OK;
    if (common->hint == CHECK_HINT_ONE_RECV) {
        error = put_share(
            to, common->only_cut, common, "fail only when frames are cut, and pass when each comes whole (FRAME-3)");
    } else if (is_shared(common->only_together, common->failed)) {
        error = put_share(to, common->only_together, common,
            "fail only when several frames come together, and pass when each comes alone (FRAME-4)");
    }
    if (error == UNDR_OK && advice != NULL) {
        error = undr_put_format(to, "likely cause: %s (%s)\n", advice->text, advice->id);
    }
    if (error == UNDR_OK && advice != NULL && common->seen.size > 0) {
        error = undr_put_text(to, "seen: ");
        error = error == UNDR_OK ? undr_put_slice(to, common->seen) : error;
        error = error == UNDR_OK ? undr_put_text(to, "\n") : error;
    }
    if (error == UNDR_OK && advice != NULL && common->hinted > 1 && common->hint != CHECK_HINT_ONE_RECV) {
        error = put_share(to, common->hinted, common, "show it");
    }
    return error;
}
