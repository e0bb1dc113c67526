package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/aftercheck/aftercheck"
)

// maxFields bounds the fields that one problem names.
const maxFields = 20

// checker checks values against the schemas of the OpenAPI document. The
// framework's own validation is not used: it loses its path on names that hold
// a dot, as labels do, and its messages repeat values.
type checker struct {
	schemas huma.Registry

	mu       sync.Mutex
	patterns map[string]*regexp.Regexp // compiled, of the document's own
}

func newChecker(schemas huma.Registry) *checker {
	return &checker{schemas: schemas, patterns: map[string]*regexp.Regexp{}}
}

// findings collects what is wrong with one request.
type findings []ProblemField

func (f *findings) add(path, want string) {
	if len(*f) < maxFields {
		*f = append(*f, ProblemField{path, want})
	}
}

// check adds to wrong what in the value, as tree gives it, is not as the schema
// has it. The path is where the value stands.
func (c *checker) check(wrong *findings, path string, s *huma.Schema, value any) {
	if len(*wrong) == maxFields {
		return
	}
	for s.Ref != "" {
		s = c.schemas.SchemaFromRef(s.Ref)
	}
	switch s.Type {
	case huma.TypeObject:
		c.object(wrong, path, s, value)
	case huma.TypeArray:
		c.list(wrong, path, s, value)
	case huma.TypeString:
		c.text(wrong, path, s, value)
	case huma.TypeInteger, huma.TypeNumber:
		c.number(wrong, path, s, value)
	case huma.TypeBoolean:
		if _, ok := value.(bool); !ok {
			wrong.add(path, "want true or false")
		}
	}
}

func (c *checker) object(wrong *findings, path string, s *huma.Schema, value any) {
	object, ok := value.(map[string]any)
	if !ok {
		wrong.add(path, "want an object")
		return
	}
	if s.MaxProperties != nil && len(object) > *s.MaxProperties {
		wrong.add(path, fmt.Sprintf("want at most %d names", *s.MaxProperties))
		return
	}
	for _, name := range s.Required {
		if object[name] == nil {
			wrong.add(path+"."+name, "missing; want it to be set")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		c.member(wrong, path, s, name, object[name])
	}
}

// member checks one member of an object. A null is an absent member.
func (c *checker) member(wrong *findings, path string, s *huma.Schema, name string, value any) {
	inside := path + "." + shown(name)
	property := s.Properties[name]
	if others, ok := s.AdditionalProperties.(*huma.Schema); ok && property == nil {
		c.check(wrong, inside, others, value)
		return
	}
	switch {
	case property == nil:
		wrong.add(inside, "unknown; the fields here are "+strings.Join(slices.Sorted(maps.Keys(s.Properties)), ", "))
	case value != nil:
		c.check(wrong, inside, property, value)
	}
}

func (c *checker) list(wrong *findings, path string, s *huma.Schema, value any) {
	list, ok := value.([]any)
	if !ok {
		wrong.add(path, "want a list")
		return
	}
	if s.MaxItems != nil && len(list) > *s.MaxItems {
		wrong.add(path, fmt.Sprintf("want at most %d items", *s.MaxItems))
		return
	}
	for i, item := range list {
		c.check(wrong, path+"["+strconv.Itoa(i)+"]", s.Items, item)
	}
}

func (c *checker) text(wrong *findings, path string, s *huma.Schema, value any) {
	text, ok := value.(string)
	if !ok {
		wrong.add(path, "want a string"+alternatives(s))
		return
	}
	if want := c.wantText(s, text); want != "" {
		wrong.add(path, "want "+want)
	}
}

// wantText is what would be right, or nothing if the text is.
func (c *checker) wantText(s *huma.Schema, text string) string {
	length := utf8.RuneCountInString(text)
	switch {
	case s.MinLength != nil && length < *s.MinLength:
		return fmt.Sprintf("a string of at least %d character", *s.MinLength)
	case s.MaxLength != nil && length > *s.MaxLength:
		return fmt.Sprintf("a string of at most %d characters", *s.MaxLength)
	case len(s.Enum) > 0 && !slices.Contains(s.Enum, any(text)):
		return "a string" + alternatives(s)
	case s.Format == "date-time" && new(time.Time).UnmarshalText([]byte(text)) != nil:
		return "a date and time as RFC 3339 has it, such as 2026-01-02T15:04:05Z"
	case s.Pattern == durationPattern:
		if new(aftercheck.Duration).UnmarshalText([]byte(text)) != nil {
			return "a duration such as 10s, 1m30s or 500ms"
		}
	case s.Pattern != "" && !c.pattern(s.Pattern).MatchString(text):
		return "a string that matches " + s.Pattern
	}
	return ""
}

func (c *checker) pattern(text string) *regexp.Regexp {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.patterns[text] == nil {
		c.patterns[text] = regexp.MustCompile(text)
	}
	return c.patterns[text]
}

func (c *checker) number(wrong *findings, path string, s *huma.Schema, value any) {
	number, ok := value.(json.Number)
	parsed, err := strconv.ParseFloat(number.String(), 64)
	if !ok || err != nil {
		wrong.add(path, "want a number")
		return
	}
	if _, err := strconv.ParseInt(number.String(), 10, 64); s.Type == huma.TypeInteger && err != nil {
		wrong.add(path, "want a whole number")
		return
	}
	least, most := math.Inf(-1), math.Inf(1)
	if s.Minimum != nil {
		least = *s.Minimum
	}
	if s.Maximum != nil {
		most = *s.Maximum
	}
	if parsed < least || parsed > most {
		wrong.add(path, fmt.Sprintf("want a number from %v to %v", least, most))
	}
}

// alternatives lists the values of a closed set.
func alternatives(s *huma.Schema) string {
	if len(s.Enum) == 0 {
		return ""
	}
	names := make([]string, len(s.Enum))
	for i, value := range s.Enum {
		names[i] = fmt.Sprint(value)
	}
	return ", one of " + strings.Join(names, ", ")
}
