/* error.c: the names and texts of the one list in undr/error.h. */
#include "undr/error.h"

#include <stddef.h>

#define UNDR_ERROR_NAME(name, text) "UNDR_" #name,
static const char *const error_names[] = {UNDR_ERRORS(UNDR_ERROR_NAME)};
#undef UNDR_ERROR_NAME

#define UNDR_ERROR_TEXT(name, text) text,
static const char *const error_texts[] = {UNDR_ERRORS(UNDR_ERROR_TEXT)};
#undef UNDR_ERROR_TEXT

static const size_t error_count = sizeof error_names / sizeof error_names[0];

const char *undr_error_name(undr_error error) {
    return (size_t)error < error_count ? error_names[error] : "UNDR_?";
}

const char *undr_error_text(undr_error error) {
    return (size_t)error < error_count ? error_texts[error] : "an error that has no number in this library";
}
