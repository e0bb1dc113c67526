package main

import (
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/config"
	"github.com/aftercheck/aftercheck/internal/notify"
)

// world is what a configuration makes and a reload replaces.
type world struct {
	sensors   *collect.Set
	policies  *policies
	redactor  *collect.Redactor
	proposals notify.Settings
}

// buildWorld makes everything that can be changed at runtime. It asks nobody.
// Observer may be nil.
func buildWorld(c *config.Config, observer collect.Observer, log *slog.Logger) (*world, error) {
	sensors, err := buildSensors(c, log)
	if err != nil {
		return nil, err
	}
	rules, err := buildPolicies(c)
	if err != nil {
		return nil, err
	}
	secrets, err := ownSecrets(c)
	if err != nil {
		return nil, err
	}
	redactor := collect.NewRedactor(secrets)
	proposals, err := proposalSettings(c, redactor)
	if err != nil {
		return nil, err
	}
	return &world{
		sensors: collect.NewSet(sensors, collect.Options{
			MaxBytes: c.Limits.MaxReadingBytes, MaxConcurrent: c.Limits.MaxConcurrent,
			Redactor: redactor, Observer: observer, Logger: log,
		}),
		policies:  rules,
		redactor:  redactor,
		proposals: proposals,
	}, nil
}

// ownSecrets reads what must never stand in a reading.
func ownSecrets(c *config.Config) ([]string, error) {
	var secrets []string
	for _, path := range c.AllSecretFiles() {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading a secret file: %w", err)
		}
		secrets = append(secrets, secretsIn(string(content))...)
	}
	return secrets, nil
}

// minSecretWord is how long a word of a file with several must be, in bytes, to
// be taken as a secret by itself.
const minSecretWord = 16

// secretsIn returns what is secret in a file: all of it, and, as a file may hold
// several tokens or a list of keys, its long words.
func secretsIn(content string) []string {
	whole := strings.TrimSpace(content)
	if whole == "" {
		return nil
	}
	secrets := []string{whole}
	for word := range strings.FieldsSeq(whole) {
		if len(word) >= minSecretWord && word != whole {
			secrets = append(secrets, word)
		}
	}
	return secrets
}

// policies finds the policy for an incident.
type policies struct {
	fallback aftercheck.Policy
	named    []policy
}

type policy struct {
	aftercheck.Policy
	match   collect.Match
	byMatch bool // false: only by its name
}

func buildPolicies(c *config.Config) (*policies, error) {
	p := &policies{fallback: c.DefaultPolicy}
	for i, written := range c.Policies {
		match, err := collect.NewMatch(written.Match.Alertname, written.Match.Labels...)
		if err != nil {
			return nil, c.At(fmt.Sprintf("policies[%d].match", i), err)
		}
		p.named = append(p.named, policy{written.Policy, match, !written.Match.Empty()})
	}
	return p, nil
}

// find returns the policy of that name or aftercheck.ErrNotFound; without a
// name, the first whose match fits the incident, else the default one.
func (p *policies) find(name string, i aftercheck.Incident) (aftercheck.Policy, error) {
	for _, candidate := range p.named {
		if name == candidate.Name || name == "" && candidate.byMatch && candidate.match.Fits(i) {
			return candidate.Policy, nil
		}
	}
	if name != "" && name != p.fallback.Name {
		return aftercheck.Policy{}, aftercheck.ErrNotFound
	}
	return p.fallback, nil
}
