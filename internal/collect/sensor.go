// Package collect asks the sensors: all that fit an incident, side by side,
// each within its own deadline, and keeps what they say redacted and bounded.
//
// Each kind of sensor is one sub-package with one constructor, so that each
// heavy client stays in one room.
package collect

import (
	"context"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Question is what a reading is taken for.
type Question = aftercheck.Question

// Sensor is one way to look at the world. It is a value: a constructor in a
// sub-package fills it in, and Set does the rest.
type Sensor struct {
	// Name is the sensor's name in readings and metrics: a kind, or a name out
	// of the configuration. It is never made from an incident.
	Name string
	// Timeout bounds one reading; zero means the Set's.
	Timeout time.Duration
	// Plan prepares the reading that would answer the question, without I/O.
	// It reports false if the sensor has nothing to say about the incident.
	Plan func(Question) (Plan, bool)
}

// Plan is one prepared reading: a call, which questions may share, and what it
// means for this question.
type Plan struct {
	// Key identifies the call among those of the same sensor: two plans with
	// the same key would ask the same and may share one call. It holds whatever
	// changes the call and nothing else: what only changes how the answer is
	// read, as Question.After does, is left to Interpret. A call begun before
	// Question.After is not shared, whatever the key. Empty: never shared.
	Key string
	// Read takes the reading. It returns within its context's deadline; it may
	// panic, which is an error of the reading. Errors are the sensor's own
	// trouble; "the object does not exist" is a finding.
	Read func(context.Context) (Answer, error)
	// Interpret makes of the call's answer that to this question, without I/O.
	// It is given a copy that it may change, all but what Seen refers to, which
	// belongs to all who share the call, and is not called if Read failed. It
	// may panic, which is an error of this question's reading alone. What it
	// returns is redacted and bounded as what Read returns. Nil: as it is.
	Interpret func(Answer) Answer
}

// Answer is what a sensor read, before redaction.
type Answer struct {
	Target   aftercheck.Target // zero if the sensor resolves none
	Findings []aftercheck.Finding
	Delays   []aftercheck.Delay
	Raw      string // what the sensor answered, for people; may be empty
	// Seen is what the sensor's own Read leaves to its own Interpret. It is
	// never stored, and nobody changes it once Read has returned. May be nil.
	Seen any
}
