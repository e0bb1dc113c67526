package api

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"time"
)

// front stands before all routes: it bounds the request's time, keeps the
// answer until it is whole, so that a panic on the way becomes a problem, and
// gives paths and methods that do not exist the same kind of answer.
type front struct {
	mux     *http.ServeMux
	log     *slog.Logger
	timeout time.Duration
}

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), f.timeout+waitOf(r))
	defer cancel()
	a := &answer{ResponseWriter: w, header: http.Header{}, status: http.StatusOK}
	f.answer(a, r.WithContext(ctx))
	a.send()
}

// waitOf is how long the request wants to be held, as far as it may; a wait
// that is wrong is refused later.
func waitOf(r *http.Request) time.Duration {
	var asked wait
	if text := r.URL.Query().Get("wait"); text == "" || asked.UnmarshalText([]byte(text)) != nil {
		return 0
	}
	return asked.Duration
}

func (f *front) answer(a *answer, r *http.Request) {
	defer func() {
		switch reason := recover(); reason {
		case nil:
		case http.ErrAbortHandler:
			panic(reason)
		default:
			f.log.ErrorContext(r.Context(), "answering a request", "panic", reason, "stack", string(debug.Stack()))
			a.replace(newProblem(http.StatusInternalServerError, "the sidecar failed; its log says why"))
		}
	}()
	if r.URL.Path != path.Clean(r.URL.Path) {
		a.replace(noSuchPath())
		return
	}
	_, route := f.mux.Handler(r)
	f.mux.ServeHTTP(a, r)
	switch {
	case route != "":
	case a.status == http.StatusMethodNotAllowed:
		allowed := a.header.Get("Allow")
		p := newProblem(a.status, "want one of the methods "+allowed)
		p.allow = allowed
		a.replace(p)
	default:
		a.replace(noSuchPath())
	}
}

func noSuchPath() *Problem {
	return newProblem(http.StatusNotFound, "nothing is served at this path; /openapi.yaml has those that are")
}

// answer keeps what a handler answers.
type answer struct {
	http.ResponseWriter
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// Unwrap lets http.ResponseController find the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// replace forgets what was answered so far.
func (a *answer) replace(p *Problem) {
	a.header = http.Header{}
	a.body.Reset()
	p.write(a)
}

// send gives the whole answer to the connection, to whoever reads it in time.
func (a *answer) send() {
	setWriteDeadline(a.ResponseWriter, time.Now().Add(answerTimeout))
	header := a.ResponseWriter.Header()
	for name, values := range a.header {
		header[name] = values
	}
	header.Set("X-Content-Type-Options", "nosniff")
	a.ResponseWriter.WriteHeader(a.status)
	_, _ = a.ResponseWriter.Write(a.body.Bytes()) // who hung up does not read it
}
