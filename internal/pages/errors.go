package pages

import (
	"context"
	"errors"
	"net/http"

	"github.com/aftercheck/aftercheck"
)

// failure is a page that says why there is none.
type failure struct {
	frame
	Status   int
	Heading  string
	Sentence string
	Retry    bool // asking again may help
}

// failed maps an error to what the reader is told; the one place where errors
// become statuses.
func failed(err error) failure {
	var field *aftercheck.FieldError
	switch {
	case errors.As(err, &field):
		return failure{Status: http.StatusBadRequest, Heading: "That cannot be looked for", Sentence: "The filter is not right. For " + field.Field + " want " + field.Want + "."}
	case errors.Is(err, aftercheck.ErrNotFound):
		return failure{
			Status: http.StatusNotFound, Heading: "Nothing is stored here",
			Sentence: "There is no verification under this address. It may have been kept for its retention time and removed, or the address is not whole.",
		}
	case errors.Is(err, aftercheck.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return failure{
			Status: http.StatusServiceUnavailable, Heading: "The store does not answer", Retry: true,
			Sentence: "The evidence cannot be read just now. Verifications that were accepted go on and get their verdicts; this page is asked for again by itself.",
		}
	}
	return failure{
		Status: http.StatusInternalServerError, Heading: "The sidecar failed", Retry: true,
		Sentence: "The page could not be made; the sidecar's log says why.",
	}
}

// retrySeconds is when a page that failed is asked for again.
const retrySeconds = 5

func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := failed(err)
	if f.Status >= http.StatusInternalServerError && !errors.Is(r.Context().Err(), context.Canceled) {
		s.Logger.ErrorContext(r.Context(), "showing a page", "status", f.Status, "err", err)
	}
	f.frame = s.frame(r, f.Heading)
	if f.Retry {
		f.Refresh = retrySeconds
		w.Header().Set("Retry-After", "5")
		w.Header().Set("Refresh", "5")
	}
	s.render(w, r, f.Status, "failure", f)
}
