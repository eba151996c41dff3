/* unread.h: has the peer of a connection on this machine read what it was sent? Asked of the kernel (sock_diag). */
#ifndef CHECK_QUEUE_H
#define CHECK_QUEUE_H

#include "target/wire.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum check_queue_state {
    CHECK_QUEUE_READ,    /* all that was sent has arrived and was read */
    CHECK_QUEUE_WAITING, /* some of it is under way, or lies in the peer's queue */
    CHECK_QUEUE_GONE,    /* the peer's socket is not there any more */
    CHECK_QUEUE_UNKNOWN  /* the kernel does not say */
} check_queue_state;

/* How many bytes the peer's kernel has, or is about to get, that the peer has not read. False: that can't be told. */
bool check_queue_unread(int netlink, const check_wire *wire, uint64_t *unread);

int check_queue_open(void); /* a netlink socket to ask through; -1 where there is none */
check_queue_state check_queue_ask(int netlink, const check_wire *wire);

/* Without sock_diag: has everything been acknowledged by the peer's kernel? */
bool check_queue_is_acknowledged(const check_wire *wire);

#endif
