// An adapter for the conformance suite (spec/adapter.md): a manager and a worker of the undr task protocol.
package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const capabilities = `manager
worker
pool
priority-levels 128
pickle 4-5
max-payload 1073741824
log-directory
name undr-go
version 1.0.0
language go `

func obey(m *manager, line string) (string, error) {
	words := append(strings.Fields(line), "", "", "")
	content, err := hex.DecodeString(words[2])
	switch {
	case words[0] == "schedule":
		priority, mistake := strconv.Atoi(words[1])
		if err == nil {
			err = mistake
		}
		if err == nil {
			err = m.schedule(priority, content)
		}
		return "ok", err
	case words[0] == "message":
		if content, err = hex.DecodeString(words[1]); err == nil {
			err = m.sendMessage(content)
		}
		return "ok", err
	case words[0] == "next":
		if message := m.next(); message != nil {
			return "message " + hex.EncodeToString(message), nil
		}
		return "done", nil
	case words[0] == "close" && (words[1] == "join" || words[1] == "cancel" || words[1] == "kill"):
		m.close(words[1])
		return "closed", nil
	}
	return "", errors.New("the commands are schedule, message, next and close")
}

func manage(workers, levels int, logs string) error {
	m, err := newManager(workers, levels, logs)
	if err != nil {
		return err
	}
	lines := make(chan string)
	go func() { // the end of the input is noticed while a command blocks (ADAPTER-1)
		input := bufio.NewReader(os.Stdin)
		for line, err := input.ReadString('\n'); err == nil; line, err = input.ReadString('\n') {
			lines <- line
		}
		close(lines)
		time.Sleep(500 * time.Millisecond)
		m.close("kill")
		os.Exit(0)
	}()
	_, port, _ := strings.Cut(m.listener.Addr().String(), ":")
	fmt.Println("ready", port)
	for line := range lines {
		answer, err := obey(m, line)
		if err != nil {
			answer = "error " + err.Error()
		}
		fmt.Println(answer)
	}
	m.close("kill")
	return nil
}

func run() error {
	options := flag.NewFlagSet(os.Args[0], flag.ExitOnError) // with status 2
	if len(os.Args) < 2 {
		os.Exit(89)
	}
	switch os.Args[1] {
	case "capabilities":
		fmt.Println(capabilities + strings.TrimPrefix(runtime.Version(), "go"))
		return nil
	case "worker":
		port := options.Int("port", 0, "of the manager")
		options.Parse(os.Args[2:])
		if *port < 1 || *port > 65535 {
			fmt.Fprintln(os.Stderr, "--port is 1 to 65535")
			os.Exit(2)
		}
		connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
		if err != nil {
			return err
		}
		defer connection.Close()
		fmt.Fprintln(os.Stderr, "worker", os.Getpid())
		return (&worker{connection: connection}).work()
	case "manager":
		workers := options.Int("workers", -1, "of its own")
		levels := options.Int("priority-levels", 2, "")
		logs := options.String("log-directory", "", "where each worker has a file")
		options.Parse(os.Args[2:])
		if *workers < 0 || *levels < 2 || *levels > 128 {
			fmt.Fprintln(os.Stderr, "--workers is 0 or more, --priority-levels 2 to 128")
			os.Exit(2)
		}
		return manage(*workers, *levels, *logs)
	}
	os.Exit(89)
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
