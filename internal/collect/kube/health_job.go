package kube

import "github.com/aftercheck/aftercheck"

// jobHealth judges a Job: how it ended, or whether it is on its way. A Job that
// runs has not succeeded.
func jobHealth(s subject) Health {
	if h, ended := jobEnd(s); ended {
		return h
	}
	active, failed := s.num(0, "status", "active"), s.num(0, "status", "failed")
	suspended, _ := s.condition("Suspended")
	switch {
	case s.flag("spec", "suspend") || suspended.True() && active == 0:
		return unknown(aftercheck.ReasonPaused, "the Job is suspended")
	case len(s.sub("status")) == 0 && !s.fresh():
		return unknown(reasonNoStatus, "the object carries no status")
	case failed > s.num(6, "spec", "backoffLimit") && s.str("spec", "completionMode") != "Indexed" && active == 0:
		return unhealthy("BackoffLimitExceeded", "%d pods failed", failed)
	}
	return withPods(s, max(1, active), jobRunning(s, active, failed))
}

// jobEnd reads a Job's conditions for how it ended, or is bound to end. What has
// ended counts before what is about to, in whatever order they are listed.
func jobEnd(s subject) (Health, bool) {
	busy := s.num(0, "status", "terminating") > 0 || s.num(0, "status", "active") > 0
	met := false
	for _, c := range s.conditions() {
		switch {
		case !c.True():
			continue
		case c.Type == "Failed" || c.Type == "FailureTarget":
			return unhealthy(first(c.Reason, "Failed"), "%s", first(c.Message, "the Job failed")), true
		case c.Type == "Complete":
			return healthy("Complete", "%d pods succeeded", s.num(0, "status", "succeeded")), true
		}
		met = met || c.Type == "SuccessCriteriaMet"
	}
	return progressing("SuccessCriteriaMet", "the Job succeeded and its pods are about to end"), met && busy
}

func jobRunning(s subject, active, failed int64) Health {
	done := s.num(0, "status", "succeeded")
	switch {
	case s.has("status", "completionTime"), s.has("spec", "completions") && done >= s.num(1, "spec", "completions") && active == 0 && done > 0:
		return healthy("Complete", "%d pods succeeded", done)
	case failed > 0:
		return progressing("Retrying", "%d pods failed so far, %d are active, %d succeeded", failed, active, done)
	case active > 0:
		return progressing("Running", "%d pods are active, %d succeeded", active, done)
	}
	return progressing("Pending", "no pod was started yet")
}

// cronJobHealth judges a CronJob by its Jobs if they are known, else by when it
// last ran and last succeeded. One that is at work is judged by the run before.
func cronJobHealth(s subject) Health {
	scheduled, succeeded := s.time("status", "lastScheduleTime"), s.time("status", "lastSuccessfulTime")
	running := len(s.list("status", "active")) > 0
	if s.flag("spec", "suspend") {
		return unknown(aftercheck.ReasonPaused, "the CronJob is suspended")
	}
	if h, ended := lastRun(s); ended {
		return h
	}
	switch {
	case len(s.sub("status")) == 0 && !s.fresh():
		return unknown(reasonNoStatus, "the object carries no status")
	case scheduled.IsZero():
		return progressing("NotScheduledYet", "the CronJob has not run yet")
	case !succeeded.IsZero() && !succeeded.Before(scheduled):
		return healthy("Complete", "the last run succeeded")
	case running && !succeeded.IsZero():
		return healthy("Running", "a run is under way; the last one that ended is known to have succeeded at %s", succeeded)
	case running:
		return progressing("Running", "the first run is under way")
	case succeeded.IsZero() && s.str("apiVersion") != "batch/v1":
		return unknown("LastRunUnknown", "this version of the API does not say how the last run ended")
	}
	return unhealthy("LastRunFailed", "the run of %s did not succeed", s.str("status", "lastScheduleTime"))
}

// lastRun judges a CronJob by the newest of its Jobs that ended.
func lastRun(s subject) (Health, bool) {
	var newest subject
	var last Health
	for _, child := range s.children {
		if child.GetKind() != "Job" {
			continue
		}
		job := subject{fields: content(child), now: s.now}
		h := jobHealth(job)
		since := job.time("metadata", "creationTimestamp")
		if (h.good() || h.bad()) && (newest.fields == nil || since.After(newest.time("metadata", "creationTimestamp"))) {
			newest, last = job, h
		}
	}
	if newest.fields == nil {
		return Health{}, false
	}
	last.Message = "last ended Job " + newest.str("metadata", "name") + ": " + last.Message
	return last, true
}
