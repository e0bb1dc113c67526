package kube

import (
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// fields reads an object's content without trusting its shape: whatever is
// missing or of another type reads as the zero value.
type fields map[string]any

func content(o *unstructured.Unstructured) fields {
	if o == nil {
		return nil
	}
	return o.Object
}

// get returns the value at the path, or nil.
func (f fields) get(path ...string) any {
	var at any = map[string]any(f)
	for _, name := range path {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[name]
	}
	return at
}

func (f fields) has(path ...string) bool { return f.get(path...) != nil }

func (f fields) sub(path ...string) fields {
	m, _ := f.get(path...).(map[string]any)
	return m
}

func (f fields) str(path ...string) string {
	s, _ := f.get(path...).(string)
	return s
}

func (f fields) flag(path ...string) bool {
	b, _ := f.get(path...).(bool)
	return b
}

// num returns the number at the path, or otherwise if there is none. Some
// controllers write numbers as strings.
func (f fields) num(otherwise int64, path ...string) int64 {
	switch n := f.get(path...).(type) {
	case int64:
		return n
	case int:
		return int64(n)
	case int32:
		return int64(n)
	case float64:
		return int64(n)
	case string:
		if parsed, err := strconv.ParseInt(n, 10, 64); err == nil {
			return parsed
		}
	}
	return otherwise
}

func (f fields) list(path ...string) []any {
	l, _ := f.get(path...).([]any)
	return l
}

// subs returns the objects in the list at the path.
func (f fields) subs(path ...string) []fields {
	l := f.list(path...)
	if len(l) == 0 {
		return nil
	}
	out := make([]fields, 0, len(l))
	for _, item := range l {
		if m, ok := item.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// time returns the time at the path, or the zero time.
func (f fields) time(path ...string) time.Time {
	t, err := time.Parse(time.RFC3339, f.str(path...))
	if err != nil {
		return time.Time{}
	}
	return t
}

// strings returns the string values of the map at the path.
func (f fields) strings(path ...string) map[string]string {
	m := f.sub(path...)
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]string, len(m))
	for key, value := range m {
		if s, ok := value.(string); ok {
			out[key] = s
		}
	}
	return out
}

// age returns how long ago t was, or 0 if either time is unknown or t is to come.
func age(now, t time.Time) time.Duration {
	if now.IsZero() || t.IsZero() || t.After(now) {
		return 0
	}
	return now.Sub(t)
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// decimal returns n in digits.
func decimal(n int64) string { return strconv.FormatInt(n, 10) }
