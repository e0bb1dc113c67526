package config

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// checker turns what is written into what is meant, and collects what is wrong
// with it, so that a file's every mistake is told at once.
type checker struct {
	source    *source
	directory string // relative paths begin here
	problems  []error
}

func (c *checker) wrong(path, want string) {
	c.problems = append(c.problems, c.source.problem(path, want))
}

func (c *checker) err() error {
	if len(c.problems) == 1 {
		return c.problems[0]
	}
	return errors.Join(c.problems...)
}

// text sets a text unless it is absent.
func text[T ~string](into *T, written string) {
	if written != "" {
		*into = T(written)
	}
}

// duration sets a duration in Prometheus' form unless it is absent.
func (c *checker) duration(path string, into *time.Duration, written string) {
	if written == "" {
		return
	}
	parsed, err := model.ParseDuration(written)
	if err != nil {
		c.wrong(path, "want a duration as Prometheus writes them, such as 500ms, 10s, 1m30s or 30d")
		return
	}
	*into = time.Duration(parsed)
}

// positive is duration for what must be longer than zero.
func (c *checker) positive(path string, into *time.Duration, written string) {
	parsed := *into
	c.duration(path, &parsed, written)
	if written != "" && parsed <= 0 {
		c.wrong(path, "want a duration longer than zero, such as 10s")
		return
	}
	*into = parsed
}

// count sets a whole number from least to most unless it is absent.
func count[T int | int64](c *checker, path string, into *T, written *float64, least, most int) {
	if written == nil {
		return
	}
	n := *written
	if n != math.Trunc(n) || !(n >= float64(least) && n <= float64(most)) {
		c.wrong(path, fmt.Sprintf("want a whole number from %d to %d", least, most))
		return
	}
	*into = T(n)
}

// share sets a number from 0 to 1 unless it is absent.
func (c *checker) share(path string, into *float64, written *float64) {
	if written == nil {
		return
	}
	if !(*written >= 0 && *written <= 1) {
		c.wrong(path, "want a number from 0 to 1")
		return
	}
	*into = *written
}

// oneOf sets one of the allowed texts unless it is absent.
func oneOf[T ~string](c *checker, path string, into *T, written string, allowed ...T) {
	if written == "" {
		return
	}
	if !slices.Contains(allowed, T(written)) {
		c.wrong(path, "want "+list(allowed))
		return
	}
	*into = T(written)
}

func list[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return strings.Join(texts[:len(texts)-1], ", ") + " or " + texts[len(texts)-1]
}

// file returns a path as it is from the working directory.
func (c *checker) file(written string) string {
	if written == "" || filepath.IsAbs(written) {
		return written
	}
	return filepath.Join(c.directory, written)
}

func (c *checker) files(written []string) []string {
	var paths []string
	for _, path := range written {
		paths = append(paths, c.file(path))
	}
	return paths
}

// nameForm keeps names fit for metric labels and for people.
var nameForm = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$`)

// name checks a name that must be unique among the taken ones, and takes it.
func (c *checker) name(path, written string, taken map[string]bool) {
	switch {
	case !nameForm.MatchString(written):
		c.wrong(path, "want a name of 1 to 64 letters, digits and . _ - that begins with a letter or digit")
	case taken[written]:
		c.wrong(path, "want a name that is not taken")
	}
	taken[written] = true
}
