// Package pages serves the evidence of verifications to people: a list, and for
// each verification a page that puts the verdict first and everything that it
// rests on below.
//
// The pages are rendered here and need no JavaScript; a small script keeps the
// page of a verification up to date while it waits. Everything that a sensor or
// a caller brought is text: bounded, with control characters made visible, and
// escaped by html/template. Nothing is loaded from anywhere else.
package pages

import (
	"bytes"
	"context"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Reader is what the pages are read from; *verify.Engine is one. Its errors are
// *aftercheck.FieldError, aftercheck.ErrNotFound or aftercheck.ErrUnavailable,
// perhaps wrapped.
type Reader interface {
	// Wait returns a verification with its evidence; at once, if atMost is 0.
	Wait(ctx context.Context, id string, atMost time.Duration) (aftercheck.Verification, error)
	// List returns a page of verifications without evidence, newest first.
	List(ctx context.Context, f aftercheck.Filter) (aftercheck.Page, error)
}

// Proposal is how a rollback proposal stands.
type Proposal struct {
	State string    // open, resolved, acknowledged, expired
	Since time.Time // zero: not known
}

// Options is what New needs. Reader is required.
type Options struct {
	Reader Reader
	// ExternalURL is the base of permalinks, without a slash at its end. Nil:
	// they are relative.
	ExternalURL *url.URL
	// Proposal returns the rollback proposal of a verification; false if there
	// is none. Nil: the pages say nothing of proposals.
	Proposal func(ctx context.Context, v aftercheck.Verification) (Proposal, bool, error)
	// Version of the sidecar, for the foot of the pages.
	Version string
	// Logger gets the reasons of 5xx answers. Nil: they are not logged.
	Logger *slog.Logger
}

// The bounds of serving.
const (
	// readTimeout bounds what one page may take, waiting for its turn included.
	readTimeout = 15 * time.Second
	// maxRendering is how many pages are read and rendered at once.
	maxRendering = 4
)

type server struct {
	Options
	templates *template.Template
	assets    assets
	turns     chan struct{}
	clock     func() time.Time
}

// New returns the handler of /verifications and everything below it. It starts
// nothing.
func New(o Options) http.Handler { return newServer(o, time.Now) }

func newServer(o Options, clock func() time.Time) http.Handler {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &server{Options: o, assets: loadAssets(), turns: make(chan struct{}, maxRendering), clock: clock}
	s.templates = parseTemplates()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /verifications", s.list)
	mux.HandleFunc("GET /verifications/{$}", func(w http.ResponseWriter, _ *http.Request) {
		// Relative, so that it holds behind a proxy with a path of its own.
		w.Header().Set("Location", "../verifications")
		w.WriteHeader(http.StatusMovedPermanently)
	})
	mux.HandleFunc("GET /verifications/{id}", s.verification)
	mux.HandleFunc("GET "+assetPath+"{name}", s.assets.serve)
	mux.HandleFunc("GET /verifications/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, aftercheck.ErrNotFound)
	})
	return s.guard(mux)
}

// guard stands before all pages: it sets the headers that hold for each, keeps
// pages of other origins out, and bounds time and how many are served at once.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		if !s.knownHost(r) {
			http.Error(w, "want localhost, a loopback address or the external URL's host as the host", http.StatusForbidden)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
		defer cancel()
		select {
		case s.turns <- struct{}{}:
			defer func() { <-s.turns }()
			next.ServeHTTP(w, r.WithContext(ctx))
		case <-ctx.Done():
			s.fail(w, r, aftercheck.ErrUnavailable)
		}
	})
}

// frame is what every page has.
type frame struct {
	Title    string
	Up       string // relative path from the page to /, such as ./ or ../
	Style    string
	Script   string // empty: the page runs none
	Refresh  int    // seconds after which a browser without scripts asks again; 0: never
	Version  string
	Icon     string
	Revision int64 // of a page that is kept up to date
}

func (s *server) frame(r *http.Request, title string) frame {
	up := "./"
	if strings.HasPrefix(r.URL.Path, "/verifications/") {
		up = strings.Repeat("../", strings.Count(r.URL.Path, "/")-1)
	}
	base := up + strings.TrimPrefix(assetPath, "/")
	return frame{
		Title: title, Up: up, Version: s.Version,
		Style: base + s.assets.name("style.css"), Icon: base + s.assets.name("icon.svg"),
	}
}

// render answers with a page. It is rendered whole before the first byte goes
// out, so that what fails on the way is answered as an error.
func (s *server) render(w http.ResponseWriter, r *http.Request, status int, name string, view any) {
	var page bytes.Buffer
	if err := s.templates.ExecuteTemplate(&page, name, view); err != nil {
		s.Logger.ErrorContext(r.Context(), "rendering a page", "page", name, "err", err)
		http.Error(w, "the page could not be rendered; the sidecar's log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // who hung up does not read it
}
