package api

import (
	"time"

	"github.com/aftercheck/aftercheck"
)

// The examples of the OpenAPI document tell one story: the API server's pods
// crash, a rollout undo heals them. A test sends them through the API.

func minute(m, s int) time.Time { return time.Date(2026, 1, 2, 15, m, s, 0, time.UTC) }

func exampleIncident() aftercheck.Incident {
	return aftercheck.Incident{
		ID:        "inc-2041",
		Alertname: "KubePodCrashLooping",
		Labels:    map[string]string{"namespace": "shop", "deployment": "api", "severity": "critical"},
		StartsAt:  minute(0, 0),
	}
}

func exampleSnapshotRequest() aftercheck.SnapshotRequest {
	return aftercheck.SnapshotRequest{
		Incident: exampleIncident(),
		Action:   aftercheck.Action{Text: "kubectl rollout undo deployment/api"},
	}
}

func exampleReading(at time.Time, state aftercheck.State, reason string) aftercheck.Reading {
	subject := aftercheck.Subject{Kind: "Deployment", Namespace: "shop", Name: "api", UID: "0b1c9b7e"}
	return aftercheck.Reading{
		Sensor:          "kubernetes",
		At:              at,
		DurationSeconds: 0.031,
		Outcome:         aftercheck.ReadingOK,
		Target:          aftercheck.Target{Group: "apps", Kind: subject.Kind, Namespace: subject.Namespace, Name: subject.Name, UID: subject.UID},
		Findings: []aftercheck.Finding{{
			Subject: subject,
			Check:   aftercheck.CheckHealth,
			Scope:   aftercheck.ScopeTarget,
			State:   state,
			Reason:  reason,
			At:      at,
		}},
	}
}

func exampleRequester() *aftercheck.Requester {
	id, pid := uint32(1000), int32(4711)
	return &aftercheck.Requester{UID: &id, GID: &id, PID: &pid}
}

func exampleSnapshot() aftercheck.Snapshot {
	return aftercheck.Snapshot{
		ID:          "018d2f6e-8a00-7cc0-b3f1-5a1f0d6c2b11",
		Incident:    exampleIncident(),
		Action:      exampleSnapshotRequest().Action,
		RequestedBy: exampleRequester(),
		CapturedAt:  minute(4, 0),
		Readings:    []aftercheck.Reading{exampleReading(minute(4, 0), aftercheck.StateUnhealthy, "CrashLoopBackOff")},
	}
}

func exampleVerificationRequest() aftercheck.VerificationRequest {
	deadline := aftercheck.Duration(2 * time.Minute)
	return aftercheck.VerificationRequest{
		ID:       "inc-2041-attempt-1",
		Incident: exampleIncident(),
		Action: aftercheck.Action{
			Text:       "kubectl rollout undo deployment/api",
			StartedAt:  minute(4, 5),
			FinishedAt: minute(4, 9),
		},
		SnapshotID: exampleSnapshot().ID,
		Deadline:   &deadline,
	}
}

func exampleWaiting() aftercheck.Verification {
	r := exampleVerificationRequest()
	policy := aftercheck.DefaultPolicy()
	policy.Deadline, policy.FollowDelays = *r.Deadline, false
	return aftercheck.Verification{
		ID:            r.ID,
		State:         aftercheck.StateWaiting,
		Incident:      r.Incident,
		Action:        r.Action,
		SnapshotID:    r.SnapshotID,
		Policy:        policy,
		RequestedBy:   exampleRequester(),
		AcceptedAt:    minute(4, 10),
		ObserveFrom:   minute(4, 19),
		NextRoundAt:   minute(4, 19),
		DeadlineAt:    minute(6, 19),
		Revision:      1,
		RequestDigest: "9b1d6a5f3c",
	}
}

func exampleSealed() aftercheck.Verification {
	v := exampleWaiting()
	before := exampleSnapshot()
	assessment := exampleAssessment()
	v.State = aftercheck.StateSealed
	v.NextRoundAt = time.Time{}
	v.SealedAt = minute(4, 30)
	v.Revision = 5
	v.Assessment = &assessment
	v.Evidence = &aftercheck.Evidence{
		SchemaVersion: aftercheck.SchemaVersion,
		PreState:      &before,
		Rounds: []aftercheck.Round{{
			At:       minute(4, 29),
			EndedAt:  minute(4, 29),
			Readings: []aftercheck.Reading{exampleReading(minute(4, 29), aftercheck.StateHealthy, "")},
		}},
	}
	return v
}

func exampleAssessmentRequest() aftercheck.AssessmentRequest {
	r := exampleVerificationRequest()
	return aftercheck.AssessmentRequest{
		Incident:  r.Incident,
		Action:    r.Action,
		PreState:  exampleSnapshot().Readings,
		PostState: []aftercheck.Reading{exampleReading(minute(4, 29), aftercheck.StateHealthy, "")},
		Now:       minute(4, 30),
	}
}

func exampleAssessment() aftercheck.Assessment {
	score, coverage := 1.0, 1.0
	return aftercheck.Assessment{
		Verdict:          aftercheck.Success,
		Reason:           aftercheck.ReasonRecovered,
		Explanation:      "Deployment shop/api was unhealthy before the action and is healthy now.",
		Score:            &score,
		Coverage:         &coverage,
		RootCauseCleared: aftercheck.AnswerYes,
		Parts: []aftercheck.Part{{
			Name:        aftercheck.PartTargetHealth,
			Weight:      1,
			Score:       1,
			Measured:    true,
			Value:       "healthy",
			Wanted:      "healthy",
			Explanation: "The target is healthy.",
		}},
	}
}
