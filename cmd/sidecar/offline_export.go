package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"sigs.k8s.io/yaml"

	"github.com/aftercheck/aftercheck"
)

// export is every form in which the API returns readings, in one: a
// verification, a snapshot, a round, or the body of an assessment.
type export struct {
	Kind      string                `json:"kind"`
	Incident  aftercheck.Incident   `json:"incident"`
	Action    aftercheck.Action     `json:"action"`
	Policy    json.RawMessage       `json:"policy"`
	Reason    aftercheck.Reason     `json:"reason"`
	Evidence  *aftercheck.Evidence  `json:"evidence"`
	Readings  *[]aftercheck.Reading `json:"readings"`
	PostState *[]aftercheck.Reading `json:"post_state"`
	PreState  []aftercheck.Reading  `json:"pre_state"`
}

// exported reads a file as what the API returns. It returns nil if the file is
// nothing of the sort, and is then to be read as Kubernetes objects.
func exported(data []byte) (*picture, error) {
	asJSON := oneDocument(data)
	switch {
	case isReadings(asJSON):
		p := &picture{}
		if err := json.Unmarshal(asJSON, &p.readings); err != nil {
			return nil, fmt.Errorf("reading it as a list of readings: %w", err)
		}
		return p, nil
	case isExport(asJSON):
		var e export
		if err := json.Unmarshal(asJSON, &e); err != nil {
			return nil, fmt.Errorf("reading it as exported evidence: %w", err)
		}
		return e.picture()
	}
	return nil, nil
}

// oneDocument is a file of one YAML or JSON document as JSON, else nil.
func oneDocument(data []byte) []byte {
	asJSON, err := yaml.YAMLToJSON(data)
	if err != nil {
		return nil
	}
	return asJSON
}

func isReadings(asJSON []byte) bool {
	var list []struct {
		Sensor string `json:"sensor"`
	}
	if !bytes.HasPrefix(asJSON, []byte("[")) || json.Unmarshal(asJSON, &list) != nil {
		return false
	}
	return len(list) == 0 || list[0].Sensor != ""
}

func isExport(asJSON []byte) bool {
	var keys map[string]json.RawMessage
	if json.Unmarshal(asJSON, &keys) != nil || keys["apiVersion"] != nil {
		return false
	}
	return keys["evidence"] != nil || keys["readings"] != nil || keys["post_state"] != nil
}

func (e export) picture() (*picture, error) {
	p := &picture{incident: e.Incident, action: e.Action, evidence: e.Evidence, away: e.Reason == aftercheck.ReasonSidecarAway}
	switch {
	case e.Evidence != nil && len(e.Policy) > 0:
		p.policy = &aftercheck.Policy{}
		if err := json.Unmarshal(e.Policy, p.policy); err != nil {
			return nil, fmt.Errorf("reading its policy: %w", err)
		}
	case e.PostState != nil:
		p.readings = *e.PostState
	case e.Readings != nil:
		p.readings = *e.Readings
	}
	return p, nil
}
