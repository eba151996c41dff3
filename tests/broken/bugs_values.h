/* bugs_values.h: single values, and single opcodes, that get lost or become another: on the way into a manager's inbox,
 * and on the way through a worker's task into its message. */
#ifndef BROKEN_BUGS_VALUES_H
#define BROKEN_BUGS_VALUES_H

/* D(X, name, what is wrong): values that were read correctly. */
#define VALUE_DEFECTS(D, X) \
    D(X, negative_zero_loses_its_sign, "-0.0 becomes 0.0") \
    D(X, nan_becomes_zero, "NaN becomes 0.0") \
    D(X, infinity_becomes_finite, "an infinity becomes the largest float") \
    D(X, negative_infinity_loses_its_sign, "-inf becomes inf") \
    D(X, subnormals_become_zero, "a float below 2.2e-308 becomes 0.0") \
    D(X, floats_keep_32_bits, "a float is rounded to single precision") \
    D(X, surrogates_dropped, "lone surrogates are left out of a text") \
    D(X, wide_characters_dropped, "characters beyond U+FFFF are left out of a text") \
    D(X, text_ends_at_nul, "a text ends at its first NUL") \
    D(X, line_ends_unified, "CR LF in a text becomes LF") \
    D(X, byte_order_mark_dropped, "a byte order mark at the start of a text is left out") \
    D(X, text_stripped, "blanks at the end of a text are left out") \
    D(X, empty_bytes_become_none, "b'' becomes None") \
    D(X, empty_text_becomes_none, "'' becomes None") \
    D(X, empty_tuple_becomes_list, "() becomes []") \
    D(X, empty_dict_becomes_none, "{} becomes None") \
    D(X, empty_set_becomes_list, "set() becomes []") \
    D(X, frozensets_thaw, "a frozenset becomes a set") \
    D(X, minus_one_becomes_255, "-1 becomes 255") \
    D(X, minus_2_to_the_31_loses_its_sign, "-2^31 becomes 2^31") \
    D(X, minus_2_to_the_63_loses_its_sign, "-2^63 becomes 2^63") \
    D(X, integers_keep_64_bits, "an int keeps its lowest 64 bits") \
    D(X, zero_becomes_false, "0 becomes False") \
    D(X, item_1000_lost, "the 1,001st item of a list is lost") \
    D(X, pair_1000_lost, "the 1,001st pair of a dict is lost") \
    D(X, element_1000_lost, "the 1,001st element of a set is lost") \
    D(X, single_tuples_unwrapped, "a tuple of one becomes its item") \
    D(X, lost_below_fifty, "what is nested more than fifty deep becomes None") \
    D(X, true_keys_become_numbers, "the key True of a dict becomes 1") \
    D(X, none_keys_lost, "the pair of a dict whose key is None is lost")

/* Opcodes that are read wrongly: the value on top of the stack is another one. */
#define OPCODE_DEFECTS(D, X) \
    D(X, binint_unsigned, "BININT is read as unsigned") \
    D(X, binint1_signed, "BININT1 is read as signed") \
    D(X, binint2_signed, "BININT2 is read as signed") \
    D(X, binint2_swapped, "BININT2 is read with its bytes swapped") \
    D(X, long1_of_nothing_is_one, "LONG1 without bytes is read as 1") \
    D(X, long1_positive, "LONG1 is read without its sign") \
    D(X, tuple2_swapped, "TUPLE2 swaps two numbers") \
    D(X, tuple3_reversed, "TUPLE3 reverses three numbers") \
    D(X, tuple_drops_first, "TUPLE drops the first of more than three numbers") \
    D(X, append_in_front, "APPEND puts its item in front") \
    D(X, setitem_swapped, "SETITEM swaps a key and a value that are numbers") \
    D(X, additems_drop_first, "ADDITEMS drops its first element") \
    D(X, frozenset_empty, "FROZENSET is read as an empty one") \
    D(X, pop_twice, "POP drops two values") \
    D(X, binunicode_cut, "BINUNICODE keeps 255 bytes") \
    D(X, binunicode8_cut, "BINUNICODE8 keeps one byte") \
    D(X, binbytes_cut, "BINBYTES keeps 255 bytes") \
    D(X, binbytes8_cut, "BINBYTES8 keeps one byte") \
    D(X, newtrue_is_newfalse, "NEWTRUE is read as False") \
    D(X, long_binget_one_byte, "LONG_BINGET uses the lowest byte of its index")

/* X(name, role, requirements, text): each in both roles. */
#define VALUE_BOTH(X, name, text) \
    X(inbox_##name, manager, "PAY-6 PAY-12 MSG-1", "in a message that a manager reads " text) \
    X(sent_##name, worker, "PAY-3 PAY-12 WORK-8", "in a value that a worker's task sends " text)
#define VALUE_BUGS(X) VALUE_DEFECTS(VALUE_BOTH, X) OPCODE_DEFECTS(VALUE_BOTH, X)

#endif
