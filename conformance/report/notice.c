/* notice.c: tells at once that something failed; what is like it, and the explanation, come at the end. */
#include "base/grow.h"
#include "report/digest.h"
#include "report/terminal_parts.h"

#include <stdlib.h>

static void forget_all(check_noticed *noticed) {
    for (size_t i = 0; i < noticed->count; i++) {
        undr_buffer_free(&noticed->at[i]);
    }
    free(noticed->at);
    check_name_map_free(&noticed->by_shape);
    *noticed = (check_noticed){0};
}

/* Takes over the shape when it is new. */
static bool keep(check_noticed *noticed, undr_buffer *shape) {
    size_t before = CHECK_NO_NAME;
    undr_buffer *at = check_array_grow(noticed->at, noticed->count, &noticed->capacity, sizeof *at);
    if (at == NULL) {
        return false;
    }
    noticed->at = at;
    const char *text = (const char *)shape->data;
    bool kept = check_name_map_put(&noticed->by_shape, text, noticed->count, &before) == UNDR_OK
        && before == CHECK_NO_NAME;
    if (kept) {
        noticed->at[noticed->count++] = *shape;
    }
    return kept;
}

/* Keeps the shape. False: it was there, or there is no memory for it, and then the end will tell. */
static bool is_new(check_noticed *noticed, const check_result *worst) {
    undr_buffer shape = {0};
    undr_error error = undr_put_slice(&shape, undr_buffer_slice(&worst->kind));
    error = error == UNDR_OK ? undr_put_u8(&shape, 0) : error;
    bool kept = error == UNDR_OK && keep(noticed, &shape);
    if (!kept) {
        undr_buffer_free(&shape);
    }
    return kept;
}

void check_terminal_notice(check_terminal *terminal, const check_record *record) {
    check_standing standing = check_record_standing(record);
    const check_result *worst = check_record_worst(record);
    if (standing < CHECK_WARNED || check_record_verdict(record) < CHECK_WARN || !is_new(&terminal->noticed, worst)) {
        return;
    }
    FILE *out = terminal->out;
    const char *color = standing == CHECK_WARNED ? CHECK_YELLOW : CHECK_RED;
    check_terminal_clear(terminal);
    fprintf(out, "%s%s%s %s%s%s: ", check_paint(terminal, color), check_standing_title(standing),
        check_paint(terminal, CHECK_PLAIN), record->one->name, worst->id[0] == '\0' ? "" : "  ", worst->id);
    fputs(worst->expected.size > 0 ? "expected " : "", out);
    check_print_short_clause(out, undr_buffer_slice(&worst->expected));
    fputs(worst->expected.size > 0 ? ", received " : "", out);
    check_print_short_clause(out, undr_buffer_slice(&worst->received));
    fputc('\n', out);
    fflush(out);
}

void check_terminal_close(check_terminal *terminal) {
    check_terminal_clear(terminal);
    forget_all(&terminal->noticed);
}
