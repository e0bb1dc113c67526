//go:build e2e

package e2e

import "slices"

// untold are the fields, wherever they stand, that no rule reads, and that
// would make the files long.
var untold = []string{
	"managedFields", "resourceVersion", "selfLink", "kubectl.kubernetes.io/last-applied-configuration", "batch.kubernetes.io/job-tracking",
	"dnsPolicy", "schedulerName", "securityContext", "terminationGracePeriodSeconds", "tolerations", "volumes", "volumeMounts",
	"serviceAccount", "serviceAccountName", "enableServiceLinks", "preemptionPolicy", "priority", "terminationMessagePath",
	"terminationMessagePolicy", "imagePullPolicy", "revisionHistoryLimit", "strategy", "rollingUpdate", "podManagementPolicy",
	"persistentVolumeClaimRetentionPolicy", "hostIP", "hostIPs", "podIP", "podIPs", "qosClass", "imageID", "containerID", "lastUpdateTime",
	"lastProbeTime", "lastHeartbeatTime", "internalTrafficPolicy", "ipFamilies", "ipFamilyPolicy", "sessionAffinity", "clusterIPs", "blockOwnerDeletion",
	"collisionCount", "currentMetrics", "nodeInfo", "daemonEndpoints", "images", "addresses", "addressType", "targetRef", "zone",
	"uncountedTerminatedPods", "podReplacementPolicy", "completionMode", "manualSelector", "concurrencyPolicy", "successfulJobsHistoryLimit",
	"failedJobsHistoryLimit", "generateName", "volumeMode", "capacity", "accessModes", "volumeName", "resizePolicy", "allocatedResources",
	"deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas", "features",
}

// trim copies a value of an object of this kind without what no rule reads.
func trim(value any, kind string) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			if slices.Contains(untold, key) && (kind != "EndpointSlice" || key != "addresses") || kind == "ReplicaSet" && key == "template" {
				continue
			}
			if kept := trim(inner, kind); !empty(kept) {
				out[key] = kept
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, inner := range v {
			out = append(out, trim(inner, kind))
		}
		return out
	}
	return value
}

// empty tells what says nothing by being there. An empty list or false may say
// something.
func empty(value any) bool {
	if m, ok := value.(map[string]any); ok {
		return len(m) == 0
	}
	return value == nil || value == ""
}
