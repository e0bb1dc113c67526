package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect/kube"
	"github.com/aftercheck/aftercheck/internal/collect/prom"
	"github.com/aftercheck/aftercheck/internal/collect/text"
)

func readPicture(name string, stdin io.Reader) (*picture, error) {
	in := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, maxOfflineBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxOfflineBytes {
		return nil, fmt.Errorf("more than %d MiB; want fewer objects", maxOfflineBytes>>20)
	}
	if prom.IsRecorded(data) && !tellsStates(data) {
		return &picture{numbers: data}, nil
	}
	if p, err := exported(data); p != nil || err != nil {
		return p, err
	}
	objects, err := kube.Decode(bytes.NewReader(data))
	if err == nil {
		objects.Items = owned(objects.Items)
		return &picture{objects: &objects}, nil
	}
	if len(bytes.TrimSpace(data)) == 0 || isKubernetes(data) {
		return nil, err
	}
	return words(data)
}

// containerStatus is a container's status with its exit code, as docker inspect
// prints both by a template, which looks like a sample: exited 1.
var containerStatus = regexp.MustCompile(`^\s*(?:created|running|restarting|paused|exited|dead) \d+\s*$`)

// tellsStates reports whether an answer of Prometheus' API lists its alerts or
// its targets, which are in states and no numbers; or what looks like a sample
// is a container's status.
func tellsStates(data []byte) bool {
	if containerStatus.Match(data) {
		return true
	}
	var answer struct {
		Data struct {
			Alerts, Groups, ActiveTargets json.RawMessage
		} `json:"data"`
	}
	return json.Unmarshal(data, &answer) == nil && (answer.Data.Alerts != nil || answer.Data.Groups != nil || answer.Data.ActiveTargets != nil)
}

// onlyFlags reports whether a picture's numbers are states: up is 1 or 0.
func onlyFlags(p *picture) bool { return p.numbers != nil && text.OnlyFlags(string(p.numbers)) }

// inFlags turns a picture's numbers into an answer that is read as words are.
func (p *picture) inFlags() {
	if p != nil {
		p.readings, p.numbers = []aftercheck.Reading{answer("prometheus", string(p.numbers))}, nil
	}
}

// isKubernetes reports whether a file means to hold Kubernetes objects, so that
// one that cannot be read as such is an error.
func isKubernetes(data []byte) bool {
	return bytes.HasPrefix(data, []byte("apiVersion:")) || bytes.Contains(data, []byte("\napiVersion:"))
}

// words reads a file that is nothing that the API or kubectl prints: a map from
// sensors to their answers, or one answer of any form.
func words(data []byte) (*picture, error) {
	if isBinary(data) {
		return nil, errors.New("it is neither text nor JSON nor YAML; want Kubernetes objects, readings, an exported verification, or what a tool answered")
	}
	if answers, ok := bySensor(data); ok {
		return &picture{readings: answers}, nil
	}
	return &picture{readings: []aftercheck.Reading{answer("text", string(data))}}, nil
}

// isBinary reports whether data is no text: it holds a zero byte, or more than
// a tenth of it is no UTF-8.
func isBinary(data []byte) bool {
	if bytes.IndexByte(data, 0) >= 0 {
		return true
	}
	invalid := 0
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			invalid++
		}
		rest = rest[size:]
	}
	return invalid*10 > len(data)
}

func answer(sensor, raw string) aftercheck.Reading {
	return aftercheck.Reading{Sensor: sensor, Outcome: aftercheck.ReadingOK, Raw: raw}
}

// bySensor reads the form in which the replaced verifier kept a state: a map
// from each sensor to the object or the text that it answered. One object alone
// is none, since its keys are its own and not sensors; nor is a text that
// happens to be YAML, whose values are words of one line.
func bySensor(data []byte) (readings []aftercheck.Reading, ok bool) {
	var sensors map[string]json.RawMessage
	if json.Unmarshal(oneDocument(data), &sensors) != nil {
		return nil, false
	}
	whole := bytes.HasPrefix(bytes.TrimSpace(data), []byte("{"))
	for _, name := range slices.Sorted(maps.Keys(sensors)) {
		said, ok := answered(sensors[name])
		if !ok || ownKeys[name] || strings.ContainsAny(name, " ()") {
			return nil, false
		}
		whole = whole || strings.HasPrefix(said, "{") || strings.Contains(said, "\n")
		readings = append(readings, answer(name, said))
	}
	return readings, whole
}

// answered is what a sensor answered: an object, a text of several words, or
// nothing. A number, a list or a word is a value of an object.
func answered(raw json.RawMessage) (said string, ok bool) {
	switch {
	case bytes.HasPrefix(raw, []byte("{")):
		return string(raw), true
	case bytes.Equal(raw, []byte("null")):
		return "", true
	case json.Unmarshal(raw, &said) != nil:
		return "", false
	}
	return said, strings.ContainsAny(said, " \n")
}

// ownKeys are keys of one object, which no sensor is called.
var ownKeys = map[string]bool{
	"metadata": true, "spec": true, "status": true, "kind": true, "State": true, "state": true, "health": true, "content": true,
	"data": true, "result": true, "components": true, "services": true, "message": true, "output": true, "raw": true, "stdout": true, "error": true,
}
