/* version.c: versions: numbers joined by dots. */
#include "suite/version.h"

enum { NUMBER_LIMIT = 1000000000 };

bool check_version_read(undr_slice text, check_version *to) {
    *to = (check_version){.count = 0};
    for (size_t at = 0; at < text.size && to->count < CHECK_VERSION_NUMBERS; at++) {
        size_t first = at;
        unsigned number = 0;
        for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9' && number < NUMBER_LIMIT / 10; at++) {
            number = number * 10 + (unsigned)(text.data[at] - '0');
        }
        if (at == first) {
            break;
        }
        to->at[to->count++] = number;
        if (at == text.size || text.data[at] != '.') {
            break;
        }
    }
    return to->count > 0;
}

int check_version_compare(const check_version *found, const check_version *asked) {
    for (size_t i = 0; i < asked->count; i++) {
        if (found->at[i] != asked->at[i]) {
            return found->at[i] < asked->at[i] ? -1 : 1;
        }
    }
    return 0;
}

bool check_version_is_newer(const char *since, const char *as_of) {
    check_version first, last;
    return since != NULL && as_of != NULL && check_version_read(undr_slice_text(since), &first)
        && check_version_read(undr_slice_text(as_of), &last) && check_version_compare(&first, &last) > 0;
}
