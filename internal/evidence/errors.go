package evidence

import (
	"errors"
	"fmt"

	"github.com/aftercheck/aftercheck"
)

// aboutID says which verification or snapshot an error is about.
func aboutID(id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", id, err)
}

// isAnswer reports whether an error is the store's own answer, and no trouble
// of the backend.
func isAnswer(err error) bool {
	var field *aftercheck.FieldError
	return errors.Is(err, aftercheck.ErrNotFound) || errors.Is(err, aftercheck.ErrConflict) ||
		errors.Is(err, aftercheck.ErrSealed) || errors.Is(err, aftercheck.ErrFenced) ||
		errors.Is(err, ErrUnreadable) || errors.Is(err, ErrUnstorable) || errors.Is(err, ErrFull) || errors.As(err, &field)
}

// unavailable wraps the backend's own trouble; the store's answers pass.
func unavailable(doing string, err error) error {
	if err == nil || isAnswer(err) || errors.Is(err, aftercheck.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%s: %w: %w", doing, aftercheck.ErrUnavailable, err)
}

func isSealed(err error) bool { return errors.Is(err, aftercheck.ErrSealed) }
