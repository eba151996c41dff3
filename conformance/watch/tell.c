/* tell.c: what `undr-check watch` prints. */
#include "watch/tell.h"

#include "base/grow.h"
#include "base/text.h"
#include "base/writer.h"
#include "watch/case.h"

#include <inttypes.h>
#include <string.h>

enum { SHOWN = 10 }; /* findings of one rule that are shown in full */

static const char *word_of(check_level level) {
    static const char *const words[] = {[CHECK_MUST] = "MUST", [CHECK_SHOULD] = "SHOULD", [CHECK_MAY] = "MAY"};
    return words[level];
}

void watch_tell_time(watch_teller *teller, uint64_t time) {
    if (!teller->has_time) {
        teller->has_time = true;
        teller->first_time = time;
    }
}

/* ---- lines ---- */

static undr_error put_time(undr_buffer *to, const watch_teller *teller, uint64_t time) {
    uint64_t since = time < teller->first_time ? 0 : time - teller->first_time;
    return undr_put_format(to, "%6" PRIu64 ".%06" PRIu64 "  ", since / 1000000000, since / 1000 % 1000000);
}

/* The letter of a connection in an excerpt: A for the first that it shows. */
static char letter_of(const watch_finding *finding, size_t index) {
    char letter = 'A';
    for (size_t i = 0; i < index; i++) {
        bool first = true;
        for (size_t k = 0; k < i; k++) {
            first = first && strcmp(finding->sights[k].name, finding->sights[i].name) != 0;
        }
        if (strcmp(finding->sights[i].name, finding->sights[index].name) == 0) {
            break;
        }
        letter = (char)(letter + first);
    }
    return letter;
}

static undr_error put_sight(undr_buffer *to, const watch_teller *teller, const watch_sight *sight, const char *label) {
    undr_error error = put_time(to, teller, sight->time);
    error = error == UNDR_OK ? watch_print_sight(to, sight, label) : error;
    return error == UNDR_OK ? undr_put_u8(to, '\n') : error;
}

/* Prints what was written, and frees it. */
static void print(watch_teller *teller, undr_buffer *text, undr_error error) {
    fwrite(text->data, 1, text->size, teller->out);
    teller->failed = teller->failed || error != UNDR_OK;
    undr_buffer_free(text);
}

void watch_tell_frame(void *context, const watch_framed *framed) {
    watch_teller *teller = context;
    char label[WATCH_NAME + 4];
    if (framed->sight->what > WATCH_SAW_RESET) {
        return;
    }
    (void)snprintf(label, sizeof label, ":%s", framed->sight->name);
    undr_buffer line = {0};
    print(teller, &line, put_sight(&line, teller, framed->sight, label));
}

/* Where the frames of an excerpt stand in the order of events. */
static size_t earliest_after(const watch_finding *finding, uint64_t place, bool used[WATCH_SIGHTS]) {
    size_t best = WATCH_SIGHTS;
    for (size_t i = 0; i < finding->sight_count; i++) {
        bool later = !used[i] && finding->sights[i].place >= place;
        if (later && (best == WATCH_SIGHTS || finding->sights[i].place < finding->sights[best].place)) {
            best = i;
        }
    }
    return best;
}

static watch_finding in_order(const watch_finding *finding) {
    watch_finding sorted = *finding;
    bool used[WATCH_SIGHTS] = {false};
    for (size_t i = 0; i < finding->sight_count; i++) {
        size_t next = earliest_after(finding, 0, used);
        used[next] = true;
        sorted.sights[i] = finding->sights[next];
    }
    return sorted;
}

undr_error watch_put_excerpt(undr_buffer *to, const watch_teller *teller, const watch_finding *finding) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < finding->sight_count && error == UNDR_OK; i++) {
        char label[WATCH_NAME + 8];
        (void)snprintf(label, sizeof label, "%c(:%s)", letter_of(finding, i), finding->sights[i].name);
        error = put_sight(to, teller, &finding->sights[i], label);
    }
    return error;
}

undr_error watch_put_blame(undr_buffer *to, const watch_finding *finding) {
    const watch_rule_text *rule = watch_rule_about(finding->rules[0]);
    const watch_sight *last = &finding->sights[finding->sight_count - 1];
    undr_error error = finding->blamed == WATCH_MANAGER
        ? undr_put_format(to, "The manager at :%s broke %s", finding->port, rule->id)
        : undr_put_format(to, "The client :%s of :%s broke %s", last->name, finding->port, rule->id);
    for (size_t i = 1; i < WATCH_ALTERNATIVES && finding->rules[i] != WATCH_NO_RULE && error == UNDR_OK; i++) {
        error = undr_put_format(to, " or %s", watch_rule_about(finding->rules[i])->id);
    }
    return error == UNDR_OK ? undr_put_format(to, " (%s): %s.", word_of(rule->level), finding->what) : error;
}

static void print_finding(watch_teller *teller, const watch_finding *finding) {
    const watch_rule_text *rule = watch_rule_about(finding->rules[0]);
    undr_buffer text = {0};
    undr_error error = undr_put_u8(&text, '\n');
    error = error == UNDR_OK ? watch_put_blame(&text, finding) : error;
    error = error == UNDR_OK ? undr_put_format(&text, "\n  %s: %s\n", rule->id, rule->sentence) : error;
    error = error == UNDR_OK ? watch_put_excerpt(&text, teller, finding) : error;
    print(teller, &text, error);
}

/* ---- findings ---- */

static json_t *json_of_sight(const watch_teller *teller, const watch_sight *sight) {
    undr_buffer line = {0};
    json_t *made = NULL;
    uint64_t since = sight->time < teller->first_time ? 0 : sight->time - teller->first_time;
    if (watch_print_sight(&line, sight, "") == UNDR_OK) {
        made = json_pack("{s:f, s:s, s:s, s:o}", "seconds", (double)since / 1e9, "client", sight->name, "from",
            sight->from == WATCH_CLIENT ? "client" : "manager", "line",
            json_stringn_nocheck((const char *)line.data + (line.size > 0), line.size - (line.size > 0)));
    }
    undr_buffer_free(&line);
    return made;
}

static void add_json(watch_teller *teller, const watch_finding *finding) {
    json_t *ids = json_array(), *frames = json_array();
    int failed = 0;
    for (size_t i = 0; i < WATCH_ALTERNATIVES && finding->rules[i] != WATCH_NO_RULE; i++) {
        failed |= json_array_append_new(ids, json_string(watch_rule_about(finding->rules[i])->id));
    }
    for (size_t i = 0; i < finding->sight_count; i++) {
        failed |= json_array_append_new(frames, json_of_sight(teller, &finding->sights[i]));
    }
    const watch_rule_text *rule = watch_rule_about(finding->rules[0]);
    json_t *one = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:o}", "ids", ids, "level", word_of(rule->level),
        "sentence", rule->sentence, "seen", finding->what, "blamed",
        finding->blamed == WATCH_CLIENT ? "client" : "manager", "port", finding->port, "frames", frames);
    failed |= json_array_append_new(teller->findings, one);
    teller->failed = teller->failed || failed != 0;
}

/* Its manager's name may be gone at the end. */
static void keep(watch_teller *teller, const watch_finding *finding) {
    watch_kept *kept = check_array_grow(teller->kept, teller->kept_count, &teller->kept_capacity, sizeof *kept);
    if (kept == NULL) {
        teller->failed = true;
        return;
    }
    teller->kept = kept;
    watch_kept *one = &kept[teller->kept_count++];
    one->finding = *finding;
    (void)snprintf(one->port, sizeof one->port, "%s", finding->port);
}

static void write_case(watch_teller *teller, const watch_finding *finding) {
    undr_buffer text = {0};
    if (watch_print_case(&text, finding, teller->cases_written + 1) != UNDR_OK) {
        teller->failed = true;
    } else if (text.size > 0) {
        teller->cases_written++;
        fwrite(text.data, 1, text.size, teller->cases);
    }
    undr_buffer_free(&text);
}

void watch_tell_finding(void *context, const watch_finding *finding) {
    watch_teller *teller = context;
    watch_rule rule = finding->rules[0];
    uint64_t most = teller->most == 0 ? SHOWN : teller->most;
    uint64_t *told = &teller->findings_of[rule][finding->blamed];
    bool shown = ++*told <= most;
    *(watch_rule_about(rule)->level == CHECK_MUST ? &teller->must : &teller->should) += 1;
    if (!shown) {
        return;
    }
    watch_finding sorted = in_order(finding);
    print_finding(teller, &sorted);
    if (*told == most) {
        fprintf(teller->out, "  (more of %s by a %s are counted, and not shown)\n", watch_rule_about(rule)->id,
            finding->blamed == WATCH_MANAGER ? "manager" : "client");
    }
    fflush(teller->out);
    if (teller->findings != NULL) {
        add_json(teller, &sorted);
    }
    if (teller->keeps) {
        keep(teller, &sorted);
    }
    if (teller->cases != NULL) {
        write_case(teller, &sorted);
    }
}

/* ---- the end ---- */

static void print_table(FILE *out, const watch_totals *totals) {
    fprintf(out, "\n%-16s %12s %12s %12s\n", "requirement", "held", "broken", "undecided");
    for (int rule = WATCH_NO_RULE + 1; rule < WATCH_RULE_COUNT; rule++) {
        const watch_tally *tally = &totals->rules[rule];
        if (tally->held + tally->broken + tally->undecided > 0) {
            fprintf(out, "%-16s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 "\n", watch_rule_about((watch_rule)rule)->id,
                tally->held, tally->broken, tally->undecided);
        }
    }
}

static void write_freedoms(check_writer *out, const watch_totals *t) {
    check_write_format(out,
        "%" PRIu64 " connections, %" PRIu64 " requests, %" PRIu64 " answers: %" PRIu64 " tasks, %" PRIu64
        " None, %" PRIu64 " CloseRequest; %" PRIu64 " messages, %" PRIu64 " tasks scheduled\n",
        t->connections, t->requests, t->answers, t->tasks, t->nones, t->close_requests, t->messages, t->schedules);
    check_write_format(out,
        "Freedoms: %" PRIu64 " answers took more than 5 ms; ends by clients: %" PRIu64 " FIN, %" PRIu64
        " RST; by managers: %" PRIu64 " FIN, %" PRIu64 " RST; pickles of None, CloseRequest and reports in protocol",
        t->held_answers, t->client_fins, t->client_resets, t->manager_fins, t->manager_resets);
    const char *before = " ";
    for (int i = 0; i < 6; i++) {
        if (t->protocols[i] > 0) {
            check_write_format(out, "%s%d: %" PRIu64, before, i, t->protocols[i]);
            before = ", ";
        }
    }
    check_write(out, *before == ' ' ? ": none seen\n" : "\n");
    if (t->gaps > 0) {
        check_write_format(
            out, "%" PRIu64 " times bytes were lost or cut: what depends on them is undecided\n", t->gaps);
    }
}

undr_error watch_put_freedoms(undr_buffer *to, const watch_totals *totals) {
    check_writer out = check_writer_to(to);
    write_freedoms(&out, totals);
    return out.error;
}

undr_error watch_put_verdict(undr_buffer *to, const watch_teller *teller, const watch_totals *totals) {
    if (teller->must + teller->should > 0) {
        return undr_put_format(
            to, "%" PRIu64 " times a MUST was broken, %" PRIu64 " times a SHOULD.\n", teller->must, teller->should);
    }
    return undr_put_text(to,
        totals->answers == 0 ? "Nothing was judged: no request was seen to be answered.\n"
                             : "Nothing that was seen breaks a requirement.\n");
}

void watch_tell_end(watch_teller *teller, const watch_totals *totals, const char *notes) {
    FILE *out = teller->out;
    undr_buffer freedoms = {0}, verdict = {0};
    print_table(out, totals);
    fputc('\n', out);
    print(teller, &freedoms, watch_put_freedoms(&freedoms, totals));
    check_text_plain(out, undr_slice_text(notes)); /* with names of files */
    fputs("\nUndecided, as the wire does not show it:\n", out);
    for (const watch_unseen *unseen = watch_unseen_rules; unseen->ids != NULL; unseen++) {
        fprintf(out, "  %s: %s\n", unseen->ids, unseen->reason);
    }
    fputc('\n', out);
    print(teller, &verdict, watch_put_verdict(&verdict, teller, totals));
}

static json_t *json_of_rules(const watch_totals *totals) {
    json_t *rules = json_object();
    for (int rule = WATCH_NO_RULE + 1; rule < WATCH_RULE_COUNT; rule++) {
        const watch_tally *tally = &totals->rules[rule];
        const watch_rule_text *about = watch_rule_about((watch_rule)rule);
        json_object_set_new(rules, about->id,
            json_pack("{s:s, s:I, s:I, s:I}", "level", word_of(about->level), "held", (json_int_t)tally->held, "broken",
                (json_int_t)tally->broken, "undecided", (json_int_t)tally->undecided));
    }
    return rules;
}

static json_t *json_of_unseen(void) {
    json_t *all = json_array();
    for (const watch_unseen *unseen = watch_unseen_rules; unseen->ids != NULL; unseen++) {
        json_array_append_new(all, json_pack("{s:s, s:s}", "ids", unseen->ids, "reason", unseen->reason));
    }
    return all;
}

bool watch_tell_json(const watch_teller *teller, const watch_totals *t, FILE *to) {
    json_t *counts = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "connections",
        (json_int_t)t->connections, "requests", (json_int_t)t->requests, "answers", (json_int_t)t->answers, "tasks",
        (json_int_t)t->tasks, "none", (json_int_t)t->nones, "close_requests", (json_int_t)t->close_requests, "messages",
        (json_int_t)t->messages, "schedules", (json_int_t)t->schedules, "gaps", (json_int_t)t->gaps, "held_answers",
        (json_int_t)t->held_answers);
    json_t *root = json_pack("{s:i, s:O, s:o, s:o, s:o}", "format", 1, "findings", teller->findings, "requirements",
        json_of_rules(t), "counts", counts, "unseen", json_of_unseen());
    bool written = root != NULL && !teller->failed
        && json_dumpf(root, to, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_ENSURE_ASCII) == 0 && fputc('\n', to) != EOF;
    json_decref(root);
    return written;
}
