package main

import (
	"log"
	"net"
	"runtime"
	"syscall"
	"time"
)

// Requests that wait for a connection; more mean that the proxy has stopped to respond.
const maxWaiting = 1 << 16

// pacedTLS is paced with a goroutine for each connection, because Go's TLS blocks. Go's scheduler is part of what it measures.
func pacedTLS(o options) pacedResult {
	interval := time.Duration(float64(time.Second) / o.rate)
	total := int(o.duration / interval)
	due := make(chan time.Time, maxWaiting)
	latencies := make(chan time.Duration, total)
	for index := 0; index < o.connections; index++ {
		connection, err := dial(o)
		if err != nil {
			log.Fatal(err)
		}
		go serveDue(o, index, connection, due, latencies)
	}
	go sendDue(time.Now(), interval, total, due)
	all := make([]time.Duration, 0, total)
	for len(all) < total {
		all = append(all, <-latencies)
	}
	return summarize(all[int(float64(settleDuration)/float64(interval)):])
}

// sendDue has a thread of its own that sleeps in the kernel: Go's timers round up to a millisecond.
func sendDue(started time.Time, interval time.Duration, total int, due chan<- time.Time) {
	runtime.LockOSThread()
	for sent := 0; sent < total; sent++ {
		at := started.Add(interval * time.Duration(sent))
		if wait := time.Until(at); wait > 0 {
			duration := syscall.NsecToTimespec(wait.Nanoseconds())
			_ = syscall.Nanosleep(&duration, nil)
		}
		due <- at
	}
}

func serveDue(o options, index int, connection net.Conn, due <-chan time.Time, latencies chan<- time.Duration) {
	request := []byte(requestHead(o, index, "GET"))
	response := make([]byte, 8192)
	for at := range due {
		must(connection.Write(request))
		for length := 0; ; {
			count, err := connection.Read(response[length:])
			if err != nil {
				log.Fatalf("no response: %v", err)
			}
			length += count
			if isComplete(response[:length]) {
				break
			}
		}
		latencies <- time.Since(at)
	}
}
