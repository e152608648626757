package main

import (
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net/http"
)

const webSocketGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// serveOrigin sends a file, reads uploads to their end, and echoes the messages of WebSockets.
func serveOrigin(address, file string) error {
	return http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "websocket" {
			acceptEcho(w, r)
			return
		}
		if r.Method == http.MethodGet {
			http.ServeFile(w, r, file)
			return
		}
		count, _ := io.Copy(io.Discard, r.Body)
		if count != r.ContentLength {
			http.Error(w, "short upload", http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, "ok")
	}))
}

func acceptEcho(w http.ResponseWriter, r *http.Request) {
	connection, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer connection.Close()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + webSocketGUID))
	response := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
	if _, err := io.WriteString(connection, response); err != nil {
		return
	}
	frame := make([]byte, maxFrameBytes)
	for {
		payload, err := readFrame(buffered.Reader, frame)
		if err != nil {
			return
		}
		if _, err := connection.Write(frame[:writeServerFrame(frame, payload)]); err != nil {
			return
		}
	}
}
