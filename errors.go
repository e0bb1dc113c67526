package aftercheck

import "errors"

// The errors that callers tell apart with errors.Is. The API maps each to one
// HTTP status.
var (
	// ErrNotFound: nothing is stored under this ID.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the ID is taken by another request, or the stored record
	// has moved on since it was read.
	ErrConflict = errors.New("conflict")
	// ErrSealed: the verdict stands; nothing about it can change.
	ErrSealed = errors.New("already sealed")
	// ErrFenced: another sidecar leads this verification now; whoever led it
	// before writes nothing to it any more. It stays inside the sidecar.
	ErrFenced = errors.New("led by another sidecar")
	// ErrUnavailable: the store or the sidecar cannot serve just now; the same
	// request may be sent again.
	ErrUnavailable = errors.New("temporarily unavailable")
)

// FieldError is bad input: which field, and what would be right. It never
// holds the rejected value.
type FieldError struct {
	Field string // path in the request, such as incident.id
	Want  string // what would be right, as the end of a sentence: "a duration such as 10s"
}

// Error implements error.
func (e *FieldError) Error() string { return e.Field + ": want " + e.Want }
