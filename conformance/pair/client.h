/* client.h: a client of the harness's own: it sends requests, and counts the answers. The watch judges them. */
#ifndef PAIR_CLIENT_H
#define PAIR_CLIENT_H

#include "undr/bytes.h"

#include <poll.h>
#include <stdbool.h>

/* Zero-initialise ({.socket = -1}); pair_client_free afterwards. */
typedef struct pair_client {
    int socket;
    undr_buffer out;
    size_t sent;
    uint64_t asked;    /* requests */
    uint64_t answered; /* bytes of answers; each has 9 */
    bool ended;        /* by the other side */
} pair_client;

/* Queues a request; connects to the port before the first one. */
UNDR_MUST_USE undr_error pair_client_ask(pair_client *client, uint16_t port, uint8_t type, undr_slice payload);
bool pair_client_is_answered(const pair_client *client); /* or never will be */
struct pollfd pair_client_poll(const pair_client *client);
UNDR_MUST_USE undr_error pair_client_move(pair_client *client); /* writes and reads what it can */
void pair_client_free(pair_client *client);                     /* ends the connection */

#endif
