package api

import (
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// The names that operations are grouped by.
const (
	tagVerify    = "verify"
	tagAssess    = "assess"
	tagLifecycle = "lifecycle"
)

const overview = `Aftercheck answers one question with evidence: did the fix work?

An executor (an AI agent, a runbook runner, an operator's script) captures the state before its action, acts, and asks for
a verification. The sidecar waits until the action can show, looks at the world again through the same sensors, compares, and
answers success, degraded, failed or timeout, with a reason, a score and the evidence.

Errors are RFC 9457 problems. They name the field and what would be right, and never repeat a rejected value. Fields and parameters
that are not described here are refused. Durations are Go's: 10s, 1m30s, 500ms. Answers may gain fields.

Too much under way, in all or of one client, is answered with 429 and Retry-After before the body is read; the same request may be
sent again then.`

func tags() []*huma.Tag {
	return []*huma.Tag{
		{Name: tagVerify, Description: "Capture before the action, verify after it."},
		{Name: tagPropose, Description: "Rollback proposals: what people are asked to decide. Nothing is rolled back by the sidecar."},
		{Name: tagAssess, Description: "Judge evidence that the caller brings."},
		{Name: tagLifecycle, Description: "Management, as Prometheus servers have it. Plain text."},
	}
}

// operation fills in what all operations have in common. The body's bounds are
// those of checkBody, so the framework's own are off.
func operation(id, method, path, tag, summary string, errors ...int) huma.Operation {
	return huma.Operation{
		OperationID:        id,
		Method:             method,
		Path:               path,
		Tags:               []string{tag},
		Summary:            summary,
		Errors:             errors,
		MaxBodyBytes:       -1,
		BodyReadTimeout:    -1,
		SkipValidateParams: true,
		SkipValidateBody:   true,
	}
}

func withBody(op huma.Operation, example any) huma.Operation {
	op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	op.RequestBody = &huma.RequestBody{
		Required: true,
		Content:  map[string]*huma.MediaType{"application/json": {Example: example}},
	}
	return op
}

// answering completes an operation that answers in JSON. What stands before it
// may refuse the caller, or have it wait.
func answering(op huma.Operation, status int, description string, example any) huma.Operation {
	for _, refusal := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests} {
		if !slices.Contains(op.Errors, refusal) {
			op.Errors = append(op.Errors, refusal)
		}
	}
	op.DefaultStatus = status
	op.Responses = map[string]*huma.Response{statusText(status): {
		Description: description,
		Content:     map[string]*huma.MediaType{"application/json": {Example: example}},
	}}
	return op
}

func captureSnapshot() huma.Operation {
	op := operation("captureSnapshot", http.MethodPost, "/v1/snapshots", tagVerify, "Capture the state before an action",
		http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	op.Description = "Asks all sensors that fit the incident, now, and stores what they say. It answers within the capture deadline " +
		"(8s by default), also if no sensor did: each reading holds its error. The same id with the same incident and action answers the first snapshot."
	return answering(withBody(op, exampleSnapshotRequest()), http.StatusCreated, "The snapshot.", exampleSnapshot())
}

func getSnapshot() huma.Operation {
	op := operation("getSnapshot", http.MethodGet, "/v1/snapshots/{id}", tagVerify, "Read a snapshot",
		http.StatusNotFound, http.StatusServiceUnavailable)
	return answering(op, http.StatusOK, "The snapshot.", exampleSnapshot())
}

func createVerification() huma.Operation {
	op := operation("createVerification", http.MethodPost, "/v1/verifications", tagVerify, "Verify an action",
		http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	op.Description = "Accepts a verification, which is stored before the answer is given, and answers 202 with its present state; with wait it " +
		"holds the answer until the verdict. Look at state: only a sealed verification has a verdict. Without a snapshot it still verifies, " +
		"and the evidence says that the pre-state is missing.\n\n" +
		"A caller that chooses the id may send the request again: the same id with the same body answers 202 with the same verification, " +
		"sealed or not; with another body it is 409."
	return answering(withBody(op, exampleVerificationRequest()), http.StatusAccepted, "The verification, as it is by now.", exampleWaiting())
}

func getVerification() huma.Operation {
	op := operation("getVerification", http.MethodGet, "/v1/verifications/{id}", tagVerify, "Read a verification, or wait for its verdict",
		http.StatusNotFound, http.StatusServiceUnavailable)
	return answering(op, http.StatusOK, "The verification, as it is by now, with its evidence.", exampleSealed())
}

func listVerifications() huma.Operation {
	op := operation("listVerifications", http.MethodGet, "/v1/verifications", tagVerify, "List verifications, newest first",
		http.StatusServiceUnavailable)
	op.Description = "A page holds no evidence. It may hold fewer verifications than the limit, even none, and still name a next_cursor: " +
		"the last page is the one without."
	return answering(op, http.StatusOK, "One page.", nil)
}

func assess() huma.Operation {
	op := operation("assess", http.MethodPost, "/v1/assessments", tagAssess, "Judge a pre-state and a post-state",
		http.StatusTooManyRequests, http.StatusServiceUnavailable)
	op.Description = "Judges the readings that the caller brings, at once, and stores nothing. What the post-state shows is taken as seen " +
		"after the action, and as held."
	return answering(withBody(op, exampleAssessmentRequest()), http.StatusOK, "What the judge made of it.", exampleAssessment())
}

// lifecycle is an operation that answers in plain text and asks for no token.
func lifecycle(id, method, path, summary string, answers map[int]string) huma.Operation {
	op := operation(id, method, path, tagLifecycle, summary)
	op.DefaultStatus = http.StatusOK
	op.Responses = map[string]*huma.Response{}
	for status, description := range answers {
		op.Responses[statusText(status)] = &huma.Response{
			Description: description,
			Content:     map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}
	}
	return op
}

// open marks an operation that asks for no token.
func open(op huma.Operation) huma.Operation {
	op.Security = []map[string][]string{{}}
	return op
}

func healthy() huma.Operation {
	return open(lifecycle("healthy", http.MethodGet, "/-/healthy", "Is the process alive?",
		map[int]string{http.StatusOK: "It is."}))
}

func ready() huma.Operation {
	return open(lifecycle("ready", http.MethodGet, "/-/ready", "Can it serve?",
		map[int]string{http.StatusOK: "It can.", http.StatusServiceUnavailable: "Not now: it starts, it stops, or the store does not answer."}))
}

func reload() huma.Operation {
	return lifecycle("reload", http.MethodPost, "/-/reload", "Read the configuration again", map[int]string{
		http.StatusOK:                  "The new configuration is in use.",
		http.StatusForbidden:           "Reloading is not enabled.",
		http.StatusInternalServerError: "The new configuration is not valid; the one before it stays.",
	})
}
