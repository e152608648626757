package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const readBufferBytes = 256 * 1024

type transferResult struct {
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
}

func download(o options) transferResult {
	return transfer(o, func(index int, connection net.Conn) func() {
		head := []byte(requestHead(o, index, "GET"))
		reader := bufio.NewReaderSize(connection, readBufferBytes)
		return func() {
			must(connection.Write(head))
			if count := readResponse(reader); count != o.bytes {
				log.Fatalf("got %d bytes instead of %d", count, o.bytes)
			}
		}
	})
}

func upload(o options) transferResult {
	body := make([]byte, o.bytes)
	return transfer(o, func(index int, connection net.Conn) func() {
		head := []byte(requestHead(o, index, "POST", fmt.Sprintf("Content-Length: %d", o.bytes)))
		reader := bufio.NewReader(connection)
		return func() {
			must(connection.Write(head))
			must(connection.Write(body))
			readResponse(reader)
		}
	})
}

// transfer repeats what prepare returns on each connection; what has begun when time is up is finished and counted.
func transfer(o options, prepare func(index int, connection net.Conn) func()) transferResult {
	var total int64
	var workers sync.WaitGroup
	started := time.Now()
	for index := 0; index < o.connections; index++ {
		workers.Add(1)
		go func(index int) {
			defer workers.Done()
			connection, err := dial(o)
			if err != nil {
				log.Fatal(err)
			}
			defer connection.Close()
			once := prepare(index, connection)
			for time.Since(started) < o.duration {
				once()
				atomic.AddInt64(&total, o.bytes)
			}
		}(index)
	}
	workers.Wait()
	return transferResult{total, time.Since(started).Seconds()}
}

func readResponse(reader *bufio.Reader) int64 {
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		log.Fatal(err)
	}
	count, err := io.Copy(io.Discard, response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		log.Fatalf("response %d after %d bytes: %v", response.StatusCode, count, err)
	}
	return count
}

func must(_ int, err error) {
	if err != nil {
		log.Fatal(err)
	}
}
