package notify

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aftercheck/aftercheck"
)

const (
	// pollEvery is how often the store is asked when the first proposal is due,
	// where none is known to be due earlier.
	pollEvery = 10 * time.Second
	// storeTimeout bounds one operation of the store.
	storeTimeout = 5 * time.Second
)

// Run tells people of what is open until the context ends, and then returns nil.
// Trouble with the store or an Alertmanager is tried again, not returned. Run may
// be called once.
func (p *Proposer) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		s, changed := p.current()
		p.serve(ctx, s, changed)
	}
	return nil
}

// serve tells people as the settings say, until they are replaced.
func (p *Proposer) serve(ctx context.Context, s Settings, changed <-chan struct{}) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	t := &teller{Proposer: p, settings: s, held: map[string]held{}}
	if s.sends() && !s.Disabled {
		bases, _ := s.addresses() // which Check has found right
		for _, base := range bases {
			peer := newPeer(base, s, p.options, t.delivered)
			t.peers = append(t.peers, peer)
			all.Go(func() { peer.run(ctx) })
		}
	}
	names := make([]string, len(t.peers))
	for i, peer := range t.peers {
		names[i] = peer.name
	}
	p.options.Metrics.SetAlertmanagers(names)
	for {
		timer := time.NewTimer(t.work(ctx))
		select {
		case <-ctx.Done():
		case <-changed:
		case <-p.kicks:
			timer.Stop()
			continue
		case <-timer.C:
			continue
		}
		timer.Stop()
		return
	}
}

// teller tells people as one version of the settings says.
type teller struct {
	*Proposer
	settings Settings
	peers    []*peer
	// held are the proposals that were claimed here last, by ID. While the store
	// does not answer they are told again, so that no alert ends unnoticed.
	held map[string]held
}

// held is a proposal and when it was told last.
type held struct {
	record
	at time.Time
}

// work claims and tells what is due, counts, and returns how long to wait.
func (t *teller) work(ctx context.Context) time.Duration {
	poll := min(pollEvery, t.settings.Resend)
	if t.settings.Disabled {
		return poll
	}
	for {
		due, err := t.next(ctx)
		if away := errors.Is(err, aftercheck.ErrUnavailable); err != nil {
			t.troubled(ctx, err)
			if !away || due.IsZero() {
				t.holdOn(err)
				return poll
			}
		}
		if wait := time.Until(due); due.IsZero() || wait > 0 {
			t.count(ctx, !due.IsZero())
			t.holdOn(err)
			if due.IsZero() {
				return poll
			}
			return min(poll, wait)
		}
		if claimed, err := t.claim(ctx); err != nil || claimed < maxBatch {
			t.count(ctx, true)
			t.troubled(ctx, err)
			t.holdOn(err)
			return t.soon(ctx, poll)
		}
	}
}

// soon is how long to wait after something was claimed.
func (t *teller) soon(ctx context.Context, poll time.Duration) time.Duration {
	due, err := t.next(ctx)
	if err != nil || due.IsZero() {
		return poll
	}
	// Where the store's clock is behind ours, it is due by ours and not claimed.
	return min(poll, max(time.Until(due), poll/20))
}

// troubled logs what nobody else does: that the store is away is told by those
// who wait for it.
func (t *teller) troubled(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil && !errors.Is(err, aftercheck.ErrUnavailable) {
		t.options.Logger.Error("looking for proposals that are due", "err", err)
	}
}

func (t *teller) next(ctx context.Context) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return t.options.Store.NextErrand(ctx, Kind)
}

// claim claims some of what is due, and tells it.
func (t *teller) claim(ctx context.Context) (claimed int, err error) {
	asking, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	due, err := t.options.Store.ClaimErrands(asking, Kind, t.settings.Resend, maxBatch)
	for _, e := range due {
		if err := t.handle(ctx, e); err != nil {
			t.troubled(ctx, err)
		}
	}
	return len(due), err
}

// handle does what a claimed proposal needs.
func (t *teller) handle(ctx context.Context, e aftercheck.Errand) error {
	now := time.Now()
	r, err := recordOf(e)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	switch {
	case r.open() && !now.Before(r.ExpiresAt):
		_, err := t.close(ctx, r.ID, func(r record) (record, bool, error) {
			return r.closed(aftercheck.ProposalExpired, now), !now.Before(r.ExpiresAt), nil
		})
		return err // and it is due at once, to be told
	case !r.open() && (!t.settings.sends() || now.After(r.ClosedAt.Add(endsAfter(t.settings.Resend)))):
		delete(t.held, r.ID)
		e.DueAt = time.Time{}
		_, err := t.options.Store.UpdateErrand(ctx, e)
		return err
	}
	t.tell(r, now)
	return nil
}

// tell tells all peers, or the log in a dry run.
func (t *teller) tell(r record, now time.Time) {
	if t.settings.DryRun && t.held[r.ID].VerificationID != r.VerificationID {
		t.options.Logger.Info("a dry run: nobody is told of a proposal", "proposal", r.ID, "verification", r.VerificationID, "description", r.Annotations["description"])
	}
	t.held[r.ID] = held{r, now}
	for _, peer := range t.peers {
		peer.tell(parcel{r, now.Add(t.settings.Resend)})
	}
}

// holdOn tells what was claimed here last again while the store is away; else it
// forgets what another claims by now.
func (t *teller) holdOn(err error) {
	now := time.Now()
	for id, h := range t.held {
		switch {
		case err == nil && now.Sub(h.at) > 2*t.settings.Resend:
			delete(t.held, id)
		case err != nil && h.open() && now.Before(h.ExpiresAt) && now.Sub(h.at) >= t.settings.Resend:
			t.tell(h.record, now)
		}
	}
}

// count sets how many proposals there are. Where none is due there is none.
func (t *teller) count(ctx context.Context, some bool) {
	if !some {
		t.options.Metrics.Proposals(0, 0)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	counts, err := t.options.Store.CountErrands(ctx, Kind, string(aftercheck.ProposalOpen), tagUndelivered)
	if err == nil {
		t.options.Metrics.Proposals(counts[0], counts[1])
	}
}

// delivered notes what an Alertmanager has taken for the first time.
func (t *teller) delivered(ctx context.Context, taken []parcel) {
	noted := false
	for _, one := range taken {
		if !one.open() || !one.DeliveredAt.IsZero() {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, storeTimeout)
		_, changed, err := t.change(ctx, one.ID, func(r record) (record, bool, error) {
			first := r.open() && r.DeliveredAt.IsZero()
			r.DeliveredAt = time.Now().UTC()
			return r, first, nil
		})
		cancel()
		t.troubled(ctx, err) // noted with the next resend
		noted = noted || changed
	}
	if noted {
		t.kick() // to count
	}
}
