/* spec.c: the binding sentences of the specification. */
#include "suite/spec.h"

#include "base/text.h"

#include <string.h>

/* Takes what stands before `mark` off *rest, and the mark. False: it is not there. */
static bool take_until(undr_slice *rest, const char *mark, undr_slice *part) {
    size_t size = strlen(mark);
    const uint8_t *found = rest->size == 0 ? NULL : memmem(rest->data, rest->size, mark, size);
    if (found == NULL) {
        return false;
    }
    size_t before = (size_t)(found - rest->data);
    *part = undr_slice_of(rest->data, before);
    *rest = undr_slice_of(found + size, rest->size - before - size);
    return true;
}

static bool is_level(undr_slice word) {
    return undr_slice_equal(word, undr_slice_text("MUST")) || undr_slice_equal(word, undr_slice_text("SHOULD"))
        || undr_slice_equal(word, undr_slice_text("MAY"));
}

bool check_sentence_read(undr_slice paragraph, check_sentence *sentence) {
    undr_slice rest = paragraph, before;
    *sentence = (check_sentence){0};
    if (!take_until(&rest, "**", &before) || before.size > 0 || !take_until(&rest, "** (", &sentence->id)
        || !take_until(&rest, ") ", &sentence->level) || !is_level(sentence->level)) {
        return false;
    }
    sentence->text = rest;
    sentence->notes = take_until(&rest, "\n", &sentence->text) ? rest : undr_slice_of(NULL, 0);
    return true;
}

bool check_sentence_next(undr_slice *rest, check_sentence *sentence) {
    bool found = false;
    while (rest->size > 0 && !found) {
        undr_slice paragraph = *rest;
        if (!take_until(rest, "\n\n", &paragraph)) {
            *rest = undr_slice_of(NULL, 0);
        }
        found = check_sentence_read(check_text_trim(paragraph), sentence);
    }
    return found;
}

static bool is_id(const char *text, undr_slice id) {
    return undr_slice_equal(undr_slice_text(text), id);
}

bool check_sentence_find(const char *id, check_sentence *sentence) {
    for (const check_embedded *page = check_spec_pages; page->name != NULL; page++) {
        undr_slice rest = undr_slice_of(page->data, page->size);
        while (check_sentence_next(&rest, sentence)) {
            if (is_id(id, sentence->id)) {
                return true;
            }
        }
    }
    return false;
}

bool check_case_claims(const check_case *one, undr_slice id) {
    bool names = false;
    for (size_t i = 0; i < one->requirement_count && !names; i++) {
        names = is_id(one->requirements[i].id, id);
    }
    for (size_t i = 0; i < one->step_count && !names; i++) {
        names = one->steps[i].what == CHECK_REQUIREMENT && is_id(one->steps[i].requirement.id, id);
    }
    return names;
}

bool check_ids_have(const char *ids, undr_slice id) {
    bool found = false;
    for (undr_slice rest = undr_slice_text(ids); rest.size > 0 && !found;) {
        found = undr_slice_equal(check_text_take_word(&rest), id);
    }
    return found;
}
