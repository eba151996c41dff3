#!/usr/bin/env node
'use strict';
// An adapter for the conformance suite (spec/adapter.md): a manager and a worker of the undr task protocol.
const {spawn} = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const readline = require('node:readline');
const {parseArgs} = require('node:util');
const {setTimeout: sleep} = require('node:timers/promises');
const {call, integer, nothing, pickle, text, tuple, type, unpickle} = require('./pickle.js');

const MAX_PAYLOAD = 1 << 30;
const MAX_DEPTH = 200, MAX_TASKS = 10_000_000; // of one Chain
const [NEXT, MESSAGE, TASK, SCHEDULED] = Buffer.from('nmts');

// ---- frames

class Foul extends Error {} // the other side broke the protocol
class Gone extends Error {} // the other side has left

// The frames of a socket; what can't be accepted is refused at its header (FRAME-10).
async function* frames(socket, accepts) {
    let chunks = [], size = 0, header;
    for await (const chunk of socket) {
        chunks.push(chunk);
        size += chunk.length;
        for (let due = header?.size ?? 9; size >= due; due = header?.size ?? 9) {
            const all = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
            chunks = [all.subarray(due)];
            size -= due;
            if (header) {
                yield {kind: header.kind, payload: all.subarray(0, due)};
                header = undefined;
                continue;
            }
            header = {kind: all[0], size: Number(all.readBigUInt64LE(1))};
            if (!accepts(header.kind, header.size)) throw new Foul(`a frame ${all[0]} of ${header.size} bytes`);
        }
    }
}

// Resolves when the system has taken the frame: nobody fills our memory by not reading.
function send(socket, kind, payload = Buffer.alloc(0)) {
    const header = Buffer.alloc(9);
    header[0] = kind;
    header.writeBigUInt64LE(BigInt(payload.length), 1);
    return new Promise((resolve, reject) => {
        const fail = () => reject(new Gone('the connection has ended'));
        if (socket.destroyed) return fail();
        socket.once('close', fail);
        socket.write(Buffer.concat([header, payload]), (error) => {
            socket.off('close', fail);
            return error ? fail() : resolve();
        });
    });
}

// A WorkerException in the form that every Python can print (PAY-9).
function failure(reason) {
    const kind = type('builtins', 'RuntimeError');
    return call(type('undr.task', 'WorkerException'),
        call(type('traceback', 'TracebackException'), kind, call(kind, text(reason)), nothing));
}

// ---- the worker

class Worker {
    constructor(socket) {
        this.socket = socket;
        this.answers = frames(socket, (_, size) => size <= MAX_PAYLOAD);
    }

    async request(kind, payload) {
        await send(this.socket, kind, payload);
        try {
            const {value, done} = await this.answers.next();
            if (!done) return value;
        } catch (error) {
            if (error instanceof Foul) throw error;
        }
        throw new Gone('the manager has ended the connection');
    }

    // Returns when the manager has it (WORK-8, WORK-9, WORK-14).
    async deliver(kind, value, due) {
        const answer = await this.request(kind, pickle(value));
        if (answer.kind !== due || answer.payload.length > 0) throw new Error(`a wrong acknowledgement: ${answer.kind}`);
    }

    async work() {
        for (let kind = NEXT; ;) {
            const answer = await this.request(kind);
            const task = answer.kind === TASK && Worker.read(answer.payload);
            if (!task) throw new Foul('this is no task');
            if (task.isInstance('undr.task.CloseRequest')) return;
            kind = task.isNoTask ? NEXT : TASK;
            if (task.isNoTask) {
                await sleep(10);
                continue;
            }
            try {
                this.tasks = 0;
                await this.run(task, 0);
            } catch (error) {
                if (error instanceof Foul || error instanceof Gone) throw error;
                await this.deliver(MESSAGE, failure(error.message), MESSAGE).catch((wrong) => {
                    throw wrong instanceof Gone ? wrong : new Foul(wrong.message);
                });
            }
        }
    }

    static read(payload) {
        try {
            return payload.length === 0 ? text('it has no bytes, and fails') : unpickle(payload);
        } catch {
            return undefined;
        }
    }

    async run(task, depth) {
        if (depth > MAX_DEPTH || ++this.tasks > MAX_TASKS) throw new Error('a Chain of too many tasks');
        if (task.isInstance('undr.task.Chain')) {
            for (const part of task.field('tasks')) await this.run(part, depth + 1);
        } else if (task.isInstance('undr_conformance.Probe')) {
            for (const step of task.field('steps')) await this.step(...step.parts);
        } else {
            throw new Error('this is not a task that the worker knows');
        }
    }

    async step(name, argument, priority = integer(1)) {
        switch (name.text) {
        case 'message': return this.deliver(MESSAGE, argument, MESSAGE);
        case 'pid': return this.deliver(MESSAGE, tuple(text('pid'), integer(process.pid)), MESSAGE);
        case 'raise': throw new Error(argument.text);
        case 'exit': return process.exit(argument.number);
        case 'schedule':
            if (argument.isNoTask || !(priority.number >= 0 && priority.number < 128)) {
                throw new Error('this is no task, or no priority from 0 to 127');
            }
            return this.deliver(0x80 + priority.number, argument, SCHEDULED);
        case 'wait':
            return new Promise((resolve, reject) => {
                net.connect(argument.number, '127.0.0.1').on('error', reject).on('close', resolve).resume();
            });
        case 'sleep':
            for (const end = performance.now() + 1000 * argument.number; performance.now() < end;) {
                await sleep(Math.min(Math.ceil(end - performance.now()), 2 ** 31 - 1));
            }
            return undefined;
        default: throw new Error('this step does not exist');
        }
    }
}

async function work(port) {
    console.error('worker', process.pid);
    const socket = net.connect(port, '127.0.0.1').setNoDelay();
    try {
        await new Worker(socket).work();
    } catch (error) {
        if (!(error instanceof Gone)) {
            console.error(error.message);
            process.exitCode = 1;
        }
    }
    socket.end();
    setTimeout(() => process.exit(), 1000).unref(); // a task of a peer that has gone keeps nobody
}

// ---- the manager

class Manager {
    queues; inbox = []; left = 0; closing = false; sockets = new Set(); workers = []; waiting = [];

    constructor(levels) {
        this.queues = Array.from({length: levels}, () => []);
        this.server = net.createServer({allowHalfOpen: true, noDelay: true}, (socket) => this.serve(socket));
    }

    listen() {
        return new Promise((resolve, reject) => {
            this.server.on('error', reject).listen({port: 0, host: '127.0.0.1', backlog: 1024}, // SEC-2
                () => resolve(this.server.address().port));
        });
    }

    // Keeps a worker running until the manager closes (FAULT-4).
    async keep(log) {
        while (!this.closing) {
            const words = [__filename, 'worker', '--port', this.server.address().port];
            const worker = spawn(process.execPath, words, {stdio: ['ignore', 'ignore', log]});
            this.workers.push(worker);
            await new Promise((resolve) => worker.on('exit', resolve).on('error', resolve));
            this.workers.splice(this.workers.indexOf(worker), 1);
            await sleep(10);
        }
    }

    start(count, logs) {
        if (logs) fs.mkdirSync(logs, {recursive: true});
        this.kept = Array.from({length: count}, (_, i) =>
            this.keep(logs ? fs.openSync(path.join(logs, `worker-${i}.log`), 'w') : 'inherit'));
    }

    // Whoever waits for the inbox or the count looks again.
    changed() {
        for (const look of this.waiting.splice(0)) look();
    }

    accepts(kind, size) {
        if (kind === NEXT || kind === TASK) return size === 0;
        return size <= MAX_PAYLOAD && (kind === MESSAGE || (kind >= 0x80 && kind < 0x80 + this.queues.length));
    }

    async serve(socket) {
        const client = {out: 0};
        this.sockets.add(socket);
        socket.on('error', () => {});
        try {
            for await (const {kind, payload} of frames(socket, (kind, size) => this.accepts(kind, size))) {
                await send(socket, ...this.answer(kind, payload, client));
            }
            socket.end();
        } catch {
            socket.destroySoon(); // a violation, or a reset: this connection ends, no other
        }
        this.sockets.delete(socket);
        this.left -= client.out;
        for (; client.out > 0; client.out--) this.inbox.push(pickle(failure('the worker ended before its task')));
        this.changed();
    }

    answer(kind, payload, client) {
        if (kind === MESSAGE) {
            unpickle(payload);
            this.inbox.push(payload);
            this.changed();
            return [MESSAGE];
        }
        if (kind >= 0x80) {
            this.queues[kind - 0x80].push(payload);
            this.left++;
            return [SCHEDULED];
        }
        if (kind === TASK && client.out > 0) {
            client.out--;
            this.left--;
            this.changed();
        }
        if (this.closing) return [TASK, pickle(call(type('undr.task', 'CloseRequest')))];
        const queue = this.queues.find((tasks) => tasks.length > 0);
        if (!queue) return [TASK, pickle(nothing)];
        client.out++;
        return [TASK, queue.shift()];
    }

    schedule(priority, task) {
        if (this.closing || !this.queues[priority] || unpickle(task).isNoTask) { // CLOSE-6, POOL-3, SCHED-13
            throw new Error('the manager is closed, or this is no priority or no task');
        }
        this.queues[priority].push(task);
        this.left++;
    }

    // One step of messages(); undefined: it ends.
    async next() {
        while (this.inbox.length === 0 && this.left > 0 && !this.closing) {
            await new Promise((resolve) => this.waiting.push(resolve));
        }
        return this.inbox.shift();
    }

    async close(policy) {
        while (policy === 'join' && await this.next()); // CLOSE-JOIN-4
        this.closing = true;
        if (policy === 'kill') {
            for (const worker of this.workers) worker.kill('SIGKILL');
            for (const socket of this.sockets) socket.destroy();
        }
        await Promise.all(this.kept);
        this.server.close();
    }
}

// ---- the adapter

function bytes(digits) {
    if (!/^([0-9a-f]{2})+$/i.test(digits ?? '')) throw new Error('HEX is two digits a byte');
    return Buffer.from(digits, 'hex');
}

async function obey(manager, [verb, first, second]) {
    switch (verb) {
    case 'schedule':
        manager.schedule(first, bytes(second));
        return 'ok';
    case 'message':
        unpickle(bytes(first));
        manager.inbox.push(bytes(first));
        return 'ok';
    case 'next': {
        const message = await manager.next();
        return message ? `message ${message.toString('hex')}` : 'done';
    }
    case 'close':
        if (!['join', 'cancel', 'kill'].includes(first)) throw new Error('the policies are join, cancel and kill');
        await manager.close(first);
        return 'closed';
    default: throw new Error('the commands are schedule, message, next and close');
    }
}

async function manage(workers, levels, logs) {
    const manager = new Manager(levels);
    console.log(`ready ${await manager.listen()}`);
    manager.start(workers, logs);
    let last = Promise.resolve();
    const input = readline.createInterface({input: process.stdin});
    input.on('line', (line) => {
        last = last.then(() => obey(manager, line.trim().split(/\s+/)))
            .catch((error) => `error ${error.message}`).then((answer) => console.log(answer));
    });
    input.on('close', async () => { // ADAPTER-1
        await Promise.race([last, sleep(500)]);
        await manager.close('kill');
        process.exit(0);
    });
}

function options(description) {
    try {
        const {values} = parseArgs({args: process.argv.slice(3), options: description});
        return values;
    } catch (error) {
        console.error(error.message);
        return process.exit(2);
    }
}

const string = {type: 'string'};
switch (process.argv[2]) {
case 'capabilities':
    console.log(`manager\nworker\npool\npriority-levels 128\npickle 4-5\nmax-payload ${MAX_PAYLOAD}\nlog-directory
name undr-javascript\nversion 1.0.0\nlanguage node ${process.versions.node}`);
    break;
case 'worker': {
    const port = Number(options({port: string}).port);
    if (!(port >= 1 && port <= 65535)) {
        console.error('--port is 1 to 65535');
        process.exit(2);
    }
    work(port);
    break;
}
case 'manager': {
    const given = options({workers: string, 'priority-levels': string, 'log-directory': string});
    const [workers, levels] = [Number(given.workers), Number(given['priority-levels'])];
    if (!(workers >= 0 && levels >= 2 && levels <= 128)) {
        console.error('--workers is 0 or more, --priority-levels 2 to 128');
        process.exit(2);
    }
    manage(workers, levels, given['log-directory']);
    break;
}
default: process.exit(89);
}
