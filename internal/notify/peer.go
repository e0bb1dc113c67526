package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// The bounds of one request to a peer.
const (
	// maxBatch is how many proposals go into it.
	maxBatch = 64
	// maxAnswer is what is read of a peer's complaint, in bytes.
	maxAnswer = 512
)

// parcel is a proposal that a peer is to be told of, until it is out of date:
// by then it is claimed anew, perhaps by another sidecar.
type parcel struct {
	record
	until time.Time
}

// peer is one Alertmanager. Each is told by a goroutine of its own, so that one
// that is dead or slow does not delay the others.
type peer struct {
	name     string // scheme, host and path, without credentials
	endpoint *url.URL
	settings Settings
	metrics  Metrics
	log      *slog.Logger
	// delivered is called with what the peer has taken.
	delivered func(ctx context.Context, taken []parcel)

	mu      sync.Mutex
	waiting map[string]parcel // by the proposal's ID: the last that is known of it
	wake    chan struct{}     // holds one token: there is something waiting
}

func newPeer(base *url.URL, s Settings, o Options, delivered func(context.Context, []parcel)) *peer {
	return &peer{
		name: peerName(base), endpoint: base.JoinPath("api/v2/alerts"), settings: s, metrics: o.Metrics, log: o.Logger,
		delivered: delivered, waiting: map[string]parcel{}, wake: make(chan struct{}, 1),
	}
}

// peerName names a peer in metrics and logs.
func peerName(base *url.URL) string {
	shown := url.URL{Scheme: base.Scheme, Host: base.Host, Path: strings.TrimSuffix(base.Path, "/")}
	return shown.String()
}

// tell hands a proposal over, in the place of what is known of it. It never waits.
func (p *peer) tell(one parcel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting[one.ID] = one
	p.awake()
}

func (p *peer) awake() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// take returns some of what waits and is not out of date.
func (p *peer) take() (batch []parcel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for id, one := range p.waiting {
		if len(batch) == maxBatch {
			p.awake()
			break
		}
		delete(p.waiting, id)
		if now.Before(one.until) {
			batch = append(batch, one)
		}
	}
	return batch
}

// putBack keeps what was not taken, unless more is known by now.
func (p *peer) putBack(batch []parcel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range batch {
		if _, newer := p.waiting[one.ID]; !newer {
			p.waiting[one.ID] = one
		}
	}
	p.awake()
}

// run tells the peer what comes, until the context ends. After a failure it waits,
// the longer the more there were, and at most a resend interval.
func (p *peer) run(ctx context.Context) {
	for failures := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		}
		batch := p.take()
		if len(batch) == 0 {
			continue
		}
		err := p.send(ctx, batch)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && failures > 0:
			p.log.Info("the Alertmanager takes proposals again", "alertmanager", p.name)
			failures = 0
		case err == nil:
		default:
			if failures == 0 {
				p.log.Error("the Alertmanager does not take proposals; they are told again until it does", "alertmanager", p.name, "err", err)
			}
			failures++
			p.putBack(batch)
			if !pause(ctx, backoff(failures, p.settings.Resend)) {
				return
			}
		}
	}
}

// pause waits, and reports whether the context still goes on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// backoff is the time after so many failures: doubled from a sixtieth of the
// longest, with a quarter of chance.
func backoff(failures int, longest time.Duration) time.Duration {
	d := longest / 60
	for i := 1; i < failures && d < longest; i++ {
		d *= 2
	}
	return time.Duration(float64(min(d, longest)) * (0.75 + rand.Float64()/4))
}

// errRefused is an answer that does not get better by asking again.
var errRefused = errors.New("refused")

// send sends a batch. What the peer refuses is sent one by one, so that one that
// it cannot take does not keep the others from it; it comes again with the next
// claim.
func (p *peer) send(ctx context.Context, batch []parcel) error {
	err := p.post(ctx, batch)
	if err == nil {
		p.delivered(ctx, batch)
		return nil
	}
	if !errors.Is(err, errRefused) {
		return err
	}
	if len(batch) == 1 {
		p.log.Error("the Alertmanager refuses a proposal", "alertmanager", p.name, "proposal", batch[0].ID, "err", err)
		return nil
	}
	var failed error
	for _, one := range batch {
		failed = errors.Join(failed, p.send(ctx, []parcel{one}))
	}
	return failed
}

// post makes one request, and counts it.
func (p *peer) post(ctx context.Context, batch []parcel) (err error) {
	var alerts []alert
	for _, one := range batch {
		alerts = append(alerts, one.alerts(time.Now(), p.settings.Resend)...)
	}
	body, err := json.Marshal(alerts)
	if err != nil {
		return fmt.Errorf("encoding proposals: %w", err)
	}
	defer func() {
		if err == nil || ctx.Err() == nil {
			p.metrics.Notified(p.name, err != nil)
		}
	}()
	asking, cancel := context.WithTimeout(ctx, p.settings.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(asking, http.MethodPost, p.endpoint.String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("proposing: %w", withoutURL(err))
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := p.settings.Client.Do(request)
	if err != nil {
		return fmt.Errorf("proposing: %w", withoutURL(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	complaint, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	err = fmt.Errorf("proposing: status %d: %s", answer.StatusCode, p.settings.Redact(strings.TrimSpace(string(complaint))))
	if answer.StatusCode == http.StatusBadRequest || answer.StatusCode == http.StatusUnprocessableEntity {
		err = fmt.Errorf("%w: %w", errRefused, err)
	}
	return err
}

// withoutURL drops the URL, which may hold credentials, from a client's error.
func withoutURL(err error) error {
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
