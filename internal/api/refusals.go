package api

import "net/http"

// Why a call is refused, as CountRefusals tells it.
const (
	refusedUnauthorized = "unauthorized" // 401: it brought no token that is known
	refusedForbidden    = "forbidden"    // 403: its caller may not make it
	refusedTooMany      = "too_many"     // 429: a bound of calls, bodies, rates or verifications is reached
	refusedTooLarge     = "too_large"    // 413: its body is too long
	refusedUnavailable  = "unavailable"  // 5xx: the sidecar cannot serve it now
	refusedInvalid      = "invalid"      // another 4xx: it is not as the API wants it
)

// Refusals returns every reason that CountRefusals tells.
func Refusals() []string {
	return []string{refusedUnauthorized, refusedForbidden, refusedTooMany, refusedTooLarge, refusedUnavailable, refusedInvalid}
}

// CountRefusals stands before everything else, and tells count of each call that is
// refused, by one of Refusals. That nothing is stored under an ID is an answer, and
// so is that the sidecar is not ready.
func CountRefusals(next http.Handler, count func(reason string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &statusSeen{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		if why := refusal(seen.status); why != "" && !isProbe(r) {
			count(why)
		}
	})
}

// refusal names the reason of a status; empty: it is none of a refusal.
func refusal(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return refusedUnauthorized
	case status == http.StatusForbidden:
		return refusedForbidden
	case status == http.StatusTooManyRequests:
		return refusedTooMany
	case status == http.StatusRequestEntityTooLarge:
		return refusedTooLarge
	case status >= http.StatusInternalServerError:
		return refusedUnavailable
	case status == http.StatusNotFound || status < http.StatusBadRequest:
		return ""
	}
	return refusedInvalid
}

// statusSeen remembers the status of an answer.
type statusSeen struct {
	http.ResponseWriter
	status int // zero: none was written
}

// WriteHeader implements http.ResponseWriter.
func (s *statusSeen) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController find the connection.
func (s *statusSeen) Unwrap() http.ResponseWriter { return s.ResponseWriter }
