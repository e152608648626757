// A proxy of Go's standard library and nothing else: httputil.ReverseProxy with enough idle connections.
package main

import (
	"flag"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// The default of 2 would open a connection for nearly every request.
const maxIdleConnections = 256

func main() {
	plain := flag.String("plain", "", "address that leads to -origin")
	stream := flag.String("stream", "", "address that leads to -stream-origin")
	secure := flag.String("tls", "", "TLS address that leads to -origin")
	secureStream := flag.String("tlsStream", "", "TLS address that leads to -stream-origin")
	origin := flag.String("origin", "", "host:port")
	streamOrigin := flag.String("stream-origin", "", "host:port")
	certificate := flag.String("certificate", "", "PEM file")
	key := flag.String("key", "", "PEM file")
	flag.Parse()

	go func() { log.Fatal(http.ListenAndServe(*plain, createProxy(*origin))) }()
	go func() { log.Fatal(http.ListenAndServe(*stream, createProxy(*streamOrigin))) }()
	go func() {
		log.Fatal(http.ListenAndServeTLS(*secureStream, *certificate, *key, createProxy(*streamOrigin)))
	}()
	log.Fatal(http.ListenAndServeTLS(*secure, *certificate, *key, createProxy(*origin)))
}

func createProxy(origin string) http.Handler {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = maxIdleConnections
	transport.MaxIdleConnsPerHost = maxIdleConnections
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: origin})
	proxy.Transport = transport
	return proxy
}
