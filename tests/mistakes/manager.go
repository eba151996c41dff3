// manager.go: a small manager in Go, right where a first one has to be; the test puts typical mistakes into it. Messages
// stay bytes: only a pickle's first and last byte are looked at.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
)

var (
	lock    sync.Mutex
	changed = sync.NewCond(&lock)
	queues  [][][]byte
	inbox   [][]byte
	left    int
	closing bool
	none    = []byte("\x80\x04N.")
	leave   = []byte("\x80\x04\x95!\x00\x00\x00\x00\x00\x00\x00\x8c\tundr.task\x94\x8c\x0cCloseRequest\x94\x93\x94)\x81\x94.")
)

func receive(from io.Reader, data []byte) error {
	_, err := io.ReadFull(from, data)
	return err
}

func readFrame(from net.Conn) (byte, []byte, error) {
	header := make([]byte, 9)
	if err := receive(from, header); err != nil {
		return 0, nil, err
	}
	size := binary.LittleEndian.Uint64(header[1:])
	if size > 1<<30 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	payload := make([]byte, size)
	return header[0], payload, receive(from, payload)
}

func writeFrame(to net.Conn, kind byte, payload []byte) error {
	frame := make([]byte, 9, 9+len(payload))
	frame[0] = kind
	binary.LittleEndian.PutUint64(frame[1:], uint64(len(payload)))
	_, err := to.Write(append(frame, payload...))
	return err
}

func nextTask(out *int) []byte {
	for priority := range queues {
		if len(queues[priority]) > 0 && !closing {
			task := queues[priority][0]
			queues[priority] = queues[priority][1:]
			*out++
			return task
		}
	}
	if closing {
		return leave
	}
	return none
}

func isPickle(data []byte) bool {
	return len(data) > 1 && data[len(data)-1] == '.'
}

// answer is under the lock; false ends the connection.
func answer(to net.Conn, kind byte, payload []byte, out *int) bool {
	switch {
	case (kind == 'n' || kind == 't') && len(payload) == 0:
		if kind == 't' && *out > 0 {
			*out--
			left--
			changed.Broadcast()
		}
		return writeFrame(to, 't', nextTask(out)) == nil
	case kind == 'm' && isPickle(payload):
		inbox = append(inbox, payload)
		changed.Broadcast()
		return writeFrame(to, 'm', nil) == nil
	case kind >= 0x80 && int(kind-0x80) < len(queues):
		queues[kind-0x80] = append(queues[kind-0x80], payload)
		left++
		return writeFrame(to, 's', nil) == nil
	}
	return false
}

func serve(from net.Conn) {
	defer from.Close()
	out := 0
	for {
		kind, payload, err := readFrame(from)
		if err != nil {
			return
		}
		lock.Lock()
		goesOn := answer(from, kind, payload, &out)
		lock.Unlock()
		if !goesOn {
			return
		}
	}
}

func say(text string) {
	fmt.Println(text)
}

func obey(words []string) {
	lock.Lock()
	defer lock.Unlock()
	switch words[0] {
	case "schedule":
		priority, _ := strconv.Atoi(words[1])
		task, err := hex.DecodeString(strings.Join(words[2:], ""))
		if err != nil || priority < 0 || priority >= len(queues) {
			say("error")
			return
		}
		queues[priority] = append(queues[priority], task)
		left++
		say("ok")
	case "message":
		data, _ := hex.DecodeString(strings.Join(words[1:], ""))
		inbox = append(inbox, data)
		changed.Broadcast()
		say("ok")
	case "next":
		for len(inbox) == 0 && left > 0 {
			changed.Wait()
		}
		if len(inbox) == 0 {
			say("done")
			return
		}
		say("message " + hex.EncodeToString(inbox[0]))
		inbox = inbox[1:]
	case "close":
		for words[1] == "join" && left > 0 {
			changed.Wait()
		}
		closing = true
		say("closed")
	}
}

func manage(levels int) {
	queues = make([][][]byte, levels)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(connection)
		}
	}()
	say(fmt.Sprint("ready ", listener.Addr().(*net.TCPAddr).Port))
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<30)
	for lines.Scan() {
		go obey(strings.Fields(lines.Text()))
	}
}

func main() {
	verb, levels := "", 2
	if len(os.Args) > 1 {
		verb = os.Args[1]
	}
	for i, word := range os.Args {
		if word == "--priority-levels" {
			levels, _ = strconv.Atoi(os.Args[i+1])
		}
	}
	switch verb {
	case "capabilities":
		fmt.Print("manager\npriority-levels 128\npickle 4\n")
	case "manager":
		manage(levels)
	default:
		os.Exit(89)
	}
}
