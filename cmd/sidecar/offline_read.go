package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect/kube"
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
	if p, err := exported(data); p != nil || err != nil {
		return p, err
	}
	objects, err := kube.Decode(bytes.NewReader(data))
	if err == nil {
		return &picture{objects: &objects}, nil
	}
	if len(bytes.TrimSpace(data)) == 0 || isKubernetes(data) {
		return nil, err
	}
	return words(data)
}

// isKubernetes reports whether a file means to hold Kubernetes objects, so that
// one that cannot be read as such is an error.
func isKubernetes(data []byte) bool {
	return bytes.HasPrefix(data, []byte("apiVersion:")) || bytes.Contains(data, []byte("\napiVersion:"))
}

// words reads a file that is nothing that the API or kubectl prints: a map from
// sensors to their answers, or one answer of any form.
func words(data []byte) (*picture, error) {
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, errors.New("it is neither text nor JSON nor YAML; want Kubernetes objects, readings, an exported verification, or what a tool answered")
	}
	if answers, ok := bySensor(data); ok {
		return &picture{readings: answers}, nil
	}
	return &picture{readings: []aftercheck.Reading{answer("text", string(data))}}, nil
}

func answer(sensor, raw string) aftercheck.Reading {
	return aftercheck.Reading{Sensor: sensor, Outcome: aftercheck.ReadingOK, Raw: raw}
}

// bySensor reads the form in which the replaced verifier kept a state: a map
// from each sensor to the object or the text that it answered. One object alone
// is none: its keys are its own, and not sensors.
func bySensor(data []byte) (readings []aftercheck.Reading, ok bool) {
	var sensors map[string]json.RawMessage
	if json.Unmarshal(oneDocument(data), &sensors) != nil {
		return nil, false
	}
	names := slices.Sorted(maps.Keys(sensors))
	for _, name := range names {
		raw := sensors[name]
		var words string
		switch {
		case ownKeys[name]:
			return nil, false
		case bytes.HasPrefix(raw, []byte("{")):
			words = string(raw)
		case bytes.Equal(raw, []byte("null")):
		case json.Unmarshal(raw, &words) != nil, !strings.ContainsAny(words, " \n"):
			return nil, false // a number, a list, or a word: a value of an object
		}
		readings = append(readings, answer(name, words))
	}
	return readings, true
}

// ownKeys are keys of one object, which no sensor is called.
var ownKeys = map[string]bool{
	"metadata": true, "spec": true, "status": true, "kind": true, "State": true, "state": true, "health": true, "content": true,
	"data": true, "result": true, "components": true, "services": true, "message": true, "output": true, "raw": true, "stdout": true, "error": true,
}
