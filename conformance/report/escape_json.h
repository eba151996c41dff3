/* escape_json.h: text from outside as a string of JSON. */
#ifndef CHECK_ESCAPE_JSON_H
#define CHECK_ESCAPE_JSON_H

#include "undr/bytes.h"

#include <jansson.h>

/* What no format should carry is replaced first (text.h). NULL: no memory. */
json_t *check_json_text(undr_slice text);

#endif
