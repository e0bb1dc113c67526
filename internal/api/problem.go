package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// Problem is an error as RFC 9457 has it. It names fields and says what would
// be right; it never holds a rejected value.
type Problem struct {
	Type   string         `json:"type,omitempty" format:"uri-reference" doc:"Kind of the problem. Absent: about:blank, so that the status says it."`
	Title  string         `json:"title,omitempty" doc:"The status in words."`
	Status int            `json:"status,omitempty" minimum:"400" maximum:"599" doc:"The HTTP status."`
	Detail string         `json:"detail,omitempty" doc:"What is wrong with this request, and what would be right."`
	Errors []ProblemField `json:"errors,omitempty" doc:"The fields that are wrong, at most 20."`

	retryAfter time.Duration
	allow      string
}

// ProblemField is one field that is wrong.
type ProblemField struct {
	Location string `json:"location" doc:"Where it stands: body.incident.id, query.wait, path.id."`
	Message  string `json:"message" doc:"What would be right."`
}

// retrySoon is what Retry-After says where nothing better is known.
const retrySoon = time.Second

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	headers := http.Header{}
	if p.retryAfter > 0 {
		// Whole seconds, rounded up.
		headers.Set("Retry-After", strconv.Itoa(int((p.retryAfter+time.Second-1)/time.Second)))
	}
	if p.allow != "" {
		headers.Set("Allow", p.allow)
	}
	return headers
}

// write answers with the problem.
func (p *Problem) write(w http.ResponseWriter) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	body, err := json.Marshal(p)
	if err != nil { // a struct of strings and numbers has a JSON form
		panic(err)
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // who hung up does not read it
}

func newProblem(status int, detail string, fields ...ProblemField) *Problem {
	p := &Problem{Title: http.StatusText(status), Status: status, Detail: detail, Errors: fields}
	if detail == "" && len(fields) > 0 {
		p.Detail = fields[0].Location + ": " + fields[0].Message
	}
	if more := len(fields) - 1; detail == "" && more > 0 {
		p.Detail += fmt.Sprintf(" (and %d more)", more)
	}
	return p
}

// fromHuma makes a problem of what the framework found. That is little, since
// checkParameters and checkBody come before it: texts of parameters that do not
// parse, in our own words. Other words may repeat what was refused and are lost.
func fromHuma(status int, detail string, errs ...error) huma.StatusError {
	var fields []ProblemField
	for _, err := range errs {
		found := (*huma.ErrorDetail)(nil)
		if !errors.As(err, &found) {
			continue
		}
		field := ProblemField{found.Location, "want it as the OpenAPI document has it"}
		if ours, parsed := strings.CutPrefix(found.Message, "invalid value: "); parsed {
			field.Message = ours
		}
		fields = append(fields, field)
	}
	if len(fields) > 0 {
		detail = ""
	}
	return newProblem(status, detail, fields...)
}

// problem maps an error of the engine to what the caller is told, and logs
// those that are not the caller's. The field of an *aftercheck.FieldError is
// looked for in where: body, query or path.
func (s *server) problem(ctx context.Context, where string, err error) *Problem {
	p := toProblem(where, err)
	if p.Status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		s.Logger.ErrorContext(ctx, "answering a request", "status", p.Status, "err", err)
	}
	return p
}

// toProblem is the one place where errors become statuses.
func toProblem(where string, err error) *Problem {
	var field *aftercheck.FieldError
	var refused *verify.Overloaded
	switch {
	case errors.As(err, &field):
		return newProblem(http.StatusUnprocessableEntity, "", ProblemField{where + "." + field.Field, "want " + field.Want})
	case errors.Is(err, aftercheck.ErrNotFound):
		return newProblem(http.StatusNotFound, "", ProblemField{where + ".id", "nothing is stored under this ID; want one that a call answered within the retention time"})
	case errors.Is(err, aftercheck.ErrConflict), errors.Is(err, aftercheck.ErrSealed):
		return newProblem(http.StatusConflict, "", ProblemField{where + ".id", "this ID is taken by another request; want the same body as before, or another ID"})
	case errors.As(err, &refused):
		return later(http.StatusTooManyRequests, "too much is under way; want the same request again later", refused.RetryAfter)
	case errors.Is(err, aftercheck.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return later(http.StatusServiceUnavailable, "the sidecar cannot serve this just now; want the same request again later", 0)
	}
	return newProblem(http.StatusInternalServerError, "the sidecar failed; its log says why")
}

// later is a problem that passes; zero means soon.
func later(status int, detail string, in time.Duration) *Problem {
	p := newProblem(status, detail)
	p.retryAfter = max(in, retrySoon)
	return p
}
