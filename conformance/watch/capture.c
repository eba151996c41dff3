/* capture.c: packets from a file or an interface, by libpcap. */
#include "watch/source.h"

#include <errno.h>

#ifdef UNDR_HAVE_PCAP

#include "base/shortage.h"

#include <fcntl.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINGER UINT64_C(500000000) /* ns in which the last ends of connections may come */

struct watch_capture {
    pcap_t *pcap;
    watch_tcp *tcp;
    int link;
    uint64_t unit;   /* ns of what libpcap calls a microsecond */
    uint64_t latest; /* time of the last packet */
};

/* What the machine lacks is neither the capture's fault nor the caller's. */
static undr_error complain(watch_source *source, const char *what, const char *reason, const char *remedy) {
    int lack = check_shortage_named(reason); /* libpcap tells no errno */
    undr_error error = undr_put_format(
        &source->message, "%s: %s%s", what, reason, lack == 0 ? remedy : check_remedy(lack));
    errno = lack;
    return error != UNDR_OK ? error : lack == 0 ? UNDR_ARGUMENT : UNDR_SYSTEM;
}

/* ---- packets ---- */

static undr_error take(
    watch_source *source, watch_capture *capture, const struct pcap_pkthdr *head, const u_char *bytes) {
    uint64_t time = (uint64_t)head->ts.tv_sec * 1000000000 + (uint64_t)head->ts.tv_usec * capture->unit;
    watch_segment segment;
    capture->latest = time;
    watch_tell_time(source->teller, time);
    if (!watch_packet_read(capture->link, undr_slice_of(bytes, head->caplen), &segment)) {
        return UNDR_OK;
    }
    return watch_tcp_take(capture->tcp, &segment, time);
}

static undr_error check_link(watch_source *source, watch_capture *capture, const char *name) {
    capture->unit = pcap_get_tstamp_precision(capture->pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
    capture->link = pcap_datalink(capture->pcap);
    if (capture->link == DLT_RAW) {
        capture->link = WATCH_LINK_RAW;
    }
    if (watch_link_is_known(capture->link)) {
        return UNDR_OK;
    }
    char what[64];
    const char *link = pcap_datalink_val_to_name(capture->link);
    (void)snprintf(what, sizeof what, "its link type is %d%s%s", capture->link, link == NULL ? "" : ", ",
        link == NULL ? "" : link);
    return complain(
        source, name, what, ", which can't be read; Ethernet, Linux cooked (tcpdump -i any), loopback and raw IP can");
}

/* ---- files ---- */

/* A file that is read for libpcap. A pipe may be silent for as long as it likes, and a signal still ends the watch. */
typedef struct input {
    const watch_source *source;
    int file;   /* owned, unless it is standard input */
    bool named; /* it was opened here, so that a read does not block */
    bool any;   /* something has come */
} input;

/* False: a signal has come, which stays to be read. */
static bool await_input(const input *one) {
    struct pollfd ready[] = {{.fd = one->file, .events = POLLIN}, {.fd = one->source->signals, .events = POLLIN}};
    (void)poll(ready, 2, -1); /* interrupted: as if something had come, and the read tells */
    return (ready[1].revents & POLLIN) == 0;
}

static ssize_t read_input(void *context, char *to, size_t size) {
    input *one = context;
    if (!one->named && !await_input(one)) {
        return 0;
    }
    for (;;) {
        ssize_t got = read(one->file, to, size);
        one->any = one->any || got > 0;
        if (got >= 0 || (errno != EAGAIN && errno != EINTR)) {
            return got;
        }
        if (!await_input(one)) {
            return 0;
        }
    }
}

static int close_input(void *context) {
    const input *one = context;
    return one->named ? close(one->file) : 0;
}

/* NULL: errno. It is closed with the stream. */
static FILE *open_input(input *one, const char *path) {
    static const cookie_io_functions_t functions = {.read = read_input, .close = close_input};
    one->named = strcmp(path, "-") != 0;
    one->file = one->named ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
    FILE *stream = one->file < 0 ? NULL : fopencookie(one, "r", functions);
    if (stream == NULL && one->named && one->file >= 0) {
        close(one->file);
    }
    if (stream != NULL) {
        (void)setvbuf(stream, NULL, _IOFBF, 1 << 16); /* or it stays smaller */
    }
    return stream;
}

static undr_error refuse_input(watch_source *source, const input *one, const char *path, const char *reason) {
    struct stat about;
    bool pipe = one->named && !one->any && fstat(one->file, &about) == 0 && S_ISFIFO(about.st_mode);
    const char *what = one->named ? path : "standard input";
    return pipe ? complain(source, what, "nobody has this pipe open for writing", "; start the writer first")
                : complain(source, what, reason, "; pcap and pcapng can be read");
}

static undr_error read_all(watch_source *source, watch_capture *capture, const char *name) {
    struct pcap_pkthdr *head;
    const u_char *bytes;
    int got;
    uint64_t packets = 0;
    while ((got = pcap_next_ex(capture->pcap, &head, &bytes)) == 1) {
        undr_error error = take(source, capture, head, bytes);
        if (error != UNDR_OK) {
            return error;
        }
        if ((++packets & 4095) == 0) { /* a signal ends it; a live pipe shows its rates */
            watch_source_rate(source);
            if (watch_source_signal(source, NULL) != 0) {
                return UNDR_OK;
            }
        }
    }
    if (got == PCAP_ERROR) { /* such as a file that ends inside a packet: what came before was judged */
        return undr_put_format(
            &source->notes, "\nThe capture %s can't be read to its end: %s\n", name, pcap_geterr(capture->pcap));
    }
    return UNDR_OK;
}

/* What a capture has, from its header on. */
static undr_error read_capture(watch_source *source, watch_capture *capture, const char *name, uint16_t port) {
    undr_error error = check_link(source, capture, name);
    error = error == UNDR_OK ? watch_tcp_new(source->w, port, &capture->tcp) : error;
    error = error == UNDR_OK ? read_all(source, capture, name) : error;
    error = error == UNDR_OK ? watch_tcp_finish(capture->tcp) : error;
    if (error == UNDR_OK && watch_tcp_sum(capture->tcp).foreign > 0) {
        error = undr_put_format(&source->notes,
            "%llu connections speak another protocol and were not judged (--port N judges all that go there)\n",
            (unsigned long long)watch_tcp_sum(capture->tcp).foreign);
    }
    watch_tcp_free(capture->tcp);
    pcap_close(capture->pcap);
    return error;
}

undr_error watch_capture_file(watch_source *source, const char *path, uint16_t port) {
    char reason[PCAP_ERRBUF_SIZE] = "";
    watch_capture capture = {0};
    input file = {.source = source};
    FILE *stream = open_input(&file, path);
    if (stream == NULL) {
        return complain(source, path, strerror(errno), "");
    }
    capture.pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, reason);
    if (capture.pcap == NULL) {
        undr_error refused = refuse_input(source, &file, path, reason);
        (void)fclose(stream); /* it was only read */
        return refused;
    }
    return read_capture(source, &capture, path, port);
}

undr_error watch_capture_bytes(watch_source *source, undr_slice bytes, const char *name) {
    char reason[PCAP_ERRBUF_SIZE] = "";
    watch_capture capture = {0};
    FILE *stream = fmemopen((void *)(uintptr_t)bytes.data, bytes.size, "r"); /* it is only read */
    if (stream == NULL) {
        return UNDR_MEMORY;
    }
    capture.pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, reason);
    if (capture.pcap == NULL) {
        (void)fclose(stream);
        return complain(source, name, reason, "");
    }
    return read_capture(source, &capture, name, 0);
}

/* ---- interfaces ---- */

static int set_up(pcap_t *pcap) {
    enum { WHOLE = 262144, BUFFER = 128 << 20, HAND_OVER = 20 };
    int status = pcap_set_snaplen(pcap, WHOLE);
    /* In blocks, which hold many small packets; `immediate` ones would each take the room of the largest. */
    status = status == 0 ? pcap_set_timeout(pcap, HAND_OVER) : status;
    status = status == 0 ? pcap_set_buffer_size(pcap, BUFFER) : status;
    if (status == 0) {
        int refused = pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
        (void)refused; /* check_link asks what it is now */
        status = pcap_activate(pcap);
    }
    return status;
}

static undr_error set_filter(watch_capture *capture, uint16_t port) {
    char text[32] = "tcp";
    struct bpf_program program;
    if (port != 0) {
        (void)snprintf(text, sizeof text, "tcp port %u", port);
    }
    if (pcap_compile(capture->pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return UNDR_SYSTEM;
    }
    int status = pcap_setfilter(capture->pcap, &program);
    pcap_freecode(&program);
    return status == 0 ? UNDR_OK : UNDR_SYSTEM;
}

void watch_capture_close(watch_capture *capture) {
    if (capture == NULL) {
        return;
    }
    watch_tcp_free(capture->tcp);
    if (capture->pcap != NULL) {
        pcap_close(capture->pcap);
    }
    free(capture);
}

static undr_error activate(watch_source *source, watch_capture *capture, const char *interface, uint16_t port) {
    char reason[PCAP_ERRBUF_SIZE] = "";
    capture->pcap = pcap_create(interface, reason);
    if (capture->pcap == NULL) {
        return complain(source, interface, reason, "");
    }
    int status = set_up(capture->pcap);
    if (status == PCAP_ERROR) {
        return complain(source, interface, pcap_geterr(capture->pcap), "; `ip link` lists the interfaces");
    }
    if (status < 0) {
        bool refused = status == PCAP_ERROR_PERM_DENIED;
        return complain(source, interface, refused ? "capturing is not permitted" : pcap_statustostr(status),
            refused
                ? "; it takes root, or `setcap cap_net_raw+ep` on undr-check. Without it: `undr-check watch -- COMMAND`, "
                  "which needs no rights where user namespaces are allowed, or --listen PORT --to PORT"
                : "; `ip link` lists the interfaces");
    }
    undr_error error = check_link(source, capture, interface);
    if (error == UNDR_OK && (set_filter(capture, port) != UNDR_OK || pcap_setnonblock(capture->pcap, 1, reason) != 0)) {
        return complain(source, interface, pcap_geterr(capture->pcap), "");
    }
    return error == UNDR_OK ? watch_tcp_new(source->w, port, &capture->tcp) : error;
}

undr_error watch_capture_open(watch_source *source, const char *interface, uint16_t port, watch_capture **made) {
    *made = NULL;
    watch_capture *capture = calloc(1, sizeof *capture);
    if (capture == NULL) {
        return UNDR_MEMORY;
    }
    undr_error error = activate(source, capture, interface, port);
    if (error == UNDR_OK) {
        *made = capture;
    } else {
        watch_capture_close(capture);
    }
    return error;
}

typedef struct user {
    watch_source *source;
    watch_capture *capture;
    bool looked; /* for losses */
    undr_error error;
} user;

static unsigned losses(const watch_capture *capture) {
    struct pcap_stat stat = {0};
    return pcap_stats(capture->pcap, &stat) == 0 ? stat.ps_drop : 0;
}

/* All that was lost before these packets is counted by now: they are fewer than the ring has blocks, and the kernel loses
 * packets only while every block waits to be read. It may have been whole connections, which no sequence number tells
 * of. */
static void look_for_losses(user *reader) {
    if (!reader->looked && losses(reader->capture) > 0) {
        watch_others(reader->source->w);
    }
    reader->looked = true;
}

static void on_packet(u_char *context, const struct pcap_pkthdr *head, const u_char *bytes) {
    user *reader = (user *)(void *)context;
    look_for_losses(reader);
    if (reader->error == UNDR_OK) {
        reader->error = take(reader->source, reader->capture, head, bytes);
    }
}

/* Takes some of what is there. *count: how many packets that was. */
static undr_error take_ready(watch_source *source, watch_capture *capture, int *count) {
    enum { AT_ONCE = 256 };
    user reader = {source, capture, false, UNDR_OK};
    *count = pcap_dispatch(capture->pcap, AT_ONCE, on_packet, (u_char *)(void *)&reader);
    if (*count < 0 && reader.error == UNDR_OK) {
        return complain(source, "the capture ended", pcap_geterr(capture->pcap), "");
    }
    return reader.error;
}

static undr_error note_losses(watch_source *source, const watch_capture *capture) {
    unsigned lost = losses(capture);
    return lost == 0 ? UNDR_OK
                     : undr_put_format(&source->notes,
                           "%u packets came faster than they could be read, and were lost: what depends on them is "
                           "undecided\n",
                           lost);
}

static bool has_ended(pid_t command, int *status) {
    return command > 0 && waitpid(command, status, WNOHANG) == command;
}

/* What a terminal sends reaches the command by itself; what was sent to the watch alone is passed on. True: there is no
 * command, and the signal ends the watch. */
static bool pass_signal(const watch_source *source, pid_t command) {
    bool by_terminal = false;
    int number = watch_source_signal(source, &by_terminal);
    if (number != 0 && !by_terminal && command > 0) {
        (void)kill(command, number);
    }
    return number != 0 && command <= 0;
}

/* After the command has ended, or a signal has come: are all packets from before seen? Where others go on to speak, their
 * packets tell. */
static bool is_over(const watch_capture *capture, uint64_t end, int silent) {
    enum { QUIET = 3 };
    return end != 0 && (silent >= QUIET || capture->latest > end + LINGER);
}

/* The command itself gets what a terminal sends to all of its processes; the watch stays for what comes of it. */
undr_error watch_capture_run(watch_source *source, watch_capture *capture, pid_t command, int *status) {
    enum { TICK = 50 };
    undr_error error = UNDR_OK;
    uint64_t end = 0; /* when the command ended, or a signal came; 0: not yet */
    for (int silent = 0; error == UNDR_OK && !is_over(capture, end, silent);) {
        struct pollfd ready[] = {
            {.fd = pcap_get_selectable_fd(capture->pcap), .events = POLLIN}, {.fd = source->signals, .events = POLLIN}};
        (void)poll(ready, 2, TICK);
        int count = 0;
        error = take_ready(source, capture, &count);
        watch_source_rate(source);
        if (end == 0 && (has_ended(command, status) || pass_signal(source, command))) {
            end = watch_source_now();
        }
        silent = end != 0 && count == 0 ? silent + 1 : 0;
    }
    error = error == UNDR_OK ? watch_tcp_finish(capture->tcp) : error;
    return error == UNDR_OK ? note_losses(source, capture) : error;
}

#else

static undr_error missing(watch_source *source) {
    undr_error error = undr_put_text(&source->message,
        "this undr-check was built without libpcap (Debian: libpcap-dev; scripts/setup installs it), and can't read "
        "packets; --listen PORT --to PORT needs none");
    return error == UNDR_OK ? UNDR_ARGUMENT : error;
}

undr_error watch_capture_file(watch_source *source, const char *path, uint16_t port) {
    (void)path, (void)port;
    return missing(source);
}

undr_error watch_capture_bytes(watch_source *source, undr_slice bytes, const char *name) {
    (void)bytes, (void)name;
    return missing(source);
}

undr_error watch_capture_open(watch_source *source, const char *interface, uint16_t port, watch_capture **made) {
    (void)interface, (void)port;
    *made = NULL;
    return missing(source);
}

undr_error watch_capture_run(watch_source *source, watch_capture *capture, pid_t command, int *status) {
    (void)capture, (void)command, (void)status;
    return missing(source);
}

void watch_capture_close(watch_capture *capture) {
    (void)capture;
}

#endif
