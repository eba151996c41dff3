/* mutate_opcodes.c: changes a pickle opcode by opcode: an opcode keeps its whole argument, lengths fit, and whole values
 * go in where one may stand. Mostly what a FRAME announces and the STOP at the end are right afterwards. */
#include "mutator.h"

#include <string.h>

enum { STOP = '.', FRAME = 0x95, MOST = 256, PIECE = 64 };

/* How long an opcode's argument is: 0 to 8 bytes, or as one of these says. */
enum { LINE = -1, TWO_LINES = -2, LENGTH_1 = -3, LENGTH_4 = -4, LENGTH_8 = -5 };

static int argument_of(uint8_t opcode) {
    static const struct {
        const char *opcodes;
        int argument;
    } table[] = {{"Khq\x80\x82", 1}, {"M\x83", 2}, {"Jjr\x84", 4}, {"G\x95", 8}, {"ILFSVpgP", LINE}, {"ci", TWO_LINES},
        {"UC\x8c\x8a", LENGTH_1}, {"TBX\x8b", LENGTH_4}, {"\x8d\x8e\x96", LENGTH_8}};
    int found = 0;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        found = opcode != 0 && strchr(table[i].opcodes, opcode) != NULL ? table[i].argument : found;
    }
    return found;
}

static size_t line_size(const uint8_t *data, size_t size) {
    const uint8_t *end = memchr(data, '\n', size);
    return end == NULL ? size : (size_t)(end - data) + 1;
}

/* An opcode with its argument, at most what there is. */
static size_t opcode_size(const uint8_t *data, size_t size) {
    int argument = argument_of(data[0]);
    if (argument >= 0) {
        return 1 + (size_t)argument < size ? 1 + (size_t)argument : size;
    }
    if (argument == LINE || argument == TWO_LINES) {
        size_t end = 1 + line_size(data + 1, size - 1);
        return argument == LINE ? end : end + line_size(data + end, size - end);
    }
    size_t width = argument == LENGTH_1 ? 1 : argument == LENGTH_4 ? 4 : 8;
    uint64_t length = 0;
    for (size_t i = 0; i < width && 1 + i < size; i++) {
        length |= (uint64_t)data[1 + i] << (8 * i);
    }
    return size - 1 < width || length > size - 1 - width ? size : 1 + width + (size_t)length;
}

/* The places where opcodes begin, and the end; at least one. */
typedef struct places {
    size_t at[MOST + 1], count;
} places;

static places find_places(const mutation *m, size_t from, size_t end) {
    places p = {.at = {from}, .count = 1};
    while (from < end && p.count <= MOST) {
        from += opcode_size(m->data + from, end - from);
        p.at[p.count++] = from;
    }
    return p;
}

/* A piece of a pickle, as it grows. */
typedef struct piece {
    uint8_t bytes[PIECE];
    size_t size;
} piece;

static void add(piece *to, const void *bytes, size_t count) {
    if (count <= PIECE - to->size) {
        memcpy(to->bytes + to->size, bytes, count);
        to->size += count;
    }
}

static void add_byte(piece *to, uint32_t byte) {
    uint8_t one = (uint8_t)byte;
    add(to, &one, 1);
}

static void add_number(piece *to, uint64_t number, int width) {
    for (int i = 0; i < width; i++) {
        add_byte(to, (uint32_t)(number >> (8 * i)));
    }
}

static void add_text(mutation *m, piece *to) {
    static const char *const texts[] = {"", "a", "key", "0", "\r\n", "a ", "\xef\xbb\xbf", "\xc3\xa9", "\xed\xa0\x80",
        "\xf0\x9f\x98\x80", "undr.task", "Chain", "\xff"};
    static const struct {
        uint8_t opcode;
        int width;
    } forms[] = {{0x8c, 1}, {'X', 4}, {0x8d, 8}, {'U', 1}, {'T', 4}, {'C', 1}, {'B', 4}, {0x8e, 8}, {0x96, 8}};
    const char *text = texts[mutation_below(m, sizeof texts / sizeof *texts)];
    size_t size = mutation_below(m, 8) == 0 ? strlen(text) + 1 : strlen(text); /* with a NUL */
    uint32_t form = mutation_below(m, sizeof forms / sizeof *forms);
    if (to->size + 1 + (size_t)forms[form].width + size <= PIECE) {
        add_byte(to, forms[form].opcode);
        add_number(to, size, forms[form].width);
        add(to, text, size);
    }
}

static void add_int(mutation *m, piece *to) {
    static const uint64_t edges[] = {0, 1, 2, 127, 128, 200, 255, 256, 32767, 32768, 65535, 0x7fffffff, 0x80000000,
        0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff};
    uint64_t number = edges[mutation_below(m, sizeof edges / sizeof *edges)];
    uint32_t size = mutation_below(m, 9);
    switch (mutation_below(m, 6)) {
    case 0:
        add_byte(to, 'K');
        add_number(to, number, 1);
        return;
    case 1:
        add_byte(to, 'M');
        add_number(to, number, 2);
        return;
    case 2:
        add_byte(to, 'J');
        add_number(to, number, 4);
        return;
    case 3:
        add_byte(to, 0x8a);
        add_number(to, size, 1);
        add_number(to, number, (int)size);
        return;
    case 4:
        add_byte(to, 0x8b);
        add_number(to, size, 4);
        add_number(to, number, (int)size);
        return;
    default: add_byte(to, 'K'); add_number(to, mutation_below(m, 256), 1);
    }
}

static void add_float(mutation *m, piece *to) {
    static const uint64_t edges[] = {/* big-endian, read from the lowest byte: 0.0, -0.0, 1.0, inf, -inf, NaN, 0.1 */
        0, 0x80, 0xf03f, 0xf07f, 0xf0ff, 0xf87f, 0x9a9999999999b93f, 0x0100000000000000};
    add_byte(to, 'G');
    add_number(to, edges[mutation_below(m, sizeof edges / sizeof *edges)], 8);
}

/* A value that is one opcode, or a line. */
static void add_value(mutation *m, piece *to) {
    static const char *const plain[] = {"N", "\x88", "\x89", "]", "}", ")", "\x8f", "I01\n", "I-7\n", "L99L\n",
        "F1.5\n", "S'a'\n", "Va\\u00e9\n", "cundr.task\nChain\n", "(l", "(d", "(t", "(\x91", "(iundr.task\nTask\n",
        "]\x94", "\x8c\1a\x94"};
    switch (mutation_below(m, 5)) {
    case 0: add_text(m, to); return;
    case 1:
    case 2: add_int(m, to); return;
    case 3:
        if (mutation_below(m, 2) == 0) {
            add_float(m, to);
            return;
        } /* fall through */
    default: {
        const char *value = plain[mutation_below(m, sizeof plain / sizeof *plain)];
        add(to, value, strlen(value));
    }
    }
}

/* Values and what puts them together. */
static void add_container(mutation *m, piece *to) {
    static const struct {
        const char *before, *behind;
        int values; /* 0: some */
    } forms[] = {{"(", "t", 0}, {"(", "l", 0}, {"(", "d", 4}, {"(", "\x91", 0}, {"](", "e", 0}, {"}(", "u", 4},
        {"\x8f(", "\x90", 0}, {"]", "a", 1}, {"}", "s", 2}, {"", "\x85", 1}, {"", "\x86", 2}, {"", "\x87", 3},
        {"", "0", 1}, {"(", "1", 0}, {"", "2", 1}, {"", "\x94", 1}, {"", "q\5h\5", 1}, {"", "r\6\0\0\0j\6\0\0\0", 1},
        {"(cundr.task\nTask\n", "o", 0}, {"cundr.task\nTask\n)\x81}", "b", 0}, {"cundr.task\nTask\n)}", "\x92", 0}};
    uint32_t form = mutation_below(m, sizeof forms / sizeof *forms);
    int values = forms[form].values > 0 ? forms[form].values : (int)mutation_below(m, 6);
    add(to, forms[form].before, strlen(forms[form].before));
    bool numbers = mutation_below(m, 2) == 0;
    for (int i = 0; i < values; i++) {
        numbers ? add_int(m, to) : add_value(m, to);
    }
    add(to, forms[form].behind, forms[form].behind[0] == 'r' ? 10 : strlen(forms[form].behind));
}

/* An opcode that takes what is on the stack, or needs something that may not be there. */
static void add_consumer(mutation *m, piece *to) {
    static const char consumers[] = "aesutld012bRo(QN.\x81\x85\x86\x87\x90\x91\x92\x93\x94\x97\x98";
    uint32_t which = mutation_below(m, sizeof consumers + 3);
    if (which < sizeof consumers - 1) {
        add_byte(to, (uint8_t)consumers[which]);
        return;
    }
    add_byte(to, (uint8_t)"hqjr"[which - (sizeof consumers - 1)]);
    add_number(to, mutation_below(m, 12), which - (sizeof consumers - 1) < 2 ? 1 : 4);
}

static void insert_piece(mutation *m, const places *p) {
    piece made = {.size = 0};
    uint32_t what = mutation_below(m, 8);
    if (what < 3) {
        add_value(m, &made);
    } else if (what < 7) {
        add_container(m, &made);
    } else {
        add_consumer(m, &made);
    }
    /* As often at the end of the pickle as anywhere else: there it is the value, or a part of it. */
    size_t last = p->count >= 2 ? p->count - 2 : 0;
    size_t place = mutation_below(m, 2) == 0 ? last : mutation_below(m, p->count);
    (void)mutation_insert(m, p->at[place], made.bytes, made.size);
}

/* Another opcode for one that is there: its argument stays. */
static void change_opcode(mutation *m, const places *p) {
    size_t at = p->at[mutation_below(m, p->count - 1)];
    uint8_t had = m->data[at];
    for (int tries = 0; tries < 16; tries++) {
        uint8_t other = (uint8_t)mutation_below(m, 256);
        if (other != had && argument_of(other) == argument_of(had)) {
            m->data[at] = other;
            return;
        }
    }
}

static void change_argument(mutation *m, const places *p) {
    size_t which = mutation_below(m, p->count - 1), at = p->at[which], size = p->at[which + 1] - at;
    static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff, '\r', '\n', '-', '0'};
    if (size > 1) {
        uint8_t *byte = &m->data[at + 1 + mutation_below(m, size - 1)];
        *byte = mutation_below(m, 2) == 0 ? edges[mutation_below(m, sizeof edges)] : (uint8_t)mutation_below(m, 256);
    }
}

/* Cuts the pickle inside of an argument, as a connection that ends would. */
static void cut_argument(mutation *m, const places *p, size_t *end) {
    size_t which = mutation_below(m, p->count - 1), size = p->at[which + 1] - p->at[which];
    if (size > 1) {
        size_t cut = p->at[which] + 1 + mutation_below(m, size - 1);
        mutation_remove(m, cut, *end - cut);
    }
}

static void some_opcodes(mutation *m, const places *p, size_t *from, size_t *count) {
    size_t first = mutation_below(m, p->count), most = p->count - 1 - first;
    size_t last = first + mutation_below(m, (most < 4 ? most : 4) + 1);
    *from = p->at[first];
    *count = p->at[last] - *from;
}

/* True: the end may be mended; a cut is to stay. */
static bool change(mutation *m, const places *p, size_t *end) {
    size_t from, count;
    some_opcodes(m, p, &from, &count);
    switch (mutation_below(m, 16)) {
    case 0:
    case 1: mutation_remove(m, from, count); return true;
    case 2:
    case 3: (void)mutation_copy(m, from, count, p->at[mutation_below(m, p->count)]); return true;
    case 4:
    case 5: change_argument(m, p); return true;
    case 6: change_opcode(m, p); return true;
    case 7: cut_argument(m, p, end); return false;
    default: insert_piece(m, p); return true;
    }
}

/* STOP is the last opcode, and each FRAME is as long as the rest. */
static void mend(mutation *m, size_t from, size_t *end) {
    places p = find_places(m, from, *end);
    bool stops = p.count >= 2 && m->data[p.at[p.count - 2]] == STOP;
    if (!stops && p.count <= MOST && mutation_insert(m, *end, ".", 1)) {
        ++*end;
    }
    for (size_t i = 0; i + 1 < p.count; i++) {
        if (m->data[p.at[i]] == FRAME && *end - p.at[i] >= 9) {
            uint64_t rest = *end - p.at[i] - 9;
            for (int byte = 0; byte < 8; byte++) {
                m->data[p.at[i] + 1 + (size_t)byte] = (uint8_t)(rest >> (8 * byte));
            }
        }
    }
}

void mutate_opcodes(mutation *m, size_t from, size_t *end) {
    size_t behind = m->size - *end;
    places p = find_places(m, from, *end);
    bool whole = true;
    if (p.count < 2) {
        insert_piece(m, &p);
    } else {
        whole = change(m, &p, end);
    }
    *end = m->size - behind;
    if (whole && mutation_below(m, 8) > 0) {
        mend(m, from, end);
    }
}
