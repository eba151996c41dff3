/* escape_json.c: text as a string of JSON: made valid UTF-8 here, the rest is jansson's. */
#include "report/escape_json.h"
#include "base/text.h"

json_t *check_json_text(undr_slice text) {
    undr_buffer clean = {0};
    json_t *json = check_text_clean(&clean, text) == UNDR_OK
        ? json_stringn(clean.size == 0 ? "" : (const char *)clean.data, clean.size)
        : NULL;
    undr_buffer_free(&clean);
    return json;
}
