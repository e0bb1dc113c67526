package aftercheck_test

import (
	"encoding/json"
	"testing"

	"github.com/aftercheck/aftercheck"
)

func TestRequester(t *testing.T) {
	root, pid := uint32(0), int32(42)
	for _, test := range []struct {
		who                  *aftercheck.Requester
		client, text, inJSON string
	}{
		{nil, "", "unknown", "null"},
		{&aftercheck.Requester{}, "", "unknown", "{}"},
		{&aftercheck.Requester{UID: &root, GID: &root, PID: &pid}, "uid 0", "uid 0 gid 0 pid 42", `{"uid":0,"gid":0,"pid":42}`},
		{&aftercheck.Requester{Token: "ci", Address: "192.0.2.1"}, "token ci", "token ci address 192.0.2.1", `{"token":"ci","address":"192.0.2.1"}`},
		{&aftercheck.Requester{Address: "::1"}, "address ::1", "address ::1", `{"address":"::1"}`},
	} {
		if got := test.who.Client(); got != test.client {
			t.Errorf("%+v: client %q, want %q", test.who, got, test.client)
		}
		if got := test.who.String(); got != test.text {
			t.Errorf("%+v: text %q, want %q", test.who, got, test.text)
		}
		if got, err := json.Marshal(test.who); err != nil || string(got) != test.inJSON {
			t.Errorf("%+v: JSON %s, %v, want %s", test.who, got, err, test.inJSON)
		}
	}
}

// TestRequesterIsNeverOfTheBody: what a body says of who sent it is not read.
func TestRequesterIsNeverOfTheBody(t *testing.T) {
	const forged = `{"RequestedBy":{"uid":0},"requested_by":{"uid":0}}`
	var v aftercheck.VerificationRequest
	var s aftercheck.SnapshotRequest
	for _, into := range []any{&v, &s} {
		if err := json.Unmarshal([]byte(forged), into); err != nil {
			t.Fatal(err)
		}
	}
	if v.RequestedBy != nil || s.RequestedBy != nil {
		t.Errorf("taken from the body: %v, %v", v.RequestedBy, s.RequestedBy)
	}
}
