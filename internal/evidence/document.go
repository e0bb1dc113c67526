package evidence

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aftercheck/aftercheck"
)

// ErrUnreadable is a stored document that cannot be understood: it is damaged,
// or a newer version of Aftercheck wrote it. It is left as it is.
var ErrUnreadable = errors.New("unreadable document")

// ErrUnstorable is a value that has no JSON form, such as a score that is not a
// number. Nothing was stored, and sending it again does not help.
var ErrUnstorable = errors.New("value cannot be stored")

// document is the envelope of everything stored: its content, and the version
// of the content's form.
type document[T any] struct {
	SchemaVersion int `json:"schema_version"`
	Content       T   `json:"content"`
}

// encode puts content into an envelope of the present version.
func encode[T any](content T) (string, error) {
	text, err := json.Marshal(document[T]{aftercheck.SchemaVersion, content})
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnstorable, err)
	}
	return string(text), nil
}

// decode opens an envelope. Its errors are ErrUnreadable and say whether the
// document is of a newer version.
func decode[T any](text string) (T, error) {
	var d document[T]
	err := json.Unmarshal([]byte(text), &d)
	if version := schemaOf(text, d.SchemaVersion, err); version > aftercheck.SchemaVersion {
		return *new(T), fmt.Errorf("%w: written by a newer version of Aftercheck (schema %d, this one reads up to %d)",
			ErrUnreadable, version, aftercheck.SchemaVersion)
	}
	if err == nil && d.SchemaVersion < 1 {
		err = errors.New("no schema version")
	}
	if err != nil {
		return *new(T), fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return d.Content, nil
}

// schemaOf returns the version that was decoded or, where decoding failed, the
// one that the text names, since a newer content may not fit our types.
func schemaOf(text string, decoded int, err error) int {
	if err == nil {
		return decoded
	}
	var d document[json.RawMessage]
	if json.Unmarshal([]byte(text), &d) != nil {
		return 0
	}
	return d.SchemaVersion
}
