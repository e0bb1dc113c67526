package client

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Problem is a refusal of the sidecar, as RFC 9457 has it. With errors.Is it is
// aftercheck.ErrNotFound (404), ErrConflict (409) or ErrUnavailable (429, 502,
// 503, 504: those between are proxies').
type Problem struct {
	Status int     `json:"status"`
	Title  string  `json:"title"`
	Detail string  `json:"detail"`
	Errors []Field `json:"errors"`
	// RetryAfter is when the same call may be let in; zero if it is not said.
	RetryAfter time.Duration `json:"-"`
}

// Field is one field of the request that is wrong.
type Field struct {
	Location string `json:"location"` // body.incident.id
	Message  string `json:"message"`  // what would be right
}

// Error implements error.
func (p *Problem) Error() string {
	text := p.Title
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	for _, f := range p.Errors {
		if said := f.Location + ": " + f.Message; !strings.Contains(p.Detail, said) {
			text += "; " + said
		}
	}
	return text
}

// Is makes errors.Is find the root's sentinels.
func (p *Problem) Is(target error) bool {
	switch p.Status {
	case http.StatusNotFound:
		return target == aftercheck.ErrNotFound
	case http.StatusConflict:
		return target == aftercheck.ErrConflict
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return target == aftercheck.ErrUnavailable
	}
	return false
}

// problemOf reads a refusal; a body that is no problem is its detail.
func problemOf(status int, header http.Header, body []byte) *Problem {
	p := &Problem{}
	if json.Unmarshal(body, p) != nil {
		p = &Problem{Detail: strings.TrimSpace(string(body[:min(len(body), 1024)]))}
	}
	p.Status = status
	if p.Title == "" {
		p.Title = http.StatusText(status)
	}
	if seconds, err := strconv.ParseUint(header.Get("Retry-After"), 10, 31); err == nil {
		p.RetryAfter = time.Duration(seconds) * time.Second
	}
	return p
}

// unreachable is that a sidecar gave no answer.
type unreachable struct{ err error }

// Error implements error. The URL over a socket is made up, so it is left out.
func (u *unreachable) Error() string {
	if made := (*url.Error)(nil); errors.As(u.err, &made) {
		return "asking the sidecar: " + made.Err.Error()
	}
	return "asking the sidecar: " + u.err.Error()
}

// Unwrap returns what went wrong, such as the context's end.
func (u *unreachable) Unwrap() error { return u.err }

// Is makes errors.Is find aftercheck.ErrUnavailable.
func (u *unreachable) Is(target error) bool { return target == aftercheck.ErrUnavailable }
