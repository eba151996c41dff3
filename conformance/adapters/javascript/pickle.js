'use strict';
// Pickles of protocols 4 and 5, as data: a class stays a name, and nothing is imported or called (SEC-1).

// A value, as the opcodes that make it: `op` with its argument, of `parts`; `added` is what came later (APPENDS,
// SETITEMS, ADDITEMS, BUILD), each with parts of its own.
class Value {
    constructor(op, argument, parts = []) {
        Object.assign(this, {op, argument, parts, added: []});
    }

    get text() {
        return this.op === TEXT ? this.argument.toString() : undefined;
    }

    // Of an integer or a float; undefined for anything else.
    get number() {
        const size = this.argument?.length;
        if (this.op === 'G'.charCodeAt()) return this.argument.readDoubleBE();
        if (this.op === 0x4b || this.op === 0x4d) return this.argument.readUIntLE(0, size); // BININT1, BININT2
        if (this.op === 0x4a || (this.op === LONG && size > 0 && size <= 6)) return this.argument.readIntLE(0, size);
        return this.op === LONG ? Number(BigInt.asIntN(8 * size, BigInt('0x0' + hex(this.argument)))) : undefined;
    }

    get items() {
        return [...this.parts, ...this.all(APPENDS)];
    }

    all(op) {
        return this.added.filter((addition) => addition.op === op).flatMap((addition) => addition.parts);
    }

    isInstance(name) {
        const [made] = this.parts;
        return [REDUCE, NEWOBJ, NEWOBJ_EX].includes(this.op) && made.op === CLASS
            && `${made.parts[0].text}.${made.parts[1].text}` === name;
    }

    get isNoTask() {
        return this.op === NONE || this.isInstance('undr.task.CloseRequest');
    }

    // The sequence of that name in the state of an instance.
    field(name) {
        const fields = this.all(BUILD).flatMap((state) => state.all(SETITEMS));
        const at = fields.findLastIndex((one, i) => i % 2 === 0 && one.text === name);
        return at < 0 ? [] : fields[at + 1].items;
    }
}

const hex = (bytes) => Buffer.from(bytes).reverse().toString('hex');
const [NONE, TUPLE, REDUCE, APPENDS, SETITEMS, BUILD] = Buffer.from('NtReub');
const [NEWOBJ, NEWOBJ_EX, CLASS, FROZENSET, ADDITEMS] = [0x81, 0x92, 0x93, 0x91, 0x90];
const [LONG, TEXT, BYTES, BYTEARRAY] = [0x8b, 0x8d, 0x8e, 0x96];
const MAX_DEPTH = 500; // of values that are written

// What an opcode takes from the pickle: so many bytes, or a length of so many bytes and then these; each under the most
// general opcode that makes such a value.
const fixed = new Map([[NONE, 0], [0x88, 0], [0x89, 0], [0x5d, 0], [0x7d, 0], [0x8f, 0],
    [0x4b, 1], [0x4d, 2], [0x4a, 4], [0x47, 8]]);
const counted = new Map([[0x8a, [1, LONG]], [LONG, [4, LONG]], [0x8c, [1, TEXT]], [0x58, [4, TEXT]], [TEXT, [8, TEXT]],
    [0x43, [1, BYTES]], [0x42, [4, BYTES]], [BYTES, [8, BYTES]], [BYTEARRAY, [8, BYTEARRAY]]]);
// What it takes from the stack: so many values.
const made = new Map([[0x29, [0, TUPLE]], [0x85, [1, TUPLE]], [0x86, [2, TUPLE]], [0x87, [3, TUPLE]],
    [CLASS, [2, CLASS]], [REDUCE, [2, REDUCE]], [NEWOBJ, [2, NEWOBJ]], [NEWOBJ_EX, [3, NEWOBJ_EX]]]);
const adds = new Map([[0x61, [1, APPENDS]], [0x73, [2, SETITEMS]], [BUILD, [1, BUILD]]]);
const lengths = new Map([[TEXT, 8], [BYTES, 8], [LONG, 4]]);
const plain = new Map([NONE, 0x88, 0x89].map((op) => [op, new Value(op)])); // there may be many

const text = (string) => new Value(TEXT, Buffer.from(string));
const tuple = (...items) => new Value(TUPLE, undefined, items);
const type = (module, name) => new Value(CLASS, undefined, [text(module), text(name)]);
const call = (callee, ...parameters) => new Value(REDUCE, undefined, [callee, tuple(...parameters)]);

function integer(number) {
    const digits = Buffer.alloc(8);
    digits.writeBigInt64LE(BigInt(number));
    return new Value(LONG, digits);
}

class Reader {
    constructor(data) {
        Object.assign(this, {data, at: 0, stack: [], below: [], memo: new Map()});
    }

    need(condition) {
        if (!condition) throw new Error('the bytes are not a pickle');
    }

    take(size) {
        this.need(size <= this.data.length - this.at);
        this.at += size;
        return this.data.subarray(this.at - size, this.at);
    }

    number(size) {
        return size === 8 ? Number(this.take(8).readBigUInt64LE()) : this.take(size).readUIntLE(0, size);
    }

    line() {
        const end = this.data.indexOf('\n', this.at);
        this.need(end >= 0);
        return new Value(TEXT, this.take(end + 1 - this.at).subarray(0, -1));
    }

    // The upper values, none from below a mark.
    pop(count) {
        this.need(this.stack.length >= count);
        return count === 0 ? [] : this.stack.splice(-count);
    }

    popMark() {
        this.need(this.below.length > 0);
        const values = this.stack;
        this.stack = this.below.pop();
        return values;
    }

    get top() {
        this.need(this.stack.length > 0);
        return this.stack.at(-1);
    }

    add(op, parts) {
        this.need(!plain.has(this.top.op) && this.top.op !== TUPLE && (op !== SETITEMS || parts.length % 2 === 0));
        this.top.added.push(new Value(op, undefined, parts));
    }

    push(value) {
        if (value.op === BYTEARRAY) { // of protocol 5: written as a call
            value.op = BYTES;
            value = call(type('builtins', 'bytearray'), value);
        }
        this.stack.push(plain.get(value.op) ?? value);
    }

    step(op) {
        if (fixed.has(op)) return this.push(new Value(op, this.take(fixed.get(op))));
        if (counted.has(op)) return this.push(new Value(counted.get(op)[1], this.take(this.number(counted.get(op)[0]))));
        if (made.has(op)) return this.push(new Value(made.get(op)[1], undefined, this.pop(made.get(op)[0])));
        if (adds.has(op)) return this.add(adds.get(op)[1], this.pop(adds.get(op)[0]));
        const opcode = String.fromCharCode(op);
        if (op === TUPLE || op === FROZENSET) this.push(new Value(op, undefined, this.popMark()));
        else if ([APPENDS, SETITEMS, ADDITEMS].includes(op)) {
            const parts = this.popMark();
            this.add(op, parts);
        } else if (op === 0x80) this.need(this.number(1) <= 5); // PROTO
        else if (op === 0x95) this.take(8); // FRAME
        else if (opcode === '(') [this.below, this.stack] = [(this.below.push(this.stack), this.below), []];
        else if (opcode === '1' || (opcode === '0' && this.stack.length === 0)) this.popMark();
        else if (opcode === '0') this.pop(1);
        else if (op === 0x94) this.memo.set(this.memo.size, this.top); // MEMOIZE
        else if (opcode === 'q' || opcode === 'r') this.memo.set(this.number(opcode === 'q' ? 1 : 4), this.top);
        else if (opcode === 'h' || opcode === 'j') {
            const value = this.memo.get(this.number(opcode === 'h' ? 1 : 4));
            this.need(value);
            this.stack.push(value);
        } else if (opcode === 'c') this.push(new Value(CLASS, undefined, [this.line(), this.line()]));
        else if (opcode === 'o') { // OBJ
            const parts = this.popMark();
            this.need(parts.length > 0);
            this.push(call(...parts));
        } else this.need(false);
    }
}

// Ignores what follows the pickle (MSG-5).
function unpickle(data) {
    const reader = new Reader(data);
    for (let op = reader.number(1); op !== 0x2e; op = reader.number(1)) reader.step(op);
    return reader.pop(1)[0];
}

// Protocol 4.
function pickle(value) {
    const chunks = [Buffer.from([0x80, 4])], memo = new Map();
    const put = (op, number, size) => {
        const bytes = Buffer.alloc(1 + (size ?? 0));
        bytes[0] = op;
        if (size > 0) bytes.writeUIntLE(number, 1, Math.min(size, 6));
        chunks.push(bytes);
    };
    const write = (one, depth) => {
        if (memo.has(one)) return put(0x6a, memo.get(one), 4); // LONG_BINGET
        if (depth > MAX_DEPTH) throw new Error('the value is nested too deeply');
        if ([TUPLE, FROZENSET, APPENDS, SETITEMS, ADDITEMS].includes(one.op)) put(0x28);
        for (const part of one.parts) write(part, depth + 1);
        put(one.op, one.argument?.length, lengths.get(one.op));
        if (one.argument) chunks.push(one.argument);
        if (plain.has(one.op) || [APPENDS, SETITEMS, ADDITEMS, BUILD].includes(one.op)) return;
        memo.set(one, memo.size);
        put(0x94);
        for (const addition of one.added) write(addition, depth + 1);
    };
    write(value, 0);
    put(0x2e);
    return Buffer.concat(chunks);
}

module.exports = {call, integer, nothing: plain.get(NONE), pickle, text, tuple, type, unpickle};
