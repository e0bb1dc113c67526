package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

type middleware = func(huma.Context, func(huma.Context))

// checkParameters refuses parameters that the operation does not have, that
// stand twice, or that are not as their schemas have them.
func (s *server) checkParameters(check *checker) middleware {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			newProblem(http.StatusBadRequest, "", ProblemField{"query", "want parameters as name=value, percent-encoded, between ampersands"}).write(w)
			return
		}
		var wrong findings
		known := check.parameters(&wrong, ctx.Operation(), r, query)
		for name, values := range query {
			switch {
			case !slices.Contains(known, name):
				wrong.add("query."+shown(name), "unknown; the parameters here are "+orNone(known))
			case len(values) > 1:
				wrong.add("query."+name, "want it once")
			case values[0] == "": // the same as absent
				query.Del(name)
			}
		}
		if len(wrong) > 0 {
			slices.SortFunc(wrong, func(a, b ProblemField) int { return strings.Compare(a.Location, b.Location) })
			newProblem(http.StatusUnprocessableEntity, "", wrong...).write(w)
			return
		}
		r.URL.RawQuery = query.Encode()
		next(ctx)
	}
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// parameters checks what stands in the path and the query, and returns the
// names that the query may have.
func (c *checker) parameters(wrong *findings, op *huma.Operation, r *http.Request, query url.Values) (known []string) {
	for _, p := range op.Parameters {
		value := r.PathValue(p.Name)
		if p.In == "query" {
			known = append(known, p.Name)
			value = query.Get(p.Name)
		}
		if value != "" {
			c.check(wrong, p.In+"."+p.Name, p.Schema, parameter(p.Schema, value))
		}
	}
	return known
}

// parameter is the text of a parameter as the value that its schema means.
func parameter(s *huma.Schema, text string) any {
	if s.Type == huma.TypeInteger {
		return json.Number(text)
	}
	return text
}

// checkBody reads the body, within its bounds of size and time, and checks it
// against the operation's schema. The handler finds it unread.
func (s *server) checkBody(check *checker) middleware {
	return func(ctx huma.Context, next func(huma.Context)) {
		op := ctx.Operation()
		if op.RequestBody == nil {
			next(ctx)
			return
		}
		r, w := humago.Unwrap(ctx)
		if op.OperationID == assess().OperationID {
			if !s.takeTurn(r.Context()) {
				later(http.StatusTooManyRequests, "too many assessments are under way; want the same request again later", 0).write(w)
				return
			}
			defer func() { <-s.assessing }()
		}
		if mayLackBody(op) && r.ContentLength == 0 {
			r.Body = io.NopCloser(strings.NewReader("{}"))
			r.Header.Set("Content-Type", "application/json")
		}
		body, problem := readBody(w, r, limitOf(op))
		if problem == nil {
			problem = check.body(op, body)
		}
		if problem != nil {
			problem.write(w)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		next(ctx)
	}
}

// takeTurn waits until an assessment may begin; false if there was no turn
// within the request's time.
func (s *server) takeTurn(ctx context.Context) bool {
	select {
	case s.assessing <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// limitOf is how many bytes the operation's body may have.
func limitOf(op *huma.Operation) int64 {
	if op.OperationID == assess().OperationID {
		return maxAssessmentBody
	}
	return maxBody
}

// readBody reads the body within its bounds; bounded has set the one of time.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *Problem) {
	if !isJSON(r.Header.Get("Content-Type")) {
		return nil, newProblem(http.StatusUnsupportedMediaType, "", ProblemField{"header.Content-Type", "want application/json"})
	}
	tooLarge := newProblem(http.StatusRequestEntityTooLarge, "", ProblemField{"body", fmt.Sprintf("want at most %d bytes", limit)})
	if r.ContentLength > limit {
		return nil, tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var exceeded *http.MaxBytesError
	switch {
	case errors.As(err, &exceeded):
		return nil, tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, newProblem(http.StatusRequestTimeout, "", ProblemField{"body", fmt.Sprintf("want it whole within %s", bodyTimeout)})
	case err != nil:
		return nil, newProblem(http.StatusBadRequest, "", ProblemField{"body", "want it whole; it ended early"})
	}
	// The deadline must be gone before the call waits for a verdict: net/http
	// reads on meanwhile, to learn of a caller that hangs up.
	setReadDeadline(w, time.Time{})
	return body, nil
}

// setReadDeadline bounds what is read from the connection. What has no
// deadlines is a test's, not a connection.
func setReadDeadline(w http.ResponseWriter, at time.Time) {
	_ = http.NewResponseController(w).SetReadDeadline(at)
}

// setWriteDeadline bounds what is written to the connection, as setReadDeadline
// does for what is read.
func setWriteDeadline(w http.ResponseWriter, at time.Time) {
	_ = http.NewResponseController(w).SetWriteDeadline(at)
}

// isJSON reports whether a content type is JSON's; none at all is taken as it.
func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	kind, parameters, err := mime.ParseMediaType(contentType)
	charset := strings.ToLower(parameters["charset"])
	return err == nil && kind == "application/json" && (charset == "" || charset == "utf-8")
}

// body checks the document against the operation's schema.
func (c *checker) body(op *huma.Operation, document []byte) *Problem {
	value, notJSON := tree(document)
	if notJSON != nil {
		return newProblem(http.StatusBadRequest, "", *notJSON)
	}
	var wrong findings
	c.check(&wrong, "body", op.RequestBody.Content["application/json"].Schema, value)
	if len(wrong) > 0 {
		return newProblem(http.StatusUnprocessableEntity, "", wrong...)
	}
	return nil
}
