/* walk.c: visits the steps and terms of a case, in order. */
#include "notation/walk.h"

undr_error check_each_step(const check_case *one, check_step_visitor visit, void *context) {
    for (size_t i = 0; i < one->step_count; i++) {
        const check_step *step = &one->steps[i];
        undr_error error = visit(context, step, NULL);
        for (size_t inner = 0; error == UNDR_OK && inner < step->step_count; inner++) {
            error = visit(context, &step->steps[inner], step);
        }
        if (error != UNDR_OK) {
            return error;
        }
    }
    return UNDR_OK;
}

/* As deep as the parser lets terms nest. */
static undr_error each_in_term(const check_term *term, bool received, check_term_visitor visit, void *context) {
    undr_error error = visit(context, term, received);
    for (size_t i = 0; error == UNDR_OK && i < term->part_count; i++) {
        error = each_in_term(term->parts[i], received, visit, context);
    }
    return error;
}

static undr_error each_in_payload(
    const check_payload *payload, bool received, check_term_visitor visit, void *context) {
    return payload->term != NULL ? each_in_term(payload->term, received, visit, context) : UNDR_OK;
}

undr_error check_each_term(const check_step *step, check_term_visitor visit, void *context) {
    undr_error error = each_in_payload(&step->payload, false, visit, context);
    for (size_t i = 0; error == UNDR_OK && i < step->expectation_count; i++) {
        error = each_in_payload(&step->expectations[i].payload, true, visit, context);
    }
    return error;
}
