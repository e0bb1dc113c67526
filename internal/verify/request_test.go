package verify_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/verify"
)

func field(err error) string {
	if wrong := (*aftercheck.FieldError)(nil); errors.As(err, &wrong) {
		return wrong.Field
	}
	return fmt.Sprint(err)
}

func labels(n, size int) map[string]string {
	l := map[string]string{}
	for i := range n {
		l[fmt.Sprintf("label_%d", i)] = strings.Repeat("x", size)
	}
	return l
}

func TestAcceptNamesTheWrongField(t *testing.T) {
	const marker = "SECRET-INPUT"
	now := time.Now()
	for name, test := range map[string]struct {
		change func(r *aftercheck.VerificationRequest)
		want   string
	}{
		"id with a slash":      {func(r *aftercheck.VerificationRequest) { r.ID = marker + "/x" }, "id"},
		"id too long":          {func(r *aftercheck.VerificationRequest) { r.ID = strings.Repeat("x", 129) }, "id"},
		"no incident":          {func(r *aftercheck.VerificationRequest) { r.Incident.ID = "" }, "incident.id"},
		"incident too long":    {func(r *aftercheck.VerificationRequest) { r.Incident.ID = strings.Repeat("x", 257) }, "incident.id"},
		"alertname too long":   {func(r *aftercheck.VerificationRequest) { r.Incident.Alertname = strings.Repeat(marker, 40) }, "incident.alertname"},
		"too many labels":      {func(r *aftercheck.VerificationRequest) { r.Incident.Labels = labels(65, 1) }, "incident.labels"},
		"label value too long": {func(r *aftercheck.VerificationRequest) { r.Incident.Labels = labels(1, 1025) }, "incident.labels"},
		"label without a name": {func(r *aftercheck.VerificationRequest) { r.Incident.Labels = map[string]string{"": marker} }, "incident.labels"},
		"starts in year 9999": {func(r *aftercheck.VerificationRequest) {
			r.Incident.StartsAt = time.Date(9999, 12, 31, 23, 0, 0, 0, time.UTC)
		}, "incident.starts_at"},
		"action too long": {func(r *aftercheck.VerificationRequest) { r.Action.Text = strings.Repeat("x", 4097) }, "action.text"},
		"ends tomorrow":   {func(r *aftercheck.VerificationRequest) { r.Action.FinishedAt = now.Add(24 * time.Hour) }, "action.finished_at"},
		"ends before it begins": {func(r *aftercheck.VerificationRequest) {
			r.Action.StartedAt, r.Action.FinishedAt = now, now.Add(-time.Second)
		}, "action.started_at"},
		"begins tomorrow":         {func(r *aftercheck.VerificationRequest) { r.Action.StartedAt = now.Add(24 * time.Hour) }, "action.started_at"},
		"snapshot with a newline": {func(r *aftercheck.VerificationRequest) { r.SnapshotID = marker + "\n" }, "snapshot_id"},
		"warm-up of days":         {func(r *aftercheck.VerificationRequest) { r.Warmup = ptr(aftercheck.Duration(25 * time.Hour)) }, "warmup"},
		"warm-up under zero":      {func(r *aftercheck.VerificationRequest) { r.Warmup = ptr(aftercheck.Duration(-1)) }, "warmup"},
		"no time to observe":      {func(r *aftercheck.VerificationRequest) { r.Deadline = ptr(aftercheck.Duration(0)) }, "deadline"},
		"deadline of days":        {func(r *aftercheck.VerificationRequest) { r.Deadline = ptr(aftercheck.Duration(25 * time.Hour)) }, "deadline"},
		"unknown policy":          {func(r *aftercheck.VerificationRequest) { r.Policy = marker }, "policy"},
		"policy too long":         {func(r *aftercheck.VerificationRequest) { r.Policy = strings.Repeat("x", 129) }, "policy"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse()
			r := request("v1")
			test.change(&r)
			_, created, err := h.engine.Accept(context.Background(), r)
			if got := field(err); got != test.want || created {
				t.Errorf("field %s, want %s", got, test.want)
			}
			if err != nil && strings.Contains(err.Error(), marker) {
				t.Errorf("the rejected value is echoed: %v", err)
			}
			if h.store.count("accept") != 0 {
				t.Error("it was stored")
			}
		})
	}
}

func TestAcceptTakesWhatIsAtTheBounds(t *testing.T) {
	h := newHouse()
	r := request(strings.Repeat("x", 128))
	r.Incident.ID = strings.Repeat("x", 256)
	r.Incident.Labels = labels(64, 1024)
	r.Action = aftercheck.Action{FinishedAt: time.Now().Add(59 * time.Second)}
	r.Warmup, r.Deadline = ptr(aftercheck.Duration(0)), ptr(aftercheck.Duration(24*time.Hour))
	h.accept(t, r)
	h.accept(t, aftercheck.VerificationRequest{Incident: aftercheck.Incident{ID: "i"}, Action: aftercheck.Action{StartedAt: time.Now()}})
}

func TestAcceptTwice(t *testing.T) {
	ctx := context.Background()
	h := newHouse()
	r := request("v1")
	r.Incident.StartsAt = time.Now().Add(-time.Hour).UTC()
	first := h.accept(t, r)
	same := r
	same.Incident.StartsAt = r.Incident.StartsAt.In(time.FixedZone("elsewhere", 3600))
	again, created, err := h.engine.Accept(ctx, same)
	if err != nil || created || !again.AcceptedAt.Equal(first.AcceptedAt) {
		t.Errorf("the same request: created %v, %v", created, err)
	}
	other := r
	other.Action.Text = "kubectl delete pod api-1"
	if _, _, err := h.engine.Accept(ctx, other); !errors.Is(err, aftercheck.ErrConflict) {
		t.Errorf("another request with the same ID: %v", err)
	}
	if got := h.metric(t, "verifications_accepted_total"); got != 1 {
		t.Errorf("%v accepted, want 1", got)
	}
	if got := h.metric(t, "verifications_in_flight"); got != 1 {
		t.Errorf("%v in flight, want 1", got)
	}
}

func TestAcceptChoosesAnIDAndReadsThePlaybook(t *testing.T) {
	h := newHouse()
	r := request("")
	r.Action.Text = "auto_repair_playbook:pb-42:restart"
	one, two := h.accept(t, r), h.accept(t, r)
	if one.ID == two.ID || len(one.ID) != 36 || one.ID[14] != '7' {
		t.Errorf("IDs %s and %s, want two UUIDs of version 7", one.ID, two.ID)
	}
	if one.Playbook != "pb-42" {
		t.Errorf("playbook %q", one.Playbook)
	}
}

func TestAcceptRefusesTooMany(t *testing.T) {
	few := func(o *verify.Options) { o.MaxInFlight = 2 }
	bubble(t, func() *house { return newHouse(withJudge(undecided), few) }, func(t *testing.T, h *house) {
		h.accept(t, request("v1"))
		h.accept(t, request("v2"))
		_, _, err := h.engine.Accept(context.Background(), request("v3"))
		var overloaded *verify.Overloaded
		if !errors.As(err, &overloaded) || !errors.Is(err, aftercheck.ErrUnavailable) || overloaded.RetryAfter != 10*time.Second {
			t.Errorf("third of two: %v", err)
		}
		if _, created, err := h.engine.Accept(context.Background(), request("v1")); err != nil || created {
			t.Errorf("a repeated request: created %v, %v", created, err)
		}
		h.verdict(t, "v1")
		h.verdict(t, "v2")
		synctest.Wait()
		h.accept(t, request("v3"))
	})
}

func TestSnapshotOfTheRequest(t *testing.T) {
	bubble(t, plain, func(t *testing.T, h *house) {
		s := h.capture(t, aftercheck.SnapshotRequest{ID: "s1", Incident: request("").Incident})
		r := request("v1")
		r.SnapshotID = s.ID
		r.Incident.ID = "inc-2"
		if _, _, err := h.engine.Accept(context.Background(), r); field(err) != "snapshot_id" {
			t.Errorf("a snapshot of another incident: %v", err)
		}
		r.SnapshotID = "never-taken"
		if v := h.accept(t, r); v.Evidence.PreState != nil || v.SnapshotID != "never-taken" {
			t.Errorf("an unknown snapshot: %+v", v.Evidence)
		}
		if v := h.verdict(t, "v1"); !strings.Contains(strings.Join(v.Notes, " "), "not stored") {
			t.Errorf("notes %q do not say that the snapshot is unknown", v.Notes)
		}
		h.store.setFault(down("snapshot", false))
		r.ID = "v2"
		if _, _, err := h.engine.Accept(context.Background(), r); !errors.Is(err, aftercheck.ErrUnavailable) {
			t.Errorf("a store that does not answer is no missing snapshot: %v", err)
		}
	})
}

func TestPoliciesAreFilledIn(t *testing.T) {
	h := newHouse(func(o *verify.Options) {
		o.Policies = func(name string, i aftercheck.Incident) (aftercheck.Policy, error) {
			if name == "broken" {
				return aftercheck.Policy{}, &aftercheck.FieldError{Field: "policy", Want: "something else"}
			}
			return aftercheck.Policy{Name: "bare", Warmup: 0}, nil
		}
	})
	v := h.accept(t, request("v1"))
	if v.Policy.Deadline <= 0 || v.Policy.Interval <= 0 || v.Policy.SensorTimeout <= 0 || v.Policy.Rounds <= 0 || v.Policy.Warmup != 0 {
		t.Errorf("policy %+v", v.Policy)
	}
	r := request("v2")
	r.Policy = "broken"
	if _, _, err := h.engine.Accept(context.Background(), r); field(err) != "policy" || !strings.Contains(err.Error(), "something else") {
		t.Errorf("the policies' own words are lost: %v", err)
	}
}

func TestList(t *testing.T) {
	h := newHouse()
	h.accept(t, request("v1"))
	page, err := h.engine.List(context.Background(), aftercheck.Filter{})
	if err != nil || len(page.Verifications) != 1 {
		t.Errorf("%d listed, %v", len(page.Verifications), err)
	}
	for want, f := range map[string]aftercheck.Filter{"limit": {Limit: 501}, "verdict": {Verdict: "maybe"}} {
		if _, err := h.engine.List(context.Background(), f); field(err) != want {
			t.Errorf("field %s, want %s", field(err), want)
		}
	}
	h.store.setFault(down("list", false))
	if _, err := h.engine.List(context.Background(), aftercheck.Filter{}); !errors.Is(err, aftercheck.ErrUnavailable) {
		t.Errorf("without a store: %v", err)
	}
}
