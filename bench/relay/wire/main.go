// The bench's own ends of the wire: an origin, and loads that wrk cannot make. Each load prints one line of JSON.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"time"
)

type options struct {
	address     string
	path        string
	connections int
	duration    time.Duration
	bytes       int64
	rate        float64
	// Speak TLS; the certificate is the bench's own and not checked.
	tls bool
	// What the origin sends to a GET.
	file string
	// Extra request fields; connection i sends set i modulo their number.
	fields [][]string
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: wire origin|download|upload|echo|idle|paced [options]")
	}
	o := parseOptions(os.Args[2:])
	switch os.Args[1] {
	case "origin":
		log.Fatal(serveOrigin(o.address, o.file))
	case "download":
		printResult(download(o))
	case "upload":
		printResult(upload(o))
	case "echo":
		printResult(echo(o))
	case "idle":
		holdIdle(o)
	case "paced":
		if o.tls {
			printResult(pacedTLS(o))
		} else {
			printResult(paced(o))
		}
	default:
		log.Fatalf("no such command: %s", os.Args[1])
	}
}

func parseOptions(arguments []string) options {
	var o options
	var seconds float64
	var fields string
	flags := flag.NewFlagSet("wire", flag.ExitOnError)
	flags.StringVar(&o.address, "address", "", "host:port to listen on or to load")
	flags.StringVar(&o.path, "path", "/", "request target")
	flags.IntVar(&o.connections, "connections", 1, "connections at once")
	flags.Float64Var(&seconds, "seconds", 1, "how long")
	flags.Int64Var(&o.bytes, "bytes", 0, "size of one body or message")
	flags.Float64Var(&o.rate, "rate", 0, "requests per second")
	flags.BoolVar(&o.tls, "tls", false, "speak TLS")
	flags.StringVar(&o.file, "file", "", "file that the origin sends")
	flags.StringVar(&fields, "fields", "[[]]", "JSON: sets of extra request fields")
	_ = flags.Parse(arguments)
	o.duration = time.Duration(seconds * float64(time.Second))
	if err := json.Unmarshal([]byte(fields), &o.fields); err != nil || len(o.fields) == 0 {
		log.Fatalf("-fields must be a JSON array of arrays of strings: %v", err)
	}
	return o
}

func printResult(result any) {
	line, err := json.Marshal(result)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
}
