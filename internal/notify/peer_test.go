package notify_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/notify"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// TestDeadPeersDoNotDelayTheOthers: one hangs, one fails, one is well.
func TestDeadPeersDoNotDelayTheOthers(t *testing.T) {
	well := testbed.Alertmanager(t, "")
	ill := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, strings.Repeat("no ", 10_000), http.StatusInternalServerError)
	}))
	t.Cleanup(ill.Close)
	hangs, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hangs.Close() }) // accepts, and never answers
	w := propose(t, evidencetest.NewModel(), notify.Settings{
		URLs: []string{"http://user:secret@" + hangs.Addr().String() + "/path/", ill.URL, well}, Timeout: 10 * time.Minute,
	})
	w.told(t, lowScore())
	firing(t, well, 1)
	w.told(t, func() aftercheck.Verification { // while one peer still hangs on the first
		v := lowScore()
		v.Incident.ID = "inc-2"
		return v
	}())
	firing(t, well, 2)
	testbed.Eventually(t, patience, func() (err error) {
		w.locked(func() {
			names := "http://" + hangs.Addr().String() + "/path " + ill.URL + " " + well
			if strings.Join(w.alertmanagers, " ") != names || w.failed[ill.URL] == 0 || w.sent[ill.URL] != w.failed[ill.URL] || w.failed[well] != 0 || w.unsent != 0 {
				err = fmt.Errorf("of %v failed %v of %v; undelivered %d", w.alertmanagers, w.failed, w.sent, w.unsent)
			}
		})
		return err
	})
}

// TestRefusedOneDoesNotKeepTheOthers has a peer that takes no batch with one bad
// proposal in it.
func TestRefusedOneDoesNotKeepTheOthers(t *testing.T) {
	var mu sync.Mutex
	taken := map[string]bool{}
	picky := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var batch []received
		if err := json.NewDecoder(r.Body).Decode(&batch); err != nil {
			t.Error(err)
		}
		if slices.ContainsFunc(batch, func(a received) bool { return a.Labels["incident"] == "bad" }) {
			http.Error(w, "bad", http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, a := range batch {
			taken[a.Labels["incident"]] = true
		}
	}))
	t.Cleanup(picky.Close)
	store := evidencetest.NewModel()
	quiet := propose(t, store, notify.Settings{Disabled: false, DryRun: true, Resend: time.Millisecond}) // keeps them until all are there
	for _, incident := range []string{"a", "bad", "b", "c"} {
		v := lowScore()
		v.Incident.ID = incident
		quiet.told(t, v)
	}
	quiet.stop()
	w := propose(t, store, notify.Settings{URLs: []string{picky.URL}})
	testbed.Eventually(t, patience, func() error {
		mu.Lock()
		defer mu.Unlock()
		if len(taken) != 3 {
			return fmt.Errorf("taken %v", taken)
		}
		return nil
	})
	w.stop()
}

// TestProposalsAreNotRedirected: no proposal goes to another host, and what turns it into another
// request is not taken for its arrival.
func TestProposalsAreNotRedirected(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another host was asked") }))
	t.Cleanup(other.Close)
	for _, c := range []struct {
		code    int
		to      string
		arrives bool
	}{
		{http.StatusFound, other.URL + "/new", false},
		{http.StatusTemporaryRedirect, other.URL + "/new", false},
		{http.StatusPermanentRedirect, other.URL + "/new", false},
		{http.StatusFound, "/new", false}, // it would become a GET
		{http.StatusTemporaryRedirect, "/new", true},
		{http.StatusTemporaryRedirect, "/api/v2/alerts", false}, // round and round
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/new" {
				http.Redirect(w, r, c.to, c.code)
			}
		}))
		t.Cleanup(server.Close)
		w := propose(t, evidencetest.NewModel(), notify.Settings{URLs: []string{server.URL}, Client: server.Client()})
		w.told(t, lowScore())
		testbed.Eventually(t, patience, func() (err error) {
			w.locked(func() {
				if w.sent[server.URL] == 0 || c.arrives == (w.failed[server.URL] > 0) {
					err = fmt.Errorf("%d to %s: sent %v, failed %v", c.code, c.to, w.sent, w.failed)
				}
			})
			return err
		})
		w.stop()
	}
}
