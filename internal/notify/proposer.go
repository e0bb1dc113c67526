package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Proposer proposes rollbacks. A proposal is kept in the store before anybody is
// told, and told again and again until it is over: a later verification of the
// incident is a success, somebody acknowledges it, or it expires. Any sidecar of
// the store does the telling, whoever claims it first.
type Proposer struct {
	options Options
	kicks   chan struct{} // holds one token: look at the store now

	mu       sync.Mutex
	settings Settings
	changed  chan struct{} // closed when the settings are replaced
}

// New returns a Proposer, or an error if a URL cannot be one. It starts nothing.
func New(o Options) (*Proposer, error) {
	o = o.withDefaults()
	if err := o.Settings.Check(); err != nil {
		return nil, err
	}
	return &Proposer{options: o, settings: o.Settings, changed: make(chan struct{}), kicks: make(chan struct{}, 1)}, nil
}

// Reconfigure replaces the settings, which Check must have found right. What is
// open is told to the new Alertmanagers at the next resend.
func (p *Proposer) Reconfigure(s Settings) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settings = s.withDefaults()
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *Proposer) current() (Settings, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settings, p.changed
}

func (p *Proposer) writer(s Settings) writer {
	return writer{incidentLabels: s.IncidentLabels, redact: s.Redact, externalURL: p.options.ExternalURL}
}

// kick has Run look at the store.
func (p *Proposer) kick() {
	select {
	case p.kicks <- struct{}{}:
	default:
	}
}

// Notify keeps the proposal of a rollback if the verdict calls for one (Decide),
// resolves the incident's proposals if it is a success, and otherwise does
// nothing. It tells nobody: Run does. It may be called again with the same verdict;
// an aftercheck.ErrUnavailable wants to be.
func (p *Proposer) Notify(ctx context.Context, v aftercheck.Verification) error {
	s, _ := p.current()
	switch {
	case s.Disabled:
		return nil
	case Decide(v) == DecisionPropose:
		return p.propose(ctx, s, v)
	case v.Sealed() && v.Assessment != nil && v.Verdict == aftercheck.Success:
		return p.resolve(ctx, v.Incident.ID, v.ID, v.SealedAt)
	}
	return nil
}

func (p *Proposer) propose(ctx context.Context, s Settings, v aftercheck.Verification) error {
	fresh := newRecord(v, p.writer(s), s.Lifetime)
	e, err := fresh.errand(0, time.Now(), fresh.JudgedAt, p.options.Keep, s.sends())
	if err != nil {
		return err
	}
	_, opened, err := p.options.Store.PutErrand(ctx, e)
	if err != nil {
		return fmt.Errorf("keeping a proposal: %w", err)
	}
	current := fresh
	if !opened {
		current, _, err = p.change(ctx, fresh.ID, func(r record) (record, bool, error) {
			next, later := r.followedBy(fresh)
			opened = later && !r.open()
			return next, later, nil
		})
		if err != nil {
			return fmt.Errorf("changing a proposal: %w", err)
		}
	}
	if opened {
		p.options.Metrics.ProposalOpened()
		p.options.Logger.Info("a rollback is proposed", "proposal", fresh.ID, "verification", v.ID, "incident", v.Incident.ID,
			"score", *v.Score, "dry_run", s.DryRun)
	}
	if !current.open() || current.VerificationID != v.ID {
		return nil
	}
	p.kick()
	// A success may have been told before this was kept.
	over, err := p.options.Succeeded(ctx, v.Incident.ID, v.SealedAt)
	if err != nil || !over {
		return err
	}
	return p.resolve(ctx, v.Incident.ID, "", time.Now())
}

// resolve closes the open proposals of an incident that were called for before a
// success.
func (p *Proposer) resolve(ctx context.Context, incident, verification string, at time.Time) error {
	f := aftercheck.ErrandFilter{Kind: Kind, Subject: incident, Tag: string(aftercheck.ProposalOpen), Limit: maxPage}
	for {
		page, err := p.options.Store.ListErrands(ctx, f)
		if err != nil {
			return fmt.Errorf("looking for proposals of the incident: %w", err)
		}
		for _, e := range page.Errands {
			_, err := p.close(ctx, e.ID, func(r record) (record, bool, error) {
				if !at.After(r.JudgedAt) {
					return r, false, nil
				}
				r = r.closed(aftercheck.ProposalResolved, time.Now())
				r.ResolvedBy = verification
				return r, true, nil
			})
			if err != nil && !errors.Is(err, aftercheck.ErrNotFound) {
				return fmt.Errorf("resolving a proposal: %w", err)
			}
		}
		if f.Cursor = page.NextCursor; f.Cursor == "" {
			return nil
		}
	}
}

// maxPage is how many proposals are read at once.
const maxPage = 500

// close closes a proposal as decide says, if it is open and that says so.
func (p *Proposer) close(ctx context.Context, id string, decide func(r record) (record, bool, error)) (record, error) {
	r, changed, err := p.change(ctx, id, func(r record) (record, bool, error) {
		if !r.open() {
			return r, false, nil
		}
		return decide(r)
	})
	if err == nil && changed {
		p.options.Metrics.ProposalClosed(string(r.State))
		p.options.Logger.Info("a proposal is closed", "proposal", r.ID, "incident", r.IncidentID, "state", r.State)
		p.kick()
	}
	return r, err
}

// maxTries bounds how often a change is begun anew because another came first.
const maxTries = 20

// change changes a stored proposal, and returns it as it is then; unchanged where
// decide says so. It is due at once if it was opened or closed, so that people are
// told.
func (p *Proposer) change(ctx context.Context, id string, decide func(r record) (record, bool, error)) (r record, changed bool, err error) {
	s, _ := p.current()
	for range maxTries {
		e, err := p.options.Store.Errand(ctx, Kind, id)
		if err != nil {
			return r, false, err
		}
		before, err := recordOf(e)
		if err != nil {
			return r, false, err
		}
		next, wanted, err := decide(before)
		if err != nil || !wanted {
			return before, false, err
		}
		due := e.DueAt
		if next.VerificationID != before.VerificationID || next.State != before.State {
			due = time.Now()
		}
		if !next.open() && !s.sends() {
			due = time.Time{}
		}
		written, err := next.errand(e.Revision, time.Now(), due, p.options.Keep, s.sends())
		if err != nil {
			return r, false, err
		}
		_, err = p.options.Store.UpdateErrand(ctx, written)
		if err == nil || !errors.Is(err, aftercheck.ErrConflict) {
			return next, err == nil, err
		}
	}
	return r, false, fmt.Errorf("%w: the proposal is changed by too many at once", aftercheck.ErrUnavailable)
}
