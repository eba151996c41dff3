/* skipped.c: why cases were skipped, and what would bring them. */
#include "report/terminal_parts.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Reasons, each once; owned. */
typedef struct reasons {
    char **at;
    size_t count;
} reasons;

static const char start[] = "the target does not declare ";

static int compare(const void *a, const void *b) {
    return strverscmp(*(char *const *)a, *(char *const *)b); /* hold 200 before hold 5000 */
}

/* Takes over the text. */
static bool add(reasons *all, char *text) {
    char **grown = text == NULL ? NULL : realloc(all->at, (all->count + 1) * sizeof *grown);
    if (grown == NULL) {
        free(text);
        return false;
    }
    grown[all->count++] = text;
    all->at = grown;
    return true;
}

static void drop_repeats(reasons *all) {
    size_t kept = 0;
    if (all->count > 1) {
        qsort(all->at, all->count, sizeof *all->at, compare);
    }
    for (size_t i = 0; i < all->count; i++) {
        if (kept > 0 && strcmp(all->at[kept - 1], all->at[i]) == 0) {
            free(all->at[i]);
        } else {
            all->at[kept++] = all->at[i];
        }
    }
    all->count = kept;
}

/* Capabilities ("hold 200"), or the other reasons. What there is no memory for is left out. */
static reasons collect(const check_part *part, bool capabilities) {
    reasons all = {0};
    for (size_t i = 0; i < part->count; i++) {
        undr_buffer text = {0};
        bool skipped = check_record_standing(&part->records[i]) == CHECK_SKIPPED;
        if (skipped && check_record_remark(&part->records[i], &text) == UNDR_OK && undr_put_u8(&text, 0) == UNDR_OK) {
            const char *said = (const char *)text.data;
            bool declared = strncmp(said, start, sizeof start - 1) == 0;
            if (declared == capabilities) {
                add(&all, strdup(said + (declared ? sizeof start - 1 : 0)));
            }
        }
        undr_buffer_free(&text);
    }
    drop_repeats(&all);
    return all;
}

static void drop(reasons *all) {
    for (size_t i = 0; i < all->count; i++) {
        free(all->at[i]);
    }
    free(all->at);
}

void check_print_skip_reasons(FILE *out, const check_part *part) {
    reasons declared = collect(part, true), others = collect(part, false);
    bool any = declared.count + others.count > 0;
    fputs(any ? " (" : "", out);
    fputs(declared.count > 0 ? "not declared: " : "", out);
    for (size_t i = 0; i < declared.count; i++) {
        fputs(i == 0 ? "" : ", ", out);
        check_text_plain(out, undr_slice_text(declared.at[i]));
    }
    for (size_t i = 0; i < others.count; i++) {
        fputs(declared.count + i == 0 ? "" : "; ", out);
        check_text_plain(out, undr_slice_text(others.at[i]));
    }
    fputs(any ? ")" : "", out);
    drop(&declared);
    drop(&others);
}

/* "grace" is declared with an amount. */
static const char *amount_of(const char *capability) {
    static const struct {
        const char *word, *amount;
    } amounts[] = {{"grace", " MS"}, {"max-payload", " BYTES"}};
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        if (strcmp(capability, amounts[i].word) == 0) {
            return amounts[i].amount;
        }
    }
    return "";
}

void check_print_enabling(FILE *out, const check_part *part) {
    reasons declared = collect(part, true);
    for (size_t i = 0; i < declared.count; i++) {
        fputs(i == 0 ? "    to run them, print what the target can do in `capabilities`: " : ", ", out);
        fputc('`', out);
        check_text_plain(out, undr_slice_text(declared.at[i]));
        fprintf(out, "%s`", amount_of(declared.at[i]));
    }
    fputs(declared.count > 0 ? "\n" : "", out);
    drop(&declared);
}
