package main

import (
	"fmt"
	"strings"
)

// requestHead writes the head of connection index.
func requestHead(o options, index int, method string, more ...string) string {
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\n", method, o.path, o.address)
	lines := append(append([]string{}, o.fields[index%len(o.fields)]...), more...)
	for _, line := range lines {
		head += line + "\r\n"
	}
	return strings.TrimSuffix(head, "\r\n") + "\r\n\r\n"
}
