package main

import (
	"bytes"
	"log"
	"net"
	"strconv"
	"syscall"
	"time"
)

// pacedConnection has one request under way at most.
type pacedConnection struct {
	fd       int
	request  []byte
	response []byte
	length   int
	due      time.Time
}

func newPacedConnection(o options, index int) *pacedConnection {
	address, err := net.ResolveTCPAddr("tcp4", o.address)
	if err != nil {
		log.Fatal(err)
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	target := &syscall.SockaddrInet4{Port: address.Port}
	copy(target.Addr[:], address.IP.To4())
	if err := syscall.Connect(fd, target); err != nil {
		log.Fatal(err)
	}
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	_ = syscall.SetNonblock(fd, true)
	return &pacedConnection{fd: fd, request: []byte(requestHead(o, index, "GET")), response: make([]byte, 8192)}
}

func (connection *pacedConnection) send(due time.Time) {
	connection.due = due
	connection.length = 0
	if count, err := syscall.Write(connection.fd, connection.request); err != nil || count < len(connection.request) {
		log.Fatalf("request not sent: %v", err)
	}
}

// receive returns whether the response is complete.
func (connection *pacedConnection) receive() bool {
	count, err := syscall.Read(connection.fd, connection.response[connection.length:])
	if err == syscall.EAGAIN {
		return false
	}
	if err != nil || count <= 0 {
		log.Fatalf("no response: %v", err)
	}
	connection.length += count
	return isComplete(connection.response[:connection.length])
}

var (
	headEnd     = []byte("\r\n\r\n")
	okStart     = []byte("HTTP/1.1 200 ")
	lengthNames = [][]byte{[]byte("\r\nContent-Length: "), []byte("\r\ncontent-length: ")}
)

func isComplete(response []byte) bool {
	end := bytes.Index(response, headEnd)
	if end < 0 {
		return false
	}
	if !bytes.HasPrefix(response, okStart) {
		log.Fatalf("not a 200: %.200q", response)
	}
	return len(response) >= end+len(headEnd)+contentLength(response[:end+2])
}

func contentLength(head []byte) int {
	for _, name := range lengthNames {
		at := bytes.Index(head, name)
		if at < 0 {
			continue
		}
		value := head[at+len(name):]
		length, err := strconv.Atoi(string(value[:bytes.IndexByte(value, '\r')]))
		if err == nil {
			return length
		}
	}
	log.Fatalf("no content-length: %q", head)
	return 0
}
