package main

import (
	"log"
	"syscall"
	"time"
	"unsafe"
)

const (
	clockMonotonic = 1
	timerFlags     = syscall.O_NONBLOCK | syscall.O_CLOEXEC
)

// preciseTimer is a timerfd, which epoll can wait for with less than a millisecond's grain.
type preciseTimer struct {
	fd int
}

func newPreciseTimer() preciseTimer {
	fd, _, errno := syscall.Syscall(syscall.SYS_TIMERFD_CREATE, clockMonotonic, timerFlags, 0)
	if errno != 0 {
		log.Fatal(errno)
	}
	return preciseTimer{int(fd)}
}

// set makes it ready after a while; zero would disarm it.
func (timer preciseTimer) set(after time.Duration) {
	if after < time.Nanosecond {
		after = time.Nanosecond
	}
	value := [2]syscall.Timespec{1: syscall.NsecToTimespec(after.Nanoseconds())}
	_, _, errno := syscall.Syscall6(syscall.SYS_TIMERFD_SETTIME, uintptr(timer.fd), 0,
		uintptr(unsafe.Pointer(&value)), 0, 0, 0)
	if errno != 0 {
		log.Fatal(errno)
	}
}

func (timer preciseTimer) clear() {
	var count [8]byte
	_, _ = syscall.Read(timer.fd, count[:])
}
