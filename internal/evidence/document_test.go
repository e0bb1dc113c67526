package evidence

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aftercheck/aftercheck"
)

func TestDecodeRefuses(t *testing.T) {
	newer := fmt.Sprintf("newer version of Aftercheck (schema %d, this one reads up to %d)", aftercheck.SchemaVersion+1, aftercheck.SchemaVersion)
	for text, want := range map[string]string{
		fmt.Sprintf(`{"schema_version":%d,"content":{"id":"s"}}`, aftercheck.SchemaVersion+1):                  newer,
		fmt.Sprintf(`{"schema_version":%d,"content":["another form"]}`, aftercheck.SchemaVersion+1):            newer,
		fmt.Sprintf(`{"content":{"readings":"another form"},"schema_version":%d}`, aftercheck.SchemaVersion+1): newer,
		`{"content":{"id":"s"}}`:                      "no schema version",
		`{"schema_version":-1,"content":{"id":"s"}}`:  "no schema version",
		`{"schema_version":1,"content":["form"]}`:     "cannot unmarshal",
		`{"schema_version":1,"content":{"id":"s"`:     "unexpected end",
		`{"schema_version":"1","content":{"id":"s"}}`: "cannot unmarshal",
		"": "unexpected end", "null": "no schema version", "\x00": "invalid character",
	} {
		_, err := decode[aftercheck.Snapshot](text)
		if !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want ErrUnreadable that says %q", text, err, want)
		}
	}
	if _, err := encode(math.Inf(1)); !errors.Is(err, ErrUnstorable) {
		t.Errorf("infinity: error %v, want ErrUnstorable", err)
	}
}

// sampleRecord is a sealed record with two rounds.
func sampleRecord(t testing.TB) fields {
	t.Helper()
	at := time.Date(2026, 11, 24, 1, 2, 3, 4, time.UTC)
	round := aftercheck.Round{At: at, Readings: []aftercheck.Reading{{Sensor: "a", Raw: "raw"}}}
	record, err1 := acceptedFields(begin(aftercheck.Verification{ID: "v", AcceptedAt: at, DeadlineAt: at.Add(time.Minute)}))
	first, err2 := roundFields(1, round, at)
	second, err3 := roundFields(2, round, at)
	seal, err4 := sealFields(3, aftercheck.Assessment{Verdict: aftercheck.Success}, at)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	for _, more := range []fields{first, second, seal} {
		for name, value := range more {
			record[name] = value
		}
	}
	return record
}

// TestDamagedFieldIsSaid breaks each field of a record in turn: the record
// reads as ErrUnreadable or, where the field does not matter to it, as before.
func TestDamagedFieldIsSaid(t *testing.T) {
	whole := sampleRecord(t)
	want, err := whole.verification()
	if err != nil {
		t.Fatal(err)
	}
	harmless := []string{fieldDigest, fieldEntry, fieldPlaybook, fieldDeadline, fieldVerdict}
	for name := range whole {
		for _, value := range []string{"x", `{"schema_version":99}`, `{"schema_version":1,"content":[{},{},{}]}`} {
			broken := fields{}
			for n, v := range whole {
				broken[n] = v
			}
			broken[name] = value
			got, err := broken.verification()
			if slices.Contains(harmless, name) {
				if err != nil || !got.Sealed() || got.ID != want.ID {
					t.Errorf("%s = %s: %v", name, value, err)
				}
				continue
			}
			if !errors.Is(err, ErrUnreadable) {
				t.Errorf("%s = %s: error %v, want ErrUnreadable", name, value, err)
			}
		}
	}
	delete(whole, fieldRound(2))
	if _, err := whole.verification(); !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), "round 2 of 2 is missing") {
		t.Errorf("a missing round: error %v", err)
	}
}

// FuzzRecord reads hostile records: an error or a verification, never a panic,
// and what is read can be written.
func FuzzRecord(f *testing.F) {
	text, err := json.Marshal(sampleRecord(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"accepted":"{\"schema_version\":1,\"content\":{\"verdict\":\"success\"}}","revision":"9223372036854775807"}`))
	f.Add([]byte(`{"accepted":"{\"schema_version\":1,\"content\":null}","revision":"2","evidence":"{\"schema_version\":1}","round:1":"{\"schema_version\":1}","raw":"{\"schema_version\":1,\"content\":[\"\"]}"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var record fields
		if json.Unmarshal(text, &record) != nil {
			return
		}
		_, _ = record.due()
		v, err := record.verification()
		if err != nil {
			if !errors.Is(err, ErrUnreadable) {
				t.Errorf("error %v is not ErrUnreadable", err)
			}
			return
		}
		if _, err := json.Marshal(v); err != nil {
			t.Errorf("cannot be written: %v", err)
		}
	})
}

// FuzzCursor reads hostile cursors: a field error, or an entry that gives the
// same cursor.
func FuzzCursor(f *testing.F) {
	f.Add(cursorAfter(newEntry(aftercheck.Verification{ID: "v"})))
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, cursor string) {
		e, err := parseCursor(cursor)
		var field *aftercheck.FieldError
		if err != nil {
			if !errors.As(err, &field) || field.Field != "cursor" {
				t.Errorf("error %v, want a field error", err)
			}
			return
		}
		if !validID(e.id()) || len(e.incident()) != incidentKeyLength || cursorAfter(e) != cursor {
			t.Errorf("%q was taken as %q", cursor, e)
		}
	})
}

func TestEntriesSortByTimeThenID(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(name string) aftercheck.Verification {
			return aftercheck.Verification{
				ID:         rapid.StringMatching(`[a-c0][a-c0._:-]{0,3}`).Draw(rt, name+" id"),
				AcceptedAt: time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(rt, name+" seconds"), rapid.Int64Range(0, 999_999_999).Draw(rt, name+" nanoseconds")),
			}
		}
		a, b := draw("a"), draw("b")
		if rapid.Bool().Draw(rt, "same time") {
			b.AcceptedAt = a.AcceptedAt
		}
		want := a.AcceptedAt.Compare(b.AcceptedAt)
		if want == 0 {
			want = strings.Compare(a.ID, b.ID)
		}
		if got := strings.Compare(string(newEntry(a)), string(newEntry(b))); got != want {
			rt.Fatalf("entries %q and %q compare as %d, want %d", newEntry(a), newEntry(b), got, want)
		}
		if parsed, ok := parseEntry(string(newEntry(a))); !ok || parsed.id() != a.ID {
			rt.Fatalf("entry %q does not read back", newEntry(a))
		}
	})
}
