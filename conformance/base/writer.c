/* writer.c: appends text to a buffer and keeps the first failure. */
#include "base/writer.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

check_writer check_writer_to(undr_buffer *to) {
    return (check_writer){.to = to, .error = UNDR_OK};
}

bool check_writer_goes_on(const check_writer *out) {
    return out->to != NULL && out->error == UNDR_OK;
}

void check_writer_keep(check_writer *out, undr_error error) {
    out->error = out->error == UNDR_OK ? error : out->error;
}

void check_write(check_writer *out, const char *text) {
    check_write_slice(out, undr_slice_text(text));
}

void check_write_slice(check_writer *out, undr_slice bytes) {
    if (check_writer_goes_on(out)) {
        out->error = undr_put_slice(out->to, bytes);
    }
}

void check_write_byte(check_writer *out, uint8_t byte) {
    if (check_writer_goes_on(out)) {
        out->error = undr_put_u8(out->to, byte);
    }
}

void check_write_format(check_writer *out, const char *format, ...) {
    va_list list, again;
    if (!check_writer_goes_on(out)) {
        return;
    }
    va_start(list, format);
    va_copy(again, list);
    int size = vsnprintf(NULL, 0, format, list);
    out->error = size < 0 ? UNDR_ARGUMENT : undr_buffer_reserve(out->to, (size_t)size + 1);
    if (out->error == UNDR_OK) {
        (void)vsnprintf((char *)out->to->data + out->to->size, (size_t)size + 1, format, again);
        out->to->size += (size_t)size;
    }
    va_end(again);
    va_end(list);
}

void check_write_clean(check_writer *out, undr_slice text) {
    if (check_writer_goes_on(out)) {
        out->error = check_text_clean(out->to, text);
    }
}

void check_write_value(check_writer *out, const undr_value *value) {
    if (check_writer_goes_on(out)) {
        out->error = undr_value_print(out->to, value);
    }
}

undr_error check_refused(undr_error told) {
    return told == UNDR_OK ? UNDR_ARGUMENT : told;
}
