package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The bounds of a connection. A call may be held for a verdict, so the time of
// an answer runs from when it is whole.
const (
	headerTimeout  = 10 * time.Second
	answerTimeout  = 30 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

// Serve serves the handler on the listener until the context ends, then takes
// no new connections and lets the calls under way finish within the grace time;
// those that are left are cut. Calls that wait for a verdict end when the engine
// stops, so the engine is to be stopped at the same time. It returns nil after
// a shutdown, and closes the listener in any case.
func Serve(ctx context.Context, l net.Listener, handler http.Handler, grace time.Duration, log *slog.Logger) error {
	server := &http.Server{
		Handler:           bounded(handler),
		ConnContext:       identify,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := server.Shutdown(stopping)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	if served := <-served; err == nil && !errors.Is(served, http.ErrServerClosed) {
		err = served
	}
	if err != nil {
		return fmt.Errorf("ending the service on %s: %w", l.Addr(), err)
	}
	return nil
}

// bounded bounds the time in which a request's body is read, also one that is
// refused before anybody reads it: net/http then reads some of it away first.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setWriteDeadline(w, time.Time{}) // of the answer before, on this connection
		if r.ContentLength != 0 {
			setReadDeadline(w, time.Now().Add(bodyTimeout))
		}
		next.ServeHTTP(w, r)
	})
}
