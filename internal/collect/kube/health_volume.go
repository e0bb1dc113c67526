package kube

import (
	"maps"
	"slices"
	"strings"
)

// claimHealth judges a PersistentVolumeClaim by its phase and its resize.
func claimHealth(s subject) Health {
	switch phase := s.str("status", "phase"); phase {
	case "Bound":
		return claimResize(s)
	case "Lost":
		return unhealthy("ClaimLost", "the volume of the claim is lost")
	case "Pending":
		h := progressing("Pending", "the claim is not bound")
		if age := s.age(); age > normalTime {
			return unhealthy(h.Reason, "%s, for %s", h.Message, age)
		}
		return h
	default:
		return s.withoutStatus()
	}
}

func claimResize(s subject) Health {
	states := s.strings("status", "allocatedResourceStatuses")
	for _, key := range slices.Sorted(maps.Keys(states)) {
		state := states[key]
		if strings.HasSuffix(state, "Infeasible") || strings.HasSuffix(state, "Failed") {
			return unhealthy(state, "the resize of %s does not go on", key)
		}
	}
	for _, c := range s.conditions() {
		switch {
		case !c.True():
		case strings.HasSuffix(c.Type, "Error"):
			return unhealthy(c.Type, "%s", first(c.Message, c.Reason))
		case c.Type == "Resizing" || c.Type == "FileSystemResizePending" || c.Type == "ModifyingVolume":
			return progressing(c.Type, "%s", first(c.Message, "the volume is being changed"))
		}
	}
	return healthy("Bound", "the claim is bound")
}

// volumeHealth judges a PersistentVolume by its phase.
func volumeHealth(s subject) Health {
	switch phase := s.str("status", "phase"); phase {
	case "Bound", "Available":
		return healthy(phase, "the volume is %s", strings.ToLower(phase))
	case "Released":
		if s.str("spec", "persistentVolumeReclaimPolicy") == "Delete" {
			return progressing(phase, "the volume is to be deleted")
		}
		return unknown(phase, "the claim of the volume is gone; its data are kept")
	case "Failed":
		return unhealthy(first(s.str("status", "reason"), phase), "%s", first(s.str("status", "message"), "the volume could not be reclaimed"))
	case "Pending":
		return progressing(phase, "the volume is not available yet")
	default:
		return s.withoutStatus()
	}
}

// attachmentHealth judges a VolumeAttachment.
func attachmentHealth(s subject) Health {
	for _, field := range []string{"attachError", "detachError"} {
		if trouble := s.sub("status", field); trouble != nil {
			return unhealthy("AttachError", "%s", first(trouble.str("message"), field))
		}
	}
	if s.flag("status", "attached") {
		return healthy("Attached", "the volume is attached")
	}
	return progressing("Attaching", "the volume is not attached yet")
}
