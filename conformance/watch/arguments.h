/* arguments.h: what `undr-check watch` is asked to do. Its command line is read with all others (suite/options.h). */
#ifndef WATCH_ARGUMENTS_H
#define WATCH_ARGUMENTS_H

#include "watch/watch.h"

typedef struct watch_arguments {
    const char *pcap, *interface, *output, *json, *html, *cases; /* NULL: not given */
    uint16_t port, listen, to;                                   /* 0: not given */
    bool has_listen;
    bool every_frame, strict, rates, wire_only, all_workers;
    char *const *command; /* behind `--`; NULL: none */
    watch_options off;    /* rules that are turned off */
} watch_arguments;

/* Turns the rule of this requirement off. False: the watch does not judge it. */
bool watch_arguments_off(watch_arguments *arguments, const char *id);

#endif
