package text

import (
	"time"
)

// strength is how much a sighting is worth beside others.
type strength int

const (
	reported strength = iota // a tool's report of its own success
	logged                   // a log line or an event
	shown                    // a state that the answer shows
)

// sighting is what an answer shows of one object.
type sighting struct {
	kind, namespace, name string
	part                  string // which of several that are only counted
	said
	strength strength
	message  string

	restarts float64
	counted  bool      // restarts is known
	since    time.Time // since when it runs; zero: not known
	life     string    // its start as the source writes it, where that is exact: another start is another life
	replicas float64
	scaled   bool // replicas is known
	gone     bool // the source says that there is no such object
	prose    bool // it was read out of a sentence
	latest   bool // it replaces an earlier statement about the same object
	dormant  bool // stopped without a fault, as most units of a host are
	none     bool // a workload of which nothing is ready
	remains  bool // a pod that was evicted and stays until it is removed
	leaving  bool // a pod that is being removed
	alert    bool // the object is an alert
	event    bool // it is an event about the object
	age      time.Duration
	attempt  bool // restarts is which attempt this is to run the container
}

// key tells sightings of one object from those of others.
func (s *sighting) key() string { return s.kind + "/" + s.namespace + "/" + s.name + "#" + s.part }

// add takes another statement about the same object.
func (s *sighting) add(other *sighting) {
	if s.yields(other) {
		s.said, s.strength, s.message, s.age = other.said, other.strength, other.message, other.age
	}
	if other.counted && (!s.counted || other.restarts > s.restarts) {
		s.restarts, s.counted = other.restarts, true
	}
	if s.since.IsZero() {
		s.since, s.life = other.since, other.life
	}
	if other.scaled {
		s.replicas, s.scaled = other.replicas, true
	}
	s.gone = s.gone || other.gone
	s.none = s.none || other.none
	s.remains = s.remains || other.remains
	s.leaving = s.leaving || other.leaving
}

// yields reports whether another statement takes the place of this one: of two
// events the younger does; else the stronger, the later of those that follow
// each other, or the worse.
func (s *sighting) yields(other *sighting) bool {
	switch {
	case other.tone == silent:
		return false
	case s.event && other.event:
		return other.age < s.age
	case s.attempt && other.attempt:
		return other.restarts > s.restarts
	case other.strength != s.strength:
		return other.strength > s.strength
	}
	return other.latest || other.tone > s.tone
}

// sightings collects what an answer shows, object by object, in the order in
// which they are first named.
type sightings struct {
	all   []*sighting
	index map[string]*sighting
	over  bool // there were more than are kept
}

// MaxObjects bounds the objects of one answer that become findings: so many,
// and as many again that are not well. An unknown finding tells of the rest.
const MaxObjects = 500

func (c *sightings) add(s sighting) {
	if s.tone == silent && !s.counted && !s.scaled && !s.gone {
		return
	}
	if c.index == nil {
		c.index = map[string]*sighting{}
	}
	if known, ok := c.index[s.key()]; ok {
		known.add(&s)
		return
	}
	if len(c.all) >= MaxObjects && s.tone <= good || len(c.all) >= 2*MaxObjects {
		c.over = true
		return
	}
	added := s
	c.all = append(c.all, &added)
	c.index[s.key()] = &added
}
