package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
)

// A value of a pickle, as the opcodes that make it. A pickle is data here: nothing is imported or called (SEC-1).
type value struct {
	op       byte
	argument []byte   // what follows the opcode, without its length
	parts    []*value // what the opcode takes from the stack
	added    []*value // what came later, by APPENDS, SETITEMS, ADDITEMS and BUILD: the opcode and its parts
}

const (
	none, yes, no, tuple, class, reduce, newObject  = 'N', 0x88, 0x89, 't', 0x93, 'R', 0x81
	text, bytes8, long, items, pairs, setItems, set = 0x8d, 0x8e, 0x8b, 'e', 'u', 0x90, 'b'
	maxDepth                                        = 1000 // of values that are written, and of Chains
)

// A rule says what an opcode takes from the pickle and from the stack (mark: all down to a mark), and whether it makes
// a value, under the most general opcode that does, or adds to one.
type rule struct {
	as             byte
	fixed, counted uint64
	pops           int
	mark, adds     bool
}

var rules = map[byte]rule{
	none: {as: none}, yes: {as: yes}, no: {as: no}, ']': {as: ']'}, '}': {as: '}'}, 0x8f: {as: 0x8f}, ')': {as: tuple},
	'K': {as: 'K', fixed: 1}, 'M': {as: 'M', fixed: 2}, 'J': {as: 'J', fixed: 4}, 'G': {as: 'G', fixed: 8},
	0x8a: {as: long, counted: 1}, long: {as: long, counted: 4}, 'C': {as: bytes8, counted: 1},
	'B': {as: bytes8, counted: 4}, bytes8: {as: bytes8, counted: 8}, 0x8c: {as: text, counted: 1},
	'X': {as: text, counted: 4}, text: {as: text, counted: 8}, 0x96: {as: 0x96, counted: 8},
	0x85: {as: tuple, pops: 1}, 0x86: {as: tuple, pops: 2}, 0x87: {as: tuple, pops: 3}, tuple: {as: tuple, mark: true},
	0x91: {as: 0x91, mark: true}, class: {as: class, pops: 2}, reduce: {as: reduce, pops: 2},
	newObject: {as: newObject, pops: 2}, 0x92: {as: 0x92, pops: 3}, 'a': {as: items, pops: 1, adds: true},
	's': {as: pairs, pops: 2, adds: true}, items: {as: items, mark: true, adds: true},
	pairs: {as: pairs, mark: true, adds: true}, setItems: {as: setItems, mark: true, adds: true},
	set: {as: set, pops: 1, adds: true},
}

var (
	errNoPickle = errors.New("the bytes are not a pickle")
	errTooDeep  = errors.New("the value is nested too deeply")
	nothing     = &value{op: none}
)

func makeText(s string) *value { return &value{op: text, argument: []byte(s)} }

func makeInteger(i int) *value {
	return &value{op: long, argument: binary.LittleEndian.AppendUint64(nil, uint64(i))}
}

func makeClass(module, name string) *value {
	return &value{op: class, parts: []*value{makeText(module), makeText(name)}}
}

func makeCall(class *value, arguments ...*value) *value {
	return &value{op: reduce, parts: []*value{class, {op: tuple, parts: arguments}}}
}

func (v *value) text() string {
	if v.op != text {
		return ""
	}
	return string(v.argument)
}

func (v *value) isInstance(name string) bool {
	return (v.op == reduce || v.op == newObject || v.op == 0x92) && v.parts[0].op == class &&
		v.parts[0].parts[0].text()+"."+v.parts[0].parts[1].text() == name
}

func (v *value) isNoTask() bool { return v.op == none || v.isInstance("undr.task.CloseRequest") }

// number is that of an integer or a float, or NaN.
func (v *value) number() float64 {
	unused := 64 - 8*len(v.argument)
	switch {
	case v.op == 'G':
		return math.Float64frombits(binary.BigEndian.Uint64(v.argument))
	case v.op == 'K' || v.op == 'M':
		return float64(number(v.argument))
	case v.op == 'J' || (v.op == long && unused >= 0):
		return float64(int64(number(v.argument)<<unused) >> unused) // with its sign
	}
	return math.NaN()
}

// all that a kind of addition added.
func (v *value) all(op byte) (parts []*value) {
	for _, addition := range v.added {
		if addition.op == op {
			parts = append(parts, addition.parts...)
		}
	}
	return parts
}

// field is the sequence of that name in the state of an instance.
func (v *value) field(name string) (sequence []*value) {
	for _, state := range v.all(set) {
		fields := state.all(pairs)
		for i := 0; i+1 < len(fields); i += 2 {
			if fields[i].text() == name {
				sequence = append(fields[i+1].parts, fields[i+1].all(items)...)
			}
		}
	}
	return sequence
}

type reader struct {
	data  []byte
	stack []*value
	below [][]*value // what lies under each mark
	memo  map[uint64]*value
}

func need(ok bool) {
	if !ok {
		panic(errNoPickle)
	}
}

func catch(err *error) {
	if failure := recover(); failure == errNoPickle || failure == errTooDeep {
		*err = failure.(error)
	} else if failure != nil {
		panic(failure)
	}
}

// unpickle reads protocols 4 and 5, and ignores what follows the pickle (MSG-5).
func unpickle(data []byte) (v *value, err error) {
	defer catch(&err)
	r := &reader{data: data, memo: map[uint64]*value{}}
	for op := r.take(1)[0]; op != '.'; op = r.take(1)[0] {
		if rule, ok := rules[op]; ok {
			r.obey(rule)
		} else {
			r.move(op)
		}
	}
	return r.pop(1)[0], nil
}

func number(digits []byte) (number uint64) {
	for i, digit := range digits {
		number |= uint64(digit) << (8 * i)
	}
	return number
}

func (r *reader) take(size uint64) []byte {
	need(size <= uint64(len(r.data)))
	taken := r.data[:size]
	r.data = r.data[size:]
	return taken
}

// pop never takes from below a mark.
func (r *reader) pop(count int) []*value {
	need(len(r.stack) >= count)
	values := append([]*value(nil), r.stack[len(r.stack)-count:]...)
	r.stack = r.stack[:len(r.stack)-count]
	return values
}

func (r *reader) popMark() []*value {
	need(len(r.below) > 0)
	values := r.stack
	r.stack, r.below = r.below[len(r.below)-1], r.below[:len(r.below)-1]
	return values
}

func (r *reader) obey(rule rule) {
	v := &value{op: rule.as, argument: r.take(rule.fixed)}
	if rule.counted > 0 {
		v.argument = r.take(number(r.take(rule.counted)))
	}
	if v.parts = r.pop(rule.pops); rule.mark {
		v.parts = r.popMark()
	}
	if rule.adds {
		need(len(r.stack) > 0 && r.stack[len(r.stack)-1].op != none && (v.op != pairs || len(v.parts)%2 == 0))
		r.stack[len(r.stack)-1].added = append(r.stack[len(r.stack)-1].added, v)
	} else if v.op == none {
		r.stack = append(r.stack, nothing) // there may be many
	} else if v.op == 0x96 { // of protocol 5: written as a call
		v.op = bytes8
		r.stack = append(r.stack, makeCall(makeClass("builtins", "bytearray"), v))
	} else {
		r.stack = append(r.stack, v)
	}
}

func (r *reader) line() *value {
	end := bytes.IndexByte(r.data, '\n')
	need(end >= 0)
	return makeText(string(r.take(uint64(end) + 1)[:end]))
}

// move obeys the opcodes that keep to the stack and the memo, and the old forms of others.
func (r *reader) move(op byte) {
	switch sizes := map[byte]uint64{'q': 1, 'r': 4, 'h': 1, 'j': 4, 0x80: 1, 0x95: 8}; op {
	case 0x80: // PROTO
		need(r.take(1)[0] <= 5)
	case 0x95: // FRAME
		r.take(8)
	case '(':
		r.below, r.stack = append(r.below, r.stack), nil
	case '0', '1': // POP takes a mark, too
		if op == '1' || len(r.stack) == 0 {
			r.popMark()
		} else {
			r.pop(1)
		}
	case 0x94, 'q', 'r': // MEMOIZE, BINPUT, LONG_BINPUT
		need(len(r.stack) > 0)
		index := uint64(len(r.memo))
		if op != 0x94 {
			index = number(r.take(sizes[op]))
		}
		r.memo[index] = r.stack[len(r.stack)-1]
	case 'h', 'j':
		v := r.memo[number(r.take(sizes[op]))]
		need(v != nil)
		r.stack = append(r.stack, v)
	case 'c': // GLOBAL
		r.stack = append(r.stack, &value{op: class, parts: []*value{r.line(), r.line()}})
	case 'o': // OBJ
		parts := r.popMark()
		need(len(parts) > 0)
		r.stack = append(r.stack, makeCall(parts[0], parts[1:]...))
	default:
		panic(errNoPickle)
	}
}

type writer struct {
	bytes.Buffer
	memo  map[*value]uint32
	depth int
}

// pickle writes protocol 4.
func pickle(v *value) (data []byte, err error) {
	defer catch(&err)
	w := &writer{memo: map[*value]uint32{}}
	w.WriteString("\x80\x04")
	w.write(v)
	w.WriteByte('.')
	return w.Bytes(), nil
}

func (w *writer) number(number any) { binary.Write(w, binary.LittleEndian, number) } // to memory: it can't fail

func (w *writer) write(v *value) {
	if index, found := w.memo[v]; found {
		w.WriteByte('j')
		w.number(index)
		return
	}
	if w.depth++; w.depth > maxDepth {
		panic(errTooDeep)
	}
	if rules[v.op].mark {
		w.WriteByte('(')
	}
	for _, part := range v.parts {
		w.write(part)
	}
	w.WriteByte(v.op)
	if v.op == text || v.op == bytes8 {
		w.number(uint64(len(v.argument)))
	} else if v.op == long {
		w.number(uint32(len(v.argument)))
	}
	w.Write(v.argument)
	if !rules[v.op].adds {
		w.memo[v] = uint32(len(w.memo))
		w.WriteByte(0x94)
	}
	for _, addition := range v.added {
		w.write(addition)
	}
	w.depth--
}
