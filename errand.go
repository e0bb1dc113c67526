package aftercheck

import (
	"encoding/json"
	"time"
)

// Errand is something that remains to be done because of a verdict: a proposal
// that is re-sent, a recovery that is watched. The store keeps it and knows when
// it is due and by what it is listed; what it means is its kind's business. Its
// times are kept to the millisecond, but for those in the payload.
type Errand struct {
	ID        string          `json:"id"`                // unique within its kind; the form of all IDs
	Kind      string          `json:"kind"`              // 1 to 32 small letters and _
	Subject   string          `json:"subject,omitempty"` // what it is about, such as an incident's ID; by it errands are found
	Tags      []string        `json:"tags,omitempty"`    // words by which it is listed and counted, such as open: at most 4, 1 to 32 small letters and _
	CreatedAt time.Time       `json:"created_at"`        // by which lists are ordered; it never changes
	UpdatedAt time.Time       `json:"updated_at"`        // when its content was last changed; claims do not count
	DueAt     time.Time       `json:"due_at,omitzero"`   // when to work on it next; zero: it is finished and only kept to be read
	ExpiresAt time.Time       `json:"expires_at"`        // when the store forgets it, whatever has become of it
	Revision  int64           `json:"revision"`          // rises with each stored change, and with each claim
	Payload   json.RawMessage `json:"payload,omitempty"` // one JSON document of at most MaxErrandPayload bytes
}

// The bounds of errands.
const (
	// MaxErrandPayload is the size of the largest payload, in bytes.
	MaxErrandPayload = 64 << 10
	// MaxErrandTags is how many tags an errand has at most.
	MaxErrandTags = 4
)

// Finished reports whether nothing remains to be done.
func (e Errand) Finished() bool { return e.DueAt.IsZero() }

// ErrandFilter chooses errands of one kind for a list. The zero value of a field
// does not filter, but for Kind.
type ErrandFilter struct {
	Kind    string
	Subject string
	Tag     string
	Limit   int    // at most so many in a page; 0 means 50, the most is 500
	Cursor  string // where the page before this one ended
}

// ErrandPage is one page of a list, newest first by CreatedAt. NextCursor is
// empty on the last.
type ErrandPage struct {
	Errands    []Errand
	NextCursor string
}
