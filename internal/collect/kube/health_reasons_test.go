package kube

import (
	"fmt"
	"testing"
)

// TestEveryWaitingReason goes through the reasons that a kubelet writes for a
// container that does not run.
func TestEveryWaitingReason(t *testing.T) {
	for reason, want := range map[string]string{
		"CrashLoopBackOff": "unhealthy", "ImagePullBackOff": "unhealthy", "ErrImagePull": "unhealthy",
		"ErrImageNeverPull": "unhealthy", "ImageInspectError": "unhealthy", "InvalidImageName": "unhealthy",
		"RegistryUnavailable": "unhealthy", "SignatureValidationFailed": "unhealthy",
		"CreateContainerConfigError": "unhealthy", "CreateContainerError": "unhealthy",
		"RunContainerError": "unhealthy", "PostStartHookError": "unhealthy", "PreStartHookError": "unhealthy",
		"PreCreateHookError": "unhealthy", "StartError": "unhealthy", "ContainerCannotRun": "unhealthy",
		"CreatePodSandboxError": "unhealthy", "VerifyNonRootError": "unhealthy",
		"ContainerCreating": "progressing", "PodInitializing": "progressing", "": "progressing",
	} {
		pod := fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"a"}]},
			"status":{"phase":"Pending","conditions":[{"type":"Ready","status":"False","reason":"ContainersNotReady"}],
			"containerStatuses":[{"name":"a","ready":false,"restartCount":0,"state":{"waiting":{"reason":%q}}}]}}`, reason)
		got := HealthOf(object(t, []byte(pod)), nil, noon)
		if string(got.State) != want {
			t.Errorf("%q: %s (%s), want %s", reason, got.State, got.Message, want)
		}
		if want == "unhealthy" && got.Reason != reason {
			t.Errorf("%q: reason %s", reason, got.Reason)
		}
	}
}

// TestEveryTerminatedReason goes through the reasons of a container that ended.
func TestEveryTerminatedReason(t *testing.T) {
	for _, c := range []struct {
		reason, policy string
		code           int
		want           string
	}{
		{"OOMKilled", "Always", 137, "unhealthy"}, {"Error", "Always", 1, "unhealthy"},
		{"ContainerCannotRun", "Always", 127, "unhealthy"}, {"StartError", "Always", 128, "unhealthy"},
		{"DeadlineExceeded", "Never", 143, "unhealthy"}, {"Evicted", "Never", 0, "unhealthy"},
		{"ContainerStatusUnknown", "Always", 137, "unhealthy"}, {"", "Never", 2, "unhealthy"},
		{"OOMKilled", "Never", 0, "unhealthy"}, // a child was killed, the first process ended well
		{"Completed", "Always", 0, "progressing"}, {"Completed", "Never", 0, "progressing"},
	} {
		pod := fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"restartPolicy":%q,"containers":[{"name":"a"}]},
			"status":{"phase":"Running","conditions":[{"type":"Ready","status":"False","reason":"PodCompleted"}],
			"containerStatuses":[{"name":"a","ready":false,"restartCount":0,"state":{"terminated":{"exitCode":%d,"reason":%q}}}]}}`, c.policy, c.code, c.reason)
		if got := HealthOf(object(t, []byte(pod)), nil, noon); string(got.State) != c.want {
			t.Errorf("%s/%s/%d: %s (%s), want %s", c.reason, c.policy, c.code, got.State, got.Message, c.want)
		}
	}
}
