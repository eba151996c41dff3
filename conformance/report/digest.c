/* digest.c: puts together what fell short alike. */
#include "digest.h"

#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- shapes ---- */

/* Behind a literal's closing quote, or at the end of the text. */
static size_t skip_quoted(undr_slice text, size_t at) {
    uint8_t quote = text.data[at++];
    while (at < text.size && text.data[at] != quote) {
        at += text.data[at] == '\\' ? 2 : 1;
    }
    return at < text.size ? at + 1 : text.size;
}

/* Behind what closes this parenthesis, bracket or brace. */
static size_t skip_nested(undr_slice text, size_t at) {
    size_t depth = 0;
    while (at < text.size) {
        uint8_t byte = text.data[at];
        if (byte == '\'' || byte == '"') {
            at = skip_quoted(text, at);
            continue;
        }
        depth += byte == '(' || byte == '[' || byte == '{' ? 1 : 0;
        depth -= byte == ')' || byte == ']' || byte == '}' ? 1 : 0;
        at++;
        if (depth == 0) {
            break;
        }
    }
    return at;
}

static bool is_word_byte(uint8_t byte) {
    return isalpha(byte) || byte == '-' || byte == '<' || byte == '>';
}

/* A connection's name (M and P are always the same), or the prefix of a literal. */
static bool is_passing(const uint8_t *word, size_t size, undr_slice text, size_t end) {
    bool prefixes = end < text.size && (text.data[end] == '\'' || text.data[end] == '"');
    return prefixes || (size == 1 && isupper(word[0]) && word[0] != 'M' && word[0] != 'P');
}

/* "A <- t b'x'" -> "<- t": a frame, or an answer of the control channel, without its value. */
static undr_slice without_value(undr_slice text) {
    const char *arrow = "<- ";
    size_t at = 0;
    while (at + 3 <= text.size && memcmp(text.data + at, arrow, 3) != 0) {
        at++;
    }
    for (at += 3; at < text.size && text.data[at] != ' '; at++) {
    }
    return at < text.size ? undr_slice_of(text.data, at) : text;
}

static bool is_same_frame(undr_slice a, undr_slice b) {
    a = without_value(a);
    b = without_value(b);
    return a.size == b.size && a.size > 2 && memcmp(a.data + 1, b.data + 1, a.size - 1) == 0;
}

static undr_error put_words(undr_buffer *shape, undr_slice text) {
    undr_error error = UNDR_OK;
    for (size_t at = 0; at < text.size && error == UNDR_OK;) {
        uint8_t byte = text.data[at];
        if (byte == '\'' || byte == '"') {
            at = skip_quoted(text, at);
        } else if (byte == '(' || byte == '[' || byte == '{') {
            at = skip_nested(text, at);
        } else if (!is_word_byte(byte)) {
            at++;
        } else {
            size_t start = at;
            while (at < text.size && is_word_byte(text.data[at])) {
                at++;
            }
            if (!is_passing(text.data + start, at - start, text, at)) {
                error = undr_put_bytes(shape, text.data + start, at - start);
                error = error == UNDR_OK ? undr_put_text(shape, " ") : error;
            }
        }
    }
    return error;
}

undr_error check_digest_shape(undr_buffer *shape, undr_slice expected, undr_slice received) {
    /* Where another frame came, or none, it does not matter which value was expected. */
    undr_error error = put_words(shape, is_same_frame(expected, received) ? expected : without_value(expected));
    error = error == UNDR_OK ? undr_put_text(shape, "/ ") : error;
    return error == UNDR_OK ? put_words(shape, received) : error;
}

/* ---- collecting ---- */

static bool is_explained(check_standing standing) {
    return standing == CHECK_BLOCKED_OFF || standing >= CHECK_WARNED;
}

static undr_error shape_of(check_short *one) {
    const check_result *worst = check_record_worst(one->record);
    if (one->standing == CHECK_BLOCKED_OFF) {
        return check_record_remark(one->part, one->record, &one->shape);
    }
    if (one->standing == CHECK_STALE) {
        return undr_put_text(&one->shape, "passes");
    }
    return check_digest_shape(&one->shape, undr_buffer_slice(&worst->expected), undr_buffer_slice(&worst->received));
}

static undr_error add(check_digest *digest, const check_part *part, const check_record *record) {
    check_standing standing = check_record_standing(part, record);
    if (!is_explained(standing)) {
        return UNDR_OK;
    }
    check_short *one = &digest->at[digest->count];
    *one = (check_short){.part = part, .record = record, .standing = standing, .leader = digest->count, .id = ""};
    digest->count++;
    const char *level = NULL, *id = NULL;
    undr_slice sentence;
    if (standing != CHECK_BLOCKED_OFF && check_record_verdict(record) >= CHECK_WARN &&
        check_blamed(record, &level, &id, &sentence)) {
        one->id = id;
        one->share = check_share_of(part, id);
    }
    return shape_of(one);
}

/* Of the same kind: a MUST and a SHOULD can fall short of the same thing. */
static check_standing kind_of(const check_short *one) {
    return one->standing == CHECK_WARNED ? CHECK_FAILED : one->standing;
}

static bool is_alike(const check_short *a, const check_short *b) {
    return a->part == b->part && kind_of(a) == kind_of(b) &&
        undr_slice_equal(undr_buffer_slice(&a->shape), undr_buffer_slice(&b->shape));
}

/* How much there is to read: the case that shows the least is the best explanation. */
static size_t length_of(const check_short *one) {
    return check_record_worst(one->record)->transcript.size;
}

static bool blocks(const check_short *one, const check_short *other) {
    const undr_buffer *notes = &check_record_worst(other->record)->notes;
    const char *name = one->record->one->name;
    size_t length = strlen(name);
    return other->standing == CHECK_BLOCKED_OFF && other->part == one->part && notes->size >= length &&
        memcmp(notes->data + notes->size - length, name, length) == 0;
}

/* The first of the alike ones that blocks another, else a MUST, else one that blames the requirement with the largest
 * share, and of these the one with the shortest transcript. */
static bool is_better(const check_digest *digest, size_t a, size_t b) {
    bool a_blocks = false, b_blocks = false;
    for (size_t i = 0; i < digest->count; i++) {
        a_blocks = a_blocks || blocks(&digest->at[a], &digest->at[i]);
        b_blocks = b_blocks || blocks(&digest->at[b], &digest->at[i]);
    }
    if (a_blocks != b_blocks || digest->at[a].standing != digest->at[b].standing) {
        return a_blocks != b_blocks ? a_blocks : digest->at[a].standing > digest->at[b].standing;
    }
    const check_short *one = &digest->at[a], *other = &digest->at[b];
    bool larger = check_share_is_larger(one->share, other->share);
    return larger || (!check_share_is_larger(other->share, one->share) && length_of(one) < length_of(other));
}

static void choose_leader(check_digest *digest, size_t first) {
    size_t best = first, alike = 0;
    for (size_t i = first; i < digest->count; i++) {
        if (is_alike(&digest->at[first], &digest->at[i])) {
            best = is_better(digest, i, best) ? i : best;
            alike++;
        }
    }
    for (size_t i = first; i < digest->count; i++) {
        if (is_alike(&digest->at[first], &digest->at[i])) {
            digest->at[i].leader = best;
        }
    }
    digest->at[best].alike = alike;
}

static void count_blocked(check_digest *digest) {
    for (size_t i = 0; i < digest->count; i++) {
        for (size_t k = 0; k < digest->count; k++) {
            digest->at[digest->at[i].leader].blocked += blocks(&digest->at[i], &digest->at[k]) ? 1 : 0;
        }
    }
}

undr_error check_digest_make(const check_session *session, check_digest *digest) {
    size_t records = 1;
    for (size_t i = 0; i < session->part_count; i++) {
        records += session->parts[i].count;
    }
    *digest = (check_digest){.at = calloc(records, sizeof *digest->at)};
    undr_error error = digest->at == NULL ? UNDR_MEMORY : UNDR_OK;
    for (size_t i = 0; i < session->part_count; i++) {
        for (size_t k = 0; k < session->parts[i].count && error == UNDR_OK; k++) {
            error = add(digest, &session->parts[i], &session->parts[i].records[k]);
        }
    }
    for (size_t i = 0; i < digest->count && error == UNDR_OK; i++) {
        bool is_first = digest->at[i].leader == i && digest->at[i].alike == 0;
        if (is_first) {
            choose_leader(digest, i);
        }
    }
    count_blocked(digest);
    return error;
}

void check_digest_free(check_digest *digest) {
    for (size_t i = 0; i < digest->count; i++) {
        undr_buffer_free(&digest->at[i].shape);
    }
    free(digest->at);
    *digest = (check_digest){0};
}

/* ---- order ---- */

static bool is_shown(const check_short *one, const check_short *const *shown, size_t count) {
    bool found = one->id[0] == '\0';
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

/* A SHOULD stands behind all else, however often it did not hold. */
static bool comes_before(const check_short *a, const check_short *b) {
    bool mild = a->standing == CHECK_WARNED;
    return mild == (b->standing == CHECK_WARNED) ? weight(a) > weight(b) : !mild;
}

undr_error check_digest_order(const check_digest *digest, size_t **order, size_t *count) {
    *count = 0;
    *order = calloc(digest->count + 1, sizeof **order);
    if (*order == NULL) {
        return UNDR_MEMORY;
    }
    for (size_t i = 0; i < digest->count; i++) {
        if (digest->at[i].leader != i) {
            continue;
        }
        size_t at = (*count)++;
        while (at > 0 && comes_before(&digest->at[i], &digest->at[(*order)[at - 1]])) {
            (*order)[at] = (*order)[at - 1];
            at--;
        }
        (*order)[at] = i;
    }
    return UNDR_OK;
}
