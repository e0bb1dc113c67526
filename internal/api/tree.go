package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf8"
)

// maxDepth bounds how deep the objects and lists of a body may be nested; the
// deepest that means anything is an assessment's post_state[].findings[].value.
const maxDepth = 32

// tree decodes a JSON document to map[string]any, []any, string, json.Number,
// bool and nil. Unlike encoding/json it refuses invalid UTF-8, a name that
// stands twice in an object, and deep nesting. The problem is nil if all is well.
func tree(document []byte) (any, *ProblemField) {
	if !utf8.Valid(document) {
		return nil, &ProblemField{"body", "want JSON in UTF-8; there are bytes that are not"}
	}
	if err := json.Unmarshal(document, new(json.RawMessage)); err != nil {
		return nil, &ProblemField{"body", wantJSON(err)}
	}
	b := builder{tokens: json.NewDecoder(bytes.NewReader(document))}
	b.tokens.UseNumber()
	value := b.value("body", 0)
	return value, b.wrong
}

// wantJSON says where the document ends to be JSON, and not what stands there.
func wantJSON(err error) string {
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return fmt.Sprintf("want one JSON document; it ends to be one at byte %d", syntax.Offset)
	}
	return "want one JSON document"
}

// builder builds a tree from the tokens of a document whose syntax is right,
// until something is wrong.
type builder struct {
	tokens *json.Decoder
	wrong  *ProblemField
}

func (b *builder) refuse(path, want string) any {
	if b.wrong == nil {
		b.wrong = &ProblemField{path, want}
	}
	return nil
}

func (b *builder) value(path string, depth int) any {
	token, err := b.tokens.Token()
	if err != nil {
		return b.refuse(path, "want one JSON document")
	}
	delimiter, opens := token.(json.Delim)
	switch {
	case !opens:
		return token
	case depth == maxDepth:
		return b.refuse(path, fmt.Sprintf("want objects and lists that are at most %d deep", maxDepth))
	case delimiter == '{':
		return b.object(path, depth+1)
	}
	return b.list(path, depth+1)
}

func (b *builder) object(path string, depth int) map[string]any {
	object := map[string]any{}
	for b.wrong == nil && b.tokens.More() {
		token, err := b.tokens.Token()
		name, isText := token.(string)
		if err != nil || !isText {
			b.refuse(path, "want one JSON document")
			break
		}
		inside := path + "." + shown(name)
		if _, twice := object[name]; twice {
			b.refuse(inside, "want this name once in its object; it stands there twice")
			break
		}
		object[name] = b.value(inside, depth)
	}
	b.end()
	return object
}

func (b *builder) list(path string, depth int) []any {
	list := []any{}
	for b.wrong == nil && b.tokens.More() {
		list = append(list, b.value(path+"["+strconv.Itoa(len(list))+"]", depth))
	}
	b.end()
	return list
}

// end reads the closing bracket, which is there since the syntax is right.
func (b *builder) end() {
	if b.wrong == nil {
		_, _ = b.tokens.Token()
	}
}

// tellable are names that may stand in a path of a problem: those of fields,
// labels and parameters. Other names that a caller made up are not repeated.
var tellable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]{0,62}$`)

// shown is the name as it stands in the path of a problem.
func shown(name string) string {
	if tellable.MatchString(name) {
		return name
	}
	return "*"
}
