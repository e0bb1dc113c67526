package kube

import (
	"regexp"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
)

// Objects is what is known of a cluster at one moment: the objects, read live
// or from files, and what could not be read.
type Objects struct {
	// Items are the objects, in no order. They are only read.
	Items []*unstructured.Unstructured
	// Known is the target as it was resolved before, so that it can be named
	// once it is gone. Zero: it never was.
	Known aftercheck.Target
	// DefaultNamespace is where a namespaced target is looked for if no label
	// names its namespace. Empty: in every namespace.
	DefaultNamespace string
	// Unread are the kinds that could not be read although they were wanted;
	// each becomes an unknown finding. Empty when everything was read.
	Unread []Unread

	// resolved names the target as the live sensor found it already; nobody
	// says that there is none to be found, only neighbours.
	resolved reference
	nobody   bool
}

// Unread is a kind of object that the sensor could not read.
type Unread struct {
	Kind      string
	Namespace string
	Scope     aftercheck.Scope // whom it would have told about
	Reason    string           // one word: Forbidden, Timeout
	Message   string
}

// Newest returns the latest moment that the objects themselves name: a
// condition's change, a container's start, an event, a creation. It tells about
// when objects out of a file were true. Zero if they carry no time.
func (o Objects) Newest() time.Time {
	var newest time.Time
	for _, item := range o.Items {
		const deepest = 12
		newest = later(newest, newestIn(item.Object, deepest))
	}
	return newest
}

// newestIn returns the latest time in a value, among the keys that name the past.
func newestIn(value any, depth int) time.Time {
	var newest time.Time
	if depth == 0 {
		return newest
	}
	switch v := value.(type) {
	case map[string]any:
		newest = deletionAsked(v)
		for key, inner := range v {
			if text, ok := inner.(string); ok && namesPast(key) {
				if at, err := time.Parse(time.RFC3339, text); err == nil {
					newest = later(newest, at)
				}
				continue
			}
			if key != "fieldsV1" { // names fields, and tells no time
				newest = later(newest, newestIn(inner, depth-1))
			}
		}
	case []any:
		for _, inner := range v {
			newest = later(newest, newestIn(inner, depth-1))
		}
	}
	return newest
}

// deletionAsked returns when the deletion of the object with these metadata was
// asked for: its timestamp is when the grace period is over. Zero if it was not.
func deletionAsked(metadata fields) time.Time {
	at := metadata.time("deletionTimestamp")
	if at.IsZero() {
		return at
	}
	return at.Add(-time.Duration(metadata.num(0, "deletionGracePeriodSeconds")) * time.Second)
}

// pastName and futureName tell the fields that hold a time, and those of them
// that lie ahead: nextScheduleTime, renewalTime, expiresAt.
var (
	pastName   = regexp.MustCompile(`(Time|Timestamp|At)$|^time$`)
	futureName = regexp.MustCompile(`^(next|renewal|deletionTimestamp$|notAfter|validUntil|deadline)|[eE]xpir`)
)

func namesPast(key string) bool { return pastName.MatchString(key) && !futureName.MatchString(key) }

// reference names an object without its version.
type reference struct {
	group, kind, namespace, name string
}

func referenceTo(o *unstructured.Unstructured) reference {
	group, _, found := strings.Cut(o.GetAPIVersion(), "/")
	if !found {
		group = ""
	}
	return reference{group, o.GetKind(), o.GetNamespace(), o.GetName()}
}

// String returns Kind/name, as findings name an owner.
func (r reference) String() string { return r.kind + "/" + r.name }

// index finds objects by what names them.
type index struct {
	items []*unstructured.Unstructured
	byUID map[string]*unstructured.Unstructured
	// byName leaves the group out: an owner is found although its API moved.
	byName map[reference]*unstructured.Unstructured
	owners map[*unstructured.Unstructured]*unstructured.Unstructured // found before; nil for none
	pods   map[*unstructured.Unstructured][]*unstructured.Unstructured
}

func newIndex(items []*unstructured.Unstructured) *index {
	x := &index{
		byUID:  make(map[string]*unstructured.Unstructured, len(items)),
		byName: make(map[reference]*unstructured.Unstructured, len(items)),
		owners: make(map[*unstructured.Unstructured]*unstructured.Unstructured, len(items)),
	}
	for _, o := range items {
		if o == nil || o.GetKind() == "" {
			continue
		}
		name := referenceTo(o)
		name.group = ""
		if before, taken := x.byName[name]; taken && name.name != "" && !replaces(o, before) {
			continue
		}
		x.byName[name] = o
		if uid := string(o.GetUID()); uid != "" {
			x.byUID[uid] = o
		}
		x.items = append(x.items, o)
	}
	return x
}

// replaces reports whether an object is another than the one of the same name,
// as with kinds that two API groups share.
func replaces(o, before *unstructured.Unstructured) bool {
	return referenceTo(o).group != referenceTo(before).group
}

// named returns the object of this kind and name; an empty namespace finds one
// in any namespace if it is the only one.
func (x *index) named(r reference) *unstructured.Unstructured {
	group := r.group
	r.group = ""
	if o := x.byName[r]; o != nil && (group == "" || referenceTo(o).group == group) {
		return o
	}
	if r.namespace != "" && group == "" {
		return nil
	}
	var found *unstructured.Unstructured
	for _, o := range x.items {
		has := referenceTo(o)
		if !strings.EqualFold(has.kind, r.kind) || has.name != r.name || group != "" && has.group != group || r.namespace != "" && has.namespace != r.namespace {
			continue
		}
		if found != nil {
			return nil
		}
		found = o
	}
	return found
}
