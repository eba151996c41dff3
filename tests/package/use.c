/* use.c: the least that shows that header and library fit. */
#include <undr/error.h>
#include <undr/value.h>

#include <stdio.h>
#include <string.h>

int main(void) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    undr_buffer text = {0};
    undr_error error = undr_value_text(&arena, "it works", &value);
    if (error == UNDR_OK) {
        error = undr_value_print(&text, value);
    }
    const char *said = "'it works'";
    int failed = error != UNDR_OK || text.size != strlen(said) || memcmp(text.data, said, text.size) != 0;
    printf("%s\n", failed ? undr_error_name(error) : "fine");
    undr_buffer_free(&text);
    undr_arena_free(&arena);
    return failed;
}
