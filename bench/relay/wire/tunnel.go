package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const concurrentHandshakes = 32

type echoResult struct {
	Messages int64   `json:"messages"`
	Seconds  float64 `json:"seconds"`
}

// echo sends a message on each tunnel, waits for it to come back, and goes on.
func echo(o options) echoResult {
	var total int64
	var workers sync.WaitGroup
	tunnels := openTunnels(o)
	frame := clientFrame(make([]byte, o.bytes))
	started := time.Now()
	for _, tunnel := range tunnels {
		workers.Add(1)
		go func(tunnel net.Conn) {
			defer workers.Done()
			defer tunnel.Close()
			reader := bufio.NewReader(tunnel)
			space := make([]byte, maxFrameBytes)
			count := int64(0)
			for time.Since(started) < o.duration {
				must(tunnel.Write(frame))
				payload, err := readFrame(reader, space)
				if err != nil || int64(len(payload)) != o.bytes {
					log.Fatalf("no echo: %v", err)
				}
				count++
			}
			atomic.AddInt64(&total, count)
		}(tunnel)
	}
	workers.Wait()
	return echoResult{total, time.Since(started).Seconds()}
}

// holdIdle opens tunnels, says so, and keeps them until its input ends.
func holdIdle(o options) {
	tunnels := openTunnels(o)
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	for _, tunnel := range tunnels {
		_ = tunnel.Close()
	}
}

func openTunnels(o options) []net.Conn {
	tunnels := make([]net.Conn, o.connections)
	turns := make(chan struct{}, concurrentHandshakes)
	var workers sync.WaitGroup
	for index := range tunnels {
		workers.Add(1)
		turns <- struct{}{}
		go func(index int) {
			defer workers.Done()
			tunnel, err := openTunnel(o, index)
			if err != nil {
				log.Fatalf("tunnel %d: %v", index, err)
			}
			tunnels[index] = tunnel
			<-turns
		}(index)
	}
	workers.Wait()
	return tunnels
}

func openTunnel(o options, index int) (net.Conn, error) {
	connection, err := dial(o)
	if err != nil {
		return nil, err
	}
	head := requestHead(o, index, "GET", "Connection: Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
	if _, err := io.WriteString(connection, head); err != nil {
		return nil, err
	}
	// The origin sends nothing first, so nothing but the response's head is in this reader.
	response, err := http.ReadResponse(bufio.NewReaderSize(connection, 2048), nil)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return nil, errors.New("response " + response.Status)
	}
	return connection, nil
}
