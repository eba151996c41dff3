package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

const maxPayload = 1 << 30

var errFoul = errors.New("the other side broke the protocol")

// receive reads a frame. What can't be accepted is refused at its header (FRAME-10); memory grows with what has come.
func receive(connection io.Reader, accepts func(kind byte, size uint64) bool) (byte, []byte, error) {
	var header [9]byte
	if _, err := io.ReadFull(connection, header[:]); err != nil {
		return 0, nil, err
	}
	kind, size := header[0], number(header[1:])
	if !accepts(kind, size) {
		return 0, nil, errFoul
	}
	var payload bytes.Buffer
	_, err := io.CopyN(&payload, connection, int64(size))
	return kind, payload.Bytes(), err
}

func send(connection io.Writer, kind byte, payload []byte) error {
	frame := binary.LittleEndian.AppendUint64([]byte{kind}, uint64(len(payload)))
	_, err := connection.Write(append(frame, payload...))
	return err
}

// failure is a WorkerException in the form that every Python can print (PAY-9).
func failure(reason string) *value {
	kind := makeClass("builtins", "RuntimeError")
	trace := makeCall(makeClass("traceback", "TracebackException"), kind, makeCall(kind, makeText(reason)), nothing)
	return makeCall(makeClass("undr.task", "WorkerException"), trace)
}

type worker struct {
	connection net.Conn
	lost       error // why there is nobody to talk to any more
	tasks      int   // how many the running task has named, itself included
}

func (w *worker) request(kind byte, payload []byte) (answer byte, content []byte) {
	if w.lost = send(w.connection, kind, payload); w.lost == nil {
		answer, content, w.lost = receive(w.connection, func(_ byte, size uint64) bool { return size <= maxPayload })
	}
	return answer, content
}

// deliver sends a value, and returns when the manager has it (WORK-8, WORK-9, WORK-14).
func (w *worker) deliver(kind byte, v *value, due byte) error {
	payload, err := pickle(v)
	if err != nil {
		return err
	}
	if answer, content := w.request(kind, payload); w.lost != nil {
		return w.lost
	} else if answer != due || len(content) > 0 {
		return fmt.Errorf("an acknowledgement of type %#x and %d bytes", answer, len(content))
	}
	return nil
}

// work returns nil after a CloseRequest and at the end of the stream, errFoul when the manager broke the protocol.
func (w *worker) work() error {
	for kind := byte('n'); ; {
		answer, payload := w.request(kind, nil)
		if w.lost != nil && w.lost != errFoul {
			return nil
		}
		task, err := unpickle(payload)
		if w.lost != nil || answer != 't' || (err != nil && len(payload) > 0) {
			return errFoul
		}
		switch kind = 't'; {
		case err != nil:
			task = makeText("nothing") // it can't be run (WORK-15)
		case task.op == none:
			time.Sleep(10 * time.Millisecond)
			kind = 'n'
			continue
		case task.isNoTask():
			return nil
		}
		w.tasks = 0
		if err := w.run(task, 0); err != nil && w.lost == nil && w.deliver('m', failure(err.Error()), 'm') != nil {
			w.lost = errFoul
		}
		if w.lost != nil {
			return w.lost
		}
	}
}

func (w *worker) run(task *value, depth int) (err error) {
	sequence, act := task.field("steps"), w.step
	if w.tasks++; depth > maxDepth || w.tasks > 10_000_000 {
		return errors.New("a Chain of too many tasks")
	} else if task.isInstance("undr.task.Chain") {
		sequence, act = task.field("tasks"), func(task *value) error { return w.run(task, depth+1) }
	} else if !task.isInstance("undr_conformance.Probe") {
		return errors.New("this is not a task that the worker knows")
	}
	for _, item := range sequence {
		if err = act(item); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) step(step *value) (err error) {
	words := append(append([]*value(nil), step.parts...), nothing, makeInteger(1)) // the default priority is 1
	number := words[1].number()
	switch name := words[0].text(); {
	case name == "message":
		err = w.deliver('m', words[1], 'm')
	case name == "schedule":
		priority := words[2].number()
		if len(step.parts) == 2 {
			priority = words[3].number()
		}
		if !(priority >= 0 && priority < 128) || words[1].isNoTask() {
			return errors.New("this is no task, or no priority from 0 to 127")
		}
		err = w.deliver(0x80+byte(priority), words[1], 's')
	case name == "raise":
		err = errors.New(words[1].text())
	case name == "sleep":
		time.Sleep(time.Duration(number * float64(time.Second)))
	case name == "pid":
		err = w.deliver('m', &value{op: tuple, parts: []*value{makeText("pid"), makeInteger(os.Getpid())}}, 'm')
	case name == "exit":
		os.Exit(int(number))
	case name == "wait":
		var gate net.Conn
		if gate, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%.0f", number)); err == nil {
			defer gate.Close()
			_, err = io.Copy(io.Discard, gate)
		}
	default:
		err = errors.New("this step does not exist")
	}
	return err
}
