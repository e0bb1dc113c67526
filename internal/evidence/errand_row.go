package evidence

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
)

// An errand is stored as a row: what the store itself has to know of it, in words
// without spaces, and a document with the rest,
//
//	<revision> <tags> <created> <subject> <expires> <document>
//
// the tags joined by commas, or - for none; created and subject as they stand in
// the index; expires in milliseconds since the epoch. When it is due is kept
// beside it, since claims move that; the document has it as it was last written,
// so that two writes that differ in it differ.
//
// The index of a kind lists each errand several times, by a word that says of
// what: all, of:<subject>, and is:<tag> for each tag,
//
//	<word> <created> <id>
const (
	rowWords = 5
	indexAll = "all"
	noTags   = "-"
	tagMark  = "is:"
	ofMark   = "of:"
)

// errandRow is a row that was read.
type errandRow struct {
	errand aftercheck.Errand
	text   string
}

var (
	wordForm = regexp.MustCompile(`^[a-z_]{1,32}$`)
	badKind  = &aftercheck.FieldError{Field: "kind", Want: "1 to 32 small letters and _"}
)

func checkKind(kind string) error {
	if !wordForm.MatchString(kind) {
		return badKind
	}
	return nil
}

// checkErrand checks what is about to be stored.
func checkErrand(e aftercheck.Errand) error {
	if err := checkKind(e.Kind); err != nil {
		return err
	}
	if err := checkID(e.ID); err != nil {
		return err
	}
	if len(e.Tags) > aftercheck.MaxErrandTags || slices.ContainsFunc(e.Tags, func(tag string) bool { return !wordForm.MatchString(tag) }) {
		return &aftercheck.FieldError{Field: "tags", Want: fmt.Sprintf("at most %d tags of 1 to 32 small letters and _", aftercheck.MaxErrandTags)}
	}
	if len(e.Payload) > aftercheck.MaxErrandPayload {
		return &aftercheck.FieldError{Field: "payload", Want: fmt.Sprintf("at most %d bytes", aftercheck.MaxErrandPayload)}
	}
	if e.ExpiresAt.UnixMilli() <= 0 {
		return &aftercheck.FieldError{Field: "expires_at", Want: "the time when the errand is forgotten"}
	}
	return nil
}

// withMilliseconds returns the errand with its times as they are stored.
func withMilliseconds(e aftercheck.Errand) aftercheck.Errand {
	for _, t := range []*time.Time{&e.CreatedAt, &e.UpdatedAt, &e.DueAt, &e.ExpiresAt} {
		if !t.IsZero() {
			*t = t.UTC().Truncate(time.Millisecond)
		}
	}
	return e
}

// newRow writes an errand.
func newRow(e aftercheck.Errand) (errandRow, error) {
	e = withMilliseconds(e)
	inside := e
	inside.Revision = 0
	document, err := encode(inside)
	if err != nil {
		return errandRow{}, err
	}
	tags := noTags
	if len(e.Tags) > 0 {
		tags = strings.Join(e.Tags, ",")
	}
	text := fmt.Sprintf("%d %s %s %s %d %s", e.Revision, tags, timeKey(e.CreatedAt), incidentKey(e.Subject), e.ExpiresAt.UnixMilli(), document)
	return parseRow(text, e.DueAt)
}

// parseRow reads a row; due is when it is due, or zero.
func parseRow(text string, due time.Time) (errandRow, error) {
	words := strings.SplitN(text, " ", rowWords+1)
	if len(words) != rowWords+1 {
		return errandRow{}, fmt.Errorf("%w: an errand of %d words", ErrUnreadable, len(words))
	}
	e, err := decode[aftercheck.Errand](words[rowWords])
	if err != nil {
		return errandRow{}, err
	}
	if e.Revision, err = strconv.ParseInt(words[0], 10, 64); err != nil {
		return errandRow{}, fmt.Errorf("%w: an errand's first word is no revision", ErrUnreadable)
	}
	e.DueAt = due
	return errandRow{e, text}, nil
}

// stamped returns the row at another revision.
func (r errandRow) stamped(revision int64) errandRow {
	_, rest, _ := strings.Cut(r.text, " ")
	r.errand.Revision = revision
	r.text = strconv.FormatInt(revision, 10) + " " + rest
	return r
}

// members are the row's entries in the index of its kind.
func (r errandRow) members() []string {
	at := " " + timeKey(r.errand.CreatedAt) + " " + r.errand.ID
	out := []string{indexAll + at, ofMark + incidentKey(r.errand.Subject) + at}
	for _, tag := range r.errand.Tags {
		out = append(out, tagMark+tag+at)
	}
	return out
}

// same reports whether two rows are of the same write, with no claim in between.
func (r errandRow) same(other errandRow) bool {
	return r.text == other.text && r.errand.DueAt.Equal(other.errand.DueAt)
}

// expired reports whether the errand is gone.
func (r errandRow) expired(now time.Time) bool { return !r.errand.ExpiresAt.After(now) }

// fits reports whether the row passes a filter.
func (r errandRow) fits(f aftercheck.ErrandFilter) bool {
	return (f.Subject == "" || f.Subject == r.errand.Subject) && (f.Tag == "" || slices.Contains(r.errand.Tags, f.Tag))
}

// errandPrefix is how the members of the index begin that a filter is about.
func errandPrefix(f aftercheck.ErrandFilter) string {
	switch {
	case f.Subject != "":
		return ofMark + incidentKey(f.Subject) + " "
	case f.Tag != "":
		return tagMark + f.Tag + " "
	}
	return indexAll + " "
}

// errandIDs returns the IDs at the end of members.
func errandIDs(members []string) []string {
	out := make([]string, len(members))
	for i, member := range members {
		out[i] = member[strings.LastIndex(member, " ")+1:]
	}
	return out
}

// errandCursorAfter is the cursor of a page that ended with a member.
func errandCursorAfter(member string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(member))
}

// errandCursor returns the member that a cursor stands for, in a list whose
// members begin with the prefix.
func errandCursor(cursor, prefix string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	member := string(text)
	rest, belongs := strings.CutPrefix(member, prefix)
	created, id, parted := strings.Cut(rest, " ")
	if err != nil || !belongs || !parted || len(created) != timeKeyLength || !isHex(created) || !validID(id) {
		return "", &aftercheck.FieldError{Field: "cursor", Want: "the next_cursor of the page before, unchanged"}
	}
	return member, nil
}

// beginErrand is the row of an errand that is put.
func beginErrand(e aftercheck.Errand) (errandRow, error) {
	if err := checkErrand(e); err != nil {
		return errandRow{}, err
	}
	e.Revision = 1
	return newRow(e)
}

// nextErrand is the row of an errand that is changed.
func nextErrand(e aftercheck.Errand) (errandRow, error) {
	if err := checkErrand(e); err != nil {
		return errandRow{}, err
	}
	e.Revision++
	return newRow(e)
}

// claimAtMost bounds what is claimed together.
func claimAtMost(limit int) int { return min(max(limit, 1), maxLimit) }
