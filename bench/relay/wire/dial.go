package main

import (
	"crypto/tls"
	"net"
)

func dial(o options) (net.Conn, error) {
	if !o.tls {
		return net.Dial("tcp", o.address)
	}
	return tls.Dial("tcp", o.address, &tls.Config{ServerName: "localhost", InsecureSkipVerify: true})
}
