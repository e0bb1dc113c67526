package aftercheck

import (
	"fmt"
	"time"
)

// Duration is a time.Duration whose text form is Go's: 10s, 1m30s, 500ms.
type Duration time.Duration

// String returns the text form.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It rejects a negative
// duration and a number without a unit, and does not repeat the text.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil || parsed < 0 {
		return fmt.Errorf("not a duration: want a number with a unit that is not negative, such as 10s, 1m30s or 500ms")
	}
	*d = Duration(parsed)
	return nil
}
