package evidence

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aftercheck/aftercheck"
)

// headNames are the fields that head reads.
var headNames = []string{fieldAccepted, fieldRevision, fieldNext, fieldWait, fieldAssessment, fieldSealedAt}

// head reads a verification without its evidence.
func (f fields) head() (aftercheck.Verification, error) {
	v, err := decode[aftercheck.Verification](f[fieldAccepted])
	if err != nil {
		return v, err
	}
	v.Assessment, v.Evidence = nil, nil
	if v.Revision, err = f.revision(); err != nil {
		return v, err
	}
	if v.NextRoundAt, err = parseTime(fieldNext, f[fieldNext]); err != nil {
		return v, err
	}
	if v, err = f.withWait(v); err != nil {
		return v, err
	}
	return f.withVerdict(v)
}

// withWait sets the deadline and what it follows from, where a round has put it
// off.
func (f fields) withWait(v aftercheck.Verification) (aftercheck.Verification, error) {
	if f[fieldWait] == "" {
		return v, nil
	}
	wait, err := decode[aftercheck.Wait](f[fieldWait])
	if err != nil {
		return v, err
	}
	v.DeadlineAt, v.Wait = wait.DeadlineAt, &wait
	return v, nil
}

// withVerdict sets the state, and the assessment where there is one.
func (f fields) withVerdict(v aftercheck.Verification) (aftercheck.Verification, error) {
	v.State = aftercheck.StateWaiting
	if v.Revision > 1 {
		v.State = aftercheck.StateObserving
	}
	if f[fieldAssessment] == "" {
		return v, nil
	}
	assessment, err := decode[aftercheck.Assessment](f[fieldAssessment])
	if err != nil {
		return v, err
	}
	v.State, v.Assessment, v.NextRoundAt = aftercheck.StateSealed, &assessment, time.Time{}
	v.SealedAt, err = parseTime(fieldSealedAt, f[fieldSealedAt])
	return v, err
}

// verification reads a verification with its evidence.
func (f fields) verification() (aftercheck.Verification, error) {
	v, err := f.head()
	if err != nil {
		return v, err
	}
	evidence, err := decode[aftercheck.Evidence](f[fieldEvidence])
	if err != nil {
		return v, err
	}
	evidence.Rounds, err = f.rounds(v)
	v.Evidence = &evidence
	return v, err
}

// rounds reads the rounds: one for each revision after the first, but for the
// one that sealed.
func (f fields) rounds(v aftercheck.Verification) ([]aftercheck.Round, error) {
	last := v.Revision - 1
	if v.Sealed() {
		last--
	}
	var rounds []aftercheck.Round
	for revision := int64(1); revision <= last; revision++ {
		text, found := f[fieldRound(revision)]
		if !found {
			return nil, fmt.Errorf("%w: round %d of %d is missing", ErrUnreadable, revision, last)
		}
		round, err := decode[aftercheck.Round](text)
		if err != nil {
			return nil, err
		}
		rounds = append(rounds, round)
	}
	if len(rounds) == 0 {
		return nil, nil
	}
	return rounds, f.restoreRaw(rounds[len(rounds)-1].Readings)
}

// restoreRaw gives the last round's readings their raw texts back.
func (f fields) restoreRaw(readings []aftercheck.Reading) error {
	raws, err := decode[[]string](f[fieldRaw])
	if err != nil {
		return err
	}
	if len(raws) != len(readings) {
		return fmt.Errorf("%w: %d raw texts for %d readings", ErrUnreadable, len(raws), len(readings))
	}
	for i := range readings {
		readings[i].Raw = raws[i]
	}
	return nil
}

func (f fields) revision() (int64, error) {
	revision, err := strconv.ParseInt(f[fieldRevision], 10, 64)
	if err != nil || revision < 1 {
		return 0, fmt.Errorf("%w: field %s is no revision", ErrUnreadable, fieldRevision)
	}
	return revision, nil
}

// markNames are the fields that tell, without opening a document, whether a
// verification belongs to a list or is due.
var markNames = []string{fieldEntry, fieldPlaybook, fieldVerdict, fieldSealedAt, fieldDeadline, fieldNext, fieldOwner}

// listed reports whether the record is there and the entry is its own: an
// entry may outlive its record, and a refused Accept may have left another.
func (f fields) listed(e entry) bool { return f[fieldEntry] == string(e) }

// sealed reports whether the record has its verdict.
func (f fields) sealed() bool { return f[fieldSealedAt] != "" }

// matches reports whether the record passes those parts of a filter that no
// index answers.
func (f fields) matches(filter aftercheck.Filter) bool {
	return (filter.Verdict == "" || f[fieldVerdict] == string(filter.Verdict)) &&
		(filter.Playbook == "" || f[fieldPlaybook] == filter.Playbook)
}

// due reads when the verification next needs attention: one that is sealed and
// not settled has needed it since then.
func (f fields) due() (time.Time, error) {
	if f.sealed() {
		return parseTime(fieldSealedAt, f[fieldSealedAt])
	}
	deadline, err := parseTime(fieldDeadline, f[fieldDeadline])
	if err != nil {
		return time.Time{}, err
	}
	next, err := parseTime(fieldNext, f[fieldNext])
	return aftercheck.Verification{DeadlineAt: deadline, NextRoundAt: next}.Due(), err
}

// sealedBy reads a sealed record for the caller who wanted to seal it with
// these fields: ErrSealed if others did it.
func sealedBy(id string, record, seal fields) (aftercheck.Verification, error) {
	v, err := record.verification()
	if err == nil && !sameSeal(record, seal) {
		err = aftercheck.ErrSealed
	}
	return v, aboutID(id, err)
}
