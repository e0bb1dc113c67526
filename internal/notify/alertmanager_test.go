package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/notify"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

func lowScore() aftercheck.Verification {
	score, coverage := 0.21, 1.0
	return aftercheck.Verification{
		ID: "v1", State: aftercheck.StateSealed, Policy: aftercheck.DefaultPolicy(), SealedAt: time.Now(),
		Incident: aftercheck.Incident{ID: "inc-1", Labels: map[string]string{"namespace": "shop", "alertname": "ApiDown"}},
		Action:   aftercheck.Action{Text: "auto_repair:pb-7 --password=hunter2"}, Playbook: "pb-7",
		Assessment: &aftercheck.Assessment{
			Verdict: aftercheck.Failed, Reason: aftercheck.ReasonWorse, Score: &score, Coverage: &coverage,
			RootCauseCleared: aftercheck.AnswerNo,
		},
	}
}

// received is an alert as Alertmanager gives it back.
type received struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	EndsAt      time.Time         `json:"endsAt"`
	Status      struct {
		State string `json:"state"`
	} `json:"status"`
}

func alerts(base string) (got []received, err error) {
	answer, err := http.Get(base + "/api/v2/alerts")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return got, json.NewDecoder(answer.Body).Decode(&got)
}

func TestProposalReachesRealAlertmanagers(t *testing.T) {
	peers := []string{testbed.Alertmanager(t, ""), testbed.Alertmanager(t, "") + "/"}
	n, err := notify.New(notify.Options{
		URLs:   peers,
		Redact: func(text string) string { return strings.ReplaceAll(text, "hunter2", "[redacted]") },
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the same proposal twice is one alert
		if err := n.Notify(context.Background(), lowScore()); err != nil {
			t.Fatal(err)
		}
	}
	for _, peer := range peers {
		var got []received
		testbed.Eventually(t, 10*time.Second, func() (err error) {
			if got, err = alerts(strings.TrimSuffix(peer, "/")); err == nil && len(got) == 0 {
				err = fmt.Errorf("no alert yet")
			}
			return err
		})
		if len(got) != 1 || got[0].Labels["alertname"] != notify.Alertname || got[0].Labels["playbook"] != "pb-7" {
			t.Fatalf("%d alerts: %+v", len(got), got)
		}
		if got[0].Annotations["score"] != "0.21" || !strings.Contains(got[0].Annotations["description"], "Nothing is rolled back automatically") {
			t.Errorf("annotations: %v", got[0].Annotations)
		}
		if left := time.Until(got[0].EndsAt); left < 59*time.Minute || left > time.Hour {
			t.Errorf("stands for %s, want an hour", left)
		}
		if strings.Contains(fmt.Sprint(got), "hunter2") {
			t.Error("a secret was sent")
		}
	}
}

func TestNoProposalIsSentWithoutNeed(t *testing.T) {
	peer := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked") }))
	defer peer.Close()
	n, err := notify.New(notify.Options{URLs: []string{peer.URL}})
	if err != nil {
		t.Fatal(err)
	}
	v := lowScore()
	*v.Score = 0.9
	if err := n.Notify(context.Background(), v); err != nil {
		t.Error(err)
	}
}

func TestOneDeadPeerDoesNotStopTheOthers(t *testing.T) {
	asked := make(chan struct{}, 1)
	well := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
	defer well.Close()
	ill := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, strings.Repeat("no ", 10_000), http.StatusInternalServerError)
	}))
	defer ill.Close()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close() // accepts, and never answers
	n, err := notify.New(notify.Options{
		URLs:    []string{"http://user:secret@" + nobody.Addr().String(), ill.URL, well.URL},
		Timeout: 300 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	err = n.Notify(context.Background(), lowScore())
	if err == nil || !strings.Contains(err.Error(), nobody.Addr().String()) || !strings.Contains(err.Error(), "status 500") {
		t.Errorf("error %v, want both peers named", err)
	}
	if err != nil && (strings.Contains(err.Error(), "secret") || len(err.Error()) > 2000) {
		t.Errorf("error of %d bytes: %v", len(err.Error()), err)
	}
	select {
	case <-asked:
	default:
		t.Error("the peer that is well was not told")
	}
}

func TestNewRejects(t *testing.T) {
	for _, urls := range [][]string{nil, {""}, {"alertmanager:9093"}, {"ftp://host"}, {"http://"}, {"http://ok", "http://user:secret@%zz"}} {
		_, err := notify.New(notify.Options{URLs: urls})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: error %v", urls, err)
		}
	}
}
