package kube

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// The bounds of Decode.
const (
	maxInput   = 256 << 20 // bytes
	maxObjects = 200_000
	maxNested  = 4 // Lists in Lists
)

const byteOrderMark = "\xef\xbb\xbf"

// Decode reads Kubernetes objects as kubectl prints them: YAML or JSON, one
// object, several documents, a List, or a JSON array of objects. Documents that
// are empty are passed over. The data of Secrets are dropped. It returns an
// error that names the document if one is not a Kubernetes object, if there is
// no document at all, or if there is more than 256 MiB or 200,000 objects.
func Decode(r io.Reader) (Objects, error) {
	limited := &io.LimitedReader{R: r, N: maxInput + 1}
	buffered := bufio.NewReader(limited)
	d := decoder{}
	var err error
	if beginsJSON(buffered) {
		err = d.json(buffered)
	} else {
		err = d.yaml(buffered)
	}
	switch {
	case limited.N <= 0:
		return Objects{}, fmt.Errorf("reading objects: more than %d MiB", maxInput>>20)
	case err != nil:
		return Objects{}, err
	case d.documents == 0:
		return Objects{}, errors.New("reading objects: there is no document; want Kubernetes objects in YAML or JSON")
	}
	return Objects{Items: d.items}, nil
}

// beginsJSON reports whether the first character but for white space is one
// that begins a JSON object or array, and that the whole is not YAML's.
func beginsJSON(r *bufio.Reader) bool {
	head, _ := r.Peek(r.Size())
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte(byteOrderMark)), " \t\r\n")
	if len(head) == 0 || head[0] != '{' && head[0] != '[' {
		return false
	}
	rest := bytes.TrimLeft(head[1:], " \t\r\n")
	return len(rest) == 0 || strings.IndexByte(`"{[}]`, rest[0]) >= 0
}

// decoder collects the objects of one input.
type decoder struct {
	items     []*unstructured.Unstructured
	documents int
}

func (d *decoder) yaml(r *bufio.Reader) error {
	documents := utilyaml.NewYAMLReader(r)
	for number := 1; ; number++ {
		raw, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading document %d: %w", number, err)
		}
		text, err := yaml.YAMLToJSON(raw)
		if err != nil {
			return fmt.Errorf("reading document %d as YAML: %w", number, err)
		}
		if err := d.document(text, number); err != nil {
			return err
		}
	}
}

func (d *decoder) json(r *bufio.Reader) error {
	if head, _ := r.Peek(len(byteOrderMark)); string(head) == byteOrderMark {
		_, _ = r.Discard(len(byteOrderMark)) // was just peeked at
	}
	documents := json.NewDecoder(r)
	for number := 1; ; number++ {
		var raw json.RawMessage
		err := documents.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading document %d as JSON: %w", number, err)
		}
		if err := d.document(raw, number); err != nil {
			return err
		}
	}
}

// document takes in one document: an object, a List, an array, or nothing.
func (d *decoder) document(raw []byte, number int) error {
	var value any
	if err := utiljson.Unmarshal(raw, &value); err != nil {
		return fmt.Errorf("reading document %d: %w", number, err)
	}
	if value == nil {
		return nil
	}
	d.documents++
	where := fmt.Sprintf("document %d", number)
	if list, ok := value.([]any); ok {
		return d.members(list, where, "", "", maxNested)
	}
	return d.value(value, where, "", "", maxNested)
}

// value takes in one object or List. The members of a typed List carry no kind
// of their own, so the List's is passed down.
func (d *decoder) value(value any, where, apiVersion, kind string, depth int) error {
	object, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("reading %s: want a Kubernetes object, got a plain value", where)
	}
	f := fields(object)
	apiVersion, kind = first(f.str("apiVersion"), apiVersion), first(f.str("kind"), kind)
	if apiVersion == "" || kind == "" {
		return fmt.Errorf("reading %s: want a Kubernetes object with apiVersion and kind", where)
	}
	if items, isList := object["items"].([]any); isList && strings.HasSuffix(kind, "List") {
		return d.members(items, where, apiVersion, strings.TrimSuffix(kind, "List"), depth)
	}
	if strings.HasSuffix(kind, "List") && object["items"] == nil && !f.has("metadata", "name") {
		return nil // a List of nothing
	}
	if len(d.items) >= maxObjects {
		return fmt.Errorf("reading %s: more than %d objects", where, maxObjects)
	}
	object["apiVersion"], object["kind"] = apiVersion, kind
	if kind == "Secret" {
		delete(object, "data")
		delete(object, "stringData")
	}
	d.items = append(d.items, &unstructured.Unstructured{Object: object})
	return nil
}

func (d *decoder) members(list []any, where, apiVersion, kind string, depth int) error {
	if depth == 0 {
		return fmt.Errorf("reading %s: want no more than %d Lists in each other", where, maxNested)
	}
	for i, member := range list {
		if err := d.value(member, fmt.Sprintf("%s, item %d", where, i+1), apiVersion, kind, depth-1); err != nil {
			return err
		}
	}
	return nil
}
