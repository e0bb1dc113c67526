package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/goccy/go-yaml"
)

// The bounds of a request that its types cannot carry in tags.
const (
	maxLabels        = 64
	maxLabelValue    = 1024
	maxReadings      = 256
	schemasReference = "#/components/schemas/"
)

func statusText(status int) string { return strconv.Itoa(status) }

// sections are the parts of the document in the order of reading.
func sections() []string {
	return []string{"openapi", "info", "servers", "security", "tags", "paths", "components"}
}

// OpenAPI returns the OpenAPI 3.1 document of the API, in YAML.
func OpenAPI() []byte {
	document, err := describe(new(server).routes(http.NewServeMux()))
	if err != nil { // all of it is built from Go types
		panic(fmt.Errorf("describing the API: %w", err))
	}
	return document
}

func describe(api *huma.OpenAPI) ([]byte, error) {
	encoded, err := json.Marshal(api)
	if err != nil {
		return nil, err
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &parts); err != nil {
		return nil, err
	}
	var document []byte
	for _, section := range sections() {
		part, err := json.Marshal(map[string]json.RawMessage{section: parts[section]})
		if err != nil {
			return nil, err
		}
		lines, err := yaml.JSONToYAML(part)
		if err != nil {
			return nil, err
		}
		document = append(document, lines...)
	}
	return document, nil
}

// describeSchemas says what each named schema is.
func describeSchemas(document *huma.OpenAPI) {
	for name, description := range map[string]string{
		"Acknowledgement":        "That somebody has taken a proposal over.",
		"AcknowledgementRequest": "Who takes a proposal over, and why.",
		"Action":                 "What the executor did, or is about to do, about an incident.",
		"Assessment":             "What the judge made of the evidence.",
		"AssessmentRequest":      "A pre-state and a post-state, to be judged at once.",
		"Evidence":               "All that the judge was given besides the policy and the time; it can be judged again and gives the same verdict.",
		"Delay":                  "How long after a change a signal can first tell of it, as the sum of its parts.",
		"DelayPart":              "One part of a delay.",
		"Finding":                "One fact that a sensor saw.",
		"Incident":               "What is broken: usually one Alertmanager alert.",
		"Page":                   "One page of a list, newest first.",
		"Part":                   "One weighted part of the score.",
		"Policy":                 "How a verification waits, observes and is judged.",
		"Problem":                "An error, as RFC 9457 has it. It never repeats a rejected value.",
		"ProblemField":           "One field that is wrong.",
		"Proposal":               "A proposal to people to roll an action back. Its labels and annotations are those of its alert.",
		"ProposalPage":           "One page of a list, newest first.",
		"Reading":                "One sensor's answer at one moment, or why there is none.",
		"Regression":             "Something that was good before the action and is bad after it.",
		"Requester":              "Who asked, as the connection shows it: a process behind the unix socket, or the bearer of a token over TCP.",
		"Round":                  "One observation after the action: all sensors asked together.",
		"Snapshot":               "The state before the action: what the sensors read, or why not.",
		"SnapshotRequest":        "An incident whose state is to be captured before an action.",
		"Subject":                "What a finding is about.",
		"Target":                 "What the incident is about: an object that outlives its pods.",
		"Value":                  "A number with its unit.",
		"Verification":           "One request to verify, and its life. Once its state is sealed, verdict, reason and the like are set and never change.",
		"VerificationRequest":    "An action whose effect is to be verified.",
		"Wait":                   "How a verification's deadline follows from the delays of its signals.",
		"WaitPart":               "One part of a wait.",
	} {
		document.Components.Schemas.Map()[name].Description = description
	}
}

// limitRequests adds the bounds of labels and readings.
func limitRequests(document *huma.OpenAPI) {
	schemas := document.Components.Schemas.Map()
	labels := schemas["Incident"].Properties["labels"]
	labels.MaxProperties = ptr(maxLabels)
	labels.AdditionalProperties = &huma.Schema{Type: huma.TypeString, MaxLength: ptr(maxLabelValue)}
	for _, state := range []string{"pre_state", "post_state"} {
		schemas["AssessmentRequest"].Properties[state].MaxItems = ptr(maxReadings)
	}
}

func ptr[T any](value T) *T { return &value }

// openResponses lets answers gain fields: only what stands in a request is
// closed to fields that are not described.
func openResponses(document *huma.OpenAPI) {
	requested := map[string]bool{}
	for _, path := range document.Paths {
		if path.Post != nil && path.Post.RequestBody != nil {
			follow(document.Components.Schemas, path.Post.RequestBody.Content["application/json"].Schema, requested)
		}
	}
	for name, schema := range document.Components.Schemas.Map() {
		if schema.AdditionalProperties == false && !requested[name] {
			schema.AdditionalProperties = nil
		}
	}
}

// follow marks every named schema that the schema is made of.
func follow(schemas huma.Registry, s *huma.Schema, seen map[string]bool) {
	if s.Ref != "" {
		name := strings.TrimPrefix(s.Ref, schemasReference)
		if seen[name] {
			return
		}
		seen[name] = true
		s = schemas.SchemaFromRef(s.Ref)
	}
	if s.Items != nil {
		follow(schemas, s.Items, seen)
	}
	for _, property := range s.Properties {
		follow(schemas, property, seen)
	}
}
