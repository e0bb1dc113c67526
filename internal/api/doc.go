// Package api answers executors over HTTP and JSON, on a unix socket and, if
// asked, on TCP. It checks what comes in, hands it to the engine, and turns
// errors into RFC 9457 problems that name the field and what would be right,
// and never repeat a rejected value.
//
// New gives the handler, ListenUnix and ListenTCP the listeners, Serve runs the
// one on the other. OpenAPI describes it; docs/openapi.yaml is its copy, made
// by go generate.
//
//go:generate go test -run TestDocumentedAPI -update .
package api
