package text

import (
	"slices"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Read returns what one answer tells about the question's incident, and the
// object that the incident or the action names if the answer shows it. It never
// fails: an answer that says nothing gives no finding. At is when the answer
// was given; ages are counted back from it. It reads at most MaxBytes.
//
// The findings are of the target if the incident's labels, or else the action's
// text, or else question.Known name an object and the finding is about that or
// what belongs to it by its name; then the others are the neighbours'. If
// nothing of the answer is named, all are the target's. A finding without a
// name is the target's.
func Read(answer string, q aftercheck.Question, at time.Time) (aftercheck.Target, []aftercheck.Finding) {
	readings := ReadAll([]aftercheck.Reading{{Raw: answer, At: at}}, q)
	return readings[0].Target, readings[0].Findings
}

// ReadAll returns the readings of one moment, those of them that have a raw
// text and no findings with the findings that the text gives. The readings are
// read together: a tool's report of its own success counts only if nothing else
// tells, and who the target is holds for all. Readings that failed and those
// with findings stay as they are.
func ReadAll(readings []aftercheck.Reading, q aftercheck.Question) []aftercheck.Reading {
	readings = slices.Clone(readings)
	read := make([]*reader, len(readings))
	var all []*sighting
	told := false
	for i, reading := range readings {
		if !Readable(reading) {
			told = told || len(reading.Findings) > 0 || reading.Outcome != "" && reading.Outcome != aftercheck.ReadingOK
			continue
		}
		read[i] = readOne(reading)
		all = append(all, read[i].all...)
	}
	strongest(all, told)
	started(all)
	s := scopeOf(q, all)
	for i, r := range read {
		if r == nil {
			continue
		}
		readings[i].Target = s.target
		readings[i].Findings = r.findings(s)
	}
	return readings
}

// Readable reports whether a reading is one that ReadAll reads: it has a raw
// text and nothing that its sensor found in it.
func Readable(r aftercheck.Reading) bool {
	return r.Raw != "" && len(r.Findings) == 0 && (r.Outcome == "" || r.Outcome == aftercheck.ReadingOK)
}

func readOne(reading aftercheck.Reading) *reader {
	r := &reader{at: reading.At}
	answer := strings.ToValidUTF8(reading.Raw, "\uFFFD")
	r.over = reading.RawTruncated || len(answer) > MaxBytes
	r.text(answer[:min(len(answer), MaxBytes)])
	r.silenceProse()
	return r
}

// started silences that something was started where the logs tell that it runs.
func started(all []*sighting) {
	isStart := func(s *sighting) bool {
		return s.strength == logged && s.tone == busy && s.reason == "Started" && !s.event
	}
	if !slices.ContainsFunc(all, func(s *sighting) bool { return s.strength == logged && s.tone == good }) {
		return
	}
	for _, s := range all {
		if isStart(s) {
			s.said = said{}
		}
	}
}

// strongest silences what is told less surely than the rest: a log where a
// state is shown, and a tool's report of its own success where anything else
// tells, even that it could not be told.
func strongest(all []*sighting, told bool) {
	shows, logs := told, false
	for _, s := range all {
		shows = shows || s.strength == shown && (s.tone != silent || s.gone)
		logs = logs || s.strength == logged && s.tone != silent
	}
	for _, s := range all {
		if s.strength == logged && shows || s.strength == reported && (shows || logs) {
			s.said = said{}
		}
	}
}
