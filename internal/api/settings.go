package api

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/aftercheck/aftercheck"
)

// setUpHuma sets what the framework keeps for the whole process: problems
// without the rejected values, lists that are never null, and names of fields
// that are told by their case.
var setUpHuma = sync.OnceFunc(func() {
	huma.NewError = fromHuma
	huma.DefaultArrayNullable = false
	huma.ValidateStrictCasing = true
})

// settings configures the framework: no documentation pages, no schema links in
// bodies, no routes but our own.
func settings() huma.Config {
	setUpHuma()
	schemas := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	schemas.RegisterTypeAlias(reflect.TypeFor[aftercheck.Duration](), reflect.TypeFor[durationText]())
	format := huma.Format{Marshal: marshal, Unmarshal: unmarshal}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "Aftercheck",
				Version:     "1.0.0",
				Description: overview,
				License:     nil,
			},
			Servers:    []*huma.Server{{URL: "http://localhost", Description: "The sidecar beside the executor: a unix socket, /run/aftercheck/aftercheck.sock by default, or a loopback address. On the socket the host is not looked at."}},
			Components: &huma.Components{Schemas: schemas, SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "Asked for over TCP, unless the configuration lets everybody on the machine call; never on the socket."}}},
			Security:   []map[string][]string{{}, {"token": {}}},
			Tags:       tags(),
		},
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
	}
}

func marshal(w io.Writer, v any) error {
	encoded, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(encoded, '\n'))
	return err
}

// unmarshal does not repeat what it could not read; checkBody has named it.
func unmarshal(data []byte, v any) error {
	if json.Unmarshal(data, v) != nil {
		return errors.New("want a body as the OpenAPI document has it")
	}
	return nil
}

// durationText is the schema of an aftercheck.Duration.
type durationText struct{}

// durationPattern is what Go's duration text looks like, without a sign.
const durationPattern = `^(0|([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+)$`

// Schema implements huma.SchemaProvider.
func (durationText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type:     huma.TypeString,
		Pattern:  durationPattern,
		Examples: []any{"1m30s"},
	}
}
