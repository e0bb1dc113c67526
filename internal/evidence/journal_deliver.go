package evidence

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/aftercheck/aftercheck"
)

// lookEvery is how often Run looks whether Redis is back, and whether there is
// something to deliver. While there is nothing, it asks nobody.
const lookEvery = time.Second

// Run does the background work of both stores until the context ends, and brings
// to Redis what the journal holds, as soon as Redis is back. It calls adopt for
// what this sidecar leads there, is taken over from others, or could not be read
// at the start. Then it returns nil.
func (j *Journal) Run(ctx context.Context, adopt func(id string, due time.Time)) error {
	var all sync.WaitGroup
	all.Go(func() { _ = j.far.Run(ctx, adopt) })
	all.Go(func() { _ = j.near.Run(ctx) })
	all.Go(func() { j.delivering(ctx, adopt) })
	all.Wait()
	return nil
}

func (j *Journal) delivering(ctx context.Context, adopt func(id string, due time.Time)) {
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		if err := j.look(ctx, adopt); err != nil && ctx.Err() == nil && !errors.Is(err, aftercheck.ErrUnavailable) {
			j.options.Logger.Warn("delivering the journal", "err", err)
		}
	}
}

// look asks whether Redis is back, if it was away, and delivers what is held.
func (j *Journal) look(ctx context.Context, adopt func(id string, due time.Time)) error {
	if j.isAway() {
		asking, cancel := context.WithTimeout(ctx, farTimeout)
		defer cancel()
		if err := j.far.Check(asking); err != nil {
			return err
		}
		j.back()
	}
	if err := j.deliver(ctx); err != nil {
		return err
	}
	return j.adoptLate(ctx, adopt)
}

// back notes that Redis answers again.
func (j *Journal) back() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.said {
		j.options.Logger.Info("Redis answers again; the journal is delivered", "after", time.Since(j.away), "entries", len(j.held))
	}
	j.away, j.backAt, j.said = time.Time{}, time.Now(), false
	j.report()
}

// adoptLate goes on with what was pending in Redis when this process started.
func (j *Journal) adoptLate(ctx context.Context, adopt func(id string, due time.Time)) error {
	j.mu.Lock()
	late := j.late
	j.mu.Unlock()
	if !late {
		return nil
	}
	err := j.far.Pending(ctx, func(id string, due time.Time) error {
		adopt(id, due)
		return nil
	})
	j.note(err)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.late = false
	return nil
}

// deliver moves all that the journal holds, one after the other. What cannot be
// delivered for a reason of its own stays, and the others go on.
func (j *Journal) deliver(ctx context.Context) error {
	j.mu.Lock()
	var places []string
	for place := range j.held {
		places = append(places, place)
	}
	j.mu.Unlock()
	var failed error
	for _, place := range places {
		kind, id, _ := strings.Cut(place, " ")
		err := j.move(ctx, kind, id)
		j.note(err)
		if errors.Is(err, aftercheck.ErrUnavailable) {
			return err
		}
		failed = errors.Join(failed, aboutID(id, err))
	}
	return failed
}

// move brings one record to Redis and takes it out of the file. It may be broken
// off anywhere and begun again.
func (j *Journal) move(ctx context.Context, kind, id string) error {
	ctx, cancel := context.WithTimeout(ctx, farTimeout)
	defer cancel()
	j.moving.Lock()
	defer j.moving.Unlock()
	send := j.sendVerification
	switch kind {
	case kindSnapshot:
		send = j.sendSnapshot
	case kindErrand:
		send = j.sendErrand
	}
	if err := send(ctx, id); err != nil && !errors.Is(err, aftercheck.ErrNotFound) {
		return err
	}
	if err := j.near.remove(ctx, kind, id); err != nil {
		return err
	}
	j.drop(kind, id)
	return nil
}

// sendSnapshot stores a snapshot in Redis, unless there is one of its ID: the
// first capture stands.
func (j *Journal) sendSnapshot(ctx context.Context, id string) error {
	s, err := j.near.Snapshot(ctx, id)
	if err != nil {
		return err
	}
	stored, err := j.far.PutSnapshot(ctx, s)
	if err == nil {
		j.remember(stored)
	}
	return err
}

// sendVerification stores a verification in Redis as far as it has come. Where
// another sidecar has taken it over there, or it has its verdict there, that
// stands.
func (j *Journal) sendVerification(ctx context.Context, id string) error {
	record, settled, err := j.near.export(ctx, id)
	if err != nil {
		return err
	}
	err = j.far.accede(ctx, id, record, settled)
	if errors.Is(err, aftercheck.ErrFenced) {
		if _, err = j.far.Lead(ctx, id); err == nil { // by nobody any more, or an earlier session of ours
			err = j.far.accede(ctx, id, record, settled)
		}
	}
	switch {
	case err == nil:
		j.acceptedFar(id, nil)
		return nil
	case errors.Is(err, aftercheck.ErrFenced), errors.Is(err, aftercheck.ErrSealed), errors.Is(err, aftercheck.ErrConflict):
		j.options.Logger.Warn("Redis has the verification already, and that stands", "verification", id, "sealed_here", record.sealed(), "err", err)
		return nil
	}
	return err
}
