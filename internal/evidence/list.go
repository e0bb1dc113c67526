package evidence

import (
	"context"

	"github.com/aftercheck/aftercheck"
)

// Bounds of a page.
const (
	defaultLimit = 50
	maxLimit     = 500
	// scanChunk is how many entries are looked at together.
	scanChunk = 200
	// scanBudget is how many entries are looked at for one page.
	scanBudget = 5000
)

// catalogue is what listing needs of a backend.
type catalogue interface {
	// entries returns at most n entries of an incident's index, or of all
	// where incident is empty, newest first, from the one before the entry
	// before (from the newest, if that is empty) down to, and with, those
	// accepted at the time key since.
	entries(ctx context.Context, incident string, before entry, since string, n int) ([]entry, error)

	// read returns the named fields of the records with these IDs, in their
	// order. What is missing is empty.
	read(ctx context.Context, ids []string, names []string) ([]fields, error)
}

// list reads one page.
func list(ctx context.Context, c catalogue, f aftercheck.Filter) (aftercheck.Page, error) {
	s := search{catalogue: c, filter: f, limit: limitOf(f)}
	if f.Cursor != "" {
		from, err := parseCursor(f.Cursor)
		if err != nil {
			return aftercheck.Page{}, err
		}
		s.at = from
	}
	if err := s.collect(ctx); err != nil {
		return aftercheck.Page{}, err
	}
	return s.page(ctx)
}

func limitOf(f aftercheck.Filter) int {
	if f.Limit <= 0 {
		return defaultLimit
	}
	return min(f.Limit, maxLimit)
}

// search is the way to one page.
type search struct {
	catalogue catalogue
	filter    aftercheck.Filter
	limit     int

	at    entry   // the last entry that was looked at
	found []entry // those that match: one more than the limit, if there are
	ended bool    // there are no more entries
}

// collect looks for one match more than the page holds, to know whether the
// page is the last.
func (s *search) collect(ctx context.Context) error {
	for looked := 0; len(s.found) <= s.limit && !s.ended && looked < scanBudget; looked += scanChunk {
		if err := s.look(ctx); err != nil {
			return err
		}
	}
	return nil
}

// look takes the next chunk of entries and keeps those that match.
func (s *search) look(ctx context.Context) error {
	incident, since := "", ""
	if s.filter.IncidentID != "" {
		incident = incidentKey(s.filter.IncidentID)
	}
	if !s.filter.Since.IsZero() {
		since = timeKey(s.filter.Since)
	}
	entries, err := s.catalogue.entries(ctx, incident, s.at, since, scanChunk)
	if err != nil {
		return err
	}
	s.ended = len(entries) < scanChunk
	marks, err := s.catalogue.read(ctx, ids(entries), markNames)
	if err != nil {
		return err
	}
	for i, e := range entries {
		s.at = e
		if marks[i].listed(e) && marks[i].matches(s.filter) {
			s.found = append(s.found, e)
		}
	}
	return nil
}

// page reads what was found. A record that expired since is left out.
func (s *search) page(ctx context.Context) (aftercheck.Page, error) {
	page := aftercheck.Page{Verifications: []aftercheck.Verification{}}
	if len(s.found) > s.limit {
		s.found, s.ended = s.found[:s.limit], false
		s.at = s.found[s.limit-1]
	}
	records, err := s.catalogue.read(ctx, ids(s.found), headNames)
	if err != nil {
		return page, err
	}
	for i, record := range records {
		if record[fieldAccepted] == "" {
			continue
		}
		v, err := record.head()
		if err != nil {
			return page, aboutID(s.found[i].id(), err)
		}
		page.Verifications = append(page.Verifications, v)
	}
	if !s.ended {
		page.NextCursor = cursorAfter(s.at)
	}
	return page, nil
}

func ids(entries []entry) []string {
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = e.id()
	}
	return out
}
