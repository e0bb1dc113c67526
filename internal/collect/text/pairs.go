package text

import "strings"

// pairs reads a line of several key=value, name=api status=running, or of what
// Go prints of a map: map[phase:Running ready:true].
func (r *reader) pairs(content string, _ int) bool {
	sign := "="
	if inner, ok := strings.CutPrefix(content, "map["); ok {
		content, sign = strings.TrimSuffix(inner, "]"), ":"
	}
	fields := strings.Fields(content)
	if len(fields) < 2 {
		return false
	}
	for _, field := range fields {
		if key, _, ok := strings.Cut(field, sign); !ok || !isName(key) {
			return false
		}
	}
	about := section{}
	for _, field := range fields {
		key, value, _ := strings.Cut(field, sign)
		switch roleOf(key) {
		case roleName:
			about.kind, about.name = reference(value)
		case roleNamespace:
			about.namespace = value
		}
	}
	for _, field := range fields {
		key, value, _ := strings.Cut(field, sign)
		if is := roleOf(key); is != roleText {
			r.valued(is, key, strings.Trim(value, "\"',"), about)
		}
	}
	return true
}
