package docker

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

func TestWanted(t *testing.T) {
	match, err := collect.NewMatch("Docker.*")
	if err != nil {
		t.Fatal(err)
	}
	known := aftercheck.Target{Kind: "Container", Namespace: "web-1", Name: "api"}
	for name, c := range map[string]struct {
		config Config
		labels map[string]string
		known  aftercheck.Target
		want   *wanted // nil: it is not asked
	}{
		"a container here":           {Config{}, map[string]string{"container_name": "api", "host": "web-1"}, aftercheck.Target{}, &wanted{name: "api", sure: true}},
		"a container elsewhere":      {Config{}, map[string]string{"container_name": "api", "host": "web-2"}, aftercheck.Target{}, nil},
		"elsewhere, though the one":  {Config{Only: true}, map[string]string{"container_name": "api", "host": "web-2"}, aftercheck.Target{}, nil},
		"a container somewhere":      {Config{}, map[string]string{"container_name": "api"}, aftercheck.Target{}, &wanted{name: "api"}},
		"a container somewhere, one": {Config{Only: true}, map[string]string{"container_name": "api"}, aftercheck.Target{}, &wanted{name: "api", sure: true}},
		"known to be here":           {Config{}, map[string]string{"container_name": "api"}, known, &wanted{name: "api", sure: true}},
		"an exporter's address":      {Config{}, map[string]string{"container_name": "api", "instance": "cadvisor:8080"}, aftercheck.Target{}, &wanted{name: "api"}},
		"an address of the host":     {Config{Instances: []string{"10.0.0.7"}}, map[string]string{"container_name": "api", "instance": "10.0.0.7:9100"}, aftercheck.Target{}, &wanted{name: "api", sure: true}},
		"a name of anything":         {Config{Only: true}, map[string]string{"name": "nginx.service"}, aftercheck.Target{}, &wanted{name: "nginx.service"}},
		"a template never filled in": {Config{Only: true}, map[string]string{"container": "{{ $labels.container }}"}, aftercheck.Target{}, nil},
		"no container":               {Config{Only: true}, map[string]string{"host": "web-1"}, aftercheck.Target{}, nil},
		"a container of a pod":       {Config{Only: true}, map[string]string{"container": "api", "namespace": "shop", "pod": "api-0"}, aftercheck.Target{}, nil},
		"as the match wants it":      {Config{Only: true, Match: match, Matched: true}, map[string]string{"container": "api", "namespace": "shop"}, aftercheck.Target{}, &wanted{name: "api", sure: true}},
		"a service": {Config{Only: true}, map[string]string{"compose_project": "shop", "container_label_com_docker_compose_service": "api"},
			aftercheck.Target{}, &wanted{project: "shop", service: "api", sure: true}},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.Name = "web-1"
			if c.config.Instances == nil {
				c.config.Instances = []string{"web-1"}
			}
			h := &host{Config: c.config}
			got, asked := h.wantedBy(collect.Question{Incident: aftercheck.Incident{Alertname: "DockerDown", Labels: c.labels}, Known: c.known})
			switch {
			case asked != (c.want != nil):
				t.Errorf("asked: %t (%+v)", asked, got)
			case asked && got != *c.want:
				t.Errorf("got %+v, want %+v", got, *c.want)
			}
		})
	}
	h := &host{Config: Config{Name: "web-1", Only: true, Match: match, Matched: true}}
	if _, asked := h.wantedBy(collect.Question{Incident: aftercheck.Incident{Alertname: "KubeDown", Labels: map[string]string{"container": "api"}}}); asked {
		t.Error("asked about an alert that does not match")
	}
}

func TestChosen(t *testing.T) {
	all := []listed{
		{ID: "1", Names: []string{"/shop-api-1", "/web/api"}, Labels: composeLabels{Project: "shop", Service: "api"}},
		{ID: "2", Names: []string{"/shop-api-2"}, Labels: composeLabels{Project: "shop", Service: "api"}},
		{ID: "3", Names: []string{"/shop-db-1"}, Labels: composeLabels{Project: "shop", Service: "db"}},
		{ID: "4", Names: []string{"/blog-db-1"}, Labels: composeLabels{Project: "blog", Service: "db"}},
		{ID: "5", Names: []string{"/alone"}},
		{ID: "6", Names: []string{"/also-alone"}},
	}
	for name, c := range map[string]struct {
		wanted    wanted
		own, near string
		ambiguous bool
	}{
		"by name":                        {wanted{name: "shop-api-1"}, "1", "23", false},
		"a link is no name":              {wanted{name: "api"}, "12", "3", false}, // but a service has it
		"by service":                     {wanted{project: "shop", service: "db"}, "3", "12", false},
		"two projects have it":           {wanted{name: "db"}, "", "", true},
		"the project tells":              {wanted{name: "db", project: "blog"}, "4", "", false},
		"one of no project is alone":     {wanted{name: "alone"}, "5", "", false},
		"part of a name is another name": {wanted{name: "shop-api"}, "", "", false},
		"nobody":                         {wanted{name: "none"}, "", "", false},
	} {
		own, near, ambiguous := c.wanted.chosen(all)
		got := []string{ids(own), ids(near)}
		if diff := cmp.Diff([]string{c.own, c.near}, got); diff != "" || ambiguous != c.ambiguous {
			t.Errorf("%s: ambiguous %t\n%s", name, ambiguous, diff)
		}
	}
}

func ids(all []listed) string {
	joined := ""
	for _, l := range all {
		joined += l.ID
	}
	return joined
}
