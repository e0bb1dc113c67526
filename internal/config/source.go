package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxDepth bounds how deep the file may nest, far above what any key needs.
const maxDepth = 64

// source is the file as it was written, for telling where something is wrong.
type source struct {
	file string // empty: none
	data []byte
	root ast.Node // nil: the file is empty
}

// decode reads the file into written, strictly: unknown keys, keys given twice
// and more than one document are errors. It recovers from a panic of the
// parser, which is an error of the file too.
func (s *source) decode(written any) (err error) {
	defer func() {
		if recover() != nil {
			err = s.problem("", "cannot be read as YAML")
		}
	}()
	if len(s.data) > MaxBytes {
		return s.problem("", fmt.Sprintf("is too large: want at most %d bytes", MaxBytes))
	}
	if nestsDeeper(s.data, maxDepth) {
		return s.problem("", fmt.Sprintf("nests too deep: want at most %d levels", maxDepth))
	}
	parsed, err := parser.ParseBytes(s.data, 0)
	if err != nil {
		return s.translate(err)
	}
	if len(parsed.Docs) > 1 {
		return s.problem("", "holds several documents: want one, without a --- between keys")
	}
	if len(parsed.Docs) == 1 {
		s.root = parsed.Docs[0].Body
	}
	err = yaml.NewDecoder(bytes.NewReader(s.data), yaml.Strict()).Decode(written)
	if err != nil && !errors.Is(err, io.EOF) {
		return s.translate(err)
	}
	return nil
}

// nestsDeeper guards the recursive parser: it counts open brackets and the
// dashes and columns that open a block, and is wrong only on the safe side.
func nestsDeeper(data []byte, most int) bool {
	open := 0
	for line := range bytes.Lines(data) {
		trimmed := bytes.TrimLeft(line, " ")
		markers := 0
		for _, b := range trimmed {
			if b != '-' && b != '?' && b != ':' && b != ' ' && b != '\t' {
				break
			}
			if b != ' ' && b != '\t' {
				markers++
			}
		}
		open += bytes.Count(line, []byte("[")) + bytes.Count(line, []byte("{"))
		open -= bytes.Count(line, []byte("]")) + bytes.Count(line, []byte("}"))
		open = max(open, 0)
		if (len(line)-len(trimmed))/2+markers > 4*most || open > most || bytes.Count(line, []byte("[")) > 4*most {
			return true
		}
	}
	return false
}

// translate turns the YAML library's errors into ours.
func (s *source) translate(err error) error {
	var located yaml.Error
	if !errors.As(err, &located) {
		return s.problem("", "cannot be read as YAML: "+err.Error())
	}
	e := &Error{File: s.file, Problem: plain(err, located.GetMessage())}
	if tk := located.GetToken(); tk != nil && tk.Position != nil {
		e.Line, e.Column = tk.Position.Line, tk.Position.Column
	}
	e.Excerpt = s.excerpt(e.Line, e.Column)
	return e
}

// plain says what is wrong without the names of Go types, and without the
// rejected value.
func plain(err error, message string) string {
	var (
		unknown  *yaml.UnknownFieldError
		mismatch *yaml.TypeError
		overflow *yaml.OverflowError
		node     *yaml.UnexpectedNodeTypeError
	)
	switch {
	case errors.As(err, &unknown):
		return unknownKey(strings.Trim(strings.TrimPrefix(message, "unknown field "), `"`))
	case errors.As(err, &mismatch):
		return "want " + wantedFor(mismatch.DstType)
	case errors.As(err, &overflow):
		return "want a smaller number"
	case errors.As(err, &node):
		return "want " + article(node.Expected.YAMLName()) + ", not " + article(node.Actual.YAMLName())
	}
	return message
}

func article(name string) string {
	if strings.ContainsRune("aeiou", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// problem is an error at a path of keys such as sensors.http[0].url, or at its
// nearest ancestor that is written.
func (s *source) problem(path, problem string) error {
	e := &Error{File: s.file, Path: path, Problem: problem}
	if tk := locate(s.root, path); tk != nil && tk.Position != nil {
		e.Line, e.Column = tk.Position.Line, tk.Position.Column
	}
	e.Excerpt = s.excerpt(e.Line, e.Column)
	return e
}

// locate walks a path as far as it is written.
func locate(node ast.Node, path string) *token.Token {
	if node == nil || path == "" {
		return nil
	}
	var found *token.Token
	for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		next, at := child(node, step)
		if at == nil {
			return found
		}
		node, found = next, at
	}
	return found
}

// child is the value under a key or index, and the token to point at.
func child(node ast.Node, step string) (ast.Node, *token.Token) {
	switch n := node.(type) {
	case *ast.AnchorNode:
		return child(n.Value, step)
	case *ast.MappingNode:
		for _, pair := range n.Values {
			if value, at := child(pair, step); at != nil {
				return value, at
			}
		}
	case *ast.MappingValueNode:
		if n.Key == nil || n.Key.GetToken() == nil || n.Key.GetToken().Value != step {
			return nil, nil
		}
		return n.Value, pointAt(n.Value, n.Key.GetToken())
	case *ast.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Values) {
			return n.Values[i], pointAt(n.Values[i], nil)
		}
	}
	return nil, nil
}

// pointAt prefers a scalar's own token; a mapping's or sequence's key says more
// than its first bracket or colon.
func pointAt(value ast.Node, key *token.Token) *token.Token {
	switch n := value.(type) {
	case nil:
		return key
	case *ast.MappingNode:
		if key == nil && len(n.Values) > 0 {
			return n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		if key == nil {
			return n.Key.GetToken()
		}
	case *ast.SequenceNode, *ast.NullNode:
	default:
		return value.GetToken()
	}
	if key == nil {
		return value.GetToken()
	}
	return key
}
