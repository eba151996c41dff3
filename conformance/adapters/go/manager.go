package main

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

type manager struct {
	sync.Mutex             // guards what follows
	changed     *sync.Cond // the inbox, the count or the state
	queues      [][][]byte
	inbox       [][]byte
	left        int // tasks that are queued or out
	closing     bool
	workers     []*os.Process
	connections map[net.Conn]bool
	ended       sync.WaitGroup // one for each worker that is kept running
	listener    net.Listener
}

var (
	noTask, _       = pickle(nothing)
	closeRequest, _ = pickle(makeCall(makeClass("undr.task", "CloseRequest")))
)

func newManager(workers, levels int, logs string) (*manager, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // SEC-2
	if err != nil {
		return nil, err
	}
	m := &manager{queues: make([][][]byte, levels), workers: make([]*os.Process, workers), listener: listener,
		connections: map[net.Conn]bool{}}
	m.changed = sync.NewCond(m)
	go m.accept()
	m.ended.Add(workers)
	for i := range m.workers {
		log := os.Stderr
		if logs != "" {
			if err = os.MkdirAll(logs, 0o777); err == nil {
				log, err = os.Create(filepath.Join(logs, "worker-"+strconv.Itoa(i)+".log"))
			}
		}
		if err != nil {
			return nil, err
		}
		go m.keep(i, log)
	}
	return m, nil
}

// keep replaces a worker that dies (FAULT-4) until the manager closes.
func (m *manager) keep(i int, log io.Writer) {
	defer m.ended.Done()
	for {
		_, port, _ := net.SplitHostPort(m.listener.Addr().String())
		command := exec.Command(os.Args[0], "worker", "--port", port)
		command.Stderr = log
		m.Lock()
		if m.closing || command.Start() != nil {
			m.Unlock()
			return
		}
		m.workers[i] = command.Process
		m.Unlock()
		command.Wait()
		time.Sleep(10 * time.Millisecond)
	}
}

func (m *manager) accept() {
	for {
		connection, err := m.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		} else if err != nil {
			time.Sleep(10 * time.Millisecond) // no descriptor is left
			continue
		}
		go m.serve(connection)
	}
}

func (m *manager) serve(connection net.Conn) {
	m.Lock()
	m.connections[connection] = true
	m.Unlock()
	out := 0 // tasks
	for {
		kind, payload, err := receive(connection, m.accepts)
		if err == nil && kind == 'm' { // it may take time: before the lock (FAULT-1)
			_, err = unpickle(payload)
		}
		if err == nil {
			kind, payload = m.answer(kind, payload, &out)
			err = send(connection, kind, payload)
		}
		if err != nil {
			break
		}
	}
	connection.Close()
	lost, _ := pickle(failure("the worker ended before its task"))
	m.Lock()
	defer m.Unlock()
	delete(m.connections, connection)
	m.left -= out
	for ; out > 0; out-- { // FAULT-3
		m.inbox = append(m.inbox, lost)
	}
	m.changed.Broadcast()
}

func (m *manager) accepts(kind byte, size uint64) bool {
	if kind == 'n' || kind == 't' {
		return size == 0
	}
	return size <= maxPayload && (kind == 'm' || (kind >= 0x80 && int(kind) < 0x80+len(m.queues)))
}

func (m *manager) answer(kind byte, payload []byte, out *int) (byte, []byte) {
	m.Lock()
	defer m.Unlock()
	defer m.changed.Broadcast()
	switch {
	case kind == 'm':
		m.inbox = append(m.inbox, payload)
		return 'm', nil
	case kind >= 0x80:
		m.queues[kind-0x80] = append(m.queues[kind-0x80], payload)
		m.left++
		return 's', nil
	case kind == 't' && *out > 0:
		*out--
		m.left--
	}
	if m.closing {
		return 't', closeRequest
	}
	for i, queue := range m.queues {
		if len(queue) > 0 {
			m.queues[i], *out = queue[1:], *out+1
			return 't', queue[0]
		}
	}
	return 't', noTask
}

func (m *manager) schedule(priority int, task []byte) error {
	v, err := unpickle(task)
	m.Lock()
	defer m.Unlock()
	if err != nil || m.closing || priority < 0 || priority >= len(m.queues) || v.isNoTask() {
		return errors.New("the manager is closed, or this is no task or no priority") // CLOSE-6, POOL-3, SCHED-13
	}
	m.queues[priority] = append(m.queues[priority], task)
	m.left++
	return nil
}

func (m *manager) sendMessage(message []byte) error {
	_, err := unpickle(message)
	m.Lock()
	defer m.Unlock()
	if err == nil {
		m.inbox = append(m.inbox, message)
	}
	return err
}

// next is one step of messages(); nil: it ends.
func (m *manager) next() (message []byte) {
	m.Lock()
	defer m.Unlock()
	for len(m.inbox) == 0 && m.left > 0 && !m.closing {
		m.changed.Wait()
	}
	if len(m.inbox) > 0 {
		message, m.inbox = m.inbox[0], m.inbox[1:]
	}
	return message
}

func (m *manager) close(policy string) {
	for policy == "join" && m.next() != nil { // CLOSE-JOIN-4
	}
	m.Lock()
	m.closing = true
	if policy == "kill" {
		for _, worker := range m.workers {
			if worker != nil {
				worker.Kill()
			}
		}
		for connection := range m.connections {
			connection.Close()
		}
	}
	m.Unlock()
	m.ended.Wait()
	m.listener.Close()
}
