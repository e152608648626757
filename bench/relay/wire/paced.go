package main

import (
	"log"
	"runtime"
	"sort"
	"syscall"
	"time"
)

const settleDuration = 200 * time.Millisecond

type pacedResult struct {
	Requests int     `json:"requests"`
	P50      float64 `json:"p50"`
	P99      float64 `json:"p99"`
}

// paced sends requests at fixed moments, whether earlier ones have a response or not, and measures each from the moment
// it was due: a response that blocks later requests counts against them all (no coordinated omission). Microseconds.
func paced(o options) pacedResult {
	// One thread with its own epoll: Go's timers round up to a millisecond.
	runtime.LockOSThread()
	loop := newPacedLoop(o)
	interval := time.Duration(float64(time.Second) / o.rate)
	total := int(o.duration / interval)
	started := time.Now()
	for sent := 0; sent < total || loop.open > 0; {
		for ; sent < total && time.Since(started) >= interval*time.Duration(sent); sent++ {
			loop.request(started.Add(interval * time.Duration(sent)))
		}
		if sent < total {
			loop.timer.set(time.Until(started.Add(interval * time.Duration(sent))))
		}
		loop.turn()
	}
	return summarize(loop.latencies[int(float64(settleDuration)/float64(interval)):])
}

func summarize(latencies []time.Duration) pacedResult {
	sort.Slice(latencies, func(i, j int) bool { return latencies[i] < latencies[j] })
	at := func(share float64) float64 {
		return float64(latencies[int(share*float64(len(latencies)-1))].Nanoseconds()) / 1000
	}
	return pacedResult{len(latencies), at(0.5), at(0.99)}
}

type pacedLoop struct {
	epoll     int
	timer     preciseTimer
	idle      []*pacedConnection
	byFd      map[int32]*pacedConnection
	waiting   []time.Time
	latencies []time.Duration
	events    []syscall.EpollEvent
	open      int
}

func newPacedLoop(o options) *pacedLoop {
	epoll, err := syscall.EpollCreate1(0)
	if err != nil {
		log.Fatal(err)
	}
	loop := &pacedLoop{
		epoll:     epoll,
		timer:     newPreciseTimer(),
		byFd:      map[int32]*pacedConnection{},
		latencies: make([]time.Duration, 0, int(o.rate*o.duration.Seconds())+1),
		events:    make([]syscall.EpollEvent, 128),
	}
	loop.watch(loop.timer.fd)
	for index := 0; index < o.connections; index++ {
		connection := newPacedConnection(o, index)
		loop.byFd[int32(connection.fd)] = connection
		loop.idle = append(loop.idle, connection)
		loop.watch(connection.fd)
	}
	return loop
}

func (loop *pacedLoop) watch(fd int) {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}
	if err := syscall.EpollCtl(loop.epoll, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
		log.Fatal(err)
	}
}

func (loop *pacedLoop) request(due time.Time) {
	loop.open++
	last := len(loop.idle) - 1
	if last < 0 {
		loop.waiting = append(loop.waiting, due)
		return
	}
	connection := loop.idle[last]
	loop.idle = loop.idle[:last]
	connection.send(due)
}

func (loop *pacedLoop) turn() {
	count, err := syscall.EpollWait(loop.epoll, loop.events, -1)
	if err != nil && err != syscall.EINTR {
		log.Fatal(err)
	}
	for _, event := range loop.events[:max(count, 0)] {
		connection := loop.byFd[event.Fd]
		if connection == nil {
			loop.timer.clear()
		} else if connection.receive() {
			loop.completed(connection)
		}
	}
}

func (loop *pacedLoop) completed(connection *pacedConnection) {
	loop.open--
	loop.latencies = append(loop.latencies, time.Since(connection.due))
	if len(loop.waiting) == 0 {
		loop.idle = append(loop.idle, connection)
		return
	}
	due := loop.waiting[0]
	loop.waiting = loop.waiting[1:]
	connection.send(due)
}

func max(left, right int) int {
	if left > right {
		return left
	}
	return right
}
