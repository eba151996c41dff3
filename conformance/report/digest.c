/* digest.c: puts together what failed alike. */
#include "report/digest.h"

#include <stdlib.h>
#include <string.h>

/* ---- collecting ---- */

static bool is_explained(check_standing standing) {
    return standing == CHECK_BLOCKED_OFF || standing >= CHECK_WARNED;
}

static undr_error shape_of(check_short *one) {
    const check_result *worst = check_record_worst(one->record);
    if (one->standing == CHECK_BLOCKED_OFF) {
        return check_record_remark(one->record, &one->shape);
    }
    if (one->standing == CHECK_STALE) {
        return undr_put_text(&one->shape, "passes");
    }
    return undr_put_slice(&one->shape, undr_buffer_slice(&worst->kind));
}

/* Whatever is wrong with another value in the frame that was due: frames, requests and pickles are understood. Where a
 * whole frame of another type came, frames are, and it is no matter of what is in one. */
static check_depth depth_of(const check_short *one, check_share most) {
    const check_result *worst = check_record_worst(one->record);
    check_depth depth = check_depth_of(one->id, one->share, most);
    bool understood = worst->other_value || (worst->other_type && depth != CHECK_DEPTH_REQUESTS);
    return understood ? CHECK_DEPTH_REST : depth;
}

static check_share most_of(const check_digest *digest, const check_part *part) {
    check_share most = {0};
    for (size_t i = 0; i < digest->count; i++) {
        const check_short *one = &digest->at[i];
        most = one->part == part && check_share_is_larger(one->share, most) ? one->share : most;
    }
    return most;
}

static void find_depths(check_digest *digest, const check_part *part) {
    check_share most = most_of(digest, part);
    for (size_t i = 0; i < digest->count; i++) {
        digest->at[i].depth = digest->at[i].part == part ? depth_of(&digest->at[i], most) : digest->at[i].depth;
    }
}

static undr_error add(
    check_digest *digest, const check_part *part, const check_record *record, const check_shares *shares) {
    check_standing standing = check_record_standing(record);
    if (!is_explained(standing)) {
        return UNDR_OK;
    }
    check_short *one = &digest->at[digest->count];
    *one = (check_short){.part = part,
        .record = record,
        .standing = standing,
        .leader = digest->count,
        .first = digest->count,
        .next = CHECK_NO_NAME,
        .id = ""};
    digest->count++;
    const char *level = NULL, *id = NULL;
    undr_slice sentence;
    if (standing != CHECK_BLOCKED_OFF && check_record_verdict(record) >= CHECK_WARN
        && check_blamed(record, &level, &id, &sentence)) {
        one->id = id;
        one->share = check_shares_find(shares, id);
    }
    return shape_of(one);
}

/* Of the same kind: a MUST and a SHOULD can fail in the same way. */
static check_standing kind_of(const check_short *one) {
    return one->standing == CHECK_WARNED ? CHECK_FAILED : one->standing;
}

/* Alike ones side by side, and each in the order of the records. */
static int compare(const void *left, const void *right) {
    const check_short *a = *(const check_short *const *)left, *b = *(const check_short *const *)right;
    size_t least = a->shape.size < b->shape.size ? a->shape.size : b->shape.size;
    int shapes = least == 0 ? 0 : memcmp(a->shape.data, b->shape.data, least);
    int order = a->part != b->part ? (a->part < b->part ? -1 : 1) : (int)kind_of(a) - (int)kind_of(b);
    order = order != 0 ? order : shapes;
    order = order != 0 || a->shape.size == b->shape.size ? order : a->shape.size < b->shape.size ? -1 : 1;
    return order != 0 ? order : a < b ? -1 : 1;
}

static bool is_alike(const check_short *a, const check_short *b) {
    return a->part == b->part && kind_of(a) == kind_of(b)
        && undr_slice_equal(undr_buffer_slice(&a->shape), undr_buffer_slice(&b->shape));
}

/* How much there is to read: the case that shows the least is the best explanation. */
static size_t length_of(const check_short *one) {
    return check_record_worst(one->record)->transcript.size;
}

static bool is_hinted(const check_short *one) {
    return check_record_worst(one->record)->hint != CHECK_HINT_NONE;
}

/* The plainest: one of those that are made to show it, else the first of the alike ones that blocks another, else a
 * MUST, else one that shows a known mistake, else what lies furthest down, else one whose requirement fits what was seen
 * (`most`: the largest share of the alike ones), of these the one on which the others are built, and of its cases the one
 * with the shortest transcript. */
static bool is_better(const check_short *a, const check_short *b, check_share most) {
    bool a_life = check_suite_is_life(a->record->one), b_life = check_suite_is_life(b->record->one);
    if (a_life != b_life && a->standing == b->standing) {
        return a_life;
    }
    bool a_blocks = a->holds > 0, b_blocks = b->holds > 0;
    if (a_blocks != b_blocks || a->standing != b->standing) {
        return a_blocks != b_blocks ? a_blocks : a->standing > b->standing;
    }
    if (is_hinted(a) != is_hinted(b) || a->depth != b->depth) {
        return is_hinted(a) != is_hinted(b) ? is_hinted(a) : a->depth < b->depth;
    }
    bool a_fits = check_share_fits(a->share, most), b_fits = check_share_fits(b->share, most);
    if (a_fits != b_fits || strcmp(a->id, b->id) != 0) {
        return a_fits != b_fits ? a_fits : check_is_built_on(b->id, a->id);
    }
    return length_of(a) < length_of(b);
}

/* A run of alike ones, in their order. */
static void choose_leader(check_digest *digest, check_short *const *run, size_t count) {
    check_short *best = run[0];
    check_share most = run[0]->share;
    for (size_t i = 1; i < count; i++) {
        most = check_share_is_larger(run[i]->share, most) ? run[i]->share : most;
    }
    for (size_t i = 1; i < count; i++) {
        best = is_better(run[i], best, most) ? run[i] : best;
        run[i - 1]->next = (size_t)(run[i] - digest->at);
    }
    best->alike = count;
    best->first = (size_t)(run[0] - digest->at);
    for (size_t i = 0; i < count; i++) {
        run[i]->leader = (size_t)(best - digest->at);
        best->blocked += run[i]->holds;
    }
}

static undr_error put_together(check_digest *digest) {
    check_short **sorted = calloc(digest->count + 1, sizeof *sorted);
    if (sorted == NULL) {
        return UNDR_MEMORY;
    }
    for (size_t i = 0; i < digest->count; i++) {
        sorted[i] = &digest->at[i];
    }
    qsort(sorted, digest->count, sizeof *sorted, compare);
    for (size_t from = 0, to = 0; from < digest->count; from = to) {
        for (to = from + 1; to < digest->count && is_alike(sorted[from], sorted[to]); to++) {}
        choose_leader(digest, sorted + from, to - from);
    }
    free(sorted);
    return UNDR_OK;
}

/* "blocked by NAME": the one of that name holds it. */
static undr_error count_one_held(check_digest *digest, const check_name_map *by_name, const check_short *one) {
    const undr_buffer *notes = &check_record_worst(one->record)->notes;
    const uint8_t *blank = notes->size == 0 ? NULL : memrchr(notes->data, ' ', notes->size);
    const uint8_t *from = blank == NULL ? notes->data : blank + 1;
    undr_buffer name = {0};
    undr_error error = undr_put_bytes(&name, from, notes->size - (size_t)(from - notes->data));
    error = error == UNDR_OK ? undr_put_u8(&name, 0) : error;
    size_t index = error == UNDR_OK ? check_name_map_get(by_name, (const char *)name.data) : CHECK_NO_NAME;
    if (index != CHECK_NO_NAME && digest->at[index].part == one->part) {
        digest->at[index].holds++;
    }
    undr_buffer_free(&name);
    return error;
}

static undr_error count_held(check_digest *digest) {
    check_name_map by_name = {0};
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < digest->count && error == UNDR_OK; i++) {
        error = check_name_map_put(&by_name, digest->at[i].record->one->name, i, NULL);
    }
    for (size_t i = 0; i < digest->count && error == UNDR_OK; i++) {
        bool blocked = digest->at[i].standing == CHECK_BLOCKED_OFF;
        error = blocked ? count_one_held(digest, &by_name, &digest->at[i]) : UNDR_OK;
    }
    check_name_map_free(&by_name);
    return error;
}

static undr_error add_part(check_digest *digest, const check_part *part) {
    check_shares shares = {0};
    undr_error error = check_shares_count(&shares, part);
    for (size_t i = 0; i < part->count && error == UNDR_OK; i++) {
        error = add(digest, part, &part->records[i], &shares);
    }
    find_depths(digest, part);
    check_shares_free(&shares);
    return error;
}

undr_error check_digest_make(const check_session *session, check_digest *digest) {
    size_t records = 1;
    for (size_t i = 0; i < session->part_count; i++) {
        records += session->parts[i].count;
    }
    *digest = (check_digest){.at = calloc(records, sizeof *digest->at)};
    undr_error error = digest->at == NULL ? UNDR_MEMORY : UNDR_OK;
    for (size_t i = 0; i < session->part_count && error == UNDR_OK; i++) {
        error = add_part(digest, &session->parts[i]);
    }
    error = error == UNDR_OK ? count_held(digest) : error;
    return error == UNDR_OK ? put_together(digest) : error;
}

void check_digest_free(check_digest *digest) {
    for (size_t i = 0; i < digest->count; i++) {
        undr_buffer_free(&digest->at[i].shape);
    }
    free(digest->at);
    *digest = (check_digest){0};
}

/* ---- order ---- */

/* Of what the harness could not judge, nobody has tried anything. */
static bool is_shown(const check_short *one, const check_short *const *shown, size_t count) {
    bool found = one->id[0] == '\0' || one->share.tried == 0;
    for (size_t i = 0; i < count && !found; i++) {
        found = shown[i]->part == one->part && strcmp(shown[i]->id, one->id) == 0;
    }
    return found;
}

const check_short *check_digest_next_requirement(
    const check_digest *digest, const check_short *const *shown, size_t count) {
    const check_short *next = NULL;
    for (size_t i = 0; i < digest->count; i++) {
        const check_short *one = &digest->at[i];
        if (!is_shown(one, shown, count) && (next == NULL || check_share_is_larger(one->share, next->share))) {
            next = one;
        }
    }
    return next;
}

static size_t weight(const check_short *leader) {
    return leader->alike + leader->blocked;
}

/* What failed comes first; a SHOULD stands behind that, however often it did not hold, and what is merely blocked at the
 * end. */
static int rank(const check_short *leader) {
    switch (leader->standing) {
    case CHECK_BLOCKED_OFF: return 2;
    case CHECK_WARNED: return 1;
    default: return 0;
    }
}

/* Nothing came at all in a case that asks for as little as there is: what lies above it can't tell more. */
static bool is_silent(const check_short *leader) {
    return check_suite_is_life(leader->record->one) && check_record_worst(leader->record)->in_vain;
}

/* Of the same rank what shows a known mistake, then what blocks others, then what is silent, then what lies further down;
 * of those what explains more. */
static int compare_leaders(const void *left, const void *right) {
    const check_short *a = *(const check_short *const *)left, *b = *(const check_short *const *)right;
    int order = a->part != b->part ? (a->part < b->part ? -1 : 1) : rank(a) - rank(b);
    order = order != 0 ? order : (int)is_hinted(b) - (int)is_hinted(a);
    order = order != 0 ? order : (int)(b->blocked > 0) - (int)(a->blocked > 0);
    order = order != 0 ? order : (int)is_silent(b) - (int)is_silent(a);
    order = order != 0 ? order : (int)a->depth - (int)b->depth;
    order = order != 0 ? order : weight(a) < weight(b) ? 1 : weight(a) > weight(b) ? -1 : 0;
    order = order != 0
        ? order
        : (int)check_share_is_larger(b->share, a->share) - (int)check_share_is_larger(a->share, b->share);
    return order != 0 ? order : a < b ? -1 : 1;
}

undr_error check_digest_order(const check_digest *digest, size_t **order, size_t *count) {
    *count = 0;
    *order = calloc(digest->count + 1, sizeof **order);
    const check_short **leaders = calloc(digest->count + 1, sizeof *leaders);
    if (*order == NULL || leaders == NULL) {
        free(*order);
        free(leaders);
        *order = NULL;
        return UNDR_MEMORY;
    }
    for (size_t i = 0; i < digest->count; i++) {
        if (digest->at[i].leader == i) {
            leaders[(*count)++] = &digest->at[i];
        }
    }
    qsort(leaders, *count, sizeof *leaders, compare_leaders);
    for (size_t i = 0; i < *count; i++) {
        (*order)[i] = (size_t)(leaders[i] - digest->at);
    }
    free(leaders);
    return UNDR_OK;
}
