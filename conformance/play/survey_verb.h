/* survey_verb.h: the verbs of an adapter that need no case: a nonsense one, and `capabilities`. For the survey only. */
#ifndef CHECK_SURVEY_VERB_H
#define CHECK_SURVEY_VERB_H

#include "base/writer.h"
#include "play/setting.h"

/* Fills setting->capabilities. UNDR_ARGUMENT: it is not an adapter; *why says in a sentence what it did. */
UNDR_MUST_USE undr_error check_survey_adapter(check_setting *setting, undr_buffer *why);

/* Reads the lines of `capabilities`; unknown ones are kept and ignored. UNDR_ARGUMENT: a known word with a wrong value;
 * *why names the line. */
UNDR_MUST_USE undr_error check_read_capabilities(undr_slice text, check_capabilities *capabilities, undr_buffer *why);

/* Appends the adapter's command, as it was given. */
void check_say_command(const check_setting *setting, check_writer *why);

/* Appends "it said: ...; " with the last lines of what the target wrote to its standard error; nothing when it wrote
 * none. */
void check_say_last_words(check_writer *why, undr_slice output);

#endif
