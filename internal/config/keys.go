package config

import (
	"reflect"
	"slices"
	"strings"
)

// wantedFor says in words what a Go type takes.
func wantedFor(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	case reflect.String:
		return "a text"
	case reflect.Slice:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "keys with values"
	case reflect.Pointer:
		return wantedFor(t.Elem())
	default:
		return "another kind of value"
	}
}

// unknownKey says that a key is unknown, and which known one it may mean.
func unknownKey(key string) string {
	if instead, secret := fileKeys[key]; secret {
		return "unknown key: a secret does not belong in this file; want " + instead + ", the path of one that holds it"
	}
	best, distance := "", 3
	for _, path := range keys(reflect.TypeFor[rawConfig](), "") {
		for _, known := range strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(".[]{}", r) }) {
			if d := edits(key, known); d < distance {
				best, distance = known, d
			}
		}
	}
	if best == "" {
		return "unknown key here"
	}
	return "unknown key here; " + best + " is a known one"
}

// fileKeys are keys that Prometheus takes secrets in, and what takes their
// place here.
var fileKeys = map[string]string{
	"password":          "password_file",
	"credentials":       "credentials_file",
	"client_secret":     "client_secret_file",
	"sentinel_password": "sentinel_password_file",
	"bearer_token":      "credentials_file under authorization",
}

// keys lists the paths of all keys of a raw type, with [] for a list's items
// and {} for a map's.
func keys(t reflect.Type, prefix string) []string {
	switch t.Kind() {
	case reflect.Pointer:
		return keys(t.Elem(), prefix)
	case reflect.Slice:
		return keys(t.Elem(), prefix+"[]")
	case reflect.Map:
		return keys(t.Elem(), prefix+"{}")
	case reflect.Struct:
	default:
		return []string{prefix}
	}
	var all []string
	for _, field := range reflect.VisibleFields(t) {
		if len(field.Index) > 1 {
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		path := strings.TrimPrefix(prefix+"."+name, ".")
		if name == "" {
			path = prefix
		}
		all = append(all, keys(field.Type, path)...)
	}
	return slices.Compact(all)
}

// edits counts the insertions, deletions and changes between two short words.
func edits(a, b string) int {
	if max(len(a), len(b)) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
