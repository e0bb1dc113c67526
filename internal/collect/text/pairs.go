package text

import "strings"

// pairs reads a line of several key=value: name=api status=running.
func (r *reader) pairs(content string, _ int) bool {
	fields := strings.Fields(content)
	if len(fields) < 2 {
		return false
	}
	for _, field := range fields {
		if key, _, ok := strings.Cut(field, "="); !ok || !isName(key) {
			return false
		}
	}
	about := section{}
	for _, field := range fields {
		key, value, _ := strings.Cut(field, "=")
		switch roleOf(key) {
		case roleName:
			about.kind, about.name = reference(value)
		case roleNamespace:
			about.namespace = value
		}
	}
	for _, field := range fields {
		key, value, _ := strings.Cut(field, "=")
		if is := roleOf(key); is != roleText {
			r.valued(is, key, strings.Trim(value, "\"',"), about)
		}
	}
	return true
}
