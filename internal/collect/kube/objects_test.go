package kube

import (
	"strings"
	"testing"
	"time"
)

func decoded(t testing.TB, text string) Objects {
	t.Helper()
	objects, err := Decode(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// TestNewest names the moment at which a picture was taken at the earliest.
func TestNewest(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"no time":               {`{apiVersion: v1, kind: Pod, metadata: {name: a}}`, ""},
		"creation":              {`{apiVersion: v1, kind: Pod, metadata: {name: a, creationTimestamp: "2025-01-02T03:04:05Z"}}`, "2025-01-02T03:04:05Z"},
		"a condition's change":  {`{apiVersion: v1, kind: Node, metadata: {creationTimestamp: "2025-01-01T00:00:00Z"}, status: {conditions: [{type: Ready, lastTransitionTime: "2025-01-03T00:00:00Z", lastHeartbeatTime: "2025-01-04T00:00:00Z"}]}}`, "2025-01-04T00:00:00Z"},
		"a container's start":   {`{apiVersion: v1, kind: Pod, status: {containerStatuses: [{state: {running: {startedAt: "2025-01-05T00:00:00Z"}}}]}}`, "2025-01-05T00:00:00Z"},
		"a manager's time":      {`{apiVersion: v1, kind: Pod, metadata: {managedFields: [{time: "2025-01-06T00:00:00Z", fieldsV1: {"f:startTime": {}}}]}}`, "2025-01-06T00:00:00Z"},
		"fractions of a second": {`{apiVersion: v1, kind: Event, eventTime: "2025-01-06T00:00:00.123456Z"}`, "2025-01-06T00:00:00.123456Z"},
		"deletion was asked for a grace period earlier": {
			`{apiVersion: v1, kind: Pod, metadata: {deletionTimestamp: "2025-01-07T00:00:30Z", deletionGracePeriodSeconds: 30}}`, "2025-01-07T00:00:00Z",
		},
		"what lies ahead does not count": {
			`{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {creationTimestamp: "2025-01-01T00:00:00Z"}, status: {renewalTime: "2025-03-01T00:00:00Z", notAfter: "2025-04-01T00:00:00Z", nextScheduleTime: "2025-02-01T00:00:00Z", expiresAt: "2026-01-01T00:00:00Z"}}`, "2025-01-01T00:00:00Z",
		},
		"text that is no time": {`{apiVersion: v1, kind: Pod, metadata: {creationTimestamp: soon}}`, ""},
	} {
		want := time.Time{}
		if c.want != "" {
			want, _ = time.Parse(time.RFC3339, c.want)
		}
		if got := decoded(t, c.in).Newest(); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
