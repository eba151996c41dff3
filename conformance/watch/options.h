/* options.h: the command line of `undr-check watch`. */
#ifndef WATCH_OPTIONS_H
#define WATCH_OPTIONS_H

#include "watch/watch.h"

#include <stdio.h>

typedef struct watch_arguments {
    const char *pcap, *interface, *output, *json, *cases; /* NULL: not given */
    uint16_t port, listen, to;                            /* 0: not given */
    bool has_listen;
    bool help, every_frame, strict, rates, wire_only, all_workers;
    char *const *command; /* behind `--`; NULL: none */
    watch_options off;    /* rules that are turned off */
} watch_arguments;

/* argv[0] is "watch". UNDR_ARGUMENT: *message says what is wrong. */
UNDR_MUST_USE undr_error watch_arguments_parse(int argc, char **argv, watch_arguments *made, undr_buffer *message);
void watch_help(FILE *out);

#endif
