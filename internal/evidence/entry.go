package evidence

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
)

// The lengths of an entry's fixed parts, in characters.
const (
	timeKeyLength     = 24
	incidentKeyLength = 32
	maxIDLength       = 128
)

// entry is one verification's line in an index: when it was accepted, its ID,
// and its incident, "<time> <id> <incident>". Entries sort as bytes by time,
// then ID.
type entry string

func newEntry(v aftercheck.Verification) entry {
	return entry(timeKey(v.AcceptedAt) + " " + v.ID + " " + incidentKey(v.Incident.ID))
}

// parseEntry checks the form of an entry.
func parseEntry(text string) (entry, bool) {
	if len(text) < timeKeyLength+incidentKeyLength+3 {
		return "", false
	}
	e := entry(text)
	timed, incident := text[:timeKeyLength], text[len(text)-incidentKeyLength:]
	separated := text[timeKeyLength] == ' ' && text[len(text)-incidentKeyLength-1] == ' '
	return e, separated && isHex(timed) && isHex(incident) && validID(e.id())
}

func (e entry) id() string       { return string(e[timeKeyLength+1 : len(e)-incidentKeyLength-1]) }
func (e entry) incident() string { return string(e[len(e)-incidentKeyLength:]) }

// acceptedBefore reports whether the entry's verification was accepted before t.
func (e entry) acceptedBefore(t time.Time) bool { return string(e[:timeKeyLength]) < timeKey(t) }

// timeKey writes a time so that byte order is the order in time, for every time
// that there is: the flipped sign bit puts negative seconds first.
func timeKey(t time.Time) string {
	return fmt.Sprintf("%016x%08x", uint64(t.Unix())^(1<<63), t.Nanosecond())
}

// incidentKey stands for an incident's ID where its length and characters must
// be bounded.
func incidentKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:incidentKeyLength/2])
}

func isHex(text string) bool {
	return strings.Trim(text, "0123456789abcdef") == ""
}

// validID reports whether a text can be an ID: a letter or digit, then letters,
// digits and . _ : -, 128 characters at most. The form is the API's; keys of the store rest
// on it.
func validID(id string) bool {
	if id == "" || len(id) > maxIDLength || strings.ContainsRune("._:-", rune(id[0])) {
		return false
	}
	for _, c := range []byte(id) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && !strings.ContainsRune("._:-", rune(c)) {
			return false
		}
	}
	return true
}

// checkID is validID for IDs that are about to be stored.
func checkID(id string) error {
	if validID(id) {
		return nil
	}
	return &aftercheck.FieldError{Field: "id", Want: "1 to 128 letters, digits and . _ : -, a letter or digit first"}
}

// cursorAfter is the cursor of a page that ended with the entry.
func cursorAfter(e entry) string {
	return base64.RawURLEncoding.EncodeToString([]byte(e))
}

// parseCursor returns the entry that a cursor stands for.
func parseCursor(cursor string) (entry, error) {
	text, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err == nil {
		if e, ok := parseEntry(string(text)); ok {
			return e, nil
		}
	}
	return "", &aftercheck.FieldError{Field: "cursor", Want: "the next_cursor of the page before, unchanged"}
}
