/* use.c: the least that shows that headers and library fit, those of the core and, without CORE_ONLY, of the server. Is
 * read as C++, too. */
#include <undr/error.h>
#include <undr/value.h>
#ifndef CORE_ONLY
#include <undr/process_manager.h>
#include <undr/server.h>
#include <undr/socket.h>
#endif

#include <stdio.h>
#include <string.h>

static undr_error print_text(undr_arena *arena, undr_buffer *text) {
    undr_value *value = NULL;
    undr_error error = undr_value_text(arena, "it works", &value);
    return error == UNDR_OK ? undr_value_print(text, value) : error;
}

static undr_error serve(void) {
#ifdef CORE_ONLY
    return UNDR_OK;
#else
    undr_server_options options;
    memset(&options, 0, sizeof options);
    undr_server *server = NULL;
    undr_error error = undr_server_start(&options, &server);
    undr_server_free(server);
    return error;
#endif
}

int main(void) {
    undr_arena arena;
    undr_buffer text;
    memset(&arena, 0, sizeof arena);
    memset(&text, 0, sizeof text);
    undr_error error = print_text(&arena, &text);
    const char *said = "'it works'";
    int failed = error != UNDR_OK || text.size != strlen(said) || memcmp(text.data, said, text.size) != 0;
    if (!failed) {
        error = serve();
        failed = error != UNDR_OK;
    }
    printf("%s\n", failed ? undr_error_name(error) : "fine");
    undr_buffer_free(&text);
    undr_arena_free(&arena);
    return failed;
}
