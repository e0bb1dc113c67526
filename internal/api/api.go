package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/aftercheck/aftercheck"
)

// Engine is what the API hands requests to. Its errors are
// *aftercheck.FieldError, aftercheck.ErrNotFound, ErrConflict or
// ErrUnavailable, perhaps wrapped, also as a *verify.Overloaded; any other is the
// sidecar's own fault. All methods return when their context ends.
type Engine interface {
	Proposer

	// Capture takes the pre-state of an incident now, and answers also when no
	// sensor did.
	Capture(ctx context.Context, r aftercheck.SnapshotRequest) (aftercheck.Snapshot, error)
	// Snapshot returns a stored snapshot.
	Snapshot(ctx context.Context, id string) (aftercheck.Snapshot, error)
	// Accept stores a verification and returns it; created is false if the same
	// request was accepted before.
	Accept(ctx context.Context, r aftercheck.VerificationRequest) (v aftercheck.Verification, created bool, err error)
	// Wait returns a verification once it is sealed, or as it is after atMost.
	Wait(ctx context.Context, id string, atMost time.Duration) (aftercheck.Verification, error)
	// List returns a page of verifications without evidence, newest first.
	List(ctx context.Context, f aftercheck.Filter) (aftercheck.Page, error)
	// Assess judges what the caller brings and stores nothing.
	Assess(ctx context.Context, r aftercheck.AssessmentRequest) (aftercheck.Assessment, error)
	// Ready reports whether a request can be served now.
	Ready(ctx context.Context) error
}

// Options is what New needs.
type Options struct {
	Engine Engine
	// Logger gets the reasons of 5xx answers. Nil: they are not logged.
	Logger *slog.Logger
	// Reload swaps the configuration for a new one that is wholly valid. Nil:
	// POST /-/reload answers 403.
	Reload func(context.Context) error
	// Redact removes secrets from what callers say of incidents and actions,
	// before it is handed on. It must give the same for the same text. Nil:
	// nothing is removed.
	Redact func(text string) string
	// RequestTimeout bounds a request, beside what it waits for a verdict; zero
	// means 30 s. It must be above the longest capture time-out configured.
	RequestTimeout time.Duration
}

// The bounds of a request.
const (
	// MaxWait is the longest that a call may be held for a verdict.
	MaxWait = 10 * time.Minute
	// maxBody bounds the body of a request in bytes.
	maxBody = 1 << 20
	// maxAssessmentBody bounds the body of an assessment, which brings all of
	// its readings, in bytes.
	maxAssessmentBody = 16 << 20
	// maxAssessments bounds how many assessments are read and judged at once;
	// others wait for their turn.
	maxAssessments = 4
	// bodyTimeout is how long a body may take to arrive.
	bodyTimeout = 10 * time.Second
	// defaultRequestTimeout bounds a request, beside its wait.
	defaultRequestTimeout = 30 * time.Second
)

// server answers requests with the engine.
type server struct {
	Options
	assessing chan struct{} // one token an assessment under way
}

// New returns the handler of all calls. It starts nothing and asks for no
// token: see Guard for what is served over TCP.
func New(o Options) http.Handler {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Redact == nil {
		o.Redact = func(text string) string { return text }
	}
	if o.RequestTimeout <= 0 {
		o.RequestTimeout = defaultRequestTimeout
	}
	mux := http.NewServeMux()
	s := &server{Options: o, assessing: make(chan struct{}, maxAssessments)}
	s.routes(mux)
	document := OpenAPI()
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(document) // into memory, see front
	})
	return &front{mux: mux, log: o.Logger, timeout: o.RequestTimeout}
}

// routes registers every operation and returns what describes them.
func (s *server) routes(mux *http.ServeMux) *huma.OpenAPI {
	routes := humago.New(mux, settings())
	check := newChecker(routes.OpenAPI().Components.Schemas)
	routes.UseMiddleware(s.checkParameters(check), s.checkBody(check))

	huma.Register(routes, captureSnapshot(), s.captureSnapshot)
	huma.Register(routes, getSnapshot(), s.getSnapshot)
	huma.Register(routes, createVerification(), s.createVerification)
	huma.Register(routes, getVerification(), s.getVerification)
	huma.Register(routes, listVerifications(), s.listVerifications)
	huma.Register(routes, listProposals(), s.listProposals)
	huma.Register(routes, getProposal(), s.getProposal)
	huma.Register(routes, acknowledgeProposal(), s.acknowledgeProposal)
	huma.Register(routes, assess(), s.assess)
	huma.Register(routes, healthy(), s.healthy)
	huma.Register(routes, ready(), s.ready)
	huma.Register(routes, reload(), s.reload)

	described := routes.OpenAPI()
	describeSchemas(described)
	limitRequests(described)
	openResponses(described)
	return described
}
