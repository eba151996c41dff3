/* peer_user.c: the user at the other end of a connection within this machine, which the kernel tells through the
 * netlink protocol sock_diag(7). */
#include "server_parts.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct request {
    struct nlmsghdr header;
    struct inet_diag_req_v2 body;
} request;

/* The answer's header and body, or the header and an error. */
typedef struct answer {
    struct nlmsghdr header;
    union {
        struct inet_diag_msg found;
        struct nlmsgerr error;
    } body;
} answer;

/* One socket by its two ends, as it sees them itself: its own address is our peer's. */
static request question(const struct sockaddr_in *peer, const struct sockaddr_in *own) {
    request ask = {
        .header = {.nlmsg_len = sizeof ask, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
        .body = {.sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP, .idiag_states = UINT32_MAX},
    };
    struct inet_diag_sockid *id = &ask.body.id;
    id->idiag_sport = peer->sin_port;
    id->idiag_dport = own->sin_port;
    id->idiag_src[0] = peer->sin_addr.s_addr;
    id->idiag_dst[0] = own->sin_addr.s_addr;
    id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return ask;
}

/* A socket that its process has closed has no inode, and user 0 whoever it was. */
static int read_user(const answer *got, ssize_t size, uid_t *user) {
    size_t header = offsetof(answer, body);
    if (size >= (ssize_t)(header + sizeof got->body.error) && got->header.nlmsg_type == NLMSG_ERROR) {
        return got->body.error.error < 0 ? got->body.error.error : -EPROTO;
    }
    if (size < (ssize_t)(header + sizeof got->body.found) || got->header.nlmsg_type != SOCK_DIAG_BY_FAMILY) {
        return -EPROTO;
    }
    *user = got->body.found.idiag_uid;
    return got->body.found.idiag_inode == 0 ? -ENOTCONN : 0;
}

static int exchange(int kernel, const request *ask, uid_t *user) {
    answer got;
    ssize_t size;
    do {
        size = send(kernel, ask, sizeof *ask, 0);
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
        return -errno;
    }
    do {
        size = recv(kernel, &got, sizeof got, 0);
    } while (size < 0 && errno == EINTR);
    return size < 0 ? -errno : read_user(&got, size, user);
}

int undr_peer_user(const struct sockaddr_in *peer, const struct sockaddr_in *own, uid_t *user) {
    int kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (kernel < 0) {
        return -errno;
    }
    request ask = question(peer, own);
    int status = exchange(kernel, &ask, user);
    (void)close(kernel); /* nothing was written that could be lost */
    return status;
}
